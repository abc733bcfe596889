/** Programs of which a host needs one to download something. */
export const downloadTools = ['curl', 'wget'] as const

/** Programs of which a host needs one to fetch an archive, and one to unpack it, judging by the name in its URL. */
export function archiveTools(url: string): readonly (readonly string[])[] {
  const name = url.replace(/[?#].*$/s, '')
  const unpacker = unpackers.find(([pattern]) => pattern.test(name))?.[1]
  return [downloadTools, ...(unpacker === undefined ? [] : [[unpacker]])]
}

const unpackers = [
  [/\.(zip|jar|war)$/i, 'unzip'],
  [/\.(tar\.zst|tzst)$/i, 'zstd'],
  [/\.(tar\.xz|txz)$/i, 'xz'],
  [/\.(tar\.bz2|tbz2?)$/i, 'bzip2'],
  [/\.(tar\.gz|tgz)$/i, 'gzip'],
] as const
