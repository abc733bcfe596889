import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkQuotes } from '../../../src/formats/systemd/open-quote.ts'

/** What systemd 252 ignores (`systemd-analyze verify`), and what it reads. */
const table: readonly (readonly [directive: string, value: string, open: string | undefined])[] = [
  ['Environment', 'A="b', '"'],
  ['Environment', "A='b", "'"],
  ['Environment', "MESSAGE=don't", "'"],
  ['Environment', '"A=b\\"', '"'],
  ['Environment', `"A=it's" 'B=a"b'`, undefined],
  ['Environment', "MESSAGE=don\\'t", undefined],
  ['Environment', '"A=\\\\"', undefined],
  ['ExecStart', "/bin/sh -c 'echo a", "'"],
  ['ExecStart', `/bin/sh -c "echo 'a"`, undefined],
  ['ExecStart', `/bin/sh -c 'echo it'\\''s'`, undefined],
  ['ExecStop', '/bin/a "', '"'],
  ['ReadWritePaths', '"/a b', '"'],
  ['RuntimeDirectory', "a'", "'"],
  ['Documentation', "https://example.com/it's", "'"],
  ['Description', "it's", undefined],
  ['SyslogIdentifier', 'a"b', undefined],
  ['ExecSearchPath', "/it's", undefined],
]

test('an open quote is found where systemd ignores its line', () => {
  for (const [directive, value, open] of table) {
    const found = checkQuotes('a.service', directive, value)?.message
    const message = `a.service: ${directive}= opens a ${open} and does not close it, so systemd ignores the line`
    assert.is(found, open === undefined ? undefined : message, `${directive}=${value}`)
  }
})

test.run()
