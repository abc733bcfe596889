import { Type } from 'typebox'
import { QUADLET_TYPES } from '../../formats/systemd/quadlet.ts'
import { isSecret, revealed } from '../../model/secret.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent, secretText, yesOrNo } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { unit } from '../unit/unit.ts'
import { unitFileText } from '../unit/unit-files.ts'

const Value = Type.Union([secretText({}), Type.Number(), Type.Boolean()])

const QuadletSchema = Type.Object({
  name: Type.String({
    pattern: `^[A-Za-z0-9][A-Za-z0-9_.-]*\\.(${[...QUADLET_TYPES.keys()].join('|')})$`,
    description: `a name with one of the types ${[...QUADLET_TYPES.keys()].join(', ')}, such as "web.container"`,
  }),
  absent,
  content: Type.Union(
    [
      secretText({}),
      Type.Record(
        Type.String(),
        Type.Record(Type.String(), Type.Union([Value, Type.Array(Value)]), {
          description: 'a section, which is a map of directives, as in Container: { Image: nginx }',
        }),
      ),
    ],
    { description: 'the text of the file, or a map of sections to maps of directives' },
  ),
  started: yesOrNo(
    'whether the service that podman makes of it runs; true by default for a container, a pod and a kube file',
  ),
})

/** A file of which podman makes a service (podman-systemd.unit(5)), and that service. */
export const { resource: quadlet, kind: quadletKind } = defineComposite({
  kind: 'quadlet',
  schema: QuadletSchema,
  defaults: {},
  contentFromFiles: true,
  key: 'name',
  absent: (name) => [
    unit({ name: serviceOf(name), started: false }),
    file({ path: pathOf(name), absent: true }),
  ],
  parts({ name, content, started = runs.has(typeOf(name)) }) {
    const text = unitFileText(content, pathOf(name))
    const made = file({ path: pathOf(name), content: text, ...(isSecret(text) && { mode: '0600' }) })
    if (!started && !runs.has(typeOf(name))) return [made]
    const [, named] = /^\s*ServiceName\s*=\s*(\S+)\s*$/m.exec(isSecret(text) ? revealed(text) : text) ?? []
    const service = named === undefined ? serviceOf(name) : `${named}.service`
    return [made, unit({ name: service, started, restartOn: [made] })]
  },
})

/** What runs for as long as its service does; the services of others are started by those that use them. */
const runs: ReadonlySet<string> = new Set(['container', 'pod', 'kube'])

function pathOf(name: string): string {
  return `/etc/containers/systemd/${name}`
}

function typeOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** As podman names it if the file does not. */
function serviceOf(name: string): string {
  const [stem, type] = [name.slice(0, name.lastIndexOf('.')), typeOf(name)]
  return type === 'container' || type === 'kube' ? `${stem}.service` : `${stem}-${type}.service`
}
