import type { Facts } from '../../src/model/facts.ts'

/** A booted host as root, of which nothing was asked yet. */
export const blankFacts: Facts = {
  platform: { os: 'debian', release: '12', arch: 'amd64', init: 'systemd', uid: 0, rooted: false },
  paths: {},
  units: {},
  users: {},
  groups: {},
  packages: {},
  checks: {},
  pending: [],
  journal: '',
}
