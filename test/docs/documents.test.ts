import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtinRecipes } from '../../recipes/index.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { readOptions } from './help.ts'
import { pagePath } from './kind-pages.ts'
import { blocksOf, readDocument } from './markdown.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const documents = [
  'README.md',
  'CHANGELOG.md',
  'docs/architecture.md',
  'docs/output.md',
  'docs/recipes.md',
  'docs/spec.md',
  'docs/style.md',
  ...Object.keys(resourceKinds).map(pagePath),
  ...Object.keys(builtinRecipes).map((name) => `recipes/${name}/README.md`),
]

for (const path of documents) {
  test(`uses only commands and options that there are: ${path}`, async () => {
    const options = await readOptions()
    const every = new Set([...options.values()].flatMap((known) => [...known]))
    const text = readDocument(path)
    const lines = [
      ...blocksOf(text).flatMap((block) => block.text.split('\n')),
      ...[...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code),
    ]
    for (const line of lines) {
      const [, words = ''] = /^(?:\$ )?converge((?: [^&#]*)?)$/.exec(line) ?? []
      const [first = '', ...rest] = words.trim().split(/\s+/)
      if (first === '') continue
      const isCommand = /^[a-z]+$/.test(first)
      const known = isCommand ? options.get(first) : options.get('apply')
      assert.ok(known !== undefined || first === 'help', `there is no command: ${line}`)
      const used = [first, ...rest].filter((word) => /^--?[a-z]/.test(word))
      assert.equal(
        used.filter((option) => known?.has(option) !== true && option !== '--help'),
        [],
        line,
      )
    }
    const mentioned = lines.flatMap((line) => /^(--[a-z][a-z-]*)(?: |$)/.exec(line)?.[1] ?? [])
    assert.equal(
      mentioned.filter((option) => !every.has(option)),
      [],
    )
  })

  test(`links to what there is: ${path}`, () => {
    const links = [...readDocument(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    for (const link of links.filter((target) => !target.startsWith('https://'))) {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      assert.ok(existsSync(join(root, target)), `${link} leads nowhere`)
      if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), `${link} names no heading`)
    }
  })
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): readonly string[] {
  const headings = readDocument(path).matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

test.run()
