import { type Static, type TObject, type TProperties, Type } from 'typebox'
import { Content, type Operation, operationSchemas } from './operation.ts'
import { closed, type Data } from './schema.ts'

const { write, edit, run, 'etcd-key': etcdKey, 'etcd-user': etcdUser, ...others } = operationSchemas
const { environment: _, ...withoutEnvironment } = run.properties
const { content: __, ...withoutValue } = etcdKey.properties

const outlined = closed('What identifies the content.', {
  sha256: Content.properties.sha256,
  sizeBytes: Content.properties.sizeBytes,
})

/** Operations with checksums instead of contents, and without environments and passwords. */
export const outlineSchemas = {
  ...others,
  write: reshaped(write, {
    ...write.properties,
    content: outlined,
  }),
  edit: reshaped(edit, { ...edit.properties, content: Type.Optional(outlined) }),
  run: reshaped(run, withoutEnvironment),
  'etcd-key': reshaped(etcdKey, withoutValue),
  'etcd-user': reshaped(etcdUser, {
    ...etcdUser.properties,
    password: Type.Optional(Type.Literal(true, { description: 'The password is set.' })),
  }),
}
type Outlines = { [Op in keyof typeof outlineSchemas]: Static<(typeof outlineSchemas)[Op]> }

export const OperationOutline = Type.Unsafe<Outlines[keyof Outlines]>(
  Type.Union(Object.values(outlineSchemas), { description: 'One thing that is done to the host.' }),
)
export type OperationOutline = Data<typeof OperationOutline>

export function outlineOf(operation: Operation): OperationOutline {
  switch (operation.op) {
    case 'write': {
      const { sha256, sizeBytes } = operation.content
      return { ...operation, content: { sha256, sizeBytes } }
    }
    case 'edit': {
      const { content, ...rest } = operation
      if (content === undefined) return rest
      return { ...rest, content: { sha256: content.sha256, sizeBytes: content.sizeBytes } }
    }
    case 'run': {
      const { environment: _, ...rest } = operation
      return rest
    }
    case 'etcd-key': {
      const { content: _, ...rest } = operation
      return rest
    }
    case 'etcd-user': {
      const { password, ...rest } = operation
      return password === undefined ? rest : { ...rest, password: true }
    }
    default:
      return operation
  }
}

/** The schema with other properties, its description kept. */
export function reshaped<Properties extends TProperties>(
  schema: TObject,
  properties: Properties,
): TObject<Properties> {
  return { ...schema, ...Type.Object(properties) }
}
