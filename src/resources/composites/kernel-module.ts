import { Type } from 'typebox'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent } from '../define/schema-types.ts'
import { file } from '../file.ts'

const KernelModuleSchema = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
    description: 'the name of a kernel module, such as br_netfilter',
  }),
  absent,
  options: Type.Optional(
    Type.String({
      pattern: '^[^\\u0000-\\u001f]+$',
      description: 'one line of text, such as "nf_conntrack=1"',
    }),
  ),
})

/** A kernel module that is loaded, now and at boot (modules-load.d(5), modprobe.d(5)). */
export const { resource: kernelModule, kind: kernelModuleKind } = defineComposite({
  kind: 'kernelModule',
  schema: KernelModuleSchema,
  defaults: {},
  key: 'name',
  absent: (name) => [
    file({ path: loadPath(name), absent: true }),
    file({ path: optionsPath(name), absent: true }),
  ],
  parts({ name, options }) {
    const known = name.replaceAll('-', '_')
    const builtIn = `/${known.replaceAll('_', '[-_]')}[.]ko`
    return [
      file({ path: loadPath(name), content: `${name}\n` }),
      ...(options === undefined
        ? []
        : [file({ path: optionsPath(name), content: `options ${name} ${options}\n` })]),
      command({
        name: `load the kernel module ${name}`,
        command: `modprobe ${name}`,
        unless: `[ -d /sys/module/${known} ] || grep -q '${builtIn}' "/lib/modules/$(uname -r)/modules.builtin"`,
        live: true,
      }),
    ]
  },
})

function loadPath(name: string): string {
  return `/etc/modules-load.d/${name}.conf`
}

/** Of options that two files set the last one counts, and `systemd.conf` sets some of dummy, bonding and ifb. */
function optionsPath(name: string): string {
  return `/etc/modprobe.d/zz-${name}.conf`
}
