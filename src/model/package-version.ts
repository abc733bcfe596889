/**
 * Whether a version, `[EPOCH:]VERSION[-RELEASE]`, is the wanted one. What the wanted one lacks, the epoch or what follows the
 * last hyphen, may be any.
 */
export function fitsVersion(version: string, wanted: string | undefined): boolean {
  const bare = version.replace(/^[^:]*:/, '')
  return (
    wanted === undefined || [version, bare, withoutRelease(version), withoutRelease(bare)].includes(wanted)
  )
}

function withoutRelease(version: string): string {
  return version.replace(/-[^-]*$/, '')
}
