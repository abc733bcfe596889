import { Type } from 'typebox'
import { FilledText } from '../../model/schema.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid } from '../define/define-resource.ts'
import { absent } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { unit } from '../unit/unit.ts'

const NftablesSchema = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z][A-Za-z0-9_]*$',
    description: 'letters, digits and underscores; the name of the table',
  }),
  absent,
  family: Type.Enum(['inet', 'ip', 'ip6', 'arp', 'bridge', 'netdev'], {
    description: 'inet, ip, ip6, arp, bridge or netdev',
  }),
  content: { ...FilledText, description: 'text; sets, maps and chains of the table, as in nft(8)' },
})

/** A table of nftables, which replaces itself in one transaction and leaves all other tables alone. */
export const { resource: nftables, kind: nftablesKind } = defineComposite({
  kind: 'nftables',
  schema: NftablesSchema,
  defaults: { family: 'inet' },
  contentFromFiles: true,
  key: 'name',
  absent: (name) => [unit({ name: unitOf(name), absent: true }), file({ path: pathOf(name), absent: true })],
  parts({ name, family, content }, _host, self) {
    const whole = /^\s*(table|flush)\s.*/m.exec(content)?.[0].trim()
    if (whole !== undefined)
      invalid(self, `content has the line ${whole}`, 'leave out the table around it: give only what is in it')
    const table = `${family} ${name}`
    const body = content.replaceAll(/^(?=.)/gm, '\t').trimEnd()
    const rules = file({
      path: pathOf(name),
      content: `table ${table}\ndelete table ${table}\n\ntable ${table} {\n${body}\n}\n`,
      mode: '0640',
      validate: 'nft -c -f {}',
    })
    return [
      rules,
      unit({
        name: unitOf(name),
        content: {
          Unit: {
            Description: `nftables table ${table}`,
            DefaultDependencies: false,
            Wants: 'network-pre.target',
            Before: ['network-pre.target', 'shutdown.target'],
            Conflicts: 'shutdown.target',
            // The distribution's own unit flushes all tables when it starts, stops and reloads.
            After: 'nftables.service',
            PartOf: 'nftables.service',
            ReloadPropagatedFrom: 'nftables.service',
          },
          Service: {
            Type: 'oneshot',
            RemainAfterExit: true,
            ExecStart: `/usr/sbin/nft -f ${pathOf(name)}`,
            ExecReload: `/usr/sbin/nft -f ${pathOf(name)}`,
            ExecStop: `-/usr/sbin/nft delete table ${table}`,
          },
          Install: { WantedBy: 'sysinit.target' },
        },
        enabled: true,
        started: true,
        reloadOn: [rules],
      }),
    ]
  },
})

function pathOf(name: string): string {
  return `/etc/nftables-${name}.conf`
}

function unitOf(name: string): string {
  return `nftables-${name}.service`
}
