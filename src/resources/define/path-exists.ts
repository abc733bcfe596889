/**
 * A shell command that tells whether a path exists on the host. Where a command cannot be put into the host's root tree
 * it runs outside, and CONVERGE_ROOT says where that tree is; it is empty otherwise.
 */
export function pathExists(path: string): string {
  return `test -e "\${CONVERGE_ROOT-}"${quoteWord(path)}`
}

function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
