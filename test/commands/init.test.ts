import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { converge } from './recording-io.ts'
import { scratchFolder } from './scratch.ts'

test('writes a starter that is valid, converges, and then stays', async () => {
  const folder = join(scratchFolder(), 'new')
  const { stdout, code } = await converge(['init', folder])
  assert.is(code, 0)
  assert.match(stdout, `wrote ${folder}/cluster.yaml\n`)
  assert.match(stdout, `Next: cd ${folder} && converge --dry-run\n`)
  const file = ['-f', join(folder, 'cluster.yaml')]
  assert.match(
    (await converge(['validate', ...file])).stdout,
    'is valid: cluster starter, 2 hosts, 6 resources',
  )
  assert.is((await converge([...file, '--yes'])).code, 0)
  assert.is(readFileSync(join(folder, 'hosts/web1/etc/motd'), 'utf8'), 'Welcome to web1.\n')
  assert.match((await converge([...file, '--yes'])).stdout, 'Nothing to do.')
})

test('writes a schema beside the spec that accepts it, and knows the starter recipe', async () => {
  const folder = scratchFolder()
  assert.is((await converge(['init', folder])).code, 0)
  const text = readFileSync(join(folder, 'cluster.yaml'), 'utf8')
  assert.match(text, /^# yaml-language-server: \$schema=\.\/cluster\.schema\.json\n/)
  const written = readFileSync(join(folder, 'cluster.schema.json'), 'utf8')
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(written))
  assert.ok(validate(parse(text)), JSON.stringify(validate.errors))
  assert.not(validate(parse(text.replace('greeting: Welcome', 'greting: Welcome'))))
  const printed = await converge(['schema', '-f', join(folder, 'cluster.yaml')])
  assert.is(printed.stdout, written)
})

test('links what editors take the types of recipes from, once more in a fresh clone', async () => {
  const folder = scratchFolder()
  assert.is((await converge(['init', folder])).code, 0)
  const link = join(folder, 'node_modules/converge')
  const { exports } = JSON.parse(readFileSync(join(link, 'package.json'), 'utf8'))
  const { prepare } = JSON.parse(readFileSync('package.json', 'utf8')).scripts
  assert.match(prepare, '--types', 'npm install makes the declarations')
  assert.is(exports['.'].types, './dist/types/src/dsl.d.ts')
  const config = JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8'))
  assert.equal(config.include, ['recipes'])
  rmSync(join(folder, 'node_modules'), { recursive: true })
  assert.is((await converge(['init', '--types', folder])).stdout, `wrote ${link}\n`)
  assert.ok(existsSync(join(link, 'src')))
  assert.is((await converge(['init', '--types', folder])).code, 0, 'also if it is there')
  const none = join(folder, 'none')
  const { code, stderr } = await converge(['init', '--types', none])
  assert.is(code, 3)
  assert.match(stderr, `there is no cluster.yaml in ${none}\n  name the folder of a project`)
  assert.not(existsSync(none))
})

test('overwrites nothing', async () => {
  const folder = scratchFolder()
  writeFileSync(join(folder, 'README.md'), 'mine')
  const { code, stderr } = await converge(['init', folder])
  assert.is(code, 3)
  assert.match(stderr, `error: ${folder} is not empty (README.md)\n`)
  assert.is(readFileSync(join(folder, 'README.md'), 'utf8'), 'mine')
})

test.run()
