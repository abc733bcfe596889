import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { writeSection } from '../../bench/readme.ts'

function written(text: string, section: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'converge-readme-'))
  try {
    const file = join(folder, 'README.md')
    writeFileSync(file, text)
    writeSection(file, 'bench', section)
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('replaces only the text between the markers', () => {
  const expected = 'before\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\nafter\n'
  assert.is(written('before\n<!-- bench -->\n<!-- /bench -->\nafter\n', 'new\n'), expected)
  assert.is(written(expected, 'new\n'), expected)
})

test('refuses a file without the markers', () => {
  for (const text of ['', '<!-- bench -->', '<!-- /bench --><!-- bench -->']) {
    assert.throws(() => written(text, 'new\n'), /does not have <!-- bench --> and <!-- \/bench --> once each/)
  }
})

test.run()
