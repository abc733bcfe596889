import { Type } from 'typebox'
import { defineComposite } from '../define/define-composite.ts'
import { absent, NormalPath, used, yesOrNo } from '../define/schema-types.ts'
import { mountNameOf } from '../unit/mount.ts'
import { unit } from '../unit/unit.ts'

const MountSchema = Type.Object({
  path: used('where it is mounted', NormalPath),
  absent,
  device: Type.String({
    pattern: '^[^\\u0000-\\u0020]+( [^\\u0000-\\u0020]+)*$',
    description:
      'what is mounted: UUID=..., LABEL=..., PARTUUID=..., PARTLABEL=..., a device, host:/path or tmpfs',
  }),
  type: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9._-]+$',
      description: 'the type of the file system, such as ext4; what the device says by default',
    }),
  ),
  options: Type.Optional(
    Type.String({
      pattern: '^[^\\u0000-\\u001f]+$',
      description: 'one line of text; mount options, such as "noatime,nofail"',
    }),
  ),
  atBoot: yesOrNo('whether it is mounted at boot; true by default'),
})

/** A mounted file system, as a systemd unit (systemd.mount(5)). */
export const { resource: mount, kind: mountKind } = defineComposite({
  kind: 'mount',
  schema: MountSchema,
  defaults: { atBoot: true },
  key: 'path',
  absent: (path) => [unit({ name: unitOf(path), absent: true })],
  parts({ path, device, type = typeOf(device), options, atBoot }) {
    const listed = options?.split(',') ?? []
    const isRemote = remoteTypes.has(type) || listed.includes('_netdev')
    const target = isRemote ? 'remote-fs.target' : 'local-fs.target'
    return [
      unit({
        name: unitOf(path),
        content: {
          Unit: {
            Description: `Mount ${path.replaceAll('%', '%%')}`,
            ...(isRemote && { Wants: 'network-online.target', After: 'network-online.target' }),
            // Old systemd has this only for mounts of fstab.
            ...(!listed.includes('nofail') && { Before: target }),
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

/** What mount(8) cannot find out, or systemd has to know. */
function typeOf(device: string): string {
  if (device === 'tmpfs') return device
  if (device.startsWith('//')) return 'cifs'
  return /^[^/=]+:\//.test(device) ? 'nfs' : 'auto'
}

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
  // blkid writes these in lower case, and the short ones of vfat and NTFS in upper case.
  const isLower = tag === 'PARTUUID' || (tag === 'UUID' && /^[^-]{8}(-[^-]{4}){3}-[^-]{12}$/.test(value))
  const name = isLower ? value.toLowerCase() : Buffer.from(escaped, 'latin1').toString()
  return `/dev/disk/by-${tag.toLowerCase()}/${name}`
}
