import { createHash } from 'node:crypto'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

const sizeBytes = 48 * 1024 * 1024
const declared = `cluster: large
hosts:
  web0:
    transport: directory
    directory: hosts/web0
    resources:
      - file: { path: /srv.img, source: big.img, mode: "0600" }
`

async function makeLarge(text = declared) {
  const { folder, file } = await makeCluster(text)
  writeFileSync(join(folder, 'big.img'), 'the beginning')
  truncateSync(join(folder, 'big.img'), sizeBytes)
  return { folder, file }
}

function peakKiB(): number {
  return process.resourceUsage().maxRSS
}

test('a large source goes to the host, and is compared, without being in memory', async () => {
  const { folder, file } = await makeLarge()
  await converge(['validate', ...file])
  const before = peakKiB()
  const { stdout, code } = await converge([...file, '--yes'])
  assert.is(code, 0)
  assert.match(stdout, `write /srv.img (0600 root:root, ${sizeBytes} bytes)`)
  assert.ok((peakKiB() - before) * 1024 < sizeBytes / 2, `${peakKiB() - before} KiB more`)
  assert.is(statSync(join(folder, 'hosts/web0/srv.img')).mode & 0o777, 0o600)
  assert.is(digestOf(join(folder, 'hosts/web0/srv.img')), digestOf(join(folder, 'big.img')))
  assert.match((await converge([...file, '--dry-run'])).stdout, '1 host: 1 unchanged\n')
})

test('a change within a large source is a change of the spec, told without its bytes', async () => {
  const { folder, file } = await makeLarge()
  await converge([...file, '--yes'])
  writeFileSync(join(folder, 'big.img'), 'x', { flag: 'r+' })
  const { stdout } = await converge([...file, '--dry-run'])
  assert.match(stdout, 'content will change')
  assert.match(stdout, 'too large')
})

test('a large source is sealed by its checksum and rendered as a copy', async () => {
  const { folder, file } = await makeLarge()
  const sealed = join(folder, 'p.json')
  await converge(['plan', ...file, '--out', sealed])
  assert.ok(statSync(sealed).size < 100_000)
  assert.is((await converge(['apply', sealed, ...file, '--yes'])).code, 0)
  await converge(['render', ...file, '-o', join(folder, 'out')])
  assert.is(statSync(join(folder, 'out/web0/srv.img')).size, sizeBytes)
  const refused = await converge(['render', ...file, '--portable', '-o', join(folder, 'portable')])
  assert.is(refused.code, 3)
  assert.match(refused.stderr, `big.img, which has ${sizeBytes} bytes`)
})

test('a large source that is sensitive is rendered as a placeholder', async () => {
  const { folder, file } = await makeLarge(declared.replace('mode:', 'sensitive: true, mode:'))
  await converge(['render', ...file, '-o', join(folder, 'out')])
  assert.match(readFileSync(join(folder, 'out/web0/srv.img'), 'utf8'), /^This content is sensitive/)
})

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

test.run()
