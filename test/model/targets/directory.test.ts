import type { Target } from '../../../src/model/targets/index.ts'
import { targetContract } from '../../contracts/target.ts'

const image: Target = { transport: 'directory', directory: '/srv/image' }

targetContract({
  transport: 'directory',
  specs: [
    [{ directory: '/srv/image' }, image],
    [{ directory: 'roots/{{host.name}}' }, { transport: 'directory', directory: '/spec/roots/host0' }],
  ],
  refused: [
    [
      {},
      'missing-key host0 has transport directory, but no directory (set directory to the path of a root tree on this machine)',
    ],
    [
      { directory: '{{index}}' },
      'wrong-type directory must be the path of a root tree on this machine, not 0',
    ],
    [
      { transport: 'memory', directory: '/srv/image' },
      'unused-key directory requires transport: directory (add transport: directory, or remove directory)',
    ],
  ],
  different: [{ directory: '/srv/a' }, { directory: '/srv/A' }, { directory: 'a' }],
  same: [
    { directory: '/srv/a' },
    { directory: '/srv/./a/' },
    'duplicate-address host1 has the same directory as host0 on line 1: /srv/a',
  ],
  reported: [
    // No host names trees on this machine, unless it is one itself.
    { target: image, reporter: { transport: 'ssh', address: '192.0.2.9', ssh: {} }, believed: undefined },
    { target: image, reporter: { transport: 'memory' }, believed: undefined },
    { target: image, reporter: { transport: 'directory', directory: '/srv/other' }, believed: image },
  ],
})
