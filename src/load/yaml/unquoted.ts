/** A line with the same length, in which what is in quotes, and a comment, is blank. */
export function unquoted(line: string): string {
  return line.replaceAll(/"(?:[^"\\]|\\.)*"|(?<![\w'])'(?:[^']|'')*'|(?<=^|\s)#.*$/g, (part) =>
    ' '.repeat(part.length),
  )
}
