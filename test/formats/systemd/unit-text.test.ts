import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkUnitText } from '../../../src/formats/systemd/unit-text.ts'

test('accepts comments, continuations, empty lines and white space as systemd does', () => {
  const text = `# a comment = not an assignment
; another

  [Unit]
Description = A unit
After=a.service \\
# ExecStrat= within a continuation
  b.service

[Service]
  ExecStart=/bin/sh -c 'echo a=b' \\
    Nonsense=is-an-argument
Environment="A=b \\\\"
X-Mine=1
[X-Mine]
Anything=goes
[Install]
WantedBy=multi-user.target`
  assert.equal(checkUnitText(text, 'a.service'), [])
  assert.equal(checkUnitText(`\uFEFF${text.replaceAll('\n', '\r\n')}\r\n`, 'a.service'), [])
  assert.equal(checkUnitText('', 'a.service'), [])
})

test('reports unknown and misplaced names with their lines', () => {
  const text = `[Unit]
Description=A \\
  long one
Afer=b.service
[Service]
WantedBy=multi-user.target
[Servce]
Nothing=of this section is looked at
`
  assert.equal(checkUnitText(text, 'a.service'), [
    { line: 4, message: 'a.service: unknown directive Afer= in [Unit]', hint: 'did you mean After=?' },
    {
      line: 6,
      message: 'a.service: unknown directive WantedBy= in [Service]',
      hint: 'WantedBy= belongs in [Install]',
    },
    { line: 7, message: 'a.service: unknown section [Servce]', hint: 'did you mean [Service]?' },
  ])
})

test('reports the line where a continued directive starts', () => {
  const [problem] = checkUnitText('[Service]\n\nExecStrat=/bin/a \\\n# comment\n  --b\n', 'a.service')
  assert.is(problem?.line, 3)
})

test('takes a doubled backslash at the end of a line for a backslash', () => {
  const problems = checkUnitText('[Unit]\nDescription=a\\\\\nAfer=b\n', 'a.service')
  assert.equal(
    problems.map(({ line }) => line),
    [3],
  )
})

test('reports lines that systemd skips', () => {
  const text = `Description=too early
[Unit] # no comment here
[Unit
[Unit]
no assignment
=no name
`
  assert.equal(
    checkUnitText(text, 'a.service').map(({ line, message }) => `${line} ${message}`),
    [
      '1 a.service: Description= comes before the first section',
      "2 a.service: '[Unit] # no comment here' is not a section header",
      "3 a.service: '[Unit' is not a section header",
      "5 a.service: 'no assignment' is not an assignment",
      "6 a.service: '=no name' is not an assignment",
    ],
  )
})

test('reports white space after a trailing backslash and characters that systemd refuses', () => {
  assert.equal(checkUnitText('[Unit]\nDescription=a \\ \nAfter=b\0\n# c \\ \n', 'a.service'), [
    {
      line: 2,
      message: 'a.service: white space after the backslash that should continue the line',
      hint: 'remove it: older versions of systemd do not continue such a line',
    },
    { line: 3, message: 'a.service: the character U+0000, which systemd refuses', hint: 'remove it' },
  ])
})

test('reports a file name that no unit has', () => {
  assert.equal(
    checkUnitText('[Match]\n', 'eth0.network').map(({ line, message }) => `${line} ${message}`),
    ['1 eth0.network is not the name of a unit file or drop-in'],
  )
})

test.run()
