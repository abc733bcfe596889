import { FormatError } from '../../formats/format-error.ts'
import { renderUnit, type UnitFile } from '../../formats/systemd/unit.ts'
import { checkUnitText } from '../../formats/systemd/unit-text.ts'
import type { Content } from '../../model/operation.ts'
import { textContent } from '../define/content.ts'

/** A unit file or drop-in: its whole text, or its sections and directives. */
type UnitContent = string | UnitFile

/** A file of a unit, and the directory that it needs. */
export interface WrittenUnitFile {
  readonly path: string
  readonly directory: string
  readonly content: Content
}

export interface UnitFiles {
  readonly name: string
  readonly directory: string
  readonly content?: UnitContent
  /** By name without `.conf`. */
  readonly dropIns?: { readonly [name: string]: UnitContent }
}

/** The files of a unit with their text; throws a FormatError for what systemd would not understand. */
export function unitFiles({ name, directory, content, dropIns = {} }: UnitFiles): readonly WrittenUnitFile[] {
  const own =
    content === undefined
      ? []
      : [{ path: `${directory}/${name}`, directory, content: unitText(content, name) }]
  const dropInDirectory = `${directory}/${name}.d`
  return [
    ...own,
    ...Object.entries(dropIns).map(([dropIn, text]) => ({
      path: `${dropInDirectory}/${dropIn}.conf`,
      directory: dropInDirectory,
      content: unitText(text, `${name}.d/${dropIn}.conf`),
    })),
  ]
}

function unitText(content: UnitContent, fileName: string): Content {
  if (typeof content !== 'string') return textContent(renderUnit(content, fileName))
  const problems = checkUnitText(content, fileName)
  if (problems.length > 0) throw new FormatError(problems)
  return textContent(content.endsWith('\n') ? content : `${content}\n`)
}
