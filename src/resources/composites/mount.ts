import { Type } from 'typebox'
import { Text } from '../../model/schema.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent, NormalPath, yesOrNo } from '../define/schema-types.ts'
import { mountNameOf } from '../unit/mount.ts'
import { unit } from '../unit/unit.ts'

const MountSchema = Type.Object({
  path: NormalPath,
  absent,
  device: Type.String({
    pattern: '^[^\\u0000-\\u0020]+( [^\\u0000-\\u0020]+)*$',
    description:
      'what is mounted: UUID=..., LABEL=..., PARTUUID=..., PARTLABEL=..., a device, host:/path or tmpfs',
  }),
  type: Type.String({
    pattern: '^[a-z0-9._-]+$',
    description: 'the type of the file system, such as ext4 or nfs',
  }),
  options: Type.Optional({ ...Text, description: 'text; mount options, such as "noatime,nofail"' }),
  atBoot: yesOrNo('whether it is mounted at boot; true by default'),
})

/** A mounted file system, as a systemd unit (systemd.mount(5)). */
export const { resource: mount, kind: mountKind } = defineComposite({
  kind: 'mount',
  schema: MountSchema,
  defaults: { type: 'auto', atBoot: true },
  key: 'path',
  absent: (path) => [unit({ name: unitOf(path), absent: true })],
  parts({ path, device, type, options, atBoot }) {
    const isRemote = remoteTypes.has(type) || options?.split(',').includes('_netdev') === true
    const target = isRemote ? 'remote-fs.target' : 'local-fs.target'
    return [
      unit({
        name: unitOf(path),
        content: {
          Unit: {
            Description: `Mount ${path}`,
            ...(isRemote && { Wants: 'network-online.target', After: 'network-online.target' }),
            // Enabled units are wanted by the target; without this one it would not wait for them.
            Before: target,
          },
          Mount: {
            What: deviceOf(device),
            Where: path.replaceAll('%', '%%'),
            Type: type,
            ...(options !== undefined && { Options: options.replaceAll('%', '%%') }),
          },
          Install: { WantedBy: target },
        },
        enabled: atBoot,
        started: true,
      }),
    ]
  },
})

const remoteTypes = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', 'glusterfs', 'sshfs', 'fuse.sshfs'])

function unitOf(path: string): string {
  return `${mountNameOf(path)}.mount`
}

/** The links of udev stand for the tags of fstab(5), which a unit does not know; names are escaped as udev does. */
function deviceOf(source: string): string {
  const [, tag = '', value = ''] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.+)$/.exec(source) ?? []
  if (tag === '') return source.replaceAll('%', '%%')
  const escaped = [...Buffer.from(value)]
    .map((byte) => String.fromCharCode(byte))
    .map((one) =>
      /[A-Za-z0-9#+\-.:=@_]/.test(one) || one > '\x7f'
        ? one
        : `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .join('')
  const name = tag.endsWith('UUID') ? value.toLowerCase() : Buffer.from(escaped, 'latin1').toString()
  return `/dev/disk/by-${tag.toLowerCase()}/${name}`
}
