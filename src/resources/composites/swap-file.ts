import { Type } from 'typebox'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent, longestPath } from '../define/schema-types.ts'
import { mountNameOf } from '../unit/mount.ts'
import { unit } from '../unit/unit.ts'

const SwapFileSchema = Type.Object({
  path: Type.String({
    pattern: '^(/(?!\\.{1,2}(/|$))[A-Za-z0-9_.@+-]+)+$',
    maxLength: longestPath,
    description: 'an absolute path of letters, digits and `_.@+-`',
  }),
  absent,
  sizeMb: Type.Integer({ minimum: 1, description: 'a whole number of mebibytes from 1' }),
  priority: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 32767,
      description: 'a whole number from 0 to 32767; the highest is used first',
    }),
  ),
})

/** A swap file of this size, in use now and after a boot (systemd.swap(5)). */
export const { resource: swapFile, kind: swapFileKind } = defineComposite({
  kind: 'swapFile',
  schema: SwapFileSchema,
  defaults: {},
  key: 'path',
  absent: (path) => [
    unit({ name: unitOf(path), absent: true }),
    command({
      name: `remove ${path}`,
      command: `set -e\n${unused(path)}\nrm -f ${path}`,
      onlyIf: `[ -e ${path} ]`,
      live: true,
    }),
  ],
  parts({ path, sizeMb, priority }) {
    const made = command({
      name: `make ${path}`,
      command: script(path, sizeMb),
      unless: `[ "$(stat -c %s ${path} 2>/dev/null)" = ${sizeMb * 2 ** 20} ]`,
      timeoutSeconds: 3600,
      live: true,
    })
    return [
      made,
      unit({
        name: unitOf(path),
        content: {
          Unit: { Description: `Swap file ${path}` },
          Swap: { What: path, ...(priority !== undefined && { Priority: priority }) },
          Install: { WantedBy: 'swap.target' },
        },
        enabled: true,
        started: true,
        restartOn: [made],
      }),
    ]
  },
})

/**
 * A new file takes the place of the old one when it is whole; a disk that it would fill does not get it. btrfs swaps
 * only to files without copy on write.
 */
function script(path: string, sizeMb: number): string {
  return `set -e
new=${path}.converge-new
trap 'rm -f "$new"' EXIT
umask 077
rm -f "$new"
df -Pk ${folderOf(path)} | awk '
  NR == 2 && $4 - ${sizeMb * 1024} < $2 / 10 {
    print "${sizeMb} MB of " int($4 / 1024) " MB that are free would leave less than a tenth of the file system"
    exit 1
  }' >&2
: >"$new"
chattr +C "$new" 2>/dev/null || :
dd if=/dev/zero of="$new" bs=1048576 count=${sizeMb} conv=notrunc
mkswap "$new"
sync
${unused(path)}
mv -f "$new" ${path}`
}

/** What is in it has to fit into the memory: otherwise the command fails, and it stays in use. */
function unused(path: string): string {
  return `while read -r used _; do if [ "$used" = ${path} ]; then swapoff ${path}; fi; done </proc/swaps`
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function unitOf(path: string): string {
  return `${mountNameOf(path)}.swap`
}
