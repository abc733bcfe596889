import { type Static, Type } from 'typebox'
import { NormalPath } from '../define/schema-types.ts'

/** Properties of each kind that asks a cluster of etcd: how a host reaches its own member. */
export const connectionProperties = {
  etcdctl: NormalPath,
  clientUrls: Type.Array(Type.String(), {
    description: 'a list of URLs; the member answers clients at one of them',
    minItems: 1,
  }),
  clientVariables: {
    ...NormalPath,
    description: 'an absolute path; the variables with which etcdctl connects, if the file is there',
  },
  connect: Type.String({
    description:
      'shell that sets `own` to etcdctl with the URL at which the member answers, and `status` to what it says; it fails if it does not',
  }),
}

const ConnectionSchema = Type.Object(connectionProperties)

export type Connection = Static<typeof ConnectionSchema>
