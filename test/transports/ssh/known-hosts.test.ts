import { createHmac } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { generateKey } from '../../../src/embedded/keys.ts'
import {
  entriesFor,
  fingerprint,
  judgeHostKey,
  knownHostName,
  parseKnownHosts,
} from '../../../src/transports/ssh/known-hosts.ts'

const [one, two] = [generateKey(), generateKey()]
const KEY = `ecdsa-sha2-nistp256 ${one.publicBlob.toString('base64')}`
const OTHER = `ecdsa-sha2-nistp256 ${two.publicBlob.toString('base64')}`
const RSA = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ=='

function hashed(name: string): string {
  const salt = Buffer.from('0123456789abcdefghij')
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

function verdict(text: string, hostname: string, port: number) {
  const entries = entriesFor(parseKnownHosts(text, 'known_hosts'), knownHostName(hostname, port))
  const judged = judgeHostKey(entries, one.publicBlob)
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
  ['does not take port 22 for another', `core0 ${KEY}`, 'core0', 2222, 'unknown'],
  ['knows an IPv6 address', `[fe80::1]:2222 ${KEY}`, 'fe80::1', 2222, 'known'],
  ['knows a hashed name', `${hashed('core0')} ${KEY}`, 'core0', 22, 'known'],
  ['knows a hashed name with a port', `${hashed('[core0]:2222')} ${KEY}`, 'core0', 2222, 'known'],
  ['does not match another hashed name', `${hashed('core1')} ${KEY}`, 'core0', 22, 'unknown'],
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
  ['skips lines with an unknown marker', `@else core0 ${KEY}`, 'core0', 22, 'unknown'],
]

for (const [name, text, hostname, port, expected] of CASES) {
  test(name, () => assert.is(verdict(text, hostname, port), expected))
}

test('prints fingerprints as OpenSSH does', () => {
  const blob = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'base64')
  assert.is(fingerprint(blob), 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU')
})

test.run()
