import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Diagnostic } from '../../../src/model/diagnostic.ts'
import { renderDiagnostics, summariseDiagnostics } from '../../../src/report/text/code-frame.ts'
import { createStyle } from '../../../src/report/text/style.ts'

const style = createStyle({ color: false })
const source = 'cluster: demo\nhosts:\n  web0:\n    roles: [wbe]\n\tx: 1\n'

function diagnostic(more: Partial<Diagnostic>): Diagnostic {
  return { severity: 'error', code: 'unknown-role', path: '', message: 'unknown role "wbe"', ...more }
}

function render(...diagnostics: readonly Diagnostic[]): string {
  return renderDiagnostics({ diagnostics, sources: new Map([['cluster.yaml', source]]), style })
}

test('shows the line, marks what is meant, and says what to do', () => {
  const position = { file: 'cluster.yaml', line: 4, column: 13, length: 3 }
  assert.is(
    render(diagnostic({ position, hint: 'Did you mean "web"?' })),
    `cluster.yaml:4:13 error: unknown role "wbe" [unknown-role]
  4 |     roles: [wbe]
    |             ^^^
  Did you mean "web"?

1 error
`,
  )
})

test('sorts by position, those without one last, and counts', () => {
  const at = (line: number) => ({ file: 'cluster.yaml', line, column: 1 })
  const text = render(
    diagnostic({ message: 'nowhere' }),
    diagnostic({ message: 'third', position: at(3), severity: 'warning' }),
    diagnostic({ message: 'first', position: at(1) }),
  )
  assert.equal(
    text.split('\n').filter((line) => /error|warning/.test(line)),
    [
      'cluster.yaml:1:1 error: first [unknown-role]',
      'cluster.yaml:3:1 warning: third [unknown-role]',
      'error: nowhere [unknown-role]',
      '2 errors, 1 warning',
    ],
  )
})

test('keeps tabs before the marks, and escapes what a terminal would obey', () => {
  const text = renderDiagnostics({
    diagnostics: [
      diagnostic({ message: 'bad\x1b[2J', position: { file: 'f', line: 1, column: 3, length: 2 } }),
    ],
    sources: new Map([['f', '\t\x07ab\r\n']]),
    style,
  })
  assert.is(text, 'f:1:3 error: bad\\x1b[2J [unknown-role]\n  1 | \t\\x07ab\n    | \t    ^^\n\n1 error\n')
})

test('shows a window of a very long line', () => {
  const text = renderDiagnostics({
    diagnostics: [diagnostic({ position: { file: 'f', line: 1, column: 501 } })],
    sources: new Map([['f', `${'a'.repeat(500)}!${'b'.repeat(500)}`]]),
    style,
  })
  assert.match(text, `  1 | ${'a'.repeat(40)}!${'b'.repeat(79)}\n    | ${' '.repeat(40)}^\n`)
})

test('does without the line where the file could not be read', () => {
  assert.is(
    render(diagnostic({ position: { file: 'gone.yaml', line: 1, column: 1 } })),
    'gone.yaml:1:1 error: unknown role "wbe" [unknown-role]\n\n1 error\n',
  )
})

test('counts errors and warnings', () => {
  assert.is(summariseDiagnostics([]), '0 errors')
  assert.is(summariseDiagnostics([diagnostic({ severity: 'warning' })]), '1 warning')
})

test.run()
