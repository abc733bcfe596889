import { FormatError, type FormatMistake } from '../../formats/format-error.ts'
import { checkUnit, renderUnit, type UnitFile } from '../../formats/systemd/unit.ts'
import { checkUnitText } from '../../formats/systemd/unit-text.ts'
import type { Content } from '../../model/operation.ts'
import type { Path } from '../../model/path.ts'
import { isSecret, revealed, Secret } from '../../model/secret.ts'
import { shownText, textContent } from '../define/content.ts'

/** A unit file or drop-in: its whole text, or its sections and directives. */
type UnitContent = string | Secret | UnitFile

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

/** The files of a unit with their text; throws a FormatError with everything that systemd would not understand. */
export function unitFiles({ name, directory, content, dropIns = {} }: UnitFiles): readonly WrittenUnitFile[] {
  const own = content === undefined ? [] : [{ folder: directory, fileName: name, content, at: ['content'] }]
  const folder = `${directory}/${name}.d`
  const others = Object.entries(dropIns).map(([dropIn, text]) => ({
    folder,
    fileName: `${name}.d/${dropIn}.conf`,
    content: text,
    at: ['dropIns', dropIn],
  }))
  const files = [...own, ...others]
  const mistakes = files.flatMap((file) => mistakesIn(file.content, file.fileName, file.at))
  if (mistakes.length > 0) throw new FormatError(mistakes)
  return files.map((file) => ({
    path: `${directory}/${file.fileName}`,
    directory: file.folder,
    content: textContent(unitText(file.content, file.fileName)),
  }))
}

/** The text of one such file; throws a FormatError with everything that would not be understood. */
export function unitFileText(content: UnitContent, fileName: string): string | Secret {
  const mistakes = mistakesIn(content, fileName, ['content'])
  if (mistakes.length > 0) throw new FormatError(mistakes)
  return unitText(content, fileName)
}

function mistakesIn(content: UnitContent, fileName: string, at: Path): readonly FormatMistake[] {
  if (typeof content !== 'string' && !isSecret(content)) {
    return checkUnit(content, fileName).map((mistake) => ({
      ...mistake,
      path: [...at, ...(mistake.path ?? [])],
    }))
  }
  const text = shownText(content)
  const lines = text.split('\n')
  return checkUnitText(text, fileName).map(({ line, ...mistake }) => ({
    ...mistake,
    path: at,
    line: { number: line, text: (lines[line - 1] ?? '').trim() },
  }))
}

function unitText(content: UnitContent, fileName: string): string | Secret {
  if (isSecret(content)) return revealed(content).endsWith('\n') ? content : Secret.concat([content, '\n'])
  if (typeof content !== 'string') return renderUnit(content, fileName)
  return content.endsWith('\n') ? content : `${content}\n`
}
