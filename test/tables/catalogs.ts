import { compile } from '../../src/compile/compile.ts'
import type { ResourceDeclaration } from '../../src/model/cluster.ts'
import type { Content } from '../../src/model/operation.ts'
import type { HostCatalog } from '../../src/model/resource.ts'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import type { ValueMap } from '../../src/model/value.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { sampleCluster, sampleHost } from '../samples/host.ts'

/** The resources of a host as a spec declares them: `- file: { path: /etc/x, content: hello }`. */
export type Spec = readonly Readonly<Record<string, ValueMap>>[]

/** What converge makes of them, in the order that their relations give. */
export function catalogOf(spec: Spec, host = 'host'): HostCatalog {
  const declarations = spec.flatMap((declared) =>
    Object.entries(declared).map(([kind, desired]): ResourceDeclaration => {
      if (!(kind in resourceKinds)) throw new Error(`there is no resource kind ${kind}`)
      return { kind, desired, layer: 'test' }
    }),
  )
  const cluster = sampleCluster([sampleHost(host, { declarations: () => declarations })])
  const { hosts } = compile({ cluster, recipes: {}, kinds: resourceKinds, readFile: (path) => path })
  const [catalog] = hosts
  if (catalog === undefined) throw new Error('no catalog')
  return catalog
}

/** What a catalog puts at its paths. */
export function declaredContents({ entries }: HostCatalog): ReadonlyMap<string, Content> {
  return new Map(
    entries.flatMap(({ resource }) =>
      resource
        .steps(supposedFacts(resource.probes, 'inactive'))
        .flatMap(({ operation }) =>
          operation.op === 'write' ? [[operation.path, operation.content] as const] : [],
        ),
    ),
  )
}
