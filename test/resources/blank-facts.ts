import type { Facts } from '../../src/model/facts.ts'

/** The facts of a booted host as root, without any answers. */
export const blankFacts: Facts = {
  platform: { os: 'debian', release: '12', arch: 'amd64', init: 'systemd', uid: 0, rooted: false },
  paths: {},
  units: {},
  users: {},
  groups: {},
  packages: {},
  accounts: {},
  tools: {},
  checks: {},
  answers: {},
  objects: {},
  pending: [],
  journal: '',
}
