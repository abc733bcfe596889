import { type Static, type TObject, Type } from 'typebox'
import { NormalPath } from '../define/schema-types.ts'

/** Properties of each kind that asks a cluster of etcd: how a host reaches its own member. */
export const connectionProperties = {
  etcdctl: NormalPath,
  clientUrl: Type.String({ description: 'a URL; where the member answers clients' }),
}

/** What operations and probes have of it. */
export function connectionOf({ etcdctl, clientUrl }: Static<TObject<typeof connectionProperties>>) {
  return { etcdctl, clientUrl }
}
