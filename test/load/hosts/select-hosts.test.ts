import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { selectHosts } from '../../../src/load/hosts/select-hosts.ts'
import type { Host } from '../../../src/model/cluster.ts'
import { SpecError } from '../../../src/model/errors.ts'
import { compactHosts } from '../../../src/report/text/compact-hosts.ts'
import { sampleHost } from '../../samples/host.ts'

function hostsOf(
  names: readonly string[],
  more: Readonly<Record<string, Partial<Host>>> = {},
): readonly Host[] {
  return names.map((name) => sampleHost(name, more[name]))
}

const names = ['web8', 'web9', 'web10', 'core-08', 'core-09', 'core-10', 'db.example.com']
const sample = hostsOf(names, {
  web8: { roles: ['proxy'], labels: { zone: 'a', 'example.com/size': 'small' } },
  web9: {
    labels: { zone: 'b' },
    environment: 'live',
    runList: [{ recipe: 'nginx', layer: 'host web9' }],
  },
  'core-10': { roles: ['proxy', 'etcd'], labels: { zone: 'a' }, environment: 'test' },
})

function select(selector: string): readonly string[] {
  return selectHosts(sample, selector).map((host) => host.name)
}

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['web9', ['web9']],
  ['core-08,web8', ['web8', 'core-08']],
  ['web8, web8', ['web8']],
  ['web*', ['web8', 'web9', 'web10']],
  ['web?', ['web8', 'web9']],
  ['web[8-9]', ['web8', 'web9']],
  ['web[8,10]', ['web8', 'web10']],
  ['web[0-99]', ['web8', 'web9', 'web10']],
  ['core-[08-10]', ['core-08', 'core-09', 'core-10']],
  ['core-[8-10]', ['core-10']],
  ['*-[09-10],db*', ['core-09', 'core-10', 'db.example.com']],
  ['role:proxy', ['web8', 'core-10']],
  ['role:etcd,web9', ['web9', 'core-10']],
  ['db.example.com', ['db.example.com']],
  ['recipe:nginx', ['web9']],
  ['env:live,env:test', ['web9', 'core-10']],
  ['label:zone', ['web8', 'web9', 'core-10']],
  ['label:zone=a', ['web8', 'core-10']],
  ['label:zone=[1-2],label:example.com/size=small'.replace('[1-2]', '?'), ['web8', 'web9', 'core-10']],
  ['role:p*', ['web8', 'core-10']],
  ['!core-*', ['web8', 'web9', 'web10', 'db.example.com']],
  ['web*,!web9', ['web8', 'web10']],
  ['!web9,web*,!web10', ['web8']],
  ['web*&!label:zone', ['web10']],
  ['label:zone=a & role:etcd , db*', ['core-10', 'db.example.com']],
  ['!web*&!core-*', ['db.example.com']],
  ['web[8,9]&label:zone=b', ['web9']],
]

for (const [selector, expected] of cases) {
  test(`selects ${expected.join(' ')} with ${selector}`, () => {
    assert.equal(select(selector), expected)
  })
}

const mistakes: readonly (readonly [string, string, string | undefined])[] = [
  ['', 'the selector is empty', 'such as infra0,role:etcd'],
  ['wbe8', 'no host matches "wbe8"', 'did you mean web8?'],
  ['db.exmaple.com', 'no host matches "db.exmaple.com"', 'did you mean db.example.com?'],
  ['role:prxy', 'no host has the role "prxy"', 'did you mean proxy?'],
  ['web[a-b]', '[a-b] in "web[a-b]" is not a range of numbers', 'such as infra[0-2] or core-[01-05,07]'],
  ['web.*', 'no host matches "web.*"', undefined],
  ['web*,!wbe8', 'no host matches "wbe8"', 'did you mean web8?'],
  ['label:zone=c', 'no host has the label "zone=c"', 'did you mean zone=a?'],
  ['label:zoen', 'no host has the label "zoen"', 'did you mean zone?'],
  ['recipe:ngnix', 'no host has the recipe "ngnix"', 'did you mean nginx?'],
  ['env:lvie', 'no host has the environment "lvie"', 'did you mean live?'],
  ['roles:proxy', 'a selector has no roles:', 'did you mean role?'],
  ['tag:x', 'a selector has no tag:', 'known: env, label, recipe, role'],
  ['role:', '"role:" names nothing', 'such as role:web or !infra0'],
  ['!', '"" names nothing', 'such as role:web or !infra0'],
  ['web8&', 'a part of "web8&" is missing', 'such as role:web&label:zone=a'],
  ['web8&!web8', '"web8&!web8" selects no host', undefined],
  [',', 'the selector is empty', 'such as infra0,role:etcd'],
]

for (const [selector, message, hint] of mistakes) {
  test(`refuses "${selector}": ${message}`, () => {
    try {
      select(selector)
    } catch (error) {
      if (!(error instanceof SpecError)) throw error
      assert.is(error.message, message)
      if (hint !== undefined) assert.is(error.diagnostics[0]?.hint, hint)
      return
    }
    assert.unreachable()
  })
}

test('selects exactly the hosts that a report names in its compact writing', () => {
  const name = fc
    .tuple(
      fc.constantFrom('a', 'web', 'core-', 'x1y'),
      fc.constantFrom('', '0', '7', '08', '9', '10', '010'),
      fc.constantFrom('', '.net'),
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1 }), fc.infiniteStream(fc.boolean()), (all, coins) => {
      const some = all.filter(() => coins.next().value)
      fc.pre(some.length > 0)
      const selected = selectHosts(hostsOf(all), compactHosts(some)).map((host) => host.name)
      assert.equal(selected, some)
    }),
    { seed: 7 },
  )
})

test.run()
