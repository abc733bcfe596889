import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'

test('prints help with every command, the options of apply and the exit codes', async () => {
  const { stdout, code } = await converge(['--help'])
  assert.is(code, 0)
  for (const word of [
    'apply',
    'plan',
    'validate',
    'render',
    'schema',
    'init',
    'demo',
    '--dry-run',
    '--limit',
    '130  interrupted',
  ]) {
    assert.match(stdout, word)
  }
})

test('describes every option of every command', async () => {
  for (const command of ['apply', 'plan', 'validate', 'render', 'schema', 'init', 'demo']) {
    const { stdout, code } = await converge([command, '--help'])
    assert.is(code, 0)
    const bare = stdout.split('\n').filter((line) => /^ {2}-\S*( <\S+>)?\s*$/.test(line))
    assert.equal(bare, [], command)
  }
})

test('prints the version', async () => {
  assert.is((await converge(['--version'])).stdout, '1.2.3\n')
})

const mistakes: readonly (readonly [readonly string[], string])[] = [
  [['--bogus'], "error: unknown option '--bogus'\n"],
  [['--dry-rnu'], '(Did you mean --dry-run?)'],
  [['--parallel', '0'], 'It must be a whole number of at least 1.'],
  [['render'], "error: required option '-o, --output <dir>' not specified\n"],
  [['valdate'], 'error: unknown command "valdate"\n  did you mean validate?\n'],
  [['plan', 'extra'], "error: too many arguments for 'plan'"],
]

for (const [argv, message] of mistakes) {
  test(`exits with 3 for ${argv.join(' ')}`, async () => {
    const { code, stdout, stderr } = await converge(argv)
    assert.is(code, 3)
    assert.is(stdout, '')
    assert.match(stderr, message)
  })
}

test.run()
