import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { EventLine } from '../../src/report/json/events.ts'
import { documentNames } from '../report/assert-valid.ts'
import { readDocument, sectionOf } from './markdown.ts'

const document = readDocument('docs/output.md')

/** The words in code in the first cells of a section's table. */
function firstWords(heading: string): readonly string[] {
  const rows = sectionOf(document, heading).matchAll(/^\| ([^|]*) \|/gm)
  return [...rows].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word))
}

test('names every event', () => {
  const events = new Set(EventLine.anyOf.map(({ properties }) => properties.event.const))
  assert.equal(firstWords('## JSON lines').toSorted(), [...events].toSorted())
})

test('names every document and its schema', () => {
  const section = sectionOf(document, '## Documents')
  for (const name of documentNames) assert.match(section, `| [${name}](../schemas/${name}.schema.json) |`)
})

test.run()
