import type { Facts, PathFact, PlatformFact, UnitFact } from '../../src/model/facts.ts'
import type { HostCatalog } from '../../src/model/resource.ts'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import { textContent } from '../../src/resources/define/content.ts'

/** What is on a host beyond nothing at all. */
export interface Present {
  /** Text of the files that are there, owned by root, mode 0644. */
  readonly files?: Readonly<Record<string, string>>
  readonly directories?: readonly string[]
  readonly units?: Readonly<Record<string, Partial<UnitFact>>>
  readonly checks?: Readonly<Record<string, boolean>>
  /** `ACTION RESOURCE` */
  readonly pending?: readonly string[]
  readonly platform?: Partial<PlatformFact>
}

export const byRoot = { owner: 'root', group: 'root', uid: 0, gid: 0 } as const

/** The facts of a booted Debian host that was asked what a catalog wants to know. */
export function factsOf(
  { entries }: HostCatalog,
  { files = {}, directories = [], units = {}, checks = {}, pending = [], platform = {} }: Present = {},
): Facts {
  const probes = entries.flatMap(({ resource }) => resource.probes)
  const nothing = supposedFacts(probes, 'inactive')
  const wanted = new Map(
    probes.flatMap((probe) => (probe.probe === 'path' ? [[probe.path, probe.sha256] as const] : [])),
  )
  return {
    ...nothing,
    platform: { ...nothing.platform, os: 'debian', release: '12', arch: 'amd64', ...platform },
    paths: {
      ...nothing.paths,
      ...Object.fromEntries(
        Object.entries(files).map(([path, text]) => [path, fileFact(text, wanted.get(path))]),
      ),
      ...Object.fromEntries(
        directories.map((path) => [path, { type: 'directory', mode: '0755', ...byRoot }]),
      ),
    },
    units: {
      ...nothing.units,
      ...Object.fromEntries(
        Object.entries(units).map(([name, unit]) => [
          name,
          { load: 'loaded', active: 'inactive', file: 'disabled', needsReload: false, ...unit },
        ]),
      ),
    },
    checks: { ...nothing.checks, ...checks },
    pending: pending.map((line) => {
      const [action = '', ...resource] = line.split(' ')
      return { action, resource: resource.join(' ') }
    }),
    journal: pending.length === 0 ? '' : 'converge-journal 1',
  }
}

/** As the host answers: with the content if it differs from the wanted one. */
export function fileFact(text: string, wanted?: string): Extract<PathFact, { type: 'file' }> {
  const { sha256, sizeBytes } = textContent(text)
  const shown = wanted !== undefined && wanted !== sha256 ? { content: text } : {}
  return { type: 'file', sizeBytes, sha256, mode: '0644', ...byRoot, ...shown }
}
