import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { programArguments } from './programs.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

function cli(...argv: readonly string[]) {
  // uvu sets FORCE_COLOR for the processes that it starts.
  const { FORCE_COLOR: _, ...env } = process.env
  return spawnSync(process.execPath, [...programArguments('src/cli.ts'), ...argv], {
    cwd: root,
    encoding: 'utf8',
    env,
  })
}

test('prints the version of package.json', () => {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const { stdout, stderr, status } = cli('--version')
  assert.is(stdout, `${version}\n`)
  assert.is(stderr, '')
  assert.is(status, 0)
})

test('turns a mistake into exit code 3, without colors if there is no terminal', () => {
  const { stdout, stderr, status } = cli('-f', '/nowhere.yaml', '--dry-run')
  assert.is(status, 3)
  assert.is(stdout, '')
  assert.match(stderr, /^error: \/nowhere\.yaml does not exist\n/)
})

test('refuses to apply without a terminal', () => {
  const { stderr, status } = cli()
  assert.is(status, 3)
  assert.match(stderr, 'pass --yes to apply without asking')
})

test.run()
