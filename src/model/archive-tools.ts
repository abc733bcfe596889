import type { Signature } from './operation.ts'
import type { OsFamily } from './os-family.ts'

interface Fetched {
  readonly url: string
  readonly signature?: Signature | undefined
}

/** Programs of which a host needs one to download something, and one to verify it. */
export function downloadTools({ signature }: Fetched): readonly (readonly string[])[] {
  const verifier = signature && ('minisign' in signature ? 'minisign' : 'ssh-keygen')
  return [['curl', 'wget'], ...(verifier === undefined ? [] : [[verifier]])]
}

/** Programs of which a host needs one for a checkout. */
export const checkoutTools = [['git']] as const

/** The same for an archive, and to unpack it, judging by the name in its URL. */
export function archiveTools(fetched: Fetched): readonly (readonly string[])[] {
  const name = fetched.url.replace(/[?#].*$/s, '')
  const tools = unpackers.find(([pattern]) => pattern.test(name))?.[1]
  return [...downloadTools(fetched), ...(tools === undefined ? [] : [tools])]
}

const unpackers = [
  [/\.(zip|jar|war)$/i, ['unzip', 'bsdtar', 'busybox']],
  [/\.(tar\.zst|tzst)$/i, ['zstd']],
  [/\.(tar\.xz|txz)$/i, ['xz']],
  [/\.(tar\.bz2|tbz2?)$/i, ['bzip2']],
  [/\.(tar\.gz|tgz)$/i, ['gzip']],
] as const

/** The package that has a program, where it has another name. */
export function packageOf(tool: string, family: OsFamily | undefined): string {
  return (family && packages[tool]?.[family]) ?? tool
}

const packages: Readonly<Record<string, Readonly<Partial<Record<OsFamily, string>>>>> = {
  xz: { debian: 'xz-utils' },
  bsdtar: { debian: 'libarchive-tools', alpine: 'libarchive-tools' },
  'ssh-keygen': {
    debian: 'openssh-client',
    rhel: 'openssh',
    suse: 'openssh-common',
    alpine: 'openssh-keygen',
  },
}
