import { Type } from 'typebox'
import type { ObjectFact } from '../../model/cluster-object.ts'
import { textContent } from '../define/content.ts'
import { defineResource } from '../define/define-resource.ts'
import { secretText } from '../define/schema-types.ts'
import { clusterObject, objectOf, objectProperties, wasSensitive } from './cluster-object.ts'

const EtcdKeySchema = Type.Object({
  ...objectProperties,
  key: Type.String({
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
    description: 'text without control characters; the key',
  }),
  value: secretText({ pattern: '^[^\\u0000]*$', description: 'text; the value of the key' }),
})

/** A key of etcd 3.4 or later with exactly this value. */
export const { resource: etcdKey } = defineResource({
  kind: 'etcdKey',
  schema: EtcdKeySchema,
  defaults: {},
  name: ({ group, key }) => `${group}:${key}`,
  behave(desired, { id }) {
    const { key } = desired
    const content = textContent(desired.value)
    const { sha256, sizeBytes, secrets } = content
    const isSensitive = secrets !== undefined
    return {
      ...clusterObject(id, desired, { type: 'key', key }, isKey, {
        stepFrom(found, facts) {
          if (found?.type === 'key' && found.sha256 === sha256) return undefined
          const revision = found?.type === 'key' ? found.revision : 0
          const hides = isSensitive || wasSensitive(id, facts)
          return {
            op: 'etcd-key',
            ...objectOf(id, desired),
            ...{ key, sha256, sizeBytes, content },
            ...(found !== undefined && { revision }),
            ...(hides && { sensitive: true }),
          }
        },
        reason: ({ type }) => (type === 'absent' ? 'will be created' : 'value will change'),
      }),
      isSensitive,
    }
  },
})

function isKey(fact: ObjectFact): fact is Extract<ObjectFact, { type: 'key' }> {
  return fact.type === 'key'
}
