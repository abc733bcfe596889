import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Answer, renderAnswers } from '../../../src/report/hosts/render-exec.ts'
import { execDocument } from '../../../src/report/json/exec.ts'
import { createStyle } from '../../../src/report/text/style.ts'
import { assertValid } from '../assert-valid.ts'
import { refused } from '../sample-plan.ts'

const answer = (host: string, exitCode: number | undefined, stdout: string, stderr = ''): Answer => ({
  host,
  exitCode,
  stdout,
  stderr,
})
const answers = [
  answer('web0', 0, 'up\n'),
  answer('web1', 0, 'up\n'),
  answer('web2', 0, 'up\n\n', 'no newline'),
  answer('web3', 1, 'up\n'),
  answer('web4', undefined, ''),
  { host: 'web5', error: refused },
]

test('shows the same output and exit code once, and marks stderr', () => {
  assert.is(
    renderAnswers(answers, createStyle({ color: false })),
    `web[0-1]
  up

web2
  up
${'  '}
  stderr: no newline

web3 exit code 1
  up

web4 ended by a signal

web5
  unreachable at connect: connection refused by 192.0.2.1:22 [connect-failed]
    cause: connect ECONNREFUSED
    remedy: Check that sshd runs and that the address is right.

6 hosts: 3 succeeded, 2 failed, 1 did not answer
`,
  )
})

test('lets no control character through', () => {
  const text = renderAnswers([answer('a', 0, '\x1b[2J\rx\u202e', '\x07')], createStyle({ color: false }))
  assert.not(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(text))
})

test('is documented as JSON', () => {
  assertValid('exec', execDocument('sample', 'uptime', answers))
})

test.run()
