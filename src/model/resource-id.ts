import { Type } from 'typebox'

/** `kind[name]`, such as `file[/etc/motd]`. */
export type ResourceId = `${string}[${string}]`

export const ResourceId = Type.Unsafe<ResourceId>(
  Type.String({
    pattern: '^[^\\u0000[\\]]+\\[[^\\u0000]+\\]$',
    description: 'the identity of a resource, such as unit[etcd.service]',
  }),
)
