import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sensitivePaths } from '../../../src/plan/undo/sensitive-paths.ts'
import { testCases } from '../../tables/cases.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'

const paths = ['/etc/key', '/etc/key.pub', '/etc/x']

testCases(
  'plan/sensitive-paths',
  { ...situationFields, hidden: Type.Array(Type.String()) },
  ({ hidden, ...lines }) => {
    const sensitive = sensitivePaths(readSituation(lines))
    assert.equal(
      paths.filter((path) => sensitive.has(path, 'file[/etc/other]')),
      hidden,
    )
  },
)

test('what a resource has that is called so, wherever that is now', () => {
  const lines = { manifest: { 'template[key]': { sensitive: true } } }
  const sensitive = sensitivePaths(readSituation(lines))
  assert.ok(sensitive.has('/etc/elsewhere', 'template[key]'))
})

test.run()
