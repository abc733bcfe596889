import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

const spec = `cluster: test
hosts:
  web0:
    transport: directory
    directory: hosts/web0
    resources:
      - command: { name: migrate, command: 'exit 7', unless: 'false', environment: { TOKEN: hunter2-value } }
  web1:
    transport: directory
    directory: hosts/web1
    resources:
      - command: { name: load, command: 'echo "hunter2 $TOKEN"; exit 7', unless: 'false', sensitive: true, environment: { TOKEN: hunter2-value } }
`

test('no output of any command has the values of variables, or what a sensitive command prints', async () => {
  const { folder, file } = await makeCluster(spec)
  const out = join(folder, 'plan.json')
  const shown: string[] = []
  for (const argv of [
    ['plan', '--out', out],
    ['plan', '--json'],
    ['plan', '--script', 'web0'],
    ['plan', '--script', 'web1'],
    ['--dry-run', '--json-lines'],
    ['validate', '--json'],
    ['--yes', '--json-lines'],
    ['--yes', '--json'],
    ['--yes'],
    ['history', '--json'],
    ['status', '--json'],
  ]) {
    const { stdout, stderr } = await converge([...argv, ...file])
    shown.push(stdout, stderr)
  }
  const all = [...shown, readFileSync(out, 'utf8')].join('\n')
  assert.match(all, 'with TOKEN')
  assert.match(all, 'the command is sensitive: its output is neither shown nor kept')
  assert.not.match(all, 'hunter2-value')
})

test.run()
