import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { operationSchemas } from '../../src/model/operation.ts'
import { libraryFiles } from '../../src/shell/library.ts'
import { allowedImports } from '../architecture/check-architecture.ts'
import { firstCellsOf, readDocument, sectionOf } from './markdown.ts'

const document = readDocument('docs/architecture.md')
const root = fileURLToPath(new URL('../../', import.meta.url))

test('prints the table of imports that is enforced', () => {
  const rows = [...sectionOf(document, '## The folders').matchAll(/^\| `([\w]+)` \| ([^|]*) \|/gm)]
  const printed = rows.map(([, folder = '', imports = ''], index) => {
    const above = rows.slice(0, index).map(([, name = '']) => name)
    const named = [...imports.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    return [folder, imports === 'everything above' ? above.sort() : named.sort()]
  })
  const enforced = Object.entries(allowedImports).map(([folder, imports]) => [folder, [...imports].sort()])
  assert.equal(Object.fromEntries(printed), Object.fromEntries(enforced))
})

test('describes every file of the host library', () => {
  const [table = ''] = sectionOf(document, '## The host side').split('\n### ')
  const all = new Set(Object.values(libraryFiles).flat())
  assert.equal([...firstCellsOf(table)].sort(), [...all].sort())
  const onDisk = readdirSync(`${root}src/shell/library`, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.sh'),
  )
  assert.equal([...all].sort(), onDisk.sort())
})

test('names every operation', () => {
  const [, listed = ''] = /The operations are (.*?)\.\n/s.exec(document) ?? []
  const named = [...listed.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
  assert.equal(named, Object.keys(operationSchemas))
})

test('names files that there are', () => {
  const named = [...document.matchAll(/`((?:model|plan|shell|report|src\/\w+|test)\/[\w./-]+)`/g)]
  const missing = named
    .map(([, path = '']) => path)
    .filter((path) => !existsSync(`${root}${path}`) && !existsSync(`${root}src/${path}`))
  assert.ok(named.length > 10)
  assert.equal(missing, [])
})

test.run()
