import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { figure } from '../figure.ts'
import { meddler, startMeddling } from '../shell/meddling-user.ts'
import { converge } from './recording-io.ts'
import { makeCluster, scratchFolder } from './scratch.ts'

const asRoot = process.getuid?.() === 0 ? test : test.skip
const rounds = Math.min(20, Math.ceil(Number(process.env.CONVERGE_FUZZ ?? 150) / 150))

/** All that lies in directories of another user; `version` changes content, mode, target and options. */
function specOf(version: number): string {
  const owned = 'owner: app, group: app'
  return `cluster: test
hosts:
  web0:
    transport: directory
    directory: hosts/web0
    resources:
      - directory: { path: /srv/app/conf, ${owned}, mode: "0750" }
      - file: { path: /srv/app/conf/app.conf, content: "${version}\\n" }
      - file: { path: /srv/app/a.conf, content: "${version}\\n", ${owned}, mode: "0640" }
      - file: { path: /srv/app/mode, content: "same\\n", ${owned}, mode: "064${version}" }
      - file: { path: /srv/app/in-place, content: "${version}\\n", inPlace: true }
      - block: { path: /srv/app/parts, name: a, content: "${version}", ${owned}, mode: "0600" }
      - link: { path: /srv/app/current, target: v${version} }
      - unit:
          name: srv-app-data.mount
          content: "[Mount]\\nWhat=tmpfs\\nWhere=/srv/app/data\\nType=tmpfs\\nOptions=size=${version}m\\n"
      - directory: { path: /srv/app/data, ${owned} }
      - file: { path: /srv/app/data/x, content: "${version}\\n", ${owned} }
${version === 2 ? '      - file: { path: /srv/app/conf/second, content: x }\n' : ''}`
}
const nothing = 'cluster: test\nhosts: { web0: { transport: directory, directory: hosts/web0 } }\n'

async function makeHost() {
  const { folder, file } = await makeCluster(specOf(1))
  const root = join(folder, 'hosts/web0')
  const at = (path: string): string => join(root, path)
  for (const path of [folder, join(folder, 'hosts'), root]) chmodSync(path, 0o755)
  // The folder of a whole test run is closed.
  const above = join(folder, '..')
  chmodSync(above, statSync(above).mode | 0o11)
  for (const path of ['root', 'var/lib']) chmodSync(at(path), 0o700)
  writeFileSync(
    at('etc/passwd'),
    `root:x:0:0::/root:/bin/sh\napp:x:${meddler.uid}:${meddler.gid}::/:/bin/sh\n`,
  )
  writeFileSync(at('etc/group'), `root:x:0:\napp:x:${meddler.gid}:\n`)
  writeFileSync(at('etc/shadow'), 'SECRET', { mode: 0o600 })
  mkdirSync(at('root/.ssh'), { mode: 0o700 })
  writeFileSync(at('root/.ssh/authorized_keys'), 'SECRET', { mode: 0o600 })
  mkdirSync(at('srv/app'), { recursive: true })
  chownSync(at('srv/app'), meddler.uid, meddler.gid)
  const declare = (text: string): void => writeFileSync(join(folder, 'cluster.yaml'), text)
  /** The program of the spec without a controller. */
  const portable = async (): Promise<string> => {
    const out = join(scratchFolder(), 'out')
    assert.is((await converge(['render', ...file, '-o', out, '--portable'])).code, 0)
    return join(out, 'web0.sh')
  }
  const runProgram = (program: string) =>
    spawnSync('sh', [program], {
      env: { ...process.env, CONVERGE_ROOT: root },
      encoding: 'utf8',
      timeout: 60_000,
    })
  const apply = () => converge([...file, '--yes', '--allow-prune', '--release'])
  return { root, at, file, declare, portable, runProgram, apply }
}

type Host = Awaited<ReturnType<typeof makeHost>>

/** What is in the other user's directory, one line for each path. */
function listed({ root }: Host): string {
  const format = '%P %y %m %U %l\n'
  const found = execFileSync('find', [join(root, 'srv/app'), '-mindepth', '1', '-printf', format])
  return found.toString().split('\n').filter(Boolean).sort().join('\n')
}

const wanted = (version: number): string =>
  [
    `a.conf f 640 ${meddler.uid} `,
    `conf d 750 ${meddler.uid} `,
    'conf/app.conf f 644 0 ',
    ...(version === 2 ? ['conf/second f 644 0 '] : []),
    `current l 777 0 v${version}`,
    `data d 755 ${meddler.uid} `,
    `data/x f 644 ${meddler.uid} `,
    'in-place f 644 0 ',
    `mode f 64${version} ${meddler.uid} `,
    `parts f 600 ${meddler.uid} `,
  ].join('\n')

asRoot('a directory of another user is converged, rolled back and pruned like any other', async () => {
  const host = await makeHost()
  const { at, file, declare, apply } = host
  const first = await apply()
  assert.is(first.code, 0, first.stdout + first.stderr)
  assert.is(listed(host), wanted(1))
  declare(specOf(2))
  const second = await apply()
  assert.is(second.code, 0, second.stdout + second.stderr)
  assert.is(listed(host), wanted(2))
  assert.is((await converge([...file, '--dry-run', '--exit-code'])).code, 0)
  const back = await converge(['rollback', 'web0', ...file, '--yes'])
  assert.is(back.code, 0, back.stdout + back.stderr)
  assert.is(listed(host), wanted(1))
  assert.is(readFileSync(at('srv/app/in-place'), 'utf8'), '1\n')
  declare(nothing)
  const pruned = await apply()
  assert.is(pruned.code, 0, pruned.stdout + pruned.stderr)
  assert.is(listed(host), '')
  assert.equal(readdirSync(at('etc/systemd/system')), [])
})

asRoot('a portable program does the same there, and a plan then finds nothing to do', async () => {
  const host = await makeHost()
  for (const version of [1, 2]) {
    host.declare(specOf(version))
    const program = await host.portable()
    const { status, stdout, stderr } = host.runProgram(program)
    assert.is(status, 0, stdout + stderr)
    assert.is(listed(host), wanted(version))
    assert.not.match(host.runProgram(program).stdout, /^start /m)
    const planned = await converge([...host.file, '--dry-run', '--exit-code'])
    assert.is(planned.code, 0, planned.stdout + planned.stderr)
  }
  assert.is((await converge(['rollback', 'web0', ...host.file, '--yes'])).code, 0)
  assert.is(listed(host), wanted(1))
})

asRoot(
  'neither a rollback nor a prune nor a portable program follows a link that the user has made',
  async () => {
    const host = await makeHost()
    const { at, declare, apply, file } = host
    await apply()
    declare(specOf(2))
    await apply()
    const program = await host.portable()
    // Files of these names, by which it would be seen that a link was followed.
    mkdirSync(at('root/conf'))
    for (const name of ['app.conf', 'second', 'x'])
      writeFileSync(at(`root/conf/${name}`), 'SECRET', { mode: 0o600 })
    const before = rootsThings(host)
    for (const name of ['conf', 'data']) {
      renameSync(at(`srv/app/${name}`), at(`srv/app/${name}-away`))
      symlinkSync('../../root/conf', at(`srv/app/${name}`))
      for (const argv of [
        ['rollback', 'web0', ...file, '--yes'],
        [...file, '--yes', '--release'],
      ]) {
        const { code, stdout, stderr } = await converge(argv)
        assert.is(code, 1, `${name} ${argv.join(' ')}: ${stdout}${stderr}`)
        assert.not.match(stdout + stderr, 'SECRET')
      }
      declare(nothing)
      const pruned = await apply()
      assert.not.match(pruned.stdout + pruned.stderr, 'SECRET')
      declare(specOf(2))
      assert.is(host.runProgram(program).status, 1)
      assert.is(rootsThings(host), before)
      rmSync(at(`srv/app/${name}`))
      renameSync(at(`srv/app/${name}-away`), at(`srv/app/${name}`))
      const healed = await apply()
      assert.is(healed.code, 0, healed.stdout + healed.stderr)
      assert.is(listed(host), wanted(2))
    }
  },
)

/** Kinds, modes, owners and contents of what is root's. */
function rootsThings({ root }: Host): string {
  const paths = ['etc/passwd', 'etc/group', 'etc/shadow', 'root'].map((name) => join(root, name))
  const facts = execFileSync('find', [...paths, '-printf', '%P %y %m %U %G %l %i\n'])
  const contents = execFileSync('find', [...paths, '-type', 'f', '-exec', 'cat', '{}', '+'])
  return `${facts}${contents}`
}

asRoot('a user who meddles gets nothing by applies, rollbacks, prunes and portable programs', async () => {
  const host = await makeHost()
  const { at, file, declare, apply, root } = host
  const programs: string[] = []
  for (const version of [1, 2]) {
    declare(specOf(version))
    programs.push(await host.portable())
  }
  const before = rootsThings(host)
  const meddling = startMeddling(at('srv/app'), root, { seed: rounds, pipes: false })
  let runs = 0
  let told = ''
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const act of [
        ...[1, 2].map((version) => () => {
          declare(specOf(version))
          return apply()
        }),
        () => converge(['rollback', 'web0', ...file, '--yes']),
        async () => host.runProgram(programs[round % 2] ?? ''),
        () => {
          declare(nothing)
          return apply()
        },
      ]) {
        const { stdout, stderr } = await act()
        assert.not.match(stdout + stderr, 'SECRET')
        runs += 1
      }
    }
  } finally {
    told = await meddling.end()
  }
  assert.is(told, '')
  assert.is(rootsThings(host), before)
  for (const name of readdirSync(at('srv/app'))) rmSync(at(`srv/app/${name}`), { recursive: true })
  declare(specOf(2))
  const { code, stdout, stderr } = await apply()
  assert.is(code, 0, stdout + stderr)
  assert.is(listed(host), wanted(2))
  figure('applies, rollbacks, prunes and portable programs beside a user who meddles', runs)
})

test.run()
