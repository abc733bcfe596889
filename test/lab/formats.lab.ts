import { readFile, writeFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { renderEnvFile } from '../../src/formats/env-file.ts'
import { execLine } from '../../src/formats/systemd/quoting.ts'
import { renderUnit } from '../../src/formats/systemd/unit.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { ENV_SAMPLES } from '../formats/env-samples.ts'
import { UNIT_SAMPLES } from '../formats/unit-samples.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('formats as a real systemd reads them')
let lab: Lab

test.before(async () => {
  lab = await startLab({ hosts: ['node0'] })
})
test.after(async () => {
  await lab?.close()
})

test('a service gets every value of an env file byte for byte', async () => {
  await writeFile(lab.path('node0', '/etc/samples.env'), renderEnvFile(ENV_SAMPLES))
  await writeFile(
    lab.path('node0', '/etc/systemd/system/samples.service'),
    renderUnit(
      {
        Service: {
          Type: 'oneshot',
          EnvironmentFile: '/etc/samples.env',
          ExecStart: execLine(['/bin/sh', '-c', 'env -0 >/run/samples']),
        },
      },
      'samples.service',
    ),
  )
  const started = await lab.run('node0', 'systemctl daemon-reload && systemctl start samples.service')
  assert.is(started.exitCode, 0, started.stderr)
  await lab.run('node0', 'cp /run/samples /etc/samples.out')
  const variables = (await readFile(lab.path('node0', '/etc/samples.out'), 'utf8')).split('\0')
  const found = Object.fromEntries(
    variables.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  )
  for (const [name, value] of Object.entries(ENV_SAMPLES)) assert.is(found[name], value, name)
})

test('a command line of a unit arrives word for word', async () => {
  const words = [
    "it's",
    'say "hi"',
    '$HOME ${HOME} $$',
    '100% %H',
    'back\\slash',
    'a b',
    '',
    ';',
    'ü √',
    '\ttab',
  ]
  await writeFile(
    lab.path('node0', '/etc/systemd/system/words.service'),
    renderUnit(
      {
        Service: {
          Type: 'oneshot',
          StandardOutput: 'file:/etc/words.out',
          ExecStart: execLine(['/usr/bin/printf', '%s\\n', ...words]),
        },
      },
      'words.service',
    ),
  )
  const started = await lab.run('node0', 'systemctl daemon-reload && systemctl start words.service')
  assert.is(started.exitCode, 0, started.stderr)
  assert.is(
    await readFile(lab.path('node0', '/etc/words.out'), 'utf8'),
    words.map((word) => `${word}\n`).join(''),
  )
})

test('systemd-analyze verify has nothing to say about any sample unit', async () => {
  for (const { fileName, text } of UNIT_SAMPLES) {
    const path = `/etc/systemd/system/${fileName}`
    await lab.run('node0', `mkdir -p "$(dirname ${path})"`)
    await writeFile(lab.path('node0', path), text)
  }
  for (const { fileName } of UNIT_SAMPLES.filter((sample) => !sample.fileName.includes('/'))) {
    const { stderr } = await lab.run('node0', `systemd-analyze verify ${fileName}`)
    const about = stderr.split('\n').filter((line) => line.includes(fileName))
    assert.equal(about, [], fileName)
  }
})

test.run()
