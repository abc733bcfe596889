import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Puts a section between the markers of a file that bear its name, in place of what is there.
 * @throws when the markers are not there
 */
export function writeSection(file: string, name: string, section: string): void {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const text = readFileSync(file, 'utf8')
  const [before, ...rest] = text.split(start)
  const [, ...after] = rest.join(start).split(end)
  if (before === undefined || rest.length !== 1 || after.length !== 1) {
    throw new Error(`${file} does not have ${start} and ${end} once each`)
  }
  writeFileSync(file, `${before}${start}\n\n${section}\n${end}${after[0]}`)
}
