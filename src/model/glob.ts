/** The regular expression of a glob: `*` and `?` stand for characters. */
export function globSource(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, (character) => {
    if (character === '*') return '.*'
    return character === '?' ? '.' : `\\${character}`
  })
}
