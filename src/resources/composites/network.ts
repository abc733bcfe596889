import { Type } from 'typebox'
import { isSecret, revealed, Secret } from '../../model/secret.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid, type Self } from '../define/define-resource.ts'
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
  parts({ name, content }, _host, self) {
    const reload = reloadOf(name)
    const text = typeof content === 'string' || isSecret(content) ? content : textOf(content, self)
    // Keys of tunnels are for networkd alone, which does not run as root.
    const isPrivate = name.endsWith('.netdev') || (isSecret(text) && text.isPrivate)
    const access = isPrivate ? { mode: '0640', group: 'systemd-network' } : { mode: '0644' }
    return [
      file({
        path: pathOf(name),
        content: text,
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
    command: name.endsWith('.link')
      ? 'udevadm control --reload'
      : 'if systemctl -q is-active systemd-networkd.service; then networkctl reload; fi',
    live: true,
  })
}

type Value = string | number | boolean | Secret
type Settings = Readonly<Record<string, Value | readonly Value[]>>

function textOf(
  sections: Readonly<Record<string, Settings | readonly Settings[]>>,
  self: Self,
): string | Secret {
  const texts = Object.entries(sections).flatMap(([name, written]) =>
    [written]
      .flat()
      .map((settings) =>
        Secret.concat([
          `[${name}]\n`,
          ...Object.entries(settings).flatMap(([key, values]) =>
            [values].flat().map((value) => Secret.concat([`${key}=`, lineOf(key, value, self), '\n'])),
          ),
        ]),
      ),
  )
  return Secret.concat(texts.flatMap((text, index) => (index === 0 ? [text] : ['\n', text])))
}

function lineOf(key: string, value: Value, self: Self): string | Secret {
  const word = typeof value === 'boolean' ? (value ? 'yes' : 'no') : isSecret(value) ? value : String(value)
  if (/[\n\r]|\\$/.test(isSecret(word) ? revealed(word) : word))
    invalid(
      self,
      `the value of ${key} does not end on its line`,
      'write one line without a backslash at its end',
    )
  return word
}
