// A controller in a process of its own, for tests that kill one: `node controller.js HOSTS-AS-JSON`.
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { converge } from './hosts.ts'
import type { Reachable } from './proxied.ts'
import { after } from './scenario.ts'

const reachable: Reachable = JSON.parse(process.argv[2] ?? '')
await converge({ ...reachable, resources: after(), library: hostLibrary() })
