import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { makeCluster, scratchFolder, writeFiles } from './scratch.ts'

const recipe = `import { defineRecipe, directory, file, Type, unit } from 'converge'

export default defineRecipe({
  name: 'proxy',
  attributes: Type.Object({ workers: Type.Integer({ default: 1 }) }),
  resources(ctx) {
    const conf = file({ path: '/etc/proxy/proxy.conf', content: \`workers \${ctx.attributes.workers}\\n\` })
    return [
      directory({ path: '/etc/proxy' }),
      conf,
      unit({ name: 'proxy.service', content: '[Service]\\nExecStart=/bin/proxy\\n', started: true, restartOn: [conf] }),
    ]
  },
})
`

const roles = `roles:
  web:
    recipes: [proxy]
    resources:
      - file: { path: /etc/motd, content: "{{attributes.greeting}}\\n" }
      - file: { path: /etc/issue, content: "{{attributes.greeting}}\\n" }
  base:
    resources:
      - file: { path: /etc/base, content: "{{attributes.greeting}}\\n" }
`

const trees = `cluster: test
recipes: { proxy: ./proxy/recipe.ts }
attributes: { greeting: hello }
${roles}hosts:
  "web[0-1]":
    transport: directory
    directory: hosts/{{host.name}}
    roles: [base, web]
    platform: { init: none }
`.replace('    recipes: [proxy]\n', '')

async function makeTrees() {
  const made = await makeCluster(trees)
  writeFiles(made.folder, { 'proxy/recipe.ts': recipe })
  const read = (path: string) => readFileSync(join(made.folder, 'hosts/web0', path), 'utf8')
  return { ...made, read }
}

test('narrows the dry run and the apply, and says what that leaves out', async () => {
  const { folder, file, read } = await makeTrees()
  const only = [...file, '--only', 'file[/etc/motd]']
  const shown = `web[0-1]
  write /etc/motd (0644 root:root, 6 bytes)
    file[/etc/motd]: will be created
    @@ -0,0 +1 @@
    +hello
  note: left out by --only, differ: file[/etc/base], file[/etc/issue]

2 hosts: 2 to change; 2 changes; left out by --only: 4 resources, of which 4 differ
`
  const dryRun = await converge([...only, '--dry-run', '--exit-code'])
  assert.is(dryRun.stdout, shown)
  assert.is(dryRun.code, 2)
  assert.is((await converge(['plan', ...only])).stdout, shown)
  const markdown = await converge(['plan', ...only, '--format', 'markdown'])
  assert.match(markdown.stdout, 'left out by --only: 4 resources, of which 4 differ')
  assert.match(markdown.stdout, 'note: left out by --only, differ: file[/etc/base], file[/etc/issue]')

  const applied = await converge([...only, '--yes'])
  assert.is(applied.code, 0)
  assert.is(read('etc/motd'), 'hello\n')
  assert.not.ok(existsSync(join(folder, 'hosts/web0/etc/issue')))
  const again = await converge([...only, '--dry-run', '--exit-code'])
  assert.is(again.code, 0, 'what is left out does not count')
  assert.match(again.stdout, 'web[0-1] unchanged\n  note: left out by --only, differ: ')
  const idle = await converge([...only, '--yes'])
  assert.match(idle.stdout, '4 differ\nNothing to do.\n')
  const rest = await converge([...file, '--yes'])
  assert.match(rest.stdout, '2 hosts: 2 changed; 4 changes applied;')
  const last = await converge([...only, '--dry-run'])
  assert.is(last.stdout, '2 hosts: 2 unchanged; left out by --only: 4 resources, of which none differs\n')
})

test('takes several patterns, by commas or one by one, and what a role declares', async () => {
  const { file } = await makeTrees()
  const summary = async (...argv: readonly string[]) =>
    (await converge([...file, '--dry-run', ...argv])).stdout.trimEnd().split('\n').at(-1)
  const both = '2 hosts: 2 to change; 4 changes; left out by --only: 2 resources, of which 2 differ'
  assert.is(await summary('--only', 'role:web'), both)
  assert.is(await summary('--only', 'file[/etc/motd],file[/etc/issue]'), both)
  assert.is(await summary('--only', 'file[/etc/motd]', '--only', ' file[/etc/i*]'), both)
  assert.match((await summary('-l', 'web1', '--only', 'role:b*')) ?? '', '1 host: 1 to change; 1 change;')
})

test('shows the same as documented JSON', async () => {
  const { file } = await makeTrees()
  const only = [...file, '--only', 'file[/etc/motd]']
  const plan = JSON.parse((await converge([...only, '--dry-run', '--json'])).stdout)
  assertValid('plan', plan)
  assert.equal(plan.only, ['file[/etc/motd]'])
  assert.equal(plan.hosts[0].leftOut, { resources: 2, differ: ['file[/etc/base]', 'file[/etc/issue]'] })
  assert.equal(plan.summary.leftOut, { resources: 4, differ: 4 })
  const report = JSON.parse((await converge([...only, '--yes', '--json'])).stdout)
  assertValid('report', report)
  assert.equal(report.only, ['file[/etc/motd]'])
  assert.equal(report.leftOut, { resources: 4, differ: 4 })
})

test('refuses a pattern that nothing matches, and one that is none, with what was meant', async () => {
  const { file } = await makeTrees()
  const mistakes = {
    'file[/etc/mtd]':
      "--only file[/etc/mtd] matches nothing on these hosts\n  did you mean 'file[/etc/motd]'?",
    'file[/etcc/*]': "--only file[/etcc/*] matches nothing on these hosts\n  did you mean 'file[/etc/*]'?",
    'unit[nginx.service]':
      '--only unit[nginx.service] matches nothing on these hosts\n  `converge explain HOST` lists what a host has',
    'role:wbe': '--only role:wbe matches nothing on these hosts\n  did you mean role:web?',
    'recipe:proxy':
      '--only recipe:proxy matches nothing on these hosts\n  no resource of these hosts is from a recipe',
    '/etc/motd': '--only does not know what "/etc/motd" is\n  such as \'file[/etc/motd]\'',
    'app.service': '--only does not know what "app.service" is\n  such as \'unit[app.service]\'',
    proxy: '--only does not know what "proxy" is\n  such as recipe:proxy, role:proxy or \'file[*]\'',
    'host:web0': '--only does not know what "host:web0" is\n  such as \'file[/etc/nginx/*]\',',
    ' , ': "--only selects nothing\n  such as 'file[/etc/nginx/*]',",
  }
  for (const [pattern, words] of Object.entries(mistakes)) {
    const { code, stderr } = await converge([...file, '--dry-run', '--only', pattern])
    assert.is(code, 3, pattern)
    assert.match(stderr, `error: ${words}`)
  }
  for (const [command, ...more] of [['render', '-o', 'x'], ['status'], ['validate'], ['diff', 'HEAD']]) {
    const { code, stderr } = await converge([command ?? '', ...more, ...file, '--only', 'file[*]'])
    assert.is(code, 3)
    assert.is(stderr, `error: --only narrows apply and plan, not ${command}\n`)
  }
})

test('prunes only what is selected, and finds it by its identity', async () => {
  const { folder, file } = await makeTrees()
  await converge([...file, '--yes'])
  writeFiles(folder, {
    'cluster.yaml': trees
      .replace(/ {6}- file: \{ path: \/etc\/(motd|base).*\n/g, '')
      .replace('base:\n    resources:\n', 'base: {}\n'),
  })
  const { stdout } = await converge([...file, '-l', 'web0', '--only', 'file[/etc/motd]', '--yes'])
  assert.match(stdout, '  remove /etc/motd\n')
  assert.match(stdout, '  note: left out by --only, differs: file[/etc/base]\n')
  assert.match(stdout, 'left out by --only: 2 resources, of which 1 differs\n')
  assert.not.ok(existsSync(join(folder, 'hosts/web0/etc/motd')))
  assert.ok(existsSync(join(folder, 'hosts/web0/etc/base')))
  const kept = await converge([...file, '-l', 'web0', '--only', 'file[/etc/base]', '--no-prune', '--dry-run'])
  assert.match(kept.stdout, '1 host: 1 unchanged;')
  assert.match((await converge([...file, '--yes'])).stdout, '2 hosts: 2 changed; 3 changes applied;')
})

test('a sealed plan is as narrow as it was made, and nothing narrows it later', async () => {
  const { folder, file, read } = await makeTrees()
  const sealed = join(folder, 'p.json')
  const shown = await converge(['plan', ...file, '--only', 'file[/etc/motd]', '--out', sealed])
  assertValid('sealed-plan', JSON.parse(readFileSync(sealed, 'utf8')))
  const refused = await converge(['apply', sealed, ...file, '--only', 'file[*]', '--yes'])
  assert.is(refused.code, 3)
  assert.match(refused.stderr, 'a sealed plan is applied as it is: --only cannot change it')
  const dryRun = await converge(['apply', sealed, ...file, '--dry-run'])
  assert.ok(dryRun.stdout.endsWith(shown.stdout))
  const applied = await converge(['apply', sealed, ...file, '--yes'])
  assert.is(applied.code, 0)
  assert.match(applied.stdout, 'web[0-1] changed: 1 change applied')
  assert.is(read('etc/motd'), 'hello\n')
  assert.not.ok(existsSync(join(folder, 'hosts/web0/etc/issue')))
})

test('on hosts with systemd: what a selected change notifies is done, what is missing is named, a rollback undoes the part', async () => {
  const folder = scratchFolder()
  const embedded = await startEmbeddedHosts({ names: ['a', 'b'], directory: folder })
  const file = ['-f', join(folder, 'cluster.yaml')]
  const hosts = embedded.hosts.map(
    ({ name, address, port }) =>
      `  ${name}: { address: ${address}, ssh: { port: ${port} }, roles: [base, web] }\n`,
  )
  writeFiles(folder, {
    'proxy/recipe.ts': recipe,
    'cluster.yaml': `cluster: test
ssh: { user: root, identityFile: ${embedded.identityFile}, knownHostsFile: ${embedded.knownHostsFile} }
recipes: { proxy: ./proxy/recipe.ts }
attributes: { greeting: hello }
${roles}hosts:
${hosts.join('')}`,
  })
  const read = (path: string) => readFileSync(join(folder, 'a', path), 'utf8')
  const actions = () => read('var/log/embedded-systemctl.log')
  try {
    const missing = await converge([...file, '--only', 'file[/etc/proxy/*]', '--yes'])
    assert.is(missing.code, 1)
    assert.match(missing.stdout, 'comes after directory[/etc/proxy], which is left out and not there yet')
    assert.match(missing.stdout, "--only 'directory[/etc/proxy]'")

    const made = await converge([...file, '--only', 'recipe:proxy', '--yes'])
    assert.is(made.code, 0)
    assert.match(actions(), 'start proxy.service')
    assert.not.ok(existsSync(join(folder, 'a/etc/motd')))

    const faster = ['--set', 'proxy.workers=2', '--set', 'greeting=hi']
    const only = [...file, ...faster, '--only', 'file[/etc/proxy/*]']
    const narrow = await converge([...only, '--yes'])
    assert.match(
      narrow.stdout,
      'restart proxy.service\n    unit[proxy.service]: notified by file[/etc/proxy/proxy.conf]',
    )
    assert.match(narrow.stdout, 'left out by --only: 10 resources, of which 6 differ')
    assert.is(narrow.code, 0)
    assert.match(actions(), 'restart proxy.service')
    assert.is(read('etc/proxy/proxy.conf'), 'workers 2\n')

    appendFileSync(join(folder, 'a/etc/proxy/proxy.conf'), '# by hand\n')
    const back = await converge(['rollback', 'a', ...file, ...faster, '--yes'])
    assert.is(back.code, 0)
    assert.is(read('etc/proxy/proxy.conf'), 'workers 1\n')
    const rest = await converge([...file, ...faster, '--release', '--yes'])
    assert.is(rest.code, 0)
    assert.match((await converge([...file, ...faster, '--dry-run'])).stdout, '2 hosts: 2 unchanged\n')
  } finally {
    await embedded.close()
  }
})

test.run()
