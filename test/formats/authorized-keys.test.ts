import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkAuthorizedKeys } from '../../src/formats/authorized-keys.ts'

function keyOf(type: string, bytes = 32): string {
  const parts = [Buffer.from('ssh-ed25519'), Buffer.alloc(bytes, 1)].flatMap((part) => [
    Buffer.from([0, 0, 0, part.length]),
    part,
  ])
  return `${type} ${Buffer.concat(parts).toString('base64')}`
}

const key = keyOf('ssh-ed25519')

for (const line of [
  key,
  `${key} ann@laptop with blanks`,
  `restrict,command="echo \\"a b\\"" ${key}`,
  `From="10.0.0.0/8,*.example.com",no-pty ${key} x`,
]) {
  test(`takes ${line}`, () => assert.equal(checkAuthorizedKeys([line]), []))
}

for (const [line, message] of [
  ['', 'is not a public key'],
  ['# ann', 'is not a public key'],
  [`${key}\n`, 'has a line break or another control character'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----', 'is a private key'],
  [keyOf('ssh-dss'), 'has the type ssh-dss, which sshd does not accept'],
  [keyOf('ssh-rsa'), 'says ssh-rsa, but its base64 is a key of the type ssh-ed25519'],
  [key.slice(0, -8), 'is not a whole key of the type ssh-ed25519, or one that sshd does not accept'],
  [`no-shell ${key}`, 'has an option that sshd does not know: no-shell'],
  [`command ${key}`, 'has no value for the option command'],
] as const) {
  test(`refuses ${JSON.stringify(line)}`, () =>
    assert.equal(
      checkAuthorizedKeys([line]).map((mistake) => [mistake.message, mistake.path]),
      [[`authorizedKeys[0] ${message}`, ['authorizedKeys', 0]]],
    ))
}

test('refuses a key that is listed twice', () => {
  assert.equal(
    checkAuthorizedKeys([key, `${key} again`]).map(({ message }) => message),
    ['authorizedKeys[1] is the same key as authorizedKeys[0]'],
  )
})

test.run()
