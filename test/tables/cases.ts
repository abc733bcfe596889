import { readdirSync, readFileSync } from 'node:fs'
import { type Static, type TObject, type TProperties, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { test } from 'uvu'
import { parse } from 'yaml'
import { rememberTexts } from './texts.ts'

/**
 * One test per file of a folder below fixtures/, named by the file's name as a sentence. The schema says what a case may
 * have, so that a word that is spelt wrongly cannot turn a check off.
 */
export function testCases<Fields extends TProperties>(
  folder: string,
  fields: Fields,
  check: (given: Static<TObject<Fields>>, name: string) => void,
): void {
  const root = new URL(`../../fixtures/${folder}/`, import.meta.url)
  const files = readdirSync(root).sort()
  if (files.length === 0) throw new Error(`there are no cases in fixtures/${folder}`)
  const schema = Type.Object(fields, { additionalProperties: false })
  const validator = Compile(schema)
  const isCase = (value: unknown): value is Static<TObject<Fields>> => validator.Check(value)
  for (const file of files) {
    const name = file.replace(/\.yaml$/, '').replaceAll('-', ' ')
    test(`${folder.replaceAll('/', ' ')}: ${name}`, () => {
      const given: unknown = parse(readFileSync(new URL(file, root), 'utf8'))
      if (!isCase(given)) {
        const mistakes = validator
          .Errors(given)
          .map(({ instancePath, message }) => `${instancePath} ${message}`)
        throw new Error(`fixtures/${folder}/${file}: ${mistakes.join('; ')}`)
      }
      rememberTexts(given)
      check(given, name)
    })
  }
}

/** Lines of a list, of which YAML reads `a: b` as a map of one. */
export const Lines = Type.Array(
  Type.Union([
    Type.String(),
    Type.Record(Type.String(), Type.String(), { minProperties: 1, maxProperties: 1 }),
  ]),
)
export type Lines = Static<typeof Lines>

export function linesOf(lines: Lines = []): readonly string[] {
  return lines.map((line) =>
    typeof line === 'string'
      ? line
      : pairsOf(line)
          .map(([key, value]) => `${key}: ${value}`)
          .join(),
  )
}

/** The same lines in two parts. */
function pairsOf(line: Lines[number]): readonly (readonly [string, string])[] {
  return typeof line === 'string' ? [] : Object.entries(line)
}
