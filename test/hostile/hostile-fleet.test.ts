import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type EmbeddedHosts, startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder } from '../commands/scratch.ts'
import { figure } from '../figure.ts'

/** The login shell of a host: it is run with `-c` and the command, which here are `$1` and `$2`. */
const loginShell = (script: string): readonly string[] => ['/bin/sh', '-c', script, 'login']
/** Runs what was asked for and changes what is answered. */
const answering = (sed: string): readonly string[] => loginShell(`/bin/sh -c "$2" | sed '${sed}'`)

interface Hostile {
  readonly what: string
  readonly shell: readonly string[]
  readonly said: RegExp
  readonly step?: string
}

const hostile: readonly Hostile[] = [
  {
    what: 'prints random bytes',
    shell: loginShell('head -c 60000 /dev/urandom'),
    said: /the login shell of root did not start \/bin\/sh: /,
    step: 'exec',
  },
  {
    what: 'answers with random bytes',
    shell: loginShell('echo converge-shell; head -c 60000 /dev/urandom; exit 0'),
    said: /expected "converge", got "|the answer is incomplete: |a line of the answer contains a NUL: /,
  },
  {
    what: 'moves the cursor, renames the window and recolours',
    shell: answering('s/^os .*/os \\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\xe2\\x80\\xae/'),
    said: /the host differs from its declared platform: os is \\x1b\[2J\\x1b\]0;owned\\x07/,
  },
  {
    what: 'complains with escape sequences',
    shell: loginShell('printf "\\033[31mfake: all hosts converged\\033[0m\\r\\n" >&2; exit 1'),
    said: /the login shell of root did not start \/bin\/sh: \\x1b\[31mfake/,
    step: 'exec',
  },
  {
    what: 'stops in the middle of the answer',
    shell: loginShell('/bin/sh -c "$2" | head -c 100'),
    said: /the answer is incomplete: /,
  },
  {
    what: 'has a manifest that is none',
    shell: answering(
      's/^end$/manifest\\nconverge-manifest 1\\nset {"resource":"file[x]"}\\n\\nmanifest end\\nend/',
    ),
    said: /a line of the manifest is not a valid entry: \{"resource":"file\[x\]"\}/,
  },
  {
    what: 'has a journal that cannot be decoded',
    shell: answering('s/^end$/journal\\nconverge-journal 1\\nowe restart %ZZ]\\njournal end\\nend/'),
    said: /a line of the journal is damaged: %ZZ\]/,
  },
  {
    what: 'has a state of a newer converge',
    shell: answering('s/^end$/manifest\\nconverge-manifest 2\\nmanifest end\\nend/'),
    said: /the manifest begins with "converge-manifest 2": a newer converge wrote it/,
  },
]

test('hostile hosts fail, each with host, step and remedy, and the good one among them converges', async () => {
  const directory = scratchFolder()
  const fleets = await Promise.all(
    [...hostile, { what: 'is good', shell: ['/bin/sh'] }].map(({ shell }, index) =>
      startEmbeddedHosts({ names: [`node${index}`], directory: join(directory, `fleet${index}`), shell }),
    ),
  )
  try {
    await judge(directory, fleets)
  } finally {
    await Promise.all(fleets.map((fleet) => fleet.close()))
  }
  figure('kinds of hostile hosts beside a good one', hostile.length)
})

async function judge(directory: string, fleets: readonly EmbeddedHosts[]): Promise<void> {
  const hosts = fleets.flatMap(({ hosts: [host], identityFile, knownHostsFile }) =>
    host === undefined ? [] : [{ ...host, identityFile, knownHostsFile }],
  )
  const file = join(directory, 'cluster.yaml')
  await writeFile(
    file,
    `cluster: hostile
ssh: { user: root }
platform: { os: debian }
roles:
  all: { resources: [{ file: { path: /etc/motd, content: good } }] }
hosts:
${hosts
  .map(
    ({ name, port, identityFile, knownHostsFile }) =>
      `  ${name}: { address: 127.0.0.1, roles: [all], ssh: { port: ${port}, identityFile: ${identityFile}, knownHostsFile: ${knownHostsFile} } }`,
  )
  .join('\n')}
`,
  )
  const { code, stdout, stderr } = await converge(['--yes', '-f', file])
  assert.is(code, 1, stdout)
  const good = hosts.at(-1)
  assert.is(await readFile(join(good?.root ?? '', 'etc/motd'), 'utf8'), 'good')
  const told = stdout.split('\n')
  for (const [index, { what, said, step = 'inspect' }] of hostile.entries()) {
    const at = told.findIndex((line) => line.startsWith(`node${index} failed at ${step}: `))
    const lines = told.slice(at, at + 4).join('\n')
    assert.ok(at >= 0, `node${index}, which ${what}, is not told of:\n${stdout}`)
    assert.match(lines, said, what)
    assert.match(lines, 'remedy: ', what)
  }
  assert.not.match(
    stdout + stderr,
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/,
    'no control character comes through',
  )
}

test.run()
