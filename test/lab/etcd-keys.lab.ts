import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as assert from 'uvu/assert'
import { type CommandResult, mustRun } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { builtEtcd, type EtcdArchive, etcdArchive, noGo } from './harness/etcd-archive.ts'
import { labSuite } from './harness/unavailable.ts'

const hostNames = ['infra0', 'infra1', 'infra2'] as const
const secrets = { 'app/db': 'canary-of-db', 'app/web': 'canary-of-web' }

keys('keys, roles and users of etcd 3.4', () => etcdArchive())

for (const version of ['3.5.35', '3.6.16', '3.7.3'])
  keys(`keys, roles and users of etcd ${version}`, () => builtEtcd(version), noGo)

function keys(
  title: string,
  archive: () => Promise<EtcdArchive>,
  unavailable?: () => string | undefined,
): void {
  const test = labSuite(title, unavailable)
  let lab: Lab
  let project: Project
  let etcd: EtcdArchive
  let url: string
  let identity: string
  let printed = ''

  test.before(async () => {
    lab = await startLab({ hosts: hostNames })
    etcd = await archive()
    url = `${await lab.serve(etcd.directory)}/${etcd.name}`
    project = await createProject(spec(first))
    const own = join(project.directory, 'identity')
    assert.is((await project.converge(['secrets', 'init', 'ann', '--new-identity', own])).exitCode, 0)
    identity = /AGE-SECRET-KEY-\w+/.exec(await readFile(own, 'utf8'))?.[0] ?? ''
    for (const [key, value] of Object.entries(secrets)) await setSecret(key, value)
  })

  test.after(async () => {
    await project?.remove()
    await lab?.close()
  })

  const setSecret = (key: string, value: string) =>
    mustRun(
      'sh',
      [
        '-c',
        'printf %s "$1" | "$2" "$3" secrets set "$4"',
        'set',
        value,
        process.execPath,
        resolve('dist/cli.js'),
        key,
      ],
      {
        cwd: project.directory,
        env: { ...process.env, CONVERGE_IDENTITY: identity },
      },
    )

  const spec = (attributes: string, members: readonly string[] = hostNames): string => `cluster: lab
${labSsh(lab, 'root')}
platform: { os: debian, release: "12", arch: amd64 }
attributes:
  etcd:
    version: "${etcd.version}"
    sha256: ${etcd.sha256}
    url: ${url}
${attributes.replaceAll(/^/gm, '    ')}
hosts:
${hostNames.map((name) => `  ${name}: { address: ${lab.address(name)}, recipes: [${members.includes(name) ? 'etcd' : ''}] }`).join('\n')}
`

  const first = `keys:
  /app/color: blue
  /app/text: "two\\nlines\\n"
  /app/db: !secret app/db
  /app/empty: ""
roles:
  reader: [{ key: /app/, prefix: true, access: read }]
  writer: [{ key: /app/a, to: /app/m, access: readwrite }, { key: /app/z, access: write }]
users:
  web: { password: !secret app/web, roles: [reader, writer] }
  root: { password: plain-word, roles: [root] }
`

  const converge = async (argv: readonly string[]): Promise<CommandResult> => {
    const result = await project.converge(argv, { CONVERGE_IDENTITY: identity })
    printed += told(result)
    return result
  }

  const succeeds = async (...argv: readonly string[]): Promise<string> => {
    const result = await converge(argv)
    assert.is(result.exitCode, 0, told(result))
    return result.stdout
  }

  const etcdctl = async (words: string, host: string = hostNames[0]): Promise<string> => {
    const result = await lab.run(
      host,
      `ETCDCTL_API=3 etcdctl --endpoints=http://${lab.address(host)}:2379 ${words} 2>/dev/null`,
    )
    return result.stdout
  }

  const isConverged = async (): Promise<void> => {
    const plan = await converge(['--dry-run', '--exit-code'])
    assert.is(plan.exitCode, 0, told(plan))
  }

  const becomes = async (attributes: string, members?: readonly string[]): Promise<string> => {
    await project.write('cluster.yaml', spec(attributes, members))
    const shown = await succeeds('--yes', '--allow-prune')
    await isConverged()
    return shown
  }

  test('one run makes the cluster and what is in it, and says so before', async () => {
    await project.write('cluster.yaml', spec(first))
    const plan = (await converge(['--dry-run'])).stdout
    assert.match(plan, 'etcdKey[etcd:/app/color]')
    assert.match(plan, 'known after apply')
    assert.match(plan, 'set the user web of etcd (password, grant reader, grant writer)')
    await succeeds('--yes')
    assert.is(await etcdctl('get --print-value-only /app/color'), 'blue\n')
    assert.is(await etcdctl('get --print-value-only /app/text'), 'two\nlines\n\n')
    assert.is(await etcdctl('get --print-value-only /app/db'), 'canary-of-db\n')
    assert.match(await etcdctl('get -w fields /app/empty'), '"Value" : ""')
    assert.match(await etcdctl('role get writer -w json'), '"permType":2')
    assert.match(await etcdctl('user get web'), 'Roles: reader writer')
  })

  test('a second run is empty', isConverged)

  test('what was changed by hand is drift, and repaired', async () => {
    await etcdctl('put /app/color red')
    await etcdctl('role grant-permission reader readwrite /other')
    await etcdctl('user revoke-role web writer')
    const drift = await converge(['drift', '--exit-code'])
    assert.is(drift.exitCode, 2, told(drift))
    for (const what of ['etcdKey[etcd:/app/color]', 'etcdRole[etcd:reader]', 'etcdUser[etcd:web]'])
      assert.match(drift.stdout, what)
    const plan = (await converge(['--dry-run'])).stdout
    assert.match(plan, /-red/)
    assert.match(plan, 'revoke readwrite /other')
    await succeeds('--yes')
    assert.is(await etcdctl('get --print-value-only /app/color'), 'blue\n')
    assert.not.match(await etcdctl('role get reader'), '/other')
    assert.match(await etcdctl('user get web'), 'Roles: reader writer')
    await isConverged()
  })

  test('another secret is hidden in the diff, and arrives', async () => {
    await setSecret('app/db', 'canary-of-other-db')
    await setSecret('app/web', 'canary-of-other-web')
    const plan = (await converge(['--dry-run'])).stdout
    assert.match(plan, '«secret app/db, changed»')
    assert.match(plan, 'change the user web of etcd (password)')
    await succeeds('--yes')
    assert.is(await etcdctl('get --print-value-only /app/db'), 'canary-of-other-db\n')
    await isConverged()
  })

  const second = first
    .replace('  /app/text: "two\\nlines\\n"\n', '')
    .replace('blue', 'green')
    .replace(', { key: /app/z, access: write }', ', { key: /app/y, prefix: true, access: write }')
    .replace(/ {2}root: .*\n/, '')

  test('what leaves the spec is removed with consent, a rollback brings it back', async () => {
    await project.write('cluster.yaml', spec(second))
    const plan = (await converge(['--dry-run'])).stdout
    assert.match(plan, 'etcd: the key /app/text will be removed')
    assert.match(plan, 'etcd: the user root will be removed')
    await succeeds('--yes', '--no-prune')
    assert.is(await etcdctl('get --print-value-only /app/text'), 'two\nlines\n\n')
    await becomes(second)
    assert.is(await etcdctl('get /app/text'), '')
    assert.is(await etcdctl('user list'), 'web\n')
    const back = await converge(['rollback', 'infra0', '--yes', '--allow-prune'])
    assert.is(back.exitCode, 1, told(back))
    assert.match(told(back), 'remove the user root of etcd')
    assert.is(await etcdctl('get --print-value-only /app/text'), 'two\nlines\n\n')
    await succeeds('--yes', '--release', '--allow-prune')
    await becomes(second)
  })

  test('a rollback writes the old value back, and takes a permission back', async () => {
    await becomes(
      second
        .replace('green', 'yellow')
        .replace('/app/z', '/app/x')
        .replace('access: read }', 'access: readwrite }'),
    )
    assert.is(await etcdctl('get --print-value-only /app/color'), 'yellow\n')
    await succeeds('rollback', 'infra0', '--yes')
    assert.is(await etcdctl('get --print-value-only /app/color'), 'green\n')
    assert.not.match(await etcdctl('role get reader -w json'), 'permType')
    await succeeds('--yes', '--release')
    await becomes(second)
  })

  test('a part of them, and a sealed plan', async () => {
    const other = second.replace('green', 'violet').replace('access: read }', 'access: write }')
    await project.write('cluster.yaml', spec(other))
    await succeeds('--yes', '--only', 'etcdKey[etcd:/app/color]')
    assert.is(await etcdctl('get --print-value-only /app/color'), 'violet\n')
    assert.not.match(await etcdctl('role get reader -w json'), 'permType')
    await setSecret('app/db', 'canary-of-sealed-db')
    await setSecret('app/web', 'canary-of-sealed-web')
    await succeeds('plan', '--out', 'sealed.json')
    assert.not.match(await readFile(join(project.directory, 'sealed.json'), 'utf8'), 'canary-of')
    await succeeds('apply', 'sealed.json', '--yes')
    assert.is(await etcdctl('get --print-value-only /app/db'), 'canary-of-sealed-db\n')
    assert.match(await etcdctl('role get reader -w json'), '"permType":1')
    await isConverged()
    await becomes(second)
  })

  test('somebody else’s change of what leaves is kept, and said', async () => {
    await etcdctl('put /app/empty theirs')
    const shown = await becomes(second.replace('  /app/empty: ""\n', ''))
    assert.match(shown, 'kept etcdKey[etcd:/app/empty]')
    assert.is(await etcdctl('get --print-value-only /app/empty'), 'theirs\n')
    await etcdctl('del /app/empty')
  })

  const third = second.replace('  /app/empty: ""\n', '')

  test('a host that leaves deletes nothing, and another one acts after it', async () => {
    await becomes(third, ['infra1', 'infra2'])
    assert.is(await etcdctl('get --print-value-only /app/color', 'infra1'), 'green\n')
    await becomes(third.replace('  /app/color: green\n', ''), ['infra1', 'infra2'])
    assert.is(await etcdctl('get /app/color', 'infra1'), '')
    await becomes(third)
    await becomes('keys: {}\n')
    assert.is(await etcdctl("get --prefix '' --keys-only"), '')
    assert.is(await etcdctl('role list'), '')
  })

  test('no secret was shown, and none is in a manifest or journal', async () => {
    assert.not.match(printed, 'canary-of')
    assert.not.match(printed, 'plain-word')
    for (const host of hostNames) {
      const found = await lab.run(
        host,
        "grep -rlE 'canary-of|plain-word' /var/lib/converge --include=manifest --include=journal --include=about --include=revert --include=results",
      )
      assert.is(found.stdout, '', host)
    }
  })

  test.run()
}

function told({ stdout, stderr }: CommandResult): string {
  return `${stdout}\n${stderr}`
}
