import { existsSync, readFileSync, rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'

test('takes three hosts from nothing through drift to converged, over SSH, and keeps what it made', async () => {
  const { stdout, code } = await converge(['demo'])
  const folder = /^below (\S+) as its root/m.exec(stdout)?.[1]
  if (folder === undefined) throw new Error(`the folder is not named:\n${stdout}`)
  try {
    assert.is(code, 0, stdout)
    assert.equal(stdout.match(/^== .*$/gm)?.length, 6)
    assert.match(stdout, 'a stand-in for systemctl')
    assert.match(stdout, 'is valid: cluster demo, 3 hosts, 18 resources')
    assert.match(stdout, '3 hosts: 3 changed;')
    assert.match(stdout, '3 hosts: 3 unchanged\nNothing to do.\n')
    assert.match(stdout, '    -debug = true\n')
    assert.match(stdout, '3 hosts: 1 to change, 2 unchanged; 2 changes, 1 restart\n')
    assert.match(stdout, '3 hosts: 1 changed, 2 unchanged; 2 changes applied, 1 restart;')
    assert.is(
      readFileSync(`${folder}/web1/etc/app.conf`, 'utf8'),
      'greeting = Hello from converge\nport = 8080\n',
    )
    for (const [, path = ''] of stdout.matchAll(/^ {2}(\/\S+) {3}/gm)) assert.ok(existsSync(path), path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.run()
