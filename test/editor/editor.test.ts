import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { editorSchemaOf } from '../../src/commands/schema.ts'
import { loadSpec } from '../../src/commands/spec/load-spec.ts'
import { secretsSchema } from '../../src/secrets/secrets-file.ts'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder } from '../commands/scratch.ts'
import { type LanguageServer, startLanguageServer } from './language-server.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url))
/** Where the specs are that converge accepts, and those that it does not. */
const good = [...readdirSync(join(fixtures, 'specs')).map((name) => `specs/${name}`), 'clusters/etcd']
const bad = readdirSync(join(fixtures, 'bad')).map((name) => `bad/${name}`)

const etcd = `cluster: c
environment: li
roles:
  web: { recipes: [etc] }
  database: {}
environments:
  live: {}
hosts:
  a: { address: 192.0.2.1, roles: [we], labels: { zone: eu } }
  b:
    address: 192.0.2.2
    roles: [web]
    labels: { zone: eu-1a }
attributes:
  etcd:
    version: "3.5.0"
    sha256: ${'a'.repeat(64)}
    heartbeatIntervalMs: 100
platform: { arch: amd64 }
`

/** One server with the schema of each spec. */
async function start(): Promise<LanguageServer> {
  const folder = scratchFolder()
  const schemas: Record<string, readonly string[]> = {}
  const put = (name: string, schema: unknown, patterns: readonly string[]): void => {
    const file = join(folder, `${name}.json`)
    writeFileSync(file, JSON.stringify(schema))
    schemas[file] = patterns
  }
  for (const [index, name] of good.entries()) {
    const spec = await loadSpec({ file: join(fixtures, name, 'cluster.yaml') }, { mayMiss: true })
    put(`good-${index}`, editorSchemaOf(spec), [`${fixtures}${name}/**/*.yaml`])
  }
  const whole = join(folder, 'cluster.yaml')
  writeFileSync(whole, etcd.replace('li\n', 'live\n').replace('etc]', 'etcd]').replace('we]', 'web]'))
  const own = JSON.parse((await converge(['schema', '-f', whole])).stdout)
  put('etcd', own, ['/etcd/*.yaml', `${fixtures}bad/**/*.yaml`])
  put('secrets', secretsSchema, ['/secrets/*.yaml'])
  return startLanguageServer(schemas)
}

const server = await start()
test.after(() => server.close())

test('no file of a spec that converge accepts has an error', async () => {
  const files = good.flatMap((name) =>
    readdirSync(join(fixtures, name), { recursive: true, encoding: 'utf8' })
      .filter(
        (file) => file.endsWith('.yaml') && !file.endsWith('secrets.yaml') && !file.startsWith('expected'),
      )
      .map((file) => join(fixtures, name, file)),
  )
  const found = await Promise.all(
    files.map(async (file) => {
      const diagnostics = await server.diagnostics(file, readFileSync(file, 'utf8'))
      return diagnostics.map(({ line, message }) => `${relative(fixtures, file)}:${line}: ${message}`)
    }),
  )
  assert.equal(found.flat(), [])
  assert.ok(files.length > good.length)
})

/** The kinds of mistakes that a schema can know: of them the editor shows an error on the line that converge names. */
const known = ['unknown-key', 'wrong-type', 'not-allowed', 'duplicate-key']
/** The same codes for what only a run tells: what an expression gives, what another file has, and the name of a label. */
const unknowable = [
  'for-each-over-a-text',
  'when-that-is-text',
  'address-here-and-in-the-inventory',
  'label-with-a-blank',
]

test('mistakes that a schema can know are shown on the lines that converge names', async () => {
  const mistakes = bad.flatMap((name) => {
    const told = readFileSync(join(fixtures, name, 'expected.txt'), 'utf8')
    const [, line, code = ''] = /^cluster\.yaml:(\d+):\d+ error: .* \[([\w-]+)\]$/m.exec(told) ?? []
    const text = readFileSync(join(fixtures, name, 'cluster.yaml'), 'utf8')
    return known.includes(code) &&
      !unknowable.includes(name.replace('bad/', '')) &&
      !text.includes('recipes:')
      ? [{ name, line: Number(line), code, text }]
      : []
  })
  const missed = await Promise.all(
    mistakes.map(async ({ name, line, code, text }) => {
      const found = await server.diagnostics(join(fixtures, name, 'cluster.yaml'), text)
      return found.some((one) => one.line === line) ? [] : [`${name}:${line} ${code}: ${found[0]?.line}`]
    }),
  )
  assert.equal(missed.flat(), [])
  assert.ok(mistakes.length >= 10, `only ${mistakes.length}`)
})

test('the names of the spec are offered, and values of labels, and keys with their defaults', async () => {
  const file = '/etcd/cluster.yaml'
  assert.equal(await server.diagnostics(file, etcd), [], 'another name is no mistake in an editor')
  const offered = async (before: string, after = '') => {
    const lines = etcd.split('\n')
    const line = lines.findIndex((text) => text.includes(before))
    const column = (lines[line]?.indexOf(before) ?? 0) + before.length - after.length + 1
    return (await server.completions(file, line + 1, column)).map(({ label }) => label)
  }
  const has = (labels: readonly string[], ...names: readonly string[]): void => {
    for (const name of names) assert.ok(labels.includes(name), `${name} is not in ${labels.join(', ')}`)
  }
  has(await offered('roles: [we'), 'web', 'database')
  has(await offered('recipes: [etc'), 'etcd')
  has(await offered('environment: li'), 'live')
  has(await offered('zone: eu }', ' }'), 'eu-1a')
  has(await offered('    hea', 'hea'), 'electionTimeoutMs')
  has(await offered('cluster', 'cluster'), 'inventory', 'include', 'secrets')
})

test('a key tells what it is for, and its default', async () => {
  const file = '/etcd/hover.yaml'
  await server.diagnostics(file, etcd)
  const line = etcd.split('\n').findIndex((text) => text.includes('heartbeatIntervalMs')) + 1
  const attribute = await server.hover(file, line, 8)
  assert.match(attribute, 'how often the leader reports that it is alive; default: ')
  assert.match(await server.hover(file, 1, 2), 'hosts remember it')
  assert.match(await server.hover(file, 9, 10), 'Default: the host')
})

test('so it is with secrets.yaml', async () => {
  const file = '/secrets/secrets.yaml'
  const text = `salt: 00112233445566778899aabbccddeeff
secrets:
  web/db: { kind: password, length: 20, environment: DB }
`
  assert.equal(await server.diagnostics(file, text), [])
  const wrong = await server.diagnostics('/secrets/wrong.yaml', text.replace('length: 20', 'lenght: 20'))
  assert.equal(
    wrong.map(({ line }) => line),
    [3],
  )
  const kinds = (await server.completions(file, 3, 19)).map(({ label }) => label)
  assert.ok(kinds.includes('certificate'), kinds.join(', '))
  assert.match(await server.hover(file, 1, 2), 'checksums of secrets')
})

test.run()
