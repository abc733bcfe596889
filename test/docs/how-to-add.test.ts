import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readDocument, sectionOf } from './markdown.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** By what the example of each line is recognised: where it is registered, not where it is used. */
const signs: Readonly<Record<string, RegExp>> = {
  link: /\blinkKind\b|resources\/link\.ts/,
  tmpfiles: /\btmpfilesKind\b|composites\/tmpfiles\.ts/,
  check:
    /Literal\('check'\)|case 'check'|\bcheck: checks\b|\bchecks: Readonly|\bchecks\.(ts|sh)$|probes\/checks\.sh/m,
  mkdir: /'mkdir'|\bmkdir: |\b(is|do)_mkdir\b/,
  zypper: /\bzypper_|'packages\/zypper\.sh'|\/etc\/zypp\/|package_managers='.*zypper/,
  'json-lines': /\bjson-lines\b/,
  etcd: /\betcd\/recipe\.ts/,
  memory: /'memory'|\/memory\.ts/,
  proxyJump: /\bproxyJump\b/,
}

interface Row {
  readonly what: string
  readonly example: string
  readonly files: readonly string[]
}

const rows = [
  ...sectionOf(readDocument('docs/architecture.md'), '## How to add').matchAll(
    /^\| (an? [^|]+) \| `([^`]+)` \| (.*) \|$/gm,
  ),
].map(
  ([, what = '', example = '', files = '']): Row => ({
    what,
    example,
    files: [...files.matchAll(/`([^`]+\.\w+)`/g)].map(([, file = '']) => file),
  }),
)
const sources = ['src', 'recipes'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|sh)$/.test(path))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
)

test('has an example of everything that can be added', () => {
  assert.equal(rows.map(({ example }) => example).sort(), Object.keys(signs).sort())
})

for (const { what, example, files } of rows) {
  test(`${what} touches the files that are listed, and no others`, () => {
    const sign = signs[example] ?? /^never$/
    const isCode = (file: string): boolean => /^(src|recipes)\//.test(file)
    const found = sources.filter((file) => {
      // What other tools call things is a hint, and no use of them.
      if (file === 'src/validation/words-elsewhere.ts') return false
      // Resource types use operations as they like.
      if (what === 'an operation' && file.startsWith('src/resources/')) return false
      return sign.test(file) || sign.test(readFileSync(join(root, file), 'utf8'))
    })
    assert.equal(found.sort(), files.filter(isCode).sort())
    for (const file of files.filter((file) => !isCode(file))) {
      assert.ok(existsSync(join(root, file)), `${file} is missing`)
      if (file.startsWith('docs/')) assert.match(readFileSync(join(root, file), 'utf8'), example)
    }
  })
}

test.run()
