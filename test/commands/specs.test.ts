import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { specCodes } from '../../src/model/spec-codes.ts'
import { converge } from './recording-io.ts'

const root = fileURLToPath(new URL('../../fixtures/', import.meta.url))

// Each folder is a spec as people write it, with the whole text that a command says of it; those of bad/ have a mistake.
const namesIn = (set: string) => readdirSync(`${root}${set}`).sort()
const expectedOf = (set: string, name: string) => readFileSync(`${root}${set}/${name}/expected.txt`, 'utf8')

for (const [set, name] of ['specs', 'bad'].flatMap((from) =>
  namesIn(from).map((own) => [from, own] as const),
)) {
  const folder = `${root}${set}/${name}/`

  test(`is told in full: ${name.replaceAll('-', ' ')}`, async () => {
    const [command = '', ...options] = readFileSync(`${folder}arguments`, 'utf8')
      .trimEnd()
      .split(/(?<!\\) /)
    const unescaped = options.map((option) => option.replaceAll('\\ ', ' '))
    const { stdout, stderr, code } = await converge([command, '-f', `${folder}cluster.yaml`, ...unescaped])
    const said = `${stdout}${stderr}`.replaceAll(folder, '')
    assert.is(`${said}exit code ${code}\n`, expectedOf(set, name))
    assert.is(code === 0 ? 'specs' : 'bad', set)
  })
}

test('every code is among the specs', () => {
  const texts = ['specs', 'bad'].flatMap((set) => namesIn(set).map((name) => expectedOf(set, name)))
  const told = new Set(
    texts.flatMap((text) => [...text.matchAll(/ \[([\w-]+)\]$/gm)].map(([, code]) => code)),
  )
  // What shows no code, a file of its own, and what takes more than one command.
  const elsewhere = ['usage', 'invalid-secret', 'plan-outdated', 'recipe-timeout', 'unfit-secret']
  assert.equal(
    specCodes.filter((code) => !told.has(code)),
    specCodes.filter((code) => elsewhere.includes(code)),
  )
  assert.ok(texts.length >= 120)
})

test.run()
