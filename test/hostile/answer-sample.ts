import { command, file, group, link, pkg, unit, user } from '../../src/dsl.ts'
import {
  type Generation,
  type ManifestEntry,
  type Member,
  manifestText,
  type Undo,
} from '../../src/model/manifest.ts'
import { catalog } from '../samples/catalog.ts'

const motd = file({ path: '/etc/motd', content: 'hello\n' })

/** One resource of each kind that asks the host something of its own. */
export const sampleCatalog = catalog(
  motd,
  link({ path: '/etc/alias', target: 'motd' }),
  unit({ name: 'app.service', started: true, restartOn: [motd] }),
  user({ name: 'app', comment: 'the app' }),
  group({ name: 'staff' }),
  pkg({ name: 'etcd' }),
  command({ name: 'seed', command: 'true', unless: 'test -e /seeded' }),
)

export const sampleProbes = sampleCatalog.entries.flatMap(({ resource }) => resource.probes)

const ownership = { owner: 'root', group: 'root', mode: '0644' }
const platform = {
  init: 'systemd',
  stateDir: '/var/lib/converge',
  stagingDir: '/var/tmp',
  binDir: '/bin',
} as const

export const sampleApplied: ManifestEntry = {
  resource: 'file[/etc/gone]',
  origin: 'adopted',
  desired: 'f'.repeat(64),
  paths: { '/etc/gone': `file 0644 root root ${'a'.repeat(64)}` },
  removal: [
    { op: 'unit', unit: 'gone.service', action: 'stop' },
    {
      op: 'restore',
      path: '/etc/gone',
      kept: 'originals/0123456789abcdef',
      sha256: 'b'.repeat(64),
      ...ownership,
    },
  ],
  group: 'etcd',
}

export const sampleMember: Member = {
  name: 'old',
  target: { transport: 'ssh', address: '192.0.2.1', ssh: { user: 'root', port: 2222 } },
  platform,
}

const sum = 'a'.repeat(64)

/** A whole answer of a host that differs in all that the sample catalog asks for, as its inspect program prints it. */
export const sampleAnswer = `converge 1
platform systemd 0 
os debian
release 12
machine x86_64
kinds f l
stats
644 0 0 3 root:root
777 0 0 5 root:root
link 5
other
sums
${sum}  /etc/motd
content 0 3
x
y
units
LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no

units end
users
app:x:998:998:an app:/srv/app:/bin/sh
groups
app:x:998:
staff:x:50:app
memberships
app 50
users end
processes
processes end
groups
staff:x:50:app
primary
app:x:998:50:::
groups end
packages
packages end
removals
removals end
checks 1
journal
converge-journal 1
owe restart unit[app.service]

journal end
manifest
${manifestText([sampleApplied])}
manifest end
other another
${manifestText([{ ...sampleApplied, resource: 'file[/srv/theirs]', paths: { '/srv/theirs': 'absent' } }])}
other end
generation 7
members
${JSON.stringify([sampleMember])}
members end
end
`

const generation: Generation = {
  number: 7,
  run: 'abc',
  by: 'ann@desk since today',
  changes: ['file[/etc/motd]: new'],
}
const reverts: readonly Undo[] = sampleApplied.removal.map((operation) => ({
  resource: sampleApplied.resource,
  operation,
}))

/** What the history program prints of one generation. */
export const sampleHistory = `converge 1
generation 7
${JSON.stringify(generation)}
${JSON.stringify(reverts)}
${manifestText([sampleApplied])}
end of manifest
held digest by ann since today
end
`
