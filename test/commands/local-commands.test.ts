import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'
import { makeCluster, scratchFolder } from './scratch.ts'

/** Every way in which a spec has a program run where a host is read; each leaves its name in the folder. */
const asks: readonly (readonly [name: string, resource: (command: string) => string])[] = [
  ['onlyIf', (command) => `{ file: { path: /etc/a, content: a, onlyIf: '${command}' } }`],
  ['unless', (command) => `{ directory: { path: /srv/a, unless: '${command}' } }`],
  ['unless of a command', (command) => `{ command: { name: a, command: 'true', unless: '${command}' } }`],
  [
    'healthy',
    (command) =>
      `{ unit: { name: a.service, content: { Service: { ExecStart: /bin/true } }, started: true, disruption: { group: g, maxUnavailable: 1, healthyTimeoutSeconds: 1, healthy: '${command}' } } }`,
  ],
]

const reading = [
  ['plan'],
  ['plan', '--out', '/dev/null/x'],
  ['--dry-run'],
  ['drift'],
  ['status'],
  ['validate'],
  ['history'],
  ['rollback', '--dry-run'],
]

for (const transport of ['directory', 'memory']) {
  for (const [name, resource] of asks) {
    test(`${name} of a host with transport ${transport} runs here for no command that reads, unless it is allowed`, async () => {
      const target =
        transport === 'directory' ? 'transport: directory, directory: hosts/web0' : 'transport: memory'
      const mark = join(scratchFolder(), 'ran')
      const { file: spec } = await makeCluster(
        `cluster: test\nhosts:\n  web0: { ${target}, resources: [${resource(`touch ${mark}`)}] }\n`,
      )
      for (const argv of reading) {
        const { stdout } = await converge([...argv, ...spec])
        assert.not.ok(existsSync(mark), `${argv.join(' ')} ran it`)
        if (['plan', 'drift', 'status'].includes(argv.join(' ')) && name !== 'healthy')
          assert.match(stdout, 'refused')
      }
      if (name === 'healthy') return
      await converge(['plan', '--allow-local', ...spec])
      assert.ok(existsSync(mark), 'it is allowed')
    })
  }
}

test('says what would run, and how to allow it', async () => {
  const { file } = await makeCluster(
    "cluster: test\nhosts:\n  web0: { transport: memory, resources: [{ file: { path: /a, content: a, onlyIf: 'true' } }] }\n",
  )
  const { stdout, code } = await converge(['plan', ...file])
  assert.is(code, 1)
  assert.match(
    stdout,
    'refused at inspect: a guard or check of file[/a] would run on this machine [local-command]\n    remedy: If you trust the spec, pass --allow-local.\n',
  )
  assert.is((await converge(['--yes', ...file])).code, 0, 'an apply runs what the spec says')
})

test.run()
