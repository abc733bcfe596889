import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { renderYaml } from '../../src/formats/yaml.ts'
import { figure } from '../figure.ts'

const isNightly = Number(process.env.CONVERGE_FUZZ ?? 0) >= 5_000
const numTexts = isNightly ? Number(process.env.CONVERGE_FUZZ) : 300

/** Pieces that some reader takes for something else than text. */
const pieces = [
  ...['a', 'b', ' ', '  ', '\n', '\t', '\r', '1', '0', '8', '_', 'e', 'E', '+', '-', '.', ':', '#', '=', '~'],
  ...['0x', '0o', '0b', 'yes', 'No', 'on', 'off', 'true', 'null', '.inf', '.NaN', '2001-01-01', 'T', '1:30'],
  ...[
    '|',
    '>',
    '"',
    "'",
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    '&',
    '*',
    '!',
    '%',
    '@',
    '`',
    '?',
    '<<',
    '---',
    '...',
  ],
  ...['é', '\u0085', '\u2028', '\ufeff', '\u0007', '\u{1f600}', ': ', ' #', '- '],
]
const known = [
  '\tgcc -c a.c\n',
  '\n\ta',
  ' \n',
  '\n\n',
  '1e1_0',
  '91E+_9',
  '0o-1',
  '1:30',
  '1_000',
  '0x1f',
  '=',
  '<<',
  '.inf',
]

function texts(): readonly string[] {
  const text = fc
    .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(''))
  return [...known, ...fc.sample(text, { numRuns: numTexts, seed: 20260303 })]
}

/** Each reader prints for each document of a JSON list what it read, as JSON, or the error. */
const python = `
import json, sys, yaml
for document in json.load(sys.stdin):
    for loader in [yaml.SafeLoader] + ([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else []):
        try: read = yaml.load(document, Loader=loader)
        except Exception as error: read = {"error": str(error)}
        print(json.dumps([document, read], default=str))
`

const go = `package main

import (
	"encoding/json"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"
)

func main() {
	var documents []string
	json.NewDecoder(os.Stdin).Decode(&documents)
	for _, document := range documents {
		var read any
		if err := yaml.Unmarshal([]byte(document), &read); err != nil {
			read = map[string]any{"error": err.Error()}
		}
		line, err := json.Marshal([]any{document, read})
		if err != nil {
			line, _ = json.Marshal([]any{document, err.Error()})
		}
		fmt.Println(string(line))
	}
}
`

/** What a reader says of all documents; undefined if it is not installed. */
type Reader = (documents: string) => string | undefined

const readers: readonly (readonly [name: string, read: Reader])[] = [
  [
    'Python',
    (documents) => {
      const { status, stdout } = spawnSync('python3', ['-c', python], {
        input: documents,
        encoding: 'utf8',
        maxBuffer: 2 ** 30,
      })
      return status === 0 ? stdout : undefined
    },
  ],
  [
    'Go',
    (documents) => {
      // Its reader comes from the module proxy, and has to be compiled.
      if (!isNightly || spawnSync('go', ['version']).status !== 0) return undefined
      const folder = mkdtempSync(join(tmpdir(), 'converge-go-'))
      try {
        writeFileSync(join(folder, 'main.go'), go)
        writeFileSync(join(folder, 'go.mod'), 'module reader\n\ngo 1.18\n\nrequire gopkg.in/yaml.v3 v3.0.1\n')
        const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 30 } as const
        execFileSync('go', ['mod', 'tidy'], { ...options, stdio: 'ignore' })
        return execFileSync('go', ['run', '.'], { ...options, input: documents })
      } catch (error) {
        if (error instanceof Error && error.message.includes('mod tidy')) return undefined
        throw error
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  ],
]

for (const [name, read] of readers) {
  test(`${name} reads back the text that renderYaml wrote`, () => {
    const values = texts().map((text) => ({ t: text, list: [text], deep: [{ [text]: { t: text } }] }))
    const expected = new Map(values.map((value) => [renderYaml(value), value]))
    const said = read(JSON.stringify([...expected.keys()]))
    const what = `texts that ${name}'s YAML reader reads back as written`
    if (said === undefined) {
      figure(what, isNightly || name === 'Python' ? 'none: it is not installed' : 'none by day')
      return
    }
    for (const line of said.trimEnd().split('\n')) {
      const [document, value]: [string, unknown] = JSON.parse(line)
      assert.equal(value, expected.get(document), document)
    }
    figure(what, values.length)
  })
}

test.run()
