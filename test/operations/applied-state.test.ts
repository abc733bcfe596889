import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { appliedState, isOwnedBy } from '../../src/operations/applied-state.ts'
import { directoryFact, fileFact } from '../samples/facts.ts'

test('a recorded state tells its owner and its group, blanks in their names included', () => {
  const owned = { owner: 'web app', group: 'domain users' }
  for (const fact of [fileFact('text'), directoryFact('2750')]) {
    const state = appliedState({ ...fact, ...owned })
    const accounts = ['user web app', 'user app', 'user root', 'group domain users', 'group main users']
    assert.equal(
      accounts.filter((account) => isOwnedBy(state, account)),
      ['user web app', 'group domain users'],
    )
  }
  assert.is(isOwnedBy('link web web', 'user web'), false)
  assert.is(isOwnedBy('absent', 'group absent'), false)
})

test.run()
