import type { NotificationAction, Timing } from '../../src/model/relations.ts'
import type { CatalogEntry, HostCatalog, Notification, Resource } from '../../src/model/resource.ts'

export function entry(resource: Resource, ...notifies: readonly Notification[]): CatalogEntry {
  return { resource, after: [], notifies, declaredBy: 'test' }
}

/** The catalog of one host, in the order given. */
export function catalog(...entries: readonly (CatalogEntry | Resource)[]): HostCatalog {
  return { host: 'host', entries: entries.map((one) => ('resource' in one ? one : entry(one))) }
}

/** To notify a resource of an action. */
export function to(
  { id }: Pick<Resource, 'id'>,
  action: NotificationAction,
  timing: Timing = 'delayed',
): Notification {
  return { resource: id, action, timing }
}
