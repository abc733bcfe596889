import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clusterSchema } from '../../../src/load/schema/cluster-schema.ts'
import { builtins, kinds } from '../load-text.ts'

test('schemas/cluster.schema.json is what the source says', () => {
  const file = new URL('../../../schemas/cluster.schema.json', import.meta.url)
  const expected = `${JSON.stringify(clusterSchema({ recipes: {}, kinds: {} }), null, 2)}\n`
  assert.is(readFileSync(file, 'utf8'), expected, 'write it anew: npm run schemas')
})

const schema = clusterSchema({ recipes: builtins, kinds })
const check = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)

const withHost = (host: object) => ({ cluster: 'c', hosts: { a: host } })

test('the schema for editors knows the attributes of recipes and the kinds of resources', () => {
  assert.ok(
    check(withHost({ attributes: { etcd: { version: '3.5.0' } }, resources: [{ file: { path: '/x' } }] })),
  )
  assert.not(check(withHost({ attributes: { etcd: { version: 3.5 } } })))
  assert.not(check(withHost({ attributes: { etcd: { verison: 'x' } } })))
  assert.not(check(withHost({ resources: [{ fiel: { path: '/x' } }] })))
  assert.not(check(withHost({ resources: [{ file: { path: '/x', notifies: [{ resource: 'x' }] } }] })))
})

test('the schema for editors takes expressions, null and layers that leave required attributes to others', () => {
  assert.ok(check(withHost({ ssh: { port: '{{add index 2200}}' }, platform: { os: null } })))
  assert.ok(
    check(withHost({ attributes: { etcd: { heartbeatMs: '{{index}}', tls: { ca: 'x' } }, app: {} } })),
  )
  assert.ok(check({ cluster: 'c', roles: { web: null }, hosts: { a: null } }))
})

test('every property has a description', () => {
  const bare: string[] = []
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return
    const properties: unknown = Reflect.get(node, 'properties')
    if (typeof properties === 'object' && properties !== null) {
      for (const [name, property] of Object.entries(properties)) {
        const described = typeof property.description === 'string' || typeof property.$ref === 'string'
        if (!described) bare.push(`${path}/${name}`)
      }
    }
    for (const [key, value] of Object.entries(node)) walk(value, `${path}/${key}`)
  }
  walk(clusterSchema({ recipes: {}, kinds }), '')
  const ownDescriptions = bare.filter((path) => !/\/(?:path|content|source|name|enabled)$/.test(path))
  assert.equal(ownDescriptions, [])
})

test.run()
