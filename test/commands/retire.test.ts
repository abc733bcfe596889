import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { converge } from './recording-io.ts'
import { makeCluster, scratchFolder } from './scratch.ts'

/** Two converged hosts; web1 was then removed from the spec. */
async function makeDeparture() {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  const path = join(folder, 'cluster.yaml')
  const text = readFileSync(path, 'utf8')
  const without = text.replace('"web[0-1]":', 'web0:')
  assert.is.not(without, text)
  writeFileSync(path, without)
  return { folder, file, motd: join(folder, 'hosts/web1/etc/motd') }
}

test('reports a host that was removed from the spec, prunes it, and forgets it', async () => {
  const { file, motd } = await makeDeparture()
  const named = await converge([...file, '--dry-run'])
  assert.match(
    named.stdout,
    'web1 was removed from the spec of test and is no longer managed. Run `converge retire web1` to clean it up.',
  )

  const dryRun = await converge(['retire', 'web1', ...file, '--dry-run'])
  assert.is(dryRun.code, 0)
  assert.match(dryRun.stdout, 'remove /etc/motd')
  assert.not.match(dryRun.stdout, 'has left the spec')
  assert.ok(existsSync(motd))

  const retired = await converge(['retire', 'web1', ...file, '--yes', '--allow-prune'])
  assert.is(retired.code, 0, retired.stderr)
  assert.match(retired.stdout, 'web1 is retired: the other hosts of test no longer know it.')
  assert.not(existsSync(motd))
  assert.not.match((await converge([...file, '--dry-run'])).stdout, 'has left the spec')
})

test('asks the members of its groups before it takes one of them down', async () => {
  const folder = scratchFolder()
  const embedded = await startEmbeddedHosts({ names: ['a', 'b', 'c'], directory: folder })
  const file = ['-f', join(folder, 'cluster.yaml')]
  const write = (names: readonly string[]) => {
    const hosts = embedded.hosts
      .filter(({ name }) => names.includes(name))
      .map(
        ({ name, address, port }) =>
          `  ${name}: { address: ${address}, ssh: { port: ${port} }, roles: [app] }`,
      )
    writeFileSync(
      join(folder, 'cluster.yaml'),
      `cluster: test
ssh: { user: root, identityFile: ${embedded.identityFile}, knownHostsFile: ${embedded.knownHostsFile} }
roles:
  app:
    resources:
      - unit:
          name: app.service
          content: "[Service]\\nExecStart=/usr/bin/app\\n"
          started: true
          disruption:
            { group: app, maxUnavailable: quorum, healthy: test ! -e "$CONVERGE_ROOT/ill", healthyTimeoutSeconds: 1 }
hosts:
${hosts.join('\n')}
`,
    )
  }
  try {
    write(['a', 'b', 'c'])
    const first = await converge([...file, '--yes'])
    assert.is(first.code, 0, first.stdout + first.stderr)
    write(['a', 'b'])
    writeFileSync(join(folder, 'b/ill'), '')
    const refused = await converge(['retire', 'c', ...file, '--yes', '--allow-prune'])
    assert.is(refused.code, 1)
    assert.match(
      refused.stdout,
      'b of app is not healthy: exit status 1, and it printed nothing; at most 1 may be down at once',
    )
    rmSync(join(folder, 'b/ill'))
    const retired = await converge(['retire', 'c', ...file, '--yes', '--allow-prune'])
    assert.is(retired.code, 0, retired.stdout + retired.stderr)
    assert.match(readFileSync(join(folder, 'c/var/log/embedded-systemctl.log'), 'utf8'), 'stop app.service')
  } finally {
    await embedded.close()
  }
})

/** A sudo that wants the password `secret`, and notes what it is given. */
const sudo = (noted: string) => `#!/bin/sh
[ "$1" != -n ] || { echo 'sudo: a password is required' >&2; exit 1; }
printf "$3" >&2
read -r password
echo "$password" >>'${noted}'
[ "$password" = secret ] || exit 1
shift 4
exec "$@"
`

test('sends the sudo password of the spec to no address that only other hosts report', async () => {
  const folder = scratchFolder()
  const noted = join(folder, 'noted')
  writeFileSync(join(folder, 'sudo'), sudo(noted), { mode: 0o755 })
  const embedded = await startEmbeddedHosts({
    names: ['a', 'c'],
    directory: folder,
    users: ['root', 'deploy'],
    searchPath: [folder],
  })
  const file = ['-f', join(folder, 'cluster.yaml')]
  const env = { CONVERGE_SUDO_PASSWORD: 'secret' }
  const write = (names: string) => {
    const users = { a: 'root', c: 'deploy' }
    const hosts = embedded.hosts.flatMap(({ name, address, port }) =>
      names.includes(name)
        ? [
            `  ${name}: { address: ${address}, roles: [all], ssh: { port: ${port}, user: ${users[name as 'a' | 'c']} } }\n`,
          ]
        : [],
    )
    writeFileSync(
      join(folder, 'cluster.yaml'),
      `cluster: test
ssh: { identityFile: ${embedded.identityFile}, knownHostsFile: ${embedded.knownHostsFile} }
roles: { all: { resources: [{ file: { path: /etc/motd, content: "hello\\n" } }] } }
hosts:
${hosts.join('')}`,
    )
  }
  try {
    write('ac')
    const first = await converge([...file, '--yes'], { env })
    assert.is(first.code, 0, first.stdout + first.stderr)
    write('a')
    rmSync(noted)
    const retire = ['retire', 'c', ...file, '--yes', '--allow-prune']
    const unasked = await converge(retire, { env })
    assert.is(unasked.code, 1)
    assert.match(unasked.stdout, 'none is sent unasked to an address that other hosts report')
    assert.not(existsSync(noted))
    const asked = await converge([...retire, '--ask-sudo-password'], { env, answers: ['secret'] })
    assert.is(asked.code, 0, asked.stdout + asked.stderr)
    const [, c] = embedded.hosts
    assert.equal(asked.questions, [`sudo password for c (${c?.address} port ${c?.port}): `])
    assert.not(existsSync(join(folder, 'c/etc/motd')))
  } finally {
    await embedded.close()
  }
})

test('names a host that could not be asked to forget the retired one', async () => {
  const { folder, file, motd } = await makeDeparture()
  appendFileSync(join(folder, 'cluster.yaml'), '  lost: { transport: directory, directory: hosts/nowhere }\n')
  const retired = await converge(['retire', 'web1', ...file, '--yes', '--allow-prune'])
  assert.is(retired.code, 1)
  assert.not(existsSync(motd))
  assert.not.match(retired.stdout, 'have forgotten it')
  assert.match(retired.stderr, 'lost still remembers web1: ')
  assert.match(retired.stderr, 'When it can be asked again: converge retire web1 --gone')
})

test('takes out what is on a host that was rolled back to before its resources went', async () => {
  const { folder, file, motd } = await makeDeparture()
  const path = join(folder, 'cluster.yaml')
  const empty = '  web1: { transport: directory, directory: hosts/web1 }\n'
  appendFileSync(path, empty)
  await converge([...file, '--yes', '--allow-prune'])
  assert.not(existsSync(motd))
  await converge(['rollback', 'web1', ...file, '--yes'])
  assert.ok(existsSync(motd))
  writeFileSync(path, readFileSync(path, 'utf8').replace(empty, ''))
  assert.is((await converge(['retire', 'web1', ...file, '--yes', '--allow-prune'])).code, 0)
  assert.not(existsSync(motd))
})

test('only forgets a host that no longer exists', async () => {
  const { file, motd } = await makeDeparture()
  const { code, stdout } = await converge(['retire', 'web1', ...file, '--yes', '--gone'])
  assert.is(code, 0)
  assert.is(stdout, 'web1 is retired: the other hosts of test no longer know it.\n')
  assert.ok(existsSync(motd))
})

test('does not retire a host of the spec, or an unknown one', async () => {
  const { file } = await makeDeparture()
  const inSpec = await converge(['retire', 'web0', ...file, '--yes'])
  assert.is(inSpec.code, 3)
  assert.match(inSpec.stderr, 'web0 is still in the spec')
  const unknown = await converge(['retire', 'web9', ...file, '--yes'])
  assert.is(unknown.code, 3)
  assert.match(unknown.stderr, 'no host of the cluster knows web9')
  assert.match(unknown.stderr, 'removed from the spec: web1')
})

test('needs more than --yes if a lot would be removed', async () => {
  const { folder, file } = await makeCluster()
  await converge([...file, '--yes'])
  const path = join(folder, 'cluster.yaml')
  writeFileSync(
    path,
    readFileSync(path, 'utf8')
      .replaceAll(/^ +resources:\n(?: +- .*\n)*/gm, '')
      .replaceAll(/recipes: \[.*\]/g, 'recipes: []'),
  )
  const refused = await converge([...file, '--yes'])
  assert.is(refused.code, 3, refused.stdout + refused.stderr)
  assert.match(refused.stderr, 'the plan needs more than a yes: web0 has no resources left in the spec')
  assert.match(
    refused.stderr,
    'otherwise fix the spec, leave these hosts out, or pass --no-prune to keep what it no longer declares',
  )
  const declined = await converge([...file], { answers: ['y'] })
  assert.match(declined.stdout, 'Nothing was applied.')
  const left = await converge([...file, '--yes', '--no-prune'])
  assert.is(left.code, 0)
  assert.match(left.stdout, 'Nothing to do.')
  const consented = await converge([...file], { answers: ['prune'] })
  assert.is(consented.code, 0, consented.stdout + consented.stderr)
})

test('a renamed host keeps what it has, and only --gone makes the hosts forget its old name', async () => {
  const folder = scratchFolder()
  const file = ['-f', join(folder, 'cluster.yaml')]
  const write = (name: string) =>
    writeFileSync(
      join(folder, 'cluster.yaml'),
      `cluster: test
platform: { init: none }
hosts:
  ${name}: { transport: directory, directory: host, resources: [{ file: { path: /etc/motd, content: x } }] }
  other: { transport: directory, directory: other, resources: [{ file: { path: /etc/motd, content: x } }] }
`,
    )
  for (const host of ['host', 'other']) {
    for (const name of ['etc', 'var/tmp']) mkdirSync(join(folder, host, name), { recursive: true })
  }
  write('web1')
  assert.is((await converge([...file, '--yes'])).code, 0)
  write('node1')
  const renamed = await converge([...file, '--dry-run'])
  assert.match(renamed.stdout, 'note: this machine was web1 until now, and keeps what it has')
  assert.not.match(renamed.stdout, 'retire')
  const refused = await converge(['retire', 'web1', ...file, '--yes', '--allow-prune'])
  assert.is(refused.code, 3)
  assert.match(refused.stderr, 'web1 and node1 are the same machine, and the spec has node1')
  assert.ok(existsSync(join(folder, 'host/etc/motd')))
  const forgotten = await converge(['retire', 'web1', ...file, '--yes', '--gone'])
  assert.is(forgotten.code, 0, forgotten.stderr)
  assert.not.match((await converge([...file, '--dry-run'])).stdout, 'web1')
})

test('unlocks nothing where nothing is locked', async () => {
  const { file } = await makeCluster()
  const { code, stdout } = await converge(['unlock', 'web0', ...file])
  assert.is(code, 0)
  assert.is(stdout, 'web0: no apply holds the lock\n')
})

test.run()
