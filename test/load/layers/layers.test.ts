import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  builtinLayer,
  layerOf,
  mergeMaps,
  resolveDottedPath,
  settingsOf,
  stackLayers,
} from '../../../src/load/layers/layers.ts'
import type { Value, ValueMap } from '../../../src/model/value.ts'
import { isMap, toValue } from '../../../src/model/value.ts'
import { plain } from '../load-text.ts'

function map(data: object): ValueMap {
  const value = toValue(data)
  if (!isMap(value)) throw new Error('not a map')
  return value
}

const merge = (...maps: readonly object[]) => plain(maps.map(map).reduce(mergeMaps, map({})))

test('maps merge, lists and scalars replace, null removes', () => {
  assert.equal(merge({ a: { b: 1, c: 2 } }, { a: { c: 3, d: 4 } }), { a: { b: 1, c: 3, d: 4 } })
  assert.equal(merge({ a: [1, 2] }, { a: [3] }), { a: [3] })
  assert.equal(merge({ a: { b: 1 } }, { a: 2 }), { a: 2 })
  assert.equal(merge({ a: 1 }, { a: { b: 2 } }), { a: { b: 2 } })
  assert.equal(merge({ a: { b: 1, c: 2 } }, { a: { b: null } }), { a: { c: 2 } })
  assert.equal(merge({ a: { b: 1 } }, { a: null }, { a: { c: 2 } }), { a: { c: 2 } })
  assert.equal(merge({}, { a: { b: null } }), { a: {} })
})

test('null within a list is a value', () => {
  assert.equal(merge({}, { a: [null, { b: null }] }), { a: [null, { b: null }] })
})

test('what the stronger layer does not touch is shared, not copied', () => {
  const weaker = map({ a: { b: 1 }, c: { d: 2 } })
  const merged = mergeMaps(weaker, map({ c: { e: 3 } }))
  assert.is(merged.a, weaker.a)
  assert.is(mergeMaps(weaker, map({})), weaker)
})

test('the origin of a leaf is the strongest layer that has it', () => {
  const stack = stackLayers([
    builtinLayer('cluster', map({ attributes: { a: { b: 1, c: 2 }, list: [1], gone: 1, cut: { x: 1 } } })),
    builtinLayer('role web', map({ attributes: { a: { c: 3 }, gone: null, cut: [1] } })),
    builtinLayer('host h', map({ attributes: { a: { d: 4 }, cut: { y: 2 } } })),
  ])
  const origin = (text: string) => {
    const path = resolveDottedPath(stack.value, text)
    return path && settingsOf(stack, path).findLast(({ effect }) => effect === 'sets')?.layer
  }
  assert.is(origin('attributes.a.b'), 'cluster')
  assert.is(origin('attributes.a.c'), 'role web')
  assert.is(origin('attributes.a.d'), 'host h')
  assert.is(origin('attributes.list[0]'), 'cluster')
  assert.is(origin('attributes.gone'), undefined)
  assert.is(origin('attributes.cut.y'), 'host h')
  assert.is(origin('attributes.cut.x'), undefined)
  assert.is(layerOf(stack, ['attributes', 'cut', 'x']), undefined)
})

test('dotted paths find keys that have dots themselves', () => {
  const root = map({ sysctl: { 'net.ipv4.ip_forward': 1, net: { other: 2 } }, list: [{ a: 1 }, [5]] })
  assert.equal(resolveDottedPath(root, 'sysctl.net.ipv4.ip_forward'), ['sysctl', 'net.ipv4.ip_forward'])
  assert.equal(resolveDottedPath(root, 'sysctl.net.other'), ['sysctl', 'net', 'other'])
  assert.equal(resolveDottedPath(root, 'list[0].a'), ['list', 0, 'a'])
  assert.equal(resolveDottedPath(root, 'list[1][0]'), ['list', 1, 0])
  assert.is(resolveDottedPath(root, 'list[7]'), undefined)
  assert.is(resolveDottedPath(root, 'sysctl.nothing'), undefined)
})

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.array(fc.integer()))
const tree: fc.Arbitrary<ValueMap> = fc.letrec<{ tree: ValueMap; value: Value }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('tree')),
  tree: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(fromEntries),
})).tree

function fromEntries(entries: readonly (readonly [string, Value])[]): ValueMap {
  const result: Record<string, Value> = Object.create(null)
  for (const [name, value] of entries) result[name] = value
  return result
}

function reversed(value: Value): Value {
  return isMap(value)
    ? fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, below]) => [name, reversed(below)]),
      )
    : value
}

function sorted(value: Value): unknown {
  if (!isMap(value)) return value
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, below]) => [name, sorted(below)])
}

const runs = { seed: 2, numRuns: 300 }

test('merging is idempotent, and an empty layer changes nothing', () => {
  fc.assert(
    fc.property(tree, tree, (weaker, stronger) => {
      const base = mergeMaps(map({}), weaker)
      const once = mergeMaps(base, stronger)
      assert.equal(sorted(mergeMaps(once, stronger)), sorted(once))
      assert.is(mergeMaps(base, map({})), base)
    }),
    runs,
  )
})

test('the order of keys does not matter', () => {
  fc.assert(
    fc.property(tree, tree, (weaker, stronger) => {
      const other = mergeMaps(mapOf(reversed(weaker)), mapOf(reversed(stronger)))
      assert.equal(sorted(other), sorted(mergeMaps(weaker, stronger)))
    }),
    runs,
  )
})

test('every leaf of a merged tree has an origin whose layer has that very value', () => {
  fc.assert(
    fc.property(tree, tree, tree, (one, two, three) => {
      const stack = stackLayers([builtinLayer('1', one), builtinLayer('2', two), builtinLayer('3', three)])
      const walk = (value: Value, path: readonly string[]): void => {
        if (isMap(value)) {
          for (const [name, below] of Object.entries(value)) walk(below, [...path, name])
        } else {
          let found: Value | undefined = layerOf(stack, path)?.value
          for (const part of path) found = isMap(found) ? found[part] : undefined
          assert.is(found, value)
        }
      }
      walk(stack.value, [])
    }),
    runs,
  )
})

function mapOf(value: Value): ValueMap {
  if (!isMap(value)) throw new Error('not a map')
  return value
}

test('keys such as __proto__ are only keys', () => {
  const hostile = fromEntries([['__proto__', fromEntries([['polluted', true]])]])
  const merged = mergeMaps(map({ a: 1 }), hostile)
  assert.equal(Object.keys(merged), ['a', '__proto__'])
  assert.is(Reflect.get({}, 'polluted'), undefined)
  assert.is(Reflect.get(merged, 'polluted'), undefined)
})

test.run()
