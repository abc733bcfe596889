import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type EmbeddedKey, generateKey } from '../../src/embedded/keys.ts'
import { converge } from '../commands/recording-io.ts'
import { withHosts } from '../transports/embedded-host.ts'
import { boundedFailure } from './failures.ts'
import { withScript } from './scripted-host.ts'

/** A key of a type that a client asks for only after the ECDSA one of generateKey. */
function rsaKey(): EmbeddedKey {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error) throw key
  return { privatePem: privateKey, publicBlob: key.getPublicSSH(), type: key.type, key }
}

test('asks a host first for the key that is known, so that its other keys raise no alarm', async () => {
  const keys = [generateKey(), rsaKey()]
  await withScript({ hostKeys: keys }, async ({ connect, known }) => {
    for (const key of keys) {
      await (await connect({ knownHostsFile: await known(key) })).close()
    }
    const knownHostsFile = await known(generateKey())
    const error = await boundedFailure(2_000, () => connect({ knownHostsFile }))
    assert.is(error.code, 'host-key-changed')
  })
})

interface Alarm {
  readonly what: string
  /** The lines of the known_hosts file, from the host's own name and a right line for it. */
  readonly lines: (name: string, line: string) => string
  readonly said: RegExp
  readonly remedy: RegExp
}

const another = (): string => {
  const { type, publicBlob } = generateKey()
  return `${type} ${publicBlob.toString('base64')}`
}
const alarms: readonly Alarm[] = [
  {
    what: 'unknown',
    lines: () => '',
    said: /node0 +refused at connect: the host key of \[127\.0\.0\.1\]:\d+ is not known: ecdsa-sha2-nistp256 SHA256:/,
    remedy: /remedy: Compare it with the key on the host, then run `ssh-keyscan -p \d+ 127\.0\.0\.1 >> /,
  },
  {
    what: 'changed',
    lines: (name) => `${name} ${another()}\n`,
    said: /node0 +refused at connect: the host key of \[127\.0\.0\.1\]:\d+ has changed: /,
    remedy: /remedy: The connection may be intercepted\. .*ssh-keygen -R/,
  },
  {
    what: 'revoked',
    lines: (_name, line) => `${line}\n@revoked ${line}\n`,
    said: /node0 +refused at connect: the host key of \[127\.0\.0\.1\]:\d+ is revoked: /,
    remedy: /remedy: Give the host a new key/,
  },
]

for (const { what, lines, said, remedy } of alarms) {
  test(`without a terminal a host key that is ${what} ends in an error and no question`, () =>
    withHosts({}, async ({ directory, embedded, host }) => {
      const line = (await readFile(embedded.knownHostsFile, 'utf8')).trim()
      const { port } = host('node0')
      const knownHostsFile = join(directory, 'known')
      const known = lines(`[127.0.0.1]:${port}`, line)
      await writeFile(knownHostsFile, known)
      const file = join(directory, 'cluster.yaml')
      await writeFile(
        file,
        `cluster: keys
ssh: { user: root, identityFile: ${embedded.identityFile}, knownHostsFile: ${knownHostsFile} }
hosts:
  node0:
    address: 127.0.0.1
    ssh: { port: ${port} }
    resources: [{ file: { path: /etc/motd, content: x } }]
`,
      )
      const { code, stdout, questions } = await converge(['--yes', '-f', file])
      assert.is(code, 1)
      assert.equal(questions, [])
      assert.match(stdout.replaceAll('\n', ' '), said)
      assert.match(stdout, remedy)
      assert.is(await readFile(knownHostsFile, 'utf8'), known, 'it learns nothing')
    }))
}

test.run()
