import { generateKeyPairSync } from 'node:crypto'
import ssh2 from 'ssh2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { generateKey } from '../../../src/embedded/keys.ts'
import { fingerprint, rsaBits } from '../../../src/model/public-key.ts'
import { hashedName, judgeHostKey, parseKnownHosts } from '../../../src/transports/ssh/known-hosts.ts'

const [one, two] = [generateKey(), generateKey()]
const KEY = `ecdsa-sha2-nistp256 ${one.publicBlob.toString('base64')}`
const OTHER = `ecdsa-sha2-nistp256 ${two.publicBlob.toString('base64')}`
const RSA = `ssh-rsa ${rsaKey(2048).toString('base64')}`

function rsaKey(modulusLength: number): Buffer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength })
  const key = ssh2.utils.parseKey(privateKey.export({ type: 'pkcs1', format: 'pem' }))
  if (key instanceof Error) throw key
  return key.getPublicSSH()
}

function verdict(text: string, hostname: string, port: number, hostKeyAlias?: string) {
  const host = { hostname, port, hostKeyAlias }
  const judged = judgeHostKey(parseKnownHosts(text, 'known_hosts'), host, one.publicBlob)
  return 'entry' in judged ? `${judged.verdict} ${judged.entry.file}:${judged.entry.line}` : judged.verdict
}

const CASES: readonly (readonly [
  name: string,
  text: string,
  hostname: string,
  port: number,
  expected: string,
])[] = [
  ['knows a plain name', `core0 ${KEY}`, 'core0', 22, 'known'],
  ['does not care for the case of a name', `Core0 ${KEY}`, 'CORE0', 22, 'known'],
  ['knows one of several names', `core0,10.0.0.1 ${KEY}`, '10.0.0.1', 22, 'known'],
  ['does not take a prefix for the name', `core ${KEY}`, 'core0', 22, 'unknown'],
  ['does not take a dot for any character', `10.0.0.1 ${KEY}`, '10a0b0c1', 22, 'unknown'],
  ['knows a port other than 22 in brackets', `[core0]:2222 ${KEY}`, 'core0', 2222, 'known'],
  ['tells ports apart', `[core0]:2222 ${KEY}`, 'core0', 2223, 'unknown'],
  ['knows a key without its port', `core0 ${KEY}`, 'core0', 2222, 'known'],
  ['does not take another key without the port for changed', `core0 ${OTHER}`, 'core0', 2222, 'unknown'],
  [
    'refuses a key that is revoked without the port',
    `@revoked core0 ${KEY}`,
    'core0',
    2222,
    'revoked known_hosts:1',
  ],
  ['knows an IPv6 address with its scope', `fe80::1%eth0 ${KEY}`, 'fe80::1%eth0', 22, 'known'],
  ['tells scopes apart', `fe80::1%eth0 ${KEY}`, 'fe80::1%eth1', 22, 'unknown'],
  ['knows an IPv6 address', `[fe80::1]:2222 ${KEY}`, 'fe80::1', 2222, 'known'],
  ['knows a hashed name', `${hashedName('core0')} ${KEY}`, 'core0', 22, 'known'],
  ['knows a hashed name with a port', `${hashedName('[core0]:2222')} ${KEY}`, 'core0', 2222, 'known'],
  ['does not match another hashed name', `${hashedName('core1')} ${KEY}`, 'core0', 22, 'unknown'],
  ['knows a wildcard', `*.example.com ${KEY}`, 'a.example.com', 22, 'known'],
  ['knows a question mark', `core? ${KEY}`, 'core7', 22, 'known'],
  [
    'lets a negated name exclude its line',
    `*.example.com,!a.example.com ${KEY}`,
    'a.example.com',
    22,
    'unknown',
  ],
  ['lets a negated name come first', `!a.example.com,*.example.com ${KEY}`, 'b.example.com', 22, 'known'],
  ['skips comments and empty lines', `# core0 ${OTHER}\n\n  \ncore0 ${KEY}`, 'core0', 22, 'known'],
  ['reads tabs, comments behind the key and CRLF', `core0\t${KEY} root@core0\r\n`, 'core0', 22, 'known'],
  ['skips lines that say too little', `core0\ncore0 ssh-rsa\n`, 'core0', 22, 'unknown'],
  ['knows a host by any of its keys', `core0 ${RSA}\ncore0 ${KEY}`, 'core0', 22, 'known'],
  ['finds a changed key', `x ${KEY}\ncore0 ${OTHER}`, 'core0', 22, 'changed known_hosts:2'],
  [
    'names the key of the same type as changed',
    `core0 ${RSA}\ncore0 ${OTHER}`,
    'core0',
    22,
    'changed known_hosts:2',
  ],
  ['takes a key of a new type for changed', `core0 ${RSA}`, 'core0', 22, 'changed known_hosts:1'],
  ['refuses a revoked key', `@revoked core0 ${KEY}`, 'core0', 22, 'revoked known_hosts:1'],
  [
    'refuses a revoked key that is also known',
    `core0 ${KEY}\n@revoked * ${KEY}`,
    'core0',
    22,
    'revoked known_hosts:2',
  ],
  ['lets another revoked key be', `core0 ${KEY}\n@revoked * ${OTHER}`, 'core0', 22, 'known'],
  ['does not know a host by a revoked key', `@revoked * ${OTHER}`, 'core0', 22, 'unknown'],
  [
    'names the authority when nothing else is known',
    `@cert-authority * ${OTHER}`,
    'core0',
    22,
    'authority known_hosts:1',
  ],
  ['prefers a known key to an authority', `@cert-authority * ${OTHER}\ncore0 ${KEY}`, 'core0', 22, 'known'],
  ['skips a key of SSH 1', 'core0 1024 35 132534586349853 root@old', 'core0', 22, 'unknown'],
  ['skips broken base64', 'core0 ssh-ed25519 notbase64!!', 'core0', 22, 'unknown'],
  [
    'skips base64 without its padding',
    `core0 ${OTHER.replace(/=+$/, '')}`,
    'core0',
    22,
    OTHER.endsWith('=') ? 'unknown' : 'changed known_hosts:1',
  ],
  ['skips a key that is cut', 'core0 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA', 'core0', 22, 'unknown'],
  [
    'skips a key with bytes after it',
    `core0 ecdsa-sha2-nistp256 ${Buffer.concat([two.publicBlob, Buffer.from([0])]).toString('base64')}`,
    'core0',
    22,
    'unknown',
  ],
  [
    'skips a key of another type than its line says',
    `core0 ${RSA.replace('ssh-rsa', 'ssh-ed25519')}`,
    'core0',
    22,
    'unknown',
  ],
  ['skips DSA', 'core0 ssh-dss AAAAB3NzaC1kc3MAAACBAP1/', 'core0', 22, 'unknown'],
  [
    'skips an RSA key that is too short',
    `core0 ssh-rsa ${rsaKey(768).toString('base64')}`,
    'core0',
    22,
    'unknown',
  ],
  [
    'finds the key behind lines that it skips',
    `core0 ssh-dss AAAA\ncore0 1024 35 1\ncore0 ${KEY}`,
    'core0',
    22,
    'known',
  ],
  ['skips an unreadable revoked key', '@revoked * ssh-ed25519 AAAA', 'core0', 22, 'unknown'],
  ['skips lines with an unknown marker', `@else core0 ${KEY}`, 'core0', 22, 'unknown'],
]

for (const [name, text, hostname, port, expected] of CASES) {
  test(name, () => assert.is(verdict(text, hostname, port), expected))
}

test('knows a host by its alias, whatever its port and case', () => {
  assert.is(verdict(`Fleet ${KEY}`, 'core0', 2222, 'fleet'), 'known')
  assert.is(verdict(`fleet ${KEY}`, 'core0', 22, 'Fleet'), 'known')
  assert.is(verdict(`${hashedName('Fleet')} ${KEY}`, 'core0', 22, 'Fleet'), 'known')
  assert.is(verdict(`core0 ${KEY}`, 'core0', 22, 'fleet'), 'unknown')
})

test('looks up each part of a name with commas', () => {
  assert.is(verdict(`core0 ${OTHER}`, 'core0', 22, 'x,core0'), 'changed known_hosts:1')
  assert.is(
    verdict(`@revoked ${hashedName('core0')} ${KEY}`, 'core0', 22, 'x,core0'),
    'revoked known_hosts:1',
  )
  assert.is(verdict(`core1 ${OTHER}`, 'core0', 22, 'x,core0'), 'unknown')
})

test('counts the bits of RSA keys', () => {
  assert.equal(
    [1024, 1536, 2047].map((bits) => rsaBits(rsaKey(bits))),
    [1024, 1536, 2047],
  )
  assert.is(rsaBits(one.publicBlob), undefined)
})

test('prints fingerprints as OpenSSH does', () => {
  const blob = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'base64')
  assert.is(fingerprint(blob), 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU')
})

test.run()
