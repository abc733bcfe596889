import { type Static, Type } from 'typebox'
import { NormalPath } from '../define/schema-types.ts'

/** Properties of each kind that asks a cluster of etcd: how a host reaches its own member. */
export const connectionProperties = {
  etcdctl: NormalPath,
  connect: Type.String({
    description:
      'shell that sets `own` to etcdctl with a URL at which the member answers; it fails if it does not',
  }),
  clientVariables: {
    ...NormalPath,
    description: 'an absolute path; the variables with which etcdctl connects, if the file is there',
  },
}

const ConnectionSchema = Type.Object(connectionProperties)

export type Connection = Static<typeof ConnectionSchema>
