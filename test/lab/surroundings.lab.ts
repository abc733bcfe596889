import * as assert from 'uvu/assert'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { figure } from '../figure.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('a host that will not take what it is given')
const place = '/srv/rough'
/** Far below any timeout of converge: each of these must be reported at once. */
const boundMs = 20_000

interface Trouble {
  readonly name: string
  /** Shell on the host: makes the trouble, with `old` at the target if there is one. */
  readonly prepare: string
  readonly resources: string
  readonly platform?: string
  readonly user?: string
  /** What the report must say. */
  readonly says: readonly (string | RegExp)[]
  /** Shell that prints what must have stayed as it was. */
  readonly kept: string
  readonly keptText: string
  /** Shell that removes the trouble; converge continues from there. */
  readonly fix: string
}

const file = `file: { path: ${place}/file, content: "${'x'.repeat(100_000)}" }`
const small = 'file: { path: /srv/elsewhere, content: "new\\n" }'
const tmpfs = (options: string): string => `mount -t tmpfs -o mode=0755,${options} tmpfs ${place}`
const fill = `dd if=/dev/zero of=${place}/fill bs=4k 2>/dev/null`
const useInodes = `i=0; while : >${place}/f$i; do i=$((i + 1)); done 2>/dev/null; :`
const old = `echo old >${place}/file`
const readOld = `cat ${place}/file`

const troubles: readonly Trouble[] = [
  {
    name: 'a full disk',
    prepare: `${tmpfs('size=64k')}; ${old}; ${fill}`,
    resources: file,
    says: ['No space left on device', `write ${place}/file`],
    kept: readOld,
    keptText: 'old\n',
    fix: `umount ${place}`,
  },
  {
    name: 'a full disk under the state directory',
    prepare: `${tmpfs('size=64k')}; ${fill}`,
    resources: small,
    platform: `stateDir: ${place}/state`,
    says: ['No space left on device', `${place}/state`],
    kept: 'ls /srv/elsewhere 2>&1; :',
    keptText: "ls: cannot access '/srv/elsewhere': No such file or directory\n",
    fix: `rm ${place}/fill; mount -o remount,size=4m ${place}`,
  },
  {
    name: 'a disk under the state directory that the program fills',
    prepare: tmpfs('size=128k'),
    resources: `${small}\n      - ${file}`,
    platform: `stateDir: ${place}/state`,
    says: ['No space left on device', `${place}/state`],
    kept: `ls ${place}/file 2>&1; :`,
    keptText: `ls: cannot access '${place}/file': No such file or directory\n`,
    fix: `mount -o remount,size=4m ${place}`,
  },
  {
    name: 'a disk under the state directory on which a failure cannot be written down',
    prepare: tmpfs('size=112k'),
    resources: `${small}\n      - ${file}`,
    platform: `stateDir: ${place}/state`,
    says: ['No space left on device', 'could not write down why', 'stateDir'],
    kept: `ls ${place}/file 2>&1; :`,
    keptText: `ls: cannot access '${place}/file': No such file or directory\n`,
    fix: `mount -o remount,size=4m ${place}`,
  },
  {
    name: 'a full disk under the staging directory',
    prepare: `${tmpfs('size=64k')}; ${fill}`,
    resources: small,
    platform: `stagingDir: ${place}`,
    says: ['no space left on device', place],
    kept: 'ls /srv/elsewhere 2>&1; :',
    keptText: "ls: cannot access '/srv/elsewhere': No such file or directory\n",
    fix: `rm ${place}/fill`,
  },
  {
    name: 'a read-only file system',
    prepare: `${tmpfs('size=1m')}; ${old}; mount -o remount,ro ${place}`,
    resources: file,
    says: ['Read-only file system', `write ${place}/file`],
    kept: readOld,
    keptText: 'old\n',
    fix: `mount -o remount,rw ${place}`,
  },
  {
    name: 'a read-only file system under the state directory',
    prepare: `${tmpfs('size=1m')}; mount -o remount,ro ${place}`,
    resources: small,
    platform: `stateDir: ${place}/state`,
    says: ['Read-only file system', `${place}/state`],
    kept: 'ls /srv/elsewhere 2>&1; :',
    keptText: "ls: cannot access '/srv/elsewhere': No such file or directory\n",
    fix: `mount -o remount,rw ${place}`,
  },
  {
    name: 'a file system without inodes',
    prepare: `${tmpfs('size=1m,nr_inodes=8')}; ${old}; ${useInodes}`,
    resources: file,
    says: ['No space left on device', `write ${place}/file`],
    kept: readOld,
    keptText: 'old\n',
    fix: `rm ${place}/f[0-9]*`,
  },
  {
    name: 'a file system without inodes under the state directory',
    prepare: `${tmpfs('size=4m,nr_inodes=8')}; ${useInodes}`,
    resources: small,
    platform: `stateDir: ${place}/state`,
    says: ['No space left on device', `${place}/state`],
    kept: 'ls /srv/elsewhere 2>&1; :',
    keptText: "ls: cannot access '/srv/elsewhere': No such file or directory\n",
    fix: `rm ${place}/f[0-9]*; mount -o remount,nr_inodes=500 ${place}`,
  },
  {
    name: 'an immutable file',
    prepare: `${old}; chattr +i ${place}/file`,
    resources: file,
    says: ['Operation not permitted', `write ${place}/file`],
    kept: readOld,
    keptText: 'old\n',
    fix: `chattr -i ${place}/file`,
  },
  {
    name: 'an immutable directory',
    prepare: `${old}; chattr +i ${place}`,
    resources: file,
    says: ['Operation not permitted', `write ${place}/file`],
    kept: readOld,
    keptText: 'old\n',
    fix: `chattr -i ${place}`,
  },
  {
    name: 'a user without the right to write',
    prepare: old,
    resources: file,
    user: 'admin, sudo: never',
    says: ['Permission denied', '/var/lib/converge'],
    kept: readOld,
    keptText: 'old\n',
    fix: ':',
  },
  {
    name: 'a file where a directory should be',
    prepare: old,
    resources: `file: { path: ${place}/file/below, content: "x" }`,
    says: [`something that is not a directory is above ${place}/file/below`],
    kept: readOld,
    keptText: 'old\n',
    fix: `rm ${place}/file; mkdir ${place}/file`,
  },
  {
    name: 'a file in the place of a directory',
    prepare: old,
    resources: `directory: { path: ${place}/file }`,
    says: ['something that is not a directory is at', `${place}/file`],
    kept: readOld,
    keptText: 'old\n',
    fix: `rm ${place}/file`,
  },
  {
    name: 'a symbolic link that somebody planted',
    prepare: `echo secret >/srv/victim; ln -s /srv/victim ${place}/file`,
    resources: file,
    says: [
      'a symbolic link to /srv/victim is at',
      `set replaceLink: true to replace it, or declare link[${place}/file]`,
    ],
    kept: `cat /srv/victim; readlink ${place}/file`,
    keptText: 'secret\n/srv/victim\n',
    fix: `rm ${place}/file`,
  },
]

let lab: Lab

test.before(async () => {
  lab = await startLab({ hosts: ['rough0'] })
})

test.after(async () => {
  figure('kinds of disks and paths that do not take what they are given', troubles.length)
  await lab?.close()
})

for (const trouble of troubles) {
  test(`${trouble.name}: is named, nothing is torn, and converge continues once it is fixed`, async () => {
    const clear = `umount ${place} 2>/dev/null; rm -rf ${place} /srv/elsewhere /srv/victim /var/lib/converge; mkdir ${place}`
    await onHost(clear)
    await onHost(trouble.prepare)
    const project = await createProject(spec(trouble))
    try {
      const started = performance.now()
      const { exitCode, stdout, stderr } = await project.converge(['--yes'])
      const told = stdout + stderr
      if (process.env.SHOW) console.log(`=== ${trouble.name}\n${told.replaceAll(/x{50,}/g, 'xx')}`)
      assert.is(exitCode, 1, told)
      for (const text of trouble.says) assert.match(told, text)
      assert.match(told, 'remedy: ')
      assert.is((await lab.run('rough0', trouble.kept)).stdout, trouble.keptText)
      assert.is(await leftovers(), '')
      assert.ok(performance.now() - started < boundMs, `it took ${performance.now() - started} ms`)
      await goesOn(trouble, project)
    } finally {
      await project.remove()
      await onHost(`umount ${place} 2>/dev/null; :`)
    }
  })
}

/** Once the trouble is taken away, the same spec converges as if there had never been any. */
async function goesOn(trouble: Trouble, project: Project): Promise<void> {
  await onHost(trouble.fix)
  await project.write('cluster.yaml', spec({ ...trouble, user: 'root' }))
  const fixed = await project.converge(['--yes'])
  assert.is(fixed.exitCode, 0, fixed.stdout + fixed.stderr)
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
  assert.is(await leftovers(), '')
}

async function leftovers(): Promise<string> {
  const { stdout } = await lab.run(
    'rough0',
    `ls -Ad ${place}/.converge-* ${place}/converge-* /var/tmp/converge-*`,
  )
  return stdout
}

async function onHost(command: string): Promise<void> {
  const { stdout, stderr } = await lab.run('rough0', command)
  if (stderr !== '') throw new Error(`${command}: ${stdout}${stderr}`)
}

function spec({ resources, platform, user = 'root' }: Trouble): string {
  return `cluster: rough
${labSsh(lab, user)}
platform: { os: debian, release: "12", arch: amd64${platform === undefined ? '' : `, ${platform}`} }
hosts:
  rough0:
    address: ${lab.address('rough0')}
    resources:
      - ${resources}
`
}

test.run()
