import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { worldErrorCodes } from '../../src/model/errors.ts'
import { type SpecCode, specCodes } from '../../src/model/spec-codes.ts'
import { converge } from '../commands/recording-io.ts'
import { blocksOf, readDocument, sectionOf } from './markdown.ts'
import { writePrinted } from './printed-project.ts'

const document = readDocument('docs/errors.md')
const [mistakes, failures] = ['## Mistakes', '## Failures'].map((heading) => sectionOf(document, heading))

test('has a section for every code and no other, in order', () => {
  assert.equal(headings(mistakes), [...specCodes].sort())
  assert.equal(headings(failures), [...worldErrorCodes].sort())
})

test('converge help prints the section of every code, as text that fits a terminal', async () => {
  const commands = (await converge(['--help'])).stdout
  for (const [part, kind] of [
    [mistakes, 'a mistake: exit code 3, no host was changed'],
    [failures, 'a failure: exit code 1'],
  ] as const) {
    for (const code of headings(part)) {
      const { stdout, code: exitCode } = await converge(['help', code])
      assert.is(exitCode, 0)
      assert.ok(stdout.startsWith(`${code}, ${kind}\n\n`), stdout)
      assert.not.match(stdout, /^(```|#)/m)
      const [, ...text] = stdout.split('\n').filter((line) => !line.startsWith('  '))
      assert.ok(
        text.every((line) => line.length <= 100),
        stdout,
      )
      for (const block of blocksOf(sectionOf(part ?? '', `### ${code}`)))
        for (const line of block.text.trimEnd().split('\n')) assert.match(stdout, line)
      assert.not.match(commands, `\n  ${code} `)
    }
  }
  assert.is((await converge(['help', '[usage]'])).code, 0)
})

test('every code is used', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/^model\/(spec-codes|errors)\.ts$/.test(file))
    .map((file) => readFileSync(join('src', file), 'utf8'))
    .join('\n')
  const unused = [...specCodes, ...worldErrorCodes].filter((code) => !sources.includes(`'${code}'`))
  // A world error with an exit code has it by default.
  assert.equal(unused, ['command-failed'])
})

/** What no short example shows: a plan that was sealed before, an endless loop, and an old certificate. */
const withoutExample: readonly SpecCode[] = ['plan-outdated', 'recipe-timeout', 'unfit-secret']

for (const code of specCodes) {
  const section = sectionOf(mistakes ?? '', `### ${code}`)

  test(`its example has the mistake: ${code}`, async () => {
    const examples = blocksOf(section)
    assert.is(examples.length === 0, withoutExample.includes(code))
    if (examples.length === 0) return
    const folder = writePrinted(section)
    const given = examples.find(({ language }) => language === 'sh')?.text ?? 'converge validate\n'
    const [, command = '', ...options] = given.trimEnd().split(' ')
    const spec = options.includes('-f') ? [] : ['-f', join(folder, 'cluster.yaml')]
    const { stdout } = await converge([command, ...options, ...spec, '--json'])
    const { diagnostics }: { diagnostics: readonly { code: string }[] } = JSON.parse(stdout)
    const codes = diagnostics.map((diagnostic) => diagnostic.code)
    // A host without anything is enough for most examples.
    const others = codes.filter((found) => found !== 'empty-run-list')
    assert.equal(code === 'empty-run-list' ? codes : others, [code])
  })

  test(`is described, and says what to do: ${code}`, () => {
    const paragraphs = section.replaceAll(/^```.*?^```$/gms, '').split(/\n{2,}/)
    assert.ok(paragraphs.filter((text) => text.trim() !== '').length >= 2)
  })
}

function headings(section = ''): readonly string[] {
  return [...section.matchAll(/^### (\S+)$/gm)].map(([, code = '']) => code)
}

test.run()
