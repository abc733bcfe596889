import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'
import { makeCluster, scratchFolder, spec, writeFiles } from './scratch.ts'

const rich = spec.replace(
  'hosts:\n',
  `      - directory: { path: /srv/closed, mode: "0500" }
      - file: { path: /srv/closed/run, content: "#!/bin/sh\\n", mode: "4755" }
      - file: { path: /etc/key, content: hunter2, mode: "0644", sensitive: true }
      - link: { path: /etc/alias, target: /srv/closed }
      - unit:
          name: app.service
          content: { Service: { ExecStart: /bin/true } }
          dropIns: { limits: { Service: { MemoryMax: 1G } } }
hosts:
`,
)

function mode(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8)
}

test('writes files, directories, links, units and drop-ins of each host as they will be', async () => {
  const { file } = await makeCluster(rich)
  const out = join(scratchFolder(), 'out')
  const { stdout, code } = await converge(['render', ...file, '-o', out])
  assert.is(code, 0)
  assert.is(stdout, `2 hosts with 18 paths rendered to ${out}\n`)
  assert.is(readFileSync(join(out, 'web1/etc/motd'), 'utf8'), 'hello web1\n')
  assert.is(readlinkSync(join(out, 'web1/etc/alias')), '/srv/closed')
  assert.is(mode(join(out, 'web1/srv/closed')), '500')
  assert.is(mode(join(out, 'web1/srv/closed/run')), '755', 'without setuid: the tree is no host')
  const units = join(out, 'web0/etc/systemd/system')
  assert.is(readFileSync(join(units, 'app.service'), 'utf8'), '[Service]\nExecStart=/bin/true\n')
  assert.is(readFileSync(join(units, 'app.service.d/limits.conf'), 'utf8'), '[Service]\nMemoryMax=1G\n')
})

test('keeps sensitive content out unless --reveal says so, and then for the owner only', async () => {
  const { file } = await makeCluster(rich)
  const out = join(scratchFolder(), 'out')
  await converge(['render', ...file, '-o', out])
  assert.match(readFileSync(join(out, 'web0/etc/key'), 'utf8'), 'sensitive')
  await converge(['render', ...file, '-o', out, '--reveal'])
  assert.is(readFileSync(join(out, 'web0/etc/key'), 'utf8'), 'hunter2')
  assert.is(mode(join(out, 'web0/etc/key')), '600')
})

test('renders again into its own folder, and leaves nothing of before', async () => {
  const { folder, file } = await makeCluster(rich)
  const out = join(folder, 'out')
  await converge(['render', ...file, '-o', out])
  writeFiles(folder, { 'cluster.yaml': spec })
  const { code } = await converge(['render', ...file, '-o', out, '--limit', 'web1'])
  assert.is(code, 0)
  assert.equal(readdirSync(out).toSorted(), ['.converge-render.json', 'web1'])
  assert.equal(readdirSync(join(out, 'web1')), ['etc'])
})

test('refuses a folder that it did not make, and a host folder that it did not make', async () => {
  const { folder, file } = await makeCluster()
  const foreign = await converge(['render', ...file, '-o', folder])
  assert.is(foreign.code, 3)
  assert.match(foreign.stderr, `error: ${folder} is not empty, and render did not make it\n`)
  const out = join(folder, 'out')
  await converge(['render', ...file, '-o', out, '--limit', 'web0'])
  mkdirSync(join(out, 'web1'))
  const occupied = await converge(['render', ...file, '-o', out])
  assert.is(occupied.code, 3)
  assert.match(occupied.stderr, `error: ${out}/web1 exists, and render did not make it\n`)
  const aFile = await converge(['render', ...file, '-o', join(folder, 'cluster.yaml')])
  assert.match(aFile.stderr, 'is not a folder\n')
})

test('removes nothing outside its folder, whatever the marker says', async () => {
  const { folder, file } = await makeCluster()
  writeFiles(folder, {
    'kept/file': 'x',
    'out/.converge-render.json': '{ "madeBy": "converge render", "hosts": ["../kept"] }',
  })
  const { code, stderr } = await converge(['render', ...file, '-o', join(folder, 'out')])
  assert.is(code, 3)
  assert.match(stderr, '.converge-render.json is damaged')
  assert.ok(existsSync(join(folder, 'kept/file')))
})

test('follows no link out of its folder when it cleans up', async () => {
  const outside = scratchFolder()
  writeFileSync(join(outside, 'file'), 'x')
  chmodSync(outside, 0o755)
  const { folder, file } = await makeCluster(
    spec.replace('hosts:\n', `      - link: { path: /out, target: ${outside} }\nhosts:\n`),
  )
  const out = join(folder, 'out')
  await converge(['render', ...file, '-o', out])
  assert.is(readlinkSync(join(out, 'web0/out')), outside)
  assert.is((await converge(['render', ...file, '-o', out])).code, 0)
  assert.ok(existsSync(join(outside, 'file')))
  assert.is(mode(outside), '755')
})

test('refuses to write below a link or a file', async () => {
  const { file } = await makeCluster(
    spec.replace(
      'hosts:\n',
      `      - link: { path: /srv/data, target: / }
      - file: { path: /srv/data/etc/evil, content: x }
hosts:
`,
    ),
  )
  const { code, stderr } = await converge(['render', ...file, '-o', join(scratchFolder(), 'out')])
  assert.is(code, 3)
  assert.match(stderr, 'error: web0 cannot be rendered: /srv/data/etc/evil is below the link /srv/data\n')
})

test('writes a portable program that converges the host without a controller, twice', async () => {
  const { file, folder } = await makeCluster(
    // Only root writes into a folder that is closed to its owner.
    rich.replace(', sensitive: true', '').replace('"0500"', '"0750"'),
  )
  const out = join(scratchFolder(), 'out')
  assert.is((await converge(['render', ...file, '-o', out, '--portable'])).code, 0)
  assert.is(mode(join(out, 'web0.sh')), '700')
  const root = join(folder, 'hosts/web0')
  const run = () =>
    execFileSync('sh', [join(out, 'web0.sh')], {
      env: { ...process.env, CONVERGE_ROOT: root },
      encoding: 'utf8',
    })
  assert.match(run(), /^start 0$/m)
  assert.is(readFileSync(join(root, 'etc/motd'), 'utf8'), 'hello web0\n')
  assert.not.match(run(), /^start /m)
})

test('does not put sensitive content into a portable program unasked', async () => {
  const { file } = await makeCluster(rich)
  const out = join(scratchFolder(), 'out')
  const { code, stderr } = await converge(['render', ...file, '-o', out, '--portable'])
  assert.is(code, 3)
  assert.match(stderr, 'the program for web0 would contain sensitive content')
  assert.not(existsSync(out))
})

const open = rich.replace(', sensitive: true', '')

test('writes a document for the first boot of each host, for its owner only', async () => {
  const { file } = await makeCluster(open)
  const out = join(scratchFolder(), 'out')
  assert.is((await converge(['render', ...file, '-o', out, '--boot', 'ignition'])).code, 0)
  assert.equal(
    readdirSync(out).filter((name) => name.includes('web0')),
    ['web0', 'web0.ign'],
  )
  assert.is(mode(join(out, 'web0.ign')), '600')
  assert.is((await converge(['render', ...file, '-o', out, '--boot', 'script'])).code, 0)
  assert.is(mode(join(out, 'web0.boot.sh')), '700')
  assert.not(existsSync(join(out, 'web0.ign')), 'what an earlier render made is removed')
})

test('refuses a document that is larger than its provider takes, and writes one that fetches the rest', async () => {
  const { file } = await makeCluster(open)
  const out = join(scratchFolder(), 'out')
  const words = ['render', ...file, '-o', out, '--boot', 'cloud-config', '--provider', 'ec2']
  const { code, stderr } = await converge(words)
  assert.is(code, 3)
  assert.match(
    stderr,
    /error: the document for web0 has \d{5} bytes, and ec2 takes 16384\n {2}pass --boot-url URL/,
  )
  assert.not(existsSync(out))
  const digitalocean = [...words.slice(0, -1), 'digitalocean']
  assert.is((await converge(digitalocean)).code, 0)
  assert.is((await converge([...words, '--boot-url', 'https://boot.example.com/a b/'])).code, 0)
  const bundle = readdirSync(out).find((name) => /^web0-[0-9a-f]{16}\.gz$/.test(name)) ?? ''
  const document = readFileSync(join(out, 'web0.cloud-config.yaml'), 'utf8')
  const [, base64 = ''] = /(H4sI[\w+/=\s]+?)\s*END/.exec(document) ?? []
  const program = gunzipSync(Buffer.from(base64, 'base64')).toString()
  const sha256 = createHash('sha256')
    .update(readFileSync(join(out, bundle)))
    .digest('hex')
  assert.match(program, `fetch 'https://boot.example.com/a%20b/${bundle}' '${sha256}'\n`)
  assert.ok(document.length < 4096, `${document.length}`)
})

const refusedBoots: readonly (readonly [readonly string[], string, string?])[] = [
  [['--boot', 'butane'], "option '--boot <format>' argument 'butane' is invalid"],
  [['--provider', 'ec2'], '--provider needs --boot'],
  [['--boot-url', 'https://x'], '--boot-url needs --boot'],
  [['--boot', 'script', '--boot-url', 'x/y'], 'x/y is not the URL of a folder'],
  [['--boot', 'script', '--boot-url', 'https://x/?a'], 'https://x/?a is not the URL of a folder'],
  [['--boot', 'script'], 'the program for web0 would contain sensitive content', rich],
  [['--boot', 'script', '--reveal', '--boot-url', 'http://x'], 'http shows it to everyone on the way', rich],
  [
    ['--boot', 'script'],
    'web0 has no systemd, which a first boot needs',
    open.replace('cluster: test\n', 'cluster: test\nplatform: { init: none }\n'),
  ],
]

for (const [words, message, text = open] of refusedBoots) {
  test(`refuses render ${words.join(' ')}: ${message}`, async () => {
    const { file } = await makeCluster(text)
    const out = join(scratchFolder(), 'out')
    const { code, stderr } = await converge(['render', ...file, '-o', out, ...words])
    assert.is(code, 3)
    assert.match(stderr, message)
    assert.not(existsSync(out))
  })
}

test.run()
