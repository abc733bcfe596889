import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compactHosts } from '../../../src/report/text/compact-hosts.ts'

const cases: readonly (readonly [readonly string[], string])[] = [
  [[], ''],
  [['infra0'], 'infra0'],
  [['infra0', 'infra1', 'infra2'], 'infra[0-2]'],
  [['infra2', 'infra0', 'infra1'], 'infra[0-2]'],
  [['infra0', 'db', 'infra1', 'infra4'], 'infra[0-1,4], db'],
  [['core-08', 'core-09', 'core-10'], 'core-[08-10]'],
  [['n9', 'n10'], 'n[9-10]'],
  [['n09', 'n9', 'n10'], 'n[09,9-10]'],
  [['web1.example.com', 'web2.example.com', 'web3.example.org'], 'web[1-2].example.com, web3.example.org'],
  [['192.0.2.1', '192.0.2.2'], '192.0.2.1, 192.0.2.2'],
  [['a1b'], 'a1b'],
]

for (const [hosts, expected] of cases) {
  test(`writes ${JSON.stringify(hosts)} as "${expected}"`, () => {
    assert.is(compactHosts(hosts), expected)
  })
}

test.run()
