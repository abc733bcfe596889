import { Type } from 'typebox'
import { EtcdConnection } from './cluster-object.ts'
import { Count, type Data, describe, flag, HostPath, optional, Text } from './schema.ts'

/** One question to a host. One exec asks all questions of an inspect. */
export const Probe = Type.Union([
  Type.Object(
    {
      probe: Type.Literal('path'),
      path: HostPath,
      sha256: optional(
        Text,
        'The wanted content: a small content that differs is part of the answer, for the diff.',
      ),
      entries: Type.Optional(
        Type.Boolean({ description: 'Whether the names in a directory are part of the answer.' }),
      ),
    },
    { description: 'What is at a path, which is never followed if it is a link.' },
  ),
  Type.Object({ probe: Type.Literal('unit'), unit: Text }),
  Type.Object(
    {
      probe: Type.Literal('user'),
      name: Text,
      uid: optional(Count, 'The wanted number.'),
      home: optional(Text, 'The wanted home.'),
    },
    {
      description:
        'A user by name or decimal id. If it has another number or home than the wanted one, a process that runs as it is part of the answer.',
    },
  ),
  Type.Object(
    { probe: Type.Literal('group'), name: Text },
    { description: 'A group by name or decimal id.' },
  ),
  Type.Object(
    { probe: Type.Literal('account'), account: describe(Text, 'As in `user web`.') },
    { description: 'Whether the host knows a user or group that is to own something or to run something.' },
  ),
  Type.Object(
    {
      probe: Type.Literal('package'),
      name: Text,
      removal: flag('Whether what its removal would remove as well is part of the answer.'),
    },
    { description: 'Which version of a package is installed.' },
  ),
  Type.Object(
    { probe: Type.Literal('tool'), tool: Text },
    { description: 'Whether the host has a program of this name.' },
  ),
  Type.Object(
    { probe: Type.Literal('check'), command: Text },
    { description: 'Whether a read-only shell command exits 0, within 10 s.' },
  ),
  Type.Object(
    {
      probe: Type.Literal('answer'),
      name: describe(Text, 'What is asked; the same on all hosts that can answer it.'),
      command: describe(Text, 'How this host asks it.'),
    },
    {
      description:
        'What an API of the cluster says: the output of a read-only shell command that exits 0, within 20 s. Its first line is the same for all hosts that are served by the same one.',
    },
  ),
  Type.Object(
    {
      probe: Type.Literal('object'),
      name: describe(Text, 'Identity of the resource.'),
      type: Type.Enum(['key', 'role', 'user']),
      key: describe(Text, 'The key, or the name.'),
      connection: EtcdConnection,
    },
    { description: 'What etcd has of a key, a role or a user.' },
  ),
  Type.Object(
    { probe: Type.Literal('reboot') },
    { description: 'Whether the host says that it needs a reboot.' },
  ),
])
export type Probe = Data<typeof Probe>
