import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { editText, partIn } from '../../src/model/edit-text.ts'
import { cases, part } from '../model/edited-texts.ts'

const library = new URL('../../src/shell/library/', import.meta.url)
const awks = ['awk', 'gawk', 'mawk', 'original-awk', 'busybox awk'].filter(
  (awk) => spawnSync('sh', ['-c', `${awk} 'BEGIN { exit 7 }'`]).status === 7,
)

/** Each text and what is wanted are files; the answer has one line per case: its exit code, and those of its part. */
const program = (awk: string): string => `
say() { printf '%s\\n' "$*"; }
awk() { command ${awk} "$@"; }
. ${JSON.stringify(new URL('edits.sh', library).pathname)}
LC_ALL=C
export LC_ALL
edit_begin='${part().begin}' edit_end='${part().end}' RUN=.
index=0
while IFS= read -r line; do
  edit_at=\${line%% *} wanted=
  [ "\${line#* }" = gone ] || wanted=wanted-$index
  cp text-$index text
  edit_text "$wanted" ''
  say $?
  mv edited edited-$index
  edit_text '' show
  say $?
  mv edited part-$index
  index=$((index + 1))
done <cases
`

for (const awk of awks) {
  test(`hosts edit texts as the plan says: ${awk}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'converge-edits-'))
    try {
      const all = fc.sample(cases, { numRuns: 150 })
      for (const [index, { text, wanted }] of all.entries()) {
        writeFileSync(join(folder, `text-${index}`), text)
        if (wanted !== undefined) writeFileSync(join(folder, `wanted-${index}`), wanted)
      }
      writeFileSync(
        join(folder, 'cases'),
        all.map(({ at, wanted }) => `${at} ${wanted === undefined ? 'gone' : 'there'}\n`).join(''),
      )
      const { stdout, stderr } = spawnSync('sh', ['-c', program(awk)], { cwd: folder, encoding: 'utf8' })
      assert.is(stderr, '')
      const codes = stdout.split('\n')
      const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
      const seen = new Set<string>()
      for (const [index, { text, at, wanted }] of all.entries()) {
        const edited = editText(text, part(at), wanted)
        const inside = partIn(text, part(at))
        const told = JSON.stringify({ text, at, wanted })
        const code = 'problem' in edited ? '4' : edited.text === text ? '3' : '0'
        seen.add(code)
        assert.is(codes[2 * index], code, told)
        assert.is(
          codes[2 * index + 1],
          'problem' in inside ? '4' : inside.found === undefined ? '3' : '0',
          told,
        )
        if ('text' in edited) assert.is(read(`edited-${index}`), edited.text, told)
        if ('found' in inside) assert.is(read(`part-${index}`), inside.found ?? '', told)
      }
      assert.equal([...seen].sort(), ['0', '3', '4'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

test.run()
