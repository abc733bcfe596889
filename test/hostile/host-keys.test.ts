import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type EmbeddedKey, generateKey } from '../../src/embedded/keys.ts'
import { hostKeyCheck } from '../../src/transports/ssh/host-key.ts'
import { createKnownHostsStore } from '../../src/transports/ssh/known-hosts-store.ts'
import { converge } from '../commands/recording-io.ts'
import { withHosts } from '../transports/embedded-host.ts'
import { route } from '../transports/ssh/route.ts'
import { boundedFailure } from './failures.ts'
import { type Script, withScript } from './scripted-host.ts'

/** A key of a type that a client asks for only after the ECDSA one of generateKey. */
function rsaKey(modulusLength = 2048): EmbeddedKey {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength,
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

for (const [what, key, algorithm, said] of [
  ['signs with SHA-1', rsaKey(), 'ssh-rsa', /no matching (?:server )?host key/i],
  [
    'has an RSA key of 1023 bits',
    rsaKey(1023),
    'rsa-sha2-256',
    /too short: RSA with 1023 bits, and 1024 are required/,
  ],
] as const) {
  test(`logs in to no host that ${what}, as ssh without configuration`, async () => {
    const logins: string[] = []
    const script: Script = {
      hostKeys: [key],
      algorithms: { serverHostKey: [algorithm] },
      onAuthentication: (context) => void logins.push(context.method),
    }
    await withScript(script, async ({ connect }) => {
      const error = await boundedFailure(2_000, () => connect())
      assert.match(error.message, said)
    })
    assert.equal(logins, [])
  })
}

test('records no host key that is more than a key', async () => {
  const store = createKnownHostsStore(undefined)
  const check = await hostKeyCheck('node0', await route({ hostKeyChecking: 'accept-new' }), store)
  const { publicBlob } = rsaKey()
  const typed = (type: string) => Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(type)])
  for (const key of [
    Buffer.concat([publicBlob, Buffer.from([0])]),
    publicBlob.subarray(0, -1),
    Buffer.concat([typed('ssh-rsa x\n* ssh-rsa'), publicBlob.subarray(11)]),
    Buffer.concat([typed('ssh-tomorrow'), publicBlob.subarray(11)]),
    Buffer.from(''),
  ]) {
    const error = await boundedFailure(1_000, () => check.verify(key))
    assert.is(error.message, 'the host key of core0 is malformed')
  }
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
