import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { meaningfulLine } from '../../../src/engine/apply/meaningful-line.ts'

const outputs: readonly (readonly [what: string, output: string, line: string])[] = [
  [
    'apt',
    'Reading package lists...\nBuilding dependency tree...\nE: Unable to locate package ngnix',
    'E: Unable to locate package ngnix',
  ],
  [
    'dpkg below apt',
    'dpkg: error processing package a (--configure):\n installed a package post-installation script subprocess returned error exit status 1\nErrors were encountered while processing:\n a\nE: Sub-process /usr/bin/dpkg returned an error code (1)',
    'dpkg: error processing package a (--configure):',
  ],
  [
    'a unit that cannot be executed',
    `Job for t5.service failed because the control process exited with error code.
See "systemctl status t5.service" and "journalctl -xeu t5.service" for details.
× t5.service - t5
     Loaded: loaded (/etc/systemd/system/t5.service; static)
     Active: failed (Result: exit-code) since Thu 2026-11-26 09:00:00 UTC; 12ms ago
    Process: 77 ExecStartPre=/usr/bin/nope (code=exited, status=203/EXEC)

Nov 26 09:00:00 h5 (nope)[77]: t5.service: Failed at step EXEC spawning /usr/bin/nope: No such file or directory
Nov 26 09:00:00 h5 systemd[1]: t5.service: Control process exited, code=exited, status=203/EXEC
Nov 26 09:00:00 h5 systemd[1]: t5.service: Failed with result 'exit-code'.
Nov 26 09:00:00 h5 systemd[1]: Failed to start t5.service - t5.`,
    '(nope): t5.service: Failed at step EXEC spawning /usr/bin/nope: No such file or directory',
  ],
  [
    'a unit with nothing but what systemd says',
    `Job for pre.service failed because the control process exited with error code.
Nov 26 09:00:00 h5 systemd[1]: pre.service: Control process exited, code=exited, status=1/FAILURE
Nov 26 09:00:00 h5 systemd[1]: Failed to start pre.service.`,
    'systemd: Failed to start pre.service.',
  ],
  [
    'a traceback',
    'Traceback (most recent call last):\n  File "x", line 1\nValueError: no port\n',
    'ValueError: no port',
  ],
  ['a command without complaint', 'hello\nbye\n\n', 'bye'],
]

for (const [what, output, line] of outputs) {
  test(`finds the line that tells most: ${what}`, () => {
    assert.is(meaningfulLine(output)?.line, line)
  })
}

test('finds none in nothing', () => {
  assert.is(meaningfulLine(' \n'), undefined)
})

test.run()
