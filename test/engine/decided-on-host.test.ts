import * as assert from 'uvu/assert'
import { file, unit } from '../../src/dsl.ts'
import type { Resource } from '../../src/model/resource.ts'
import { changesOf, fleetSuite, words } from './fleet.ts'

const test = fleetSuite('what is decided on the host', ['a'])

function resources(text: string, onlyIf?: string): readonly Resource[] {
  const guarded = file({ path: '/etc/guarded', content: text, ...(onlyIf === undefined ? {} : { onlyIf }) })
  return [
    file({ path: '/etc/plain', content: text }),
    guarded,
    unit({
      name: 'app.service',
      content: { Service: { ExecStart: '/usr/bin/app' } },
      started: true,
      restartOn: [guarded],
    }),
  ]
}

for (const [guard, outcomes, actions] of [
  ['test -e /never', ['applied', 'skipped', 'skipped'], []],
  ['true', ['applied', 'applied', 'applied'], ['restart app.service']],
] as const) {
  test(`a restart follows a guarded change only where that was made: ${guard}`, async ({ fleet }) => {
    await fleet.converge(resources('one\n'))
    fleet.actions('a')
    const { plan, report } = await fleet.converge(resources('two\n', guard))
    assert.equal(words(changesOf(plan, 'a')), [
      'write /etc/plain',
      'write /etc/guarded',
      'restart app.service',
    ])
    const [host] = report.hosts
    assert.is(host?.status, 'changed')
    assert.equal(host?.status === 'changed' && host.results.map(({ outcome }) => outcome), outcomes)
    assert.equal(fleet.actions('a'), actions)
    assert.is(fleet.read('a', '/etc/guarded'), outcomes[1] === 'applied' ? 'two\n' : 'one\n')
    const after = await fleet.converge(resources('two\n', guard))
    assert.equal(changesOf(after.plan, 'a'), [])
  })
}

test.run()
