import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { editText, partIn } from '../../src/model/edit-text.ts'
import { rulesOf } from '../../src/operations/index.ts'
import { quote } from '../../src/shell/quote.ts'
import { cases } from '../model/edited-texts.ts'

const library = new URL('../../src/shell/library/', import.meta.url)
const awks = ['awk', 'gawk', 'mawk', 'original-awk', 'busybox awk'].filter(
  (awk) => spawnSync('sh', ['-c', `${awk} 'BEGIN { exit 7 }'`]).status === 7,
)

/** Each text and what is wanted are files; the answer has two lines per case: its exit code, and that of its part. */
const program = (awk: string, calls: readonly string[]): string => `
say() { printf '%s\\n' "$*"; }
awk() { command ${awk} "$@"; }
. ${JSON.stringify(new URL('edits.sh', library).pathname)}
LC_ALL=C
export LC_ALL
RUN=.
index=0
try() {
  read_edit "$@"
  cp text-$index text
  edit_text "$2" ''
  say $?
  mv edited edited-$index
  edit_text '' show
  say $?
  mv edited part-$index
  index=$((index + 1))
}
${calls.join('\n')}
`

const outcomes = ['block', 'line', 'setting'].flatMap((kind) =>
  ['0', '3', '4'].map((code) => `${kind} ${code}`),
)

for (const awk of awks) {
  test(`hosts edit texts as the plan says: ${awk}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'converge-edits-'))
    try {
      const all = fc
        .sample(cases, { numRuns: 300 })
        .map(({ leaves, wanted, ...one }) => ({ ...one, wanted: leaves ? undefined : wanted }))
      const calls = all.map(({ text, part, wanted }, index) => {
        writeFileSync(join(folder, `text-${index}`), text)
        const kept = wanted === undefined ? {} : { kept: `wanted-${index}` }
        if (wanted !== undefined) writeFileSync(join(folder, `wanted-${index}`), wanted)
        const operation = { op: 'edit', path: '/etc/x', part, ...kept } as const
        const [, ...words] = rulesOf(operation).shell(operation)
        return `try ${words.map(quote).join(' ')}`
      })
      const { stdout, stderr } = spawnSync('sh', ['-c', program(awk, calls)], {
        cwd: folder,
        encoding: 'utf8',
      })
      assert.is(stderr, '')
      const codes = stdout.split('\n')
      const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
      const seen = new Set<string>()
      for (const [index, { text, part, wanted }] of all.entries()) {
        const edited = editText(text, part, wanted)
        const inside = partIn(text, part)
        const told = JSON.stringify({ text, part, wanted })
        const code = 'problem' in edited ? '4' : edited.text === text ? '3' : '0'
        seen.add(`${part.kind ?? 'block'} ${code}`)
        assert.is(codes[2 * index], code, told)
        assert.is(
          codes[2 * index + 1],
          'problem' in inside ? '4' : inside.found === undefined ? '3' : '0',
          told,
        )
        const outcome = 'problem' in edited ? `${edited.problem}\n` : edited.text
        assert.is(read(`edited-${index}`), outcome, told)
        if ('found' in inside) assert.is(read(`part-${index}`), inside.found ?? '', told)
      }
      assert.equal([...seen].sort(), outcomes)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

test.run()
