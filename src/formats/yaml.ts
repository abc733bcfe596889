import { Document, type ScalarTag, type ToStringOptions } from 'yaml'
import { hasMark, renderMarked, Secret } from '../model/secret.ts'
import type { PlainValue, Value } from '../model/value.ts'
import { FormatError } from './format-error.ts'

/**
 * Renders one YAML document: block style, keys in the order given, no folded lines, text of several lines below a
 * key or in a list as a literal block. Readers of YAML 1.1 (PyYAML as in cloud-init, Go's yaml.v2) and of 1.2 read
 * the same value from it. Throws a FormatError for a number or text that YAML cannot represent.
 */
export function renderYaml(value: PlainValue): string
export function renderYaml(value: Value): string | Secret
export function renderYaml(value: Value): string | Secret {
  return renderMarked(value, renderPlain, (text) => doubleQuoted(text).slice(1, -1))
}

function renderPlain(value: Value): string {
  // PyYAML does not read an unindented block as a whole document.
  if (typeof value === 'string' && value.includes('\n')) return `${doubleQuoted(value)}\n`
  return new Document(value, {
    aliasDuplicateObjects: false,
    customTags: (tags) => [quotedText, finiteNumber, ...tags],
  }).toString(LAYOUT)
}

/** Renders a stream of documents, each under its `---`, such as a file of Kubernetes manifests. */
export function renderYamlDocuments(values: readonly PlainValue[]): string
export function renderYamlDocuments(values: readonly Value[]): string | Secret
export function renderYamlDocuments(values: readonly Value[]): string | Secret {
  return Secret.concat(values.flatMap((value) => ['---\n', renderYaml(value)]))
}

const LAYOUT: ToStringOptions = {
  lineWidth: 0,
  blockQuote: 'literal',
  // Quoted text stays on one line, because readers fold line breaks in it.
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
}

/** Text that some reader misreads without quotes, such as `yes` or `1:20`. */
const quotedText: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  identify: (value) =>
    typeof value === 'string' &&
    (MISREAD.test(value) || NOT_PRINTABLE.test(value) || UNSAFE_BLOCK.test(value) || hasMark(value)),
  resolve: (text) => text,
  stringify: ({ value }) => doubleQuoted(String(value)),
}

/** A number in a spelling that all readers agree on: PyYAML knows an exponent only after a decimal point. */
const finiteNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => typeof value === 'number',
  // The library prefers tags that have a test, so this one needs it to come before its own.
  test: /^-?\d+(\.\d+)?e[-+]\d+$/,
  resolve: (text) => Number(text),
  stringify: ({ value }) => {
    if (!Number.isFinite(value))
      throw new FormatError([
        { message: `YAML: ${value} is not a finite number`, hint: 'write it as a string' },
      ])
    return String(value).replace(/^(-?\d+)e/, '$1.0e')
  },
}

// Numbers in any base, with `_` or `:` in them, dates, booleans, null, the value and merge keys, tabs (which PyYAML
// refuses in bare text), document markers.
const MISREAD = new RegExp(
  [
    String.raw`^[-+]?[\d_]*(\.[\d_]*)?(e[-+]?[\d_]+)?$`,
    String.raw`^[-+]?[0_]+[box][-+]?[\da-f_]*$`,
    String.raw`^[-+]?[\d_]+(:[\d_]+)+(\.[\d_]*)?$`,
    String.raw`^\d{4}-\d\d?-\d\d?([t\s].*)?$`,
    String.raw`^(y|yes|n|no|on|off|true|false|null|~|=|<<|[-+]?\.(inf|nan))$`,
    String.raw`^[^\n]*\t[^\n]*$`,
    String.raw`^(---|\.\.\.)(\s|$)`,
  ].join('|'),
  'i',
)

// Text of several lines that begins with a tab or with a line of blanks, which libyaml and Go take for indentation.
const UNSAFE_BLOCK = /^(?=[\s\S]*\n)[ \n]*\t|^ +\n|^\s+$/

// What YAML 1.1 does not print or takes for a line break (U+0085, U+2028, U+2029), tab and line feed excepted.
const NOT_PRINTABLE =
  /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u

// JSON's escapes are YAML's as well.
function doubleQuoted(text: string): string {
  if (/\p{Surrogate}/u.test(text))
    throw new FormatError([
      { message: `YAML: ${JSON.stringify(text)} contains half a surrogate pair`, hint: 'remove it' },
    ])
  const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(text).replaceAll(new RegExp(NOT_PRINTABLE, 'gu'), escapeCharacter)
}
