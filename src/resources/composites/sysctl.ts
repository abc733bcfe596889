import { Type } from 'typebox'
import { shellWord } from '../../model/shell-word.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { FileStem } from './names.ts'

const SysctlSchema = Type.Object({
  name: FileStem,
  absent,
  settings: Type.Record(
    Type.String({ pattern: '^[A-Za-z0-9_]+([./][A-Za-z0-9_.:@-]+)+$' }),
    Type.Union([Type.Integer(), Type.String({ pattern: '^[^\\u0000-\\u0008\\u000a-\\u001f]+$' })], {
      description: 'a whole number or one line of text',
    }),
    { description: 'a map of kernel parameters, such as { vm.swappiness: 10 }', additionalProperties: false },
  ),
})

/** Kernel parameters: a file in `/etc/sysctl.d` (sysctl.d(5)), and the values that the kernel has now. */
export const { resource: sysctl, kind: sysctlKind } = defineComposite({
  kind: 'sysctl',
  schema: SysctlSchema,
  defaults: {},
  key: 'name',
  absent: (name) => [file({ path: pathOf(name), absent: true })],
  parts({ name, settings }) {
    const pairs = Object.entries(settings).map(([key, value]) => [key, String(value).trim()] as const)
    const content = pairs.map(([key, value]) => `${key} = ${value}\n`).join('')
    const words = pairs.map(([key, value]) => `${shellWord(procPath(key))} ${shellWord(value)}`)
    return [
      file({ path: pathOf(name), content }),
      command({
        name: `load ${pathOf(name)}`,
        command: words
          .map((pair) => `set -- ${pair} && printf '%s\\n' "$2" >"/proc/sys/$1" || exit`)
          .join('\n'),
        // The kernel prints what it separates with tabs.
        unless: `${isSet}\n${words.map((pair) => `is_set ${pair}`).join(' && ')}`,
        live: true,
      }),
    ]
  },
})

// The kernel answers only the first read of a file: `read` of some shells takes one byte at a time.
const isSet =
  'set -f; is_set() { at=$1; set -- $2; wanted=$*; set -- $(cat "/proc/sys/$at") && [ "$*" = "$wanted" ]; }'

function pathOf(name: string): string {
  return `/etc/sysctl.d/${name}.conf`
}

/** The first separator of a key says which one stands for a slash (sysctl.d(5)). */
function procPath(key: string): string {
  const swapped: Readonly<Record<string, string>> = { '.': '/', '/': '.' }
  return /[./]/.exec(key)?.[0] === '/' ? key : key.replaceAll(/[./]/g, (one) => swapped[one] ?? one)
}
