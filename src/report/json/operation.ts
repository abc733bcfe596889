import { type Static, Type } from 'typebox'
import type { Operation } from '../../model/operation.ts'
import { outlineOf, outlineSchemas, reshaped } from '../../model/operation-outline.ts'
import { type Data, describe } from '../../model/schema.ts'

const { write, restore, 'etcd-key': etcdKey, ...others } = outlineSchemas

/** Even the checksum of sensitive content is hidden: a short secret could be guessed from it. */
const shown = {
  ...others,
  write: reshaped(write, { ...write.properties, content: Type.Optional(write.properties.content) }),
  'etcd-key': reshaped(etcdKey, {
    ...etcdKey.properties,
    sha256: Type.Optional(etcdKey.properties.sha256),
    sizeBytes: Type.Optional(etcdKey.properties.sizeBytes),
  }),
  restore: reshaped(restore, { ...restore.properties, sha256: Type.Optional(restore.properties.sha256) }),
}
type Shown = { [Op in keyof typeof shown]: Static<(typeof shown)[Op]> }

/** An operation as documents show it. */
export const OperationObject = Type.Unsafe<Shown[keyof Shown]>(
  describe(
    Type.Union(Object.values(shown).map((schema) => ({ ...schema, additionalProperties: false }))),
    'One thing that is done to a host. What identifies a content is absent if the content is sensitive.',
  ),
)
export type OperationObject = Data<typeof OperationObject>

export function operationObject(operation: Operation): OperationObject {
  const outline = outlineOf(operation)
  if (!('sensitive' in outline) || outline.sensitive !== true) return outline
  switch (outline.op) {
    case 'write': {
      const { content: _, ...rest } = outline
      return rest
    }
    case 'edit': {
      const { content: _, sha256: __, ...rest } = outline
      return rest
    }
    case 'etcd-key': {
      const { sha256: _, sizeBytes: __, ...rest } = outline
      return rest
    }
    case 'restore': {
      const { sha256: _, ...rest } = outline
      return rest
    }
    default:
      return outline
  }
}
