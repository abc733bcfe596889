import { Type } from 'typebox'
import { isSecret, Secret } from '../../model/secret.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent, secretText } from '../define/schema-types.ts'
import { file } from '../file.ts'

const Setting = Type.Union([secretText({}), Type.Number(), Type.Boolean()])
const Section = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9]+$' }),
  Type.Union([Setting, Type.Array(Setting)]),
  { description: 'a map of settings', additionalProperties: false },
)

const NetworkSchema = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.@-]*\\.(network|netdev|link)$',
    description: 'the name of a file of systemd-networkd, such as "10-lan.network"',
  }),
  absent,
  content: Type.Union(
    [
      secretText({}),
      Type.Record(
        Type.String({ pattern: '^[A-Za-z0-9]+$' }),
        Type.Union([Section, Type.Array(Section)], {
          description: 'a section, which is a map of settings, or a list of sections of that name',
        }),
        { additionalProperties: false },
      ),
    ],
    {
      description: 'the text of the file, or a map of sections to maps of settings, or to lists of such maps',
    },
  ),
})

/** A file of systemd-networkd (systemd.network(5), systemd.netdev(5), systemd.link(5)), and its reload. */
export const { resource: network, kind: networkKind } = defineComposite({
  kind: 'network',
  schema: NetworkSchema,
  defaults: {},
  contentFromFiles: true,
  key: 'name',
  absent: (name) => {
    const reload = reloadOf(name)
    return [
      file({ path: pathOf(name), absent: true, notifies: [{ resource: reload, action: 'run' }] }),
      reload,
    ]
  },
  parts({ name, content }) {
    const reload = reloadOf(name)
    // Keys of tunnels are in the file of a netdev: only networkd reads it.
    const access = name.endsWith('.netdev') ? { mode: '0640', group: 'systemd-network' } : { mode: '0644' }
    return [
      file({
        path: pathOf(name),
        content: typeof content === 'string' || isSecret(content) ? content : textOf(content),
        ...access,
        notifies: [{ resource: reload, action: 'run' }],
      }),
      reload,
    ]
  },
})

function pathOf(name: string): string {
  return `/etc/systemd/network/${name}`
}

function reloadOf(name: string) {
  return command({
    name: `apply ${pathOf(name)}`,
    command: name.endsWith('.link') ? 'udevadm control --reload' : 'networkctl reload',
    onlyIf: name.endsWith('.link') ? 'true' : 'systemctl -q is-active systemd-networkd.service',
    live: true,
  })
}

type Value = string | number | boolean | Secret
type Settings = Readonly<Record<string, Value | readonly Value[]>>

function textOf(sections: Readonly<Record<string, Settings | readonly Settings[]>>): string | Secret {
  const texts = Object.entries(sections).flatMap(([name, written]) =>
    [written]
      .flat()
      .map((settings) =>
        Secret.concat([
          `[${name}]\n`,
          ...Object.entries(settings).flatMap(([key, values]) =>
            [values].flat().map((value) => Secret.concat([`${key}=`, wordOf(value), '\n'])),
          ),
        ]),
      ),
  )
  return Secret.concat(texts.flatMap((text, index) => (index === 0 ? [text] : ['\n', text])))
}

function wordOf(value: Value): string | Secret {
  if (isSecret(value)) return value
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}
