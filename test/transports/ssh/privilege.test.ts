import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandError } from '../../../src/model/errors.ts'
import { createSshTransport } from '../../../src/transports/ssh/ssh.ts'
import { failure, run, text } from '../../contracts/transport.ts'
import { type SshFixture, withHosts } from '../embedded-host.ts'

/** A sudo that lets everybody become root without a password. */
const PASSWORDLESS = `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in --) shift; break ;; -p) shift 2 ;; *) shift ;; esac
done
exec "$@"
`

/** A sudo that lectures, wants the password "s3cret word", and asks three times; of `%%` in its prompt it makes `%`. */
const WITH_PASSWORD = `#!/bin/sh
prompt= asks=yes
while [ $# -gt 0 ]; do
  case $1 in -n) asks=no; shift ;; -p) prompt=$2; shift 2 ;; --) shift; break ;; *) shift ;; esac
done
if [ $asks = no ]; then echo 'sudo: a password is required' >&2; exit 1; fi
echo 'We trust you have received the usual lecture.' >&2
for attempt in 1 2 3; do
  printf "$prompt" >&2
  read -r password || { echo 'sudo: no password was provided' >&2; exit 1; }
  [ "$password" != 's3cret word' ] || exec "$@"
  echo 'Sorry, try again.' >&2
done
exit 1
`

const refusing = (message: string) => `#!/bin/sh\necho '${message}' >&2\nexit 1\n`

/** Login shells as they are found on hosts; those that this machine lacks are left out. */
const SHELLS = [['sh'], ['dash'], ['bash'], ['busybox', 'sh'], ['zsh'], ['fish'], ['csh'], ['tcsh']].filter(
  ([name = '']) => isInstalled(name),
)
const PROGRAM = 'echo "$0 is it"; printf \'%s\\n\' "a  b" >&2; exit 3\n'

for (const shell of SHELLS) {
  const name = shell.join(' ')

  test(`starts a program from the login shell ${name}`, async () => {
    await withUser({ shell }, async ({ connect }) => {
      const connection = await connect('node0', { user: 'deploy', sudo: 'never' })
      const result = await run(connection, PROGRAM)
      assert.equal([text(result.stdout), result.stderr, result.exitCode], ['/bin/sh is it\n', 'a  b\n', 3])
      await connection.close()
    })
  })

  test(`becomes root from the login shell ${name}`, async () => {
    await withUser({ shell, sudo: PASSWORDLESS }, async ({ connect, events }) => {
      const connection = await connect('node0', { user: 'deploy' })
      const result = await run(connection, PROGRAM)
      assert.equal([text(result.stdout), result.stderr, result.exitCode], ['/bin/sh is it\n', 'a  b\n', 3])
      assert.equal(events, ['node0 connection', 'node0 exec'])
      await connection.close()
    })
  })

  test(`becomes root with a password from the login shell ${name}`, async () => {
    await withUser({ shell, sudo: WITH_PASSWORD }, async ({ connect }) => {
      const connection = await connect('node0', { user: 'deploy' }, async () => 's3cret word')
      const result = await run(connection, PROGRAM)
      assert.equal([text(result.stdout), result.exitCode], ['/bin/sh is it\n', 3])
      assert.is(result.stderr, 'We trust you have received the usual lecture.\na  b\n')
      await connection.close()
    })
  })
}

test('needs no sudo as root', async () => {
  await withUser({ sudo: refusing('sudo: must not be called') }, async ({ connect }) => {
    const connection = await connect('node0')
    assert.is(text((await run(connection, 'echo root\n')).stdout), 'root\n')
    await connection.close()
  })
})

test('uses sudo even as root where it is always asked for', async () => {
  await withUser({ sudo: refusing('sudo: called') }, async ({ connect }) => {
    const connection = await connect('node0', { sudo: 'always' })
    assert.is((await failure(run(connection, 'echo\n'))).message, 'sudo did not start a shell: sudo: called')
    await connection.close()
  })
})

test('asks for the password once and tries without one only the first time', async () => {
  await withUser({ sudo: WITH_PASSWORD }, async ({ connect, events }) => {
    let asked = 0
    const connection = await connect('node0', { user: 'deploy' }, async () => {
      asked += 1
      return 's3cret word'
    })
    const programs = ['a', 'b', 'c'].map((word) => `echo ${word}\n`)
    for (const program of programs)
      assert.is(`echo ${text((await run(connection, program)).stdout)}`, program)
    assert.is(asked, 1)
    assert.is(events.filter((event) => event === 'node0 exec').length, 4)
    await connection.close()
  })
})

test('runs a program of 2 MB after a password, byte for byte', async () => {
  await withUser({ sudo: WITH_PASSWORD }, async ({ connect }) => {
    const connection = await connect('node0', { user: 'deploy' }, async () => 's3cret word')
    const result = await run(connection, `${'# filler\n'.repeat(230_000)}printf '\\377end'\n`)
    assert.equal([...result.stdout], [255, 0x65, 0x6e, 0x64])
    await connection.close()
  })
})

test('never puts the password into a command line', async () => {
  const commands: string[] = []
  const onEvent = (_host: string, event: { event: string; command?: string }) => {
    if (event.command !== undefined) commands.push(event.command)
  }
  await withUser({ sudo: WITH_PASSWORD, onEvent }, async ({ connect }) => {
    const connection = await connect('node0', { user: 'deploy' }, async () => 's3cret word')
    const result = await run(connection, 'env; cat\n')
    assert.not.match(text(result.stdout), /s3cret/)
    assert.equal(
      commands.map((command) => command.replace(/[\da-f]{32}/, 'NONCE')),
      [
        'exec env LC_ALL=C sudo -n -- /bin/sh -c "echo converge-shell; exec /bin/sh -s"',
        'exec env LC_ALL=C sudo -S -p converge%%NONCE: -- /bin/sh -c "echo converge-shell; exec /bin/sh -s"',
      ],
    )
    await connection.close()
  })
})

test('gives a wrong password once and no second time', async () => {
  await withUser({ sudo: WITH_PASSWORD }, async ({ connect }) => {
    const connection = await connect('node0', { user: 'deploy' }, async () => 'wrong')
    const error = await failure(run(connection, 'echo\n'))
    assert.equal([error.code, error.message], ['sudo-failed', 'sudo refused the password'])
    assert.instance(error, CommandError)
    assert.not.match(JSON.stringify(error), /wrong/)
    await connection.close()
  })
})

test('sends no password to a host whose key became known in this run, and does in the next one', async () => {
  await withUser({ sudo: WITH_PASSWORD }, async ({ connect, settings, directory }) => {
    let asked = 0
    const password = async () => {
      asked += 1
      return 's3cret word'
    }
    const knownHostsFile = join(directory, 'known')
    const first = { user: 'deploy', knownHostsFile, hostKeyChecking: 'accept-new' } as const
    // The second time its key is in the file.
    for (const ssh of [first, { ...first, hostKeyChecking: 'yes' } as const]) {
      const connection = await connect('node0', ssh, password)
      const error = await failure(run(connection, 'echo\n'))
      assert.is(error.code, 'sudo-failed')
      assert.match(error.message, /none is sent to a host whose key became known in this run$/)
      await connection.close()
    }
    assert.is(asked, 0)
    const next = createSshTransport({ homeDirectory: directory, userName: 'root', variables: {} })
    const ssh = { ...settings('node0'), user: 'deploy', knownHostsFile }
    const target = { host: 'node0', address: '127.0.0.1', ssh, sudoPassword: password }
    assert.is(text((await run(await next.connect(target), 'echo there\n')).stdout), 'there\n')
    await next.close()
  })
})

test('becomes root without a password where the key became known in this run', async () => {
  await withUser({ sudo: PASSWORDLESS }, async ({ connect, directory }) => {
    const knownHostsFile = join(directory, 'known')
    const connection = await connect('node0', {
      user: 'deploy',
      knownHostsFile,
      hostKeyChecking: 'accept-new',
    })
    assert.is(text((await run(connection, 'echo there\n')).stdout), 'there\n')
    await connection.close()
  })
})

/** What a host prints where sudo would ask; `$*` is the command line of sudo. */
const FALSE_PROMPTS = [
  "'[sudo] password for deploy: '",
  "'converge-password:'",
  "'converge%00000000000000000000000000000000:'",
  '"$*"',
  '"+ exec env LC_ALL=C sudo $*"',
]

for (const prompt of FALSE_PROMPTS) {
  test(`gives no password to a program that prints ${prompt}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'converge-test-'))
    const got = join(folder, 'got')
    const sudo = `#!/bin/sh
[ "$1" != -n ] || { echo 'sudo: a password is required' >&2; exit 1; }
printf %s ${prompt} >&2
echo asked >'${got}'
cat >>'${got}'
`
    await withUser({ sudo }, async ({ connect }) => {
      const connection = await connect('node0', { user: 'deploy' }, async () => 's3cret word')
      const stopped = new AbortController()
      const asking = run(connection, 'echo\n', { signal: stopped.signal })
      const other = await connect('node0')
      await run(other, `until [ -s '${got}' ]; do sleep 0.01; done\n`)
      // By now an answer to what it printed would have arrived.
      await run(other, 'echo\n')
      await other.close()
      stopped.abort(new Error('stopped'))
      await asking.catch(() => undefined)
      assert.is(await readFile(got, 'utf8'), 'asked\n')
      await connection.close()
    })
    await rm(folder, { recursive: true })
  })
}

test('asks with another prompt each time', async () => {
  const prompts = new Set<string>()
  const onEvent = (_host: string, event: { event: string; command?: string }) => {
    const [prompt] = /converge%%[\da-f]{32}:/.exec(event.command ?? '') ?? []
    if (prompt !== undefined) prompts.add(prompt)
  }
  await withUser({ sudo: WITH_PASSWORD, onEvent }, async ({ connect }) => {
    const connection = await connect('node0', { user: 'deploy' }, async () => 's3cret word')
    for (const program of ['echo a\n', 'echo b\n']) await run(connection, program)
    assert.is(prompts.size, 2)
    await connection.close()
  })
})

test('becomes root with a password where the login shell prints its commands', async () => {
  await withUser({ shell: ['/bin/sh', '-x'], sudo: WITH_PASSWORD }, async ({ connect }) => {
    const connection = await connect('node0', { user: 'deploy' }, async () => 's3cret word')
    const result = await run(connection, 'echo there\n')
    assert.is(text(result.stdout), 'there\n')
    assert.match(result.stderr, /^\+ exec env LC_ALL=C sudo -S -p converge%%/)
    await connection.close()
  })
})

test('names the variable of a group that has no password', async () => {
  await withUser({ sudo: WITH_PASSWORD }, async ({ connect }) => {
    const connection = await connect('node0', { user: 'deploy', sudoPasswordGroup: 'dmz' })
    const error = await failure(run(connection, 'echo\n'))
    assert.match(error.remedy ?? '', /, or set CONVERGE_SUDO_PASSWORD_DMZ\.$/)
    await connection.close()
  })
})

const REFUSALS: readonly (readonly [what: string, said: string, message: string, remedy: RegExp])[] = [
  [
    'a missing password',
    'sudo: a password is required',
    'sudo requires a password for deploy',
    /^Add `deploy ALL=\(ALL\) NOPASSWD: ALL` to the host's sudoers, pass --ask-sudo-password, or set CONVERGE_SUDO_PASSWORD\.$/,
  ],
  [
    'requiretty',
    'sudo: sorry, you must have a tty to run sudo',
    'sudo refuses to run without a terminal (requiretty)',
    /^Add `Defaults:deploy !requiretty` to the host's sudoers\.$/,
  ],
  [
    'a user whom sudo does not know',
    'deploy is not in the sudoers file.',
    'sudo does not allow deploy to become root',
    /NOPASSWD/,
  ],
  [
    'anything else',
    'sudo: /etc/sudoers is world writable',
    'sudo did not start a shell: sudo: /etc/sudoers is world writable',
    /sudo -n true/,
  ],
]

for (const [what, said, message, remedy] of REFUSALS) {
  test(`explains ${what}`, async () => {
    await withUser({ sudo: refusing(said) }, async ({ connect }) => {
      const connection = await connect('node0', { user: 'deploy' })
      const error = await failure(run(connection, 'echo\n'))
      assert.equal([error.code, error.message], ['sudo-failed', message])
      assert.match(error.remedy ?? '', remedy)
      await connection.close()
    })
  })
}

test('drops what a login shell prints before the program', async () => {
  const banner = 'printf "Welcome to node0! \\033[1m"; exec /bin/sh "$@"'
  await withUser({ shell: ['/bin/sh', '-c', banner, 'login'] }, async ({ connect }) => {
    const connection = await connect('node0')
    assert.is(text((await run(connection, 'printf clean\n')).stdout), 'clean')
    await connection.close()
  })
})

test('explains a login shell that runs nothing', async () => {
  const nologin = 'echo "This account is currently not available."; exit 1'
  await withUser({ shell: ['/bin/sh', '-c', nologin] }, async ({ connect }) => {
    const connection = await connect('node0')
    const error = await failure(run(connection, 'echo\n'))
    assert.is(error.code, 'unsupported')
    assert.is(
      error.message,
      'the login shell of root did not start /bin/sh: This account is currently not available.',
    )
    assert.is(
      error.remedy,
      'Give root a shell that runs commands, such as `chsh -s /bin/sh root`, and no forced command.',
    )
    await connection.close()
  })
})

test('ends a login shell that prints without end', async () => {
  await withUser({ shell: ['/bin/sh', '-c', 'exec cat /dev/zero'] }, async ({ connect }) => {
    const connection = await connect('node0')
    const error = await failure(run(connection, 'echo\n'))
    assert.is(error.code, 'answer-unreadable')
    await connection.close()
  })
})

async function withUser(
  options: Parameters<typeof withHosts>[0] & { readonly sudo?: string },
  act: (fixture: SshFixture) => Promise<void>,
): Promise<void> {
  const { sudo, ...rest } = options
  const commands = await mkdtemp(join(tmpdir(), 'converge-test-'))
  if (sudo !== undefined) await writeFile(join(commands, 'sudo'), sudo, { mode: 0o755 })
  await withHosts({ users: ['root', 'deploy'], ...rest, searchPath: [commands] }, act)
  await rm(commands, { recursive: true })
}

function isInstalled(command: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.run()
