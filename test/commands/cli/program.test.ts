import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from '../recording-io.ts'

test('prints help with every command, the options of apply and the exit codes', async () => {
  const { stdout, code } = await converge(['--help'])
  assert.is(code, 0)
  for (const word of [
    'apply',
    'plan',
    'status',
    'drift',
    'history',
    'rollback',
    'exec',
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

test('fits 80 columns, also the help of each command', async () => {
  const commands = ['apply', 'plan', 'status', 'rollback', 'retire', 'exec', 'render', 'init']
  for (const argv of [['--help'], ...commands.map((name) => ['help', name])]) {
    const { stdout } = await converge(argv)
    // A path may be longer.
    const long = stdout.split('\n').filter((line) => line.length > 80 && !/^ {2}\//.test(line))
    assert.equal(long, [], argv.join(' '))
  }
})

test('describes every option of every command', async () => {
  const commands = ['apply', 'plan', 'status', 'drift', 'history', 'rollback', 'exec']
  for (const command of [...commands, 'validate', 'render', 'schema', 'init', 'demo']) {
    const { stdout, code } = await converge([command, '--help'])
    assert.is(code, 0)
    const bare = stdout.split('\n').filter((line) => /^ {2}-\S*( <\S+>)?\s*$/.test(line))
    assert.equal(bare, [], command)
  }
})

test('every command takes the options that are a habit', async () => {
  const required: Readonly<Record<string, readonly string[]>> = {
    retire: ['web0', '-n', '--stat', '--exit-code', '--lock-wait', '1m'],
    'adopt-cluster': ['old', '-n', '--lock-wait', '1m'],
    unlock: ['web0'],
    render: ['-o', 'trees'],
    exec: ['web0', 'true'],
  }
  const commands = ['apply', 'plan', 'status', 'drift', 'history', 'rollback', 'validate', 'schema']
  for (const command of [...commands, ...Object.keys(required)]) {
    const { stderr } = await converge([command, '--no-pager', '-v', '-fx.yaml', ...(required[command] ?? [])])
    assert.match(stderr, 'error: x.yaml does not exist', command)
  }
  for (const command of ['init', 'demo']) {
    const { code } = await converge([command, '--no-pager', '-v', '--help'])
    assert.is(code, 0)
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
  [['help', 'aply'], 'error: there is no command and no code "aply"\n  did you mean apply?\n'],
  [
    ['help', 'unknwon-key'],
    'error: there is no command and no code "unknwon-key"\n  did you mean unknown-key?\n',
  ],
  [['help', 'xyzzy'], 'error: there is no command and no code "xyzzy"\n  known: adopt-cluster, apply, '],
  [['-f', 'x.yaml', 'status'], 'error: x.yaml does not exist'],
  [['--limit', 'status', '-fx.yaml', '--dry-run', 'validate', '--verbos'], "error: unknown option '--limit'"],
  [['plan', 'web0', '-f', 'x.yaml'], 'error: x.yaml does not exist'],
  [['apply', 'web0', '--yes', '-f', 'x.yaml'], 'error: x.yaml does not exist'],
  [['aply', 'web0'], 'error: unknown command "aply"\n  did you mean apply?\n'],
  [['-f', 'x.yaml', 'stauts', 'web0'], 'did you mean status?\n'],
  [['dry-run'], 'error: unknown command "dry-run"\n  did you mean --dry-run?\n'],
  [['web0', '-f', 'x.yaml', '-n'], 'error: x.yaml does not exist'],
  [['plan', 'web0', 'extra'], "error: too many arguments for 'plan'"],
  [
    ['validate', 'x.yaml'],
    'error: x.yaml is an argument of validate\n  a spec follows -f: converge validate -f x.yaml\n',
  ],
  [
    ['status', 'conf/x.yml'],
    'error: conf/x.yml is an argument of status\n  a spec follows -f: converge status -f conf/x.yml\n',
  ],
  [['exec', 'web0', '-f', 'y.yaml', '--', 'cat', 'x.yaml'], 'error: y.yaml does not exist'],
  [['apply', 'nowhere.json'], 'error: the plan nowhere.json does not exist\n'],
  [['./nowhere', '--yes'], 'error: the plan ./nowhere does not exist\n'],
  [['--lock-wait', 'soon'], 'It must be a duration of at least 0 s, such as 90, 120s or 2m.'],
  [['--confirm-within', '0'], 'It must be a duration of at least 1 s, such as 90, 120s or 2m.'],
  [['rollback', '--to', 'first'], 'It must be a generation number, or 0.'],
  [['status', '--json', '--json-lines'], "error: option '--json' cannot be used with option '--json-lines'"],
  [
    ['plan', '--script', 'web0', '--json'],
    "error: option '--script <host>' cannot be used with option '--json'",
  ],
  [['exec', 'web0'], "error: missing required argument 'command'"],
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
