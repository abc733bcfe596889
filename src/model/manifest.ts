import type { Platform, Target } from './cluster.ts'
import type { Operation } from './operation.ts'
import type { ResourceId } from './resource-id.ts'

/**
 * What converge last made true of one resource on a host, as a line of that host's manifest. The manifest belongs to
 * one cluster and is what prune, drift and the claims of other clusters go by.
 */
export interface Applied {
  readonly resource: ResourceId
  /** `created`: nothing was there before converge; `adopted`: something was, and is restored on prune. */
  readonly origin: 'created' | 'adopted'
  /** SHA-256 over the desired state as JSON with sorted keys. */
  readonly desired: string
  /** The state of each path that it owns, in the words of appliedState. */
  readonly paths: Readonly<Record<string, string>>
  /** What prune does when the resource leaves the catalog, in order. */
  readonly removal: readonly Operation[]
  /** What was there before converge came, of what has no path. */
  readonly found?: Found
  /** Its content was not to be shown; a later spec that says so no more must not show it either. */
  readonly sensitive?: boolean
  /** The disruption group that the resource is a member of. */
  readonly group?: string
}

/** The states of units, and which accounts and packages there were not (`user web`), when a resource was first applied. */
export interface Found {
  readonly units: Readonly<Record<string, { readonly active: string; readonly file: string }>>
  readonly absent: readonly string[]
}

/** A host of the cluster as the others remember it, so that one that left the spec can still be found. */
export interface Member {
  readonly name: string
  readonly target: Target
  readonly platform: Platform
}

/** A generation: what one apply did, and how to take it back. */
export interface Generation {
  readonly number: number
  /** Id of the run that made it. */
  readonly run: string
  /** Who and since when, one line. */
  readonly by: string
  /** What was changed, in words, one line each. */
  readonly changes: readonly string[]
}

/** What a host remembers of the applies on it. */
export interface HostHistory {
  /** Newest first. */
  readonly generations: readonly KeptGeneration[]
  /** As in HostState. */
  readonly held?: string
}

/** An operation that takes a part of a generation back, on behalf of the resource that it belongs to. */
export interface Reverting {
  readonly resource: ResourceId
  readonly operation: Operation
}

/** A generation with what it takes to go back behind it. */
export interface KeptGeneration extends Generation {
  readonly revert: readonly Reverting[]
  /** The manifest as it was before. */
  readonly manifest: readonly Applied[]
}

/** The first line of a manifest; another one was written by another version of converge. */
export const manifestHeader = 'converge-manifest 1'

/** The manifest's text for these entries, in few lines. */
export function manifestText(entries: readonly Applied[]): string {
  return [manifestHeader, ...entries.map(setLine), ''].join('\n')
}

/** The manifest's line that sets a resource's entry. */
export function setLine(entry: Applied): string {
  return `set ${JSON.stringify(entry)}`
}

/** The manifest's line that removes a resource's entry. */
export function dropLine(resource: string): string {
  return `drop ${resource}`
}
