import { Type } from 'typebox'
import { type Data, HostPath, optional, Text } from './schema.ts'

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
  Type.Object({ probe: Type.Literal('user'), name: Text }),
  Type.Object({ probe: Type.Literal('group'), name: Text }),
  Type.Object({ probe: Type.Literal('package'), name: Text }),
  Type.Object(
    { probe: Type.Literal('check'), command: Text },
    { description: 'Whether a read-only shell command exits 0, within 10 s.' },
  ),
])
export type Probe = Data<typeof Probe>
