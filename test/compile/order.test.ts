import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { file, type Resource, type ResourceRef, unit } from '../../src/dsl.ts'
import { compileSample, host, ids, mistakes, recipe, type Sample } from './sample-cluster.ts'

function sample(resources: readonly Resource[]): Sample {
  return { hosts: [host('a', ['r'])], recipes: [recipe('r', () => resources)] }
}

function numbered(index: number, after: readonly number[]): Resource {
  const refs = after.map((other): ResourceRef => `file[/${other}]`)
  return file({ path: `/${index}`, content: '', after: refs })
}

test('keeps the order in which resources are declared', () => {
  const resources = [3, 1, 2].map((index) => numbered(index, []))
  assert.equal(ids(compileSample(sample(resources))), ['file[/3]', 'file[/1]', 'file[/2]'])
})

test('pulls what a resource comes after in front of it, and moves nothing else', () => {
  const resources = [numbered(1, []), numbered(2, [4]), numbered(3, []), numbered(4, [])]
  assert.equal(ids(compileSample(sample(resources))), ['file[/1]', 'file[/4]', 'file[/2]', 'file[/3]'])
})

test('shows the path of a cycle and the relation of each step', () => {
  const resources = [
    unit({ name: 'x.service', restartOn: ['file[/b]'] }),
    file({ path: '/b', content: '', after: ['file[/c]'] }),
    file({ path: '/c', content: '', after: ['unit[x.service]'] }),
  ]
  assert.equal(mistakes(sample(resources)), [
    '5:7 cycle resources form a cycle: unit[x.service] comes after file[/b] (restartOn), which comes after file[/c] (after), which comes after unit[x.service] (after) (host a); remove one of these relations; `notifies` does not order',
  ])
})

test('a resource that comes after itself is a cycle', () => {
  assert.equal(mistakes(sample([numbered(1, [1])])), [
    '5:7 cycle resources form a cycle: file[/1] comes after file[/1] (after) (host a); remove one of these relations; `notifies` does not order',
  ])
})

test('every resource comes after all that it names, each exactly once', () => {
  // Numbers only refer to smaller ones, so there is no cycle; the order of declaration is arbitrary.
  const graphs = fc
    .integer({ min: 1, max: 12 })
    .chain((size) =>
      fc.tuple(
        fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray([...Array(index).keys()]))),
        fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
      ),
    )
  fc.assert(
    fc.property(graphs, ([edges, declared]) => {
      const resources = declared.map((index) => numbered(index, edges[index] ?? []))
      const place = new Map(ids(compileSample(sample(resources))).map((id, at) => [id, at]))
      assert.is(place.size, declared.length)
      for (const [index, after] of edges.entries()) {
        for (const other of after) {
          assert.ok((place.get(`file[/${other}]`) ?? 0) < (place.get(`file[/${index}]`) ?? 0))
        }
      }
    }),
    { seed: 20, numRuns: 200 },
  )
})

test.run()
