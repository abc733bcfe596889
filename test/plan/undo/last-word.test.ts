import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lastWordPerSubject } from '../../../src/plan/undo/last-word.ts'
import { testCases } from '../../tables/cases.ts'
import { undoLine } from '../../tables/manifest.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'

testCases(
  'plan/last-word',
  {
    generations: situationFields.generations,
    /** Each with the generation before which it was so. */
    words: Type.Array(Type.String()),
  },
  ({ words, ...lines }) => {
    const said = lastWordPerSubject(readSituation(lines).generations)
    assert.equal(
      said.map((one) => `${one.generation} ${undoLine(one)}`),
      words,
    )
  },
)

test.run()
