import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { PathFact } from '../../../src/model/facts.ts'
import { planHost } from '../../../src/plan/host/plan-host.ts'
import { directory } from '../../../src/resources/directory.ts'
import { file } from '../../../src/resources/file.ts'
import { link } from '../../../src/resources/link.ts'
import { catalog } from '../../samples/catalog.ts'
import { byRoot, directoryFact, factsOf, fileFact } from '../../samples/facts.ts'
import { testHostPlans } from './cases.ts'

const seed = 20260229

testHostPlans('plan/host')

const samples = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z]{1,6}$/),
    text: fc.string(),
    kind: fc.constantFrom('file', 'directory', 'link'),
  }),
  { minLength: 1, maxLength: 8, selector: ({ name }) => name },
)

function resourceOf({ name, text: content, kind }: { name: string; text: string; kind: string }) {
  const path = `/srv/${name}`
  if (kind === 'directory') return directory({ path })
  return kind === 'link' ? link({ path, target: `to ${name}` }) : file({ path, content })
}

function factOf({ name, text, kind }: { name: string; text: string; kind: string }): PathFact {
  if (kind === 'directory') return directoryFact()
  return kind === 'link' ? { type: 'link', target: `to ${name}`, mode: '0777', ...byRoot } : fileFact(text)
}

test('a host that is as it should be needs no changes', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const host = catalog(...sample.map(resourceOf))
      const paths = sample.map(({ name, text, kind }) => [`/srv/${name}`, factOf({ name, text, kind })])
      const facts = factsOf(host, { paths: Object.fromEntries(paths) })
      assert.equal(planHost(host, facts).changes, [])
    }),
    { seed },
  )
})

test('extra facts and their order do not matter', () => {
  fc.assert(
    fc.property(samples, fc.array(fc.stringMatching(/^[a-z]{1,6}$/)), (sample, others) => {
      const host = catalog(...sample.map(resourceOf))
      const facts = factsOf(host)
      const unrelated = others.map((name) => [`/unrelated/${name}`, fileFact(name)])
      const paths = Object.fromEntries([...unrelated, ...Object.entries(facts.paths).toReversed()])
      assert.equal(planHost(host, { ...facts, paths }).changes, planHost(host, facts).changes)
    }),
    { seed },
  )
})

test.run()
