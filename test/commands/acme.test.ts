import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acmeRepository, commitAll } from '../samples/acme.ts'
import { filesIn } from '../samples/files-in.ts'
import { converge } from './recording-io.ts'
import { scratchFolder } from './scratch.ts'
import { ann } from './secrets/scratch-secrets.ts'

// Two clusters in one repository share roles, environments, data, an npm package with recipes, secrets and an authority.

const expected = fileURLToPath(new URL('../../fixtures/clusters/acme/expected', import.meta.url))
const folder = scratchFolder()

function onCluster(name: string, argv: readonly string[], input = '') {
  const file = ['-f', join(folder, `clusters/${name}/cluster.yaml`)]
  return converge([...argv, ...file], { env: { CONVERGE_IDENTITY: ann.identity }, input })
}

test.before(async () => {
  acmeRepository(folder)
  const done = [
    await onCluster('blue', ['secrets', 'init', 'ann', ann.key]),
    await onCluster('green', ['secrets', 'set', 'api/key'], 'canary'),
    await onCluster('blue', ['secrets', 'generate']),
    await onCluster('green', ['secrets', 'generate']),
  ]
  for (const { code, stderr } of done) assert.is(code, 0, stderr)
  commitAll(folder, 'as it is')
})

test('one file of secrets, which a shared file names beside itself, has the certificates of both clusters', async () => {
  const { stdout } = await onCluster('green', ['secrets', 'list'])
  assert.match(stdout, /^api\/key +opaque\nblue\/blue0\/tls +certificate .* for 192.0.2.10\n/)
  assert.match(stdout, /green\/green0\/tls +certificate .* for 192.0.2.20\npki\/ca +authority /)
  assert.ok(readdirSync(folder).includes('secrets.yaml'))
  assert.equal(readdirSync(join(folder, 'clusters/blue')), ['cluster.yaml', 'terraform.json'])
})

test('each cluster renders what is expected of it, with its own inventory and environment', async () => {
  for (const [cluster, hosts] of Object.entries({ blue: ['blue0', 'blue1'], green: ['green0'] })) {
    const output = join(folder, 'out', cluster)
    const { code, stderr } = await onCluster(cluster, ['render', '-o', output])
    assert.is(code, 0, stderr)
    assert.equal(readdirSync(output), ['.converge-render.json', ...hosts])
    for (const host of hosts) {
      const [found, wanted] = [filesIn(join(output, host)), filesIn(join(expected, host))]
      // Certificates are issued by this test.
      assert.match(found.get('etc/acme/ca.pem') ?? '', /^-+BEGIN CERTIFICATE-+\n[^-]+-+END CERTIFICATE-+\n$/)
      assert.match(
        found.get('etc/acme/server.pem') ?? '',
        RegExp(`^«secret ${cluster}/${host}/tls»-+BEGIN CERTIFICATE-+\n`),
      )
      const others = [...found].filter(([path]) => !path.endsWith('.pem'))
      assert.equal(new Map(others), wanted)
    }
  }
})

test('explain finds the line of an included role, of a data file, of an environment and of a template in the package', async () => {
  const proxy = await onCluster('blue', ['explain', 'blue0:/etc/acme/proxy-spare.conf:1'])
  assert.is(proxy.code, 0, proxy.stderr)
  assert.match(proxy.stdout, 'data/site.yaml:2')
  const site = await onCluster('green', ['explain', 'green0:/etc/nginx/conf.d/acme.conf:2'])
  assert.match(site.stdout, 'recipe tls-server of @acme/converge-tls 1.0.0')
  assert.match(site.stdout, 'node_modules/@acme/converge-tls/templates/site.conf:2')
  assert.match(site.stdout, 'shared.yaml:10')
  const env = await onCluster('green', ['explain', 'green0:/etc/acme/api.env'])
  assert.match(env.stdout, 'roles/app.yaml:5')
  assert.not.match(env.stdout, 'canary')
})

test('diff tells which cluster a change of what they share concerns', async () => {
  const shared = join(folder, 'shared.yaml')
  writeFileSync(shared, readFileSync(shared, 'utf8').replace('9443', '9444'))
  commitAll(folder, 'another port for tests')
  const [blue, green] = [
    await onCluster('blue', ['diff', '--exit-code', 'HEAD~1..HEAD']),
    await onCluster('green', ['diff', '--exit-code', 'HEAD~1..HEAD']),
  ]
  assert.is(blue.code, 0, blue.stdout + blue.stderr)
  assert.is(green.code, 2, green.stdout + green.stderr)
  assert.match(green.stdout, '-  listen 9443 ssl;\n')
  assert.match(green.stdout, 'https://192.0.2.20:9444/')
  assert.match(green.stdout, 'reload nginx.service')
})

test.run()
