import { type Static, Type } from 'typebox'
import { given } from '../../../src/model/given.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'

/** Several hosts, and how they are planned. */
export const rolloutFields = {
  hosts: Type.Record(Type.String(), Type.Object(situationFields, { additionalProperties: false })),
  prune: Type.Optional(Type.Boolean()),
  release: Type.Optional(Type.Boolean()),
  /** What the plan is narrowed to. */
  only: Type.Optional(Type.Array(Type.String())),
}
const Rollout = Type.Object(rolloutFields)

export function planHosts({ hosts, prune = true, release = false, only }: Static<typeof Rollout>): Plan {
  const situations = Object.entries(hosts).map(([name, lines]) => readSituation(lines, name))
  return planCluster(
    { cluster: 'test', hosts: situations.map(({ catalog }) => catalog) },
    new Map(situations.map(({ catalog, facts }) => [catalog.host, facts])),
    { prune, release, ...given({ only }) },
  )
}
