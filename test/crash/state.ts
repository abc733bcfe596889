import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ManifestEntry } from '../../src/model/manifest.ts'
import { pendingInJournal } from '../../src/shell/answers/journal.ts'
import { parseManifest } from '../../src/shell/answers/parse-manifest.ts'
import type { CrashHost } from './hosts.ts'
import { transient } from './scenario.ts'

/** What converge itself remembers on a host, as far as it must not depend on how often it was interrupted. */
export interface KeptState {
  /** By resource. */
  readonly manifest: Readonly<Record<string, ManifestEntry>>
  /** Whether the host is among those that it knows of the cluster. */
  readonly knowsItself: boolean
  /** Notifications that are still owed. */
  readonly pending: readonly string[]
  /** The originals of adopted files, by name. */
  readonly originals: Readonly<Record<string, string>>
}

export function readState({ root, name }: CrashHost): KeptState {
  const state = join(root, 'var/lib/converge')
  const cluster = join(state, 'clusters/crash')
  const manifest = parseManifest(text(join(cluster, 'manifest')).split('\n'))
  return {
    manifest: Object.fromEntries(
      manifest
        .map((applied): [string, ManifestEntry] => [applied.resource, settled(applied)])
        .toSorted(byName),
    ),
    knowsItself: text(join(cluster, 'members')).includes(`"name":"${name}"`),
    pending: pendingInJournal(text(join(cluster, 'journal'))).map(
      ({ action, resource }) => `${action} ${resource}`,
    ),
    originals: Object.fromEntries(
      readdirSync(join(cluster, 'originals'))
        .sort()
        .map((name) => [name, text(join(cluster, 'originals', name))]),
    ),
  }
}

/** Whether a run had removed a file with `until` when it was killed is no part of the outcome. */
function settled(entry: ManifestEntry): ManifestEntry {
  const paths = Object.entries(entry.paths).filter(([path]) => !(path in transient))
  return { ...entry, paths: Object.fromEntries(paths.map(([path, state]) => [path, withRoot(state)])) }
}

/** Without root no owner is set: the record has the declared one, or root if the path was found as it should be. */
function withRoot(state: string): string {
  return process.getuid?.() === 0 ? state : state.replace(/^(\w+ \d{4}) \w+ \w+/, '$1 root root')
}

/** How two states differ, one line each. */
export function stateDifferences(now: KeptState, wanted: KeptState): readonly string[] {
  const parts = (state: KeptState): Map<string, unknown> =>
    new Map<string, unknown>([
      ...Object.entries(state.manifest).map(([id, applied]): [string, unknown] => [
        `manifest ${id}`,
        applied,
      ]),
      ...Object.entries(state.originals),
      ['knowsItself', state.knowsItself],
      ['pending', state.pending],
    ])
  const [found, expected] = [parts(now), parts(wanted)]
  return [...new Set([...found.keys(), ...expected.keys()])].flatMap((key) => {
    const [is, should] = [found, expected].map((of) => JSON.stringify(of.get(key)))
    return is === should ? [] : [`state: ${key}: ${is} instead of ${should}`]
  })
}

/** Names below the host's root that a run makes and removes: temporary files and uploads. */
export function leftovers(root: string, directories: readonly string[]): readonly string[] {
  return ['/var/tmp', ...directories].flatMap((directory) =>
    existsSync(join(root, directory))
      ? readdirSync(join(root, directory))
          .filter((name) => /^\.?converge-/.test(name))
          .map((name) => `${directory}/${name}`)
      : [],
  )
}

function byName([a]: [string, ManifestEntry], [b]: [string, ManifestEntry]): number {
  return a < b ? -1 : 1
}

function text(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
