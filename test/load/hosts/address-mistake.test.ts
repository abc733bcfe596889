import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { addressMistake } from '../../../src/load/hosts/address-mistake.ts'
import { diagnosticsOf } from '../load-text.ts'

test('takes IP addresses, names and aliases of ssh_config', () => {
  for (const address of [
    '192.0.2.10',
    '2001:db8::10',
    'fe80::1%eth0',
    'web0',
    'web_0',
    'web0.example.com.',
  ]) {
    assert.is(addressMistake(address), undefined, address)
  }
})

test('says what to write for a port, a user and a number that is too large', () => {
  const hints = [
    '192.0.2.10:22',
    '[2001:db8::10]:22',
    'web0:22',
    'root@192.0.2.10',
    '192.0.2.300',
    '192.0.2.010',
    '010.0.0.1',
    'ssh://root@web0',
    'root@web0:22',
    'http://web0',
    '*',
    'x,github.com',
    '!web0',
    '#web0',
    '-oProxyCommand=id',
    '$(id)',
  ].map((address) => addressMistake(address)?.hint)
  assert.equal(hints, [
    'set the port separately: address: 192.0.2.10, ssh: { port: 22 }',
    'set the port separately: address: 2001:db8::10, ssh: { port: 22 }',
    'set the port separately: address: web0, ssh: { port: 22 }',
    'set the user separately: address: 192.0.2.10, ssh: { user: root }',
    'an IPv4 address has four numbers from 0 to 255',
    'write the numbers of an IPv4 address without zeros before them',
    'write the numbers of an IPv4 address without zeros before them',
    'set the user separately: address: web0, ssh: { user: root }',
    'set the user separately: address: web0, ssh: { user: root, port: 22 }',
    ...Array(7).fill('such as 192.0.2.10, 2001:db8::10 or web0.example.com'),
  ])
})

test('an address that cannot be one is an error of the spec, at its place', async () => {
  const found = await diagnosticsOf(
    'cluster: c\nhosts:\n  "web[0-1]":\n    address: "192.0.2.{{add index 255}}"\n',
  )
  assert.equal(
    found.map(({ code, message, position }) => [code, message, position?.line]),
    [['invalid-address', '192.0.2.256 is neither an IP address nor a name', 4]],
  )
})

const spec = (ssh: string) => `cluster: t\nhosts:\n  a:\n    transport: ssh\n    ssh: { ${ssh} }\n`

for (const [key, bad, good] of [
  [
    'user',
    ['-oProxyCommand=id', '$(id)', 'a;b', 'a`id`', '"a b|c"', "it's", 'a\\\\'],
    ['deploy', 'CORP\\joe.smith', 'joe@example.com', 'joe smith'],
  ],
  [
    'proxyJump',
    ['a@b,c;id', '-oProxyCommand=id', 'b:22:33', 'a,,b', '2001:db8::1', 'b/x', '-x@b', '$(id)@b', '*'],
    ['none', 'b', 'joe@b:2222', 'a@b, ssh://c@[2001:db8::1]:22', '"{{host.name}}@b"'],
  ],
] as const) {
  test(`a ${key} that ssh_config must not get is refused at its line`, async () => {
    for (const text of bad) {
      const [found] = await diagnosticsOf(spec(`${key}: ${JSON.stringify(text)}`))
      const { message = '', position } = found ?? {}
      assert.is(position?.line, 5, text)
      assert.match(message, `${key} must be `, text)
    }
    for (const text of good)
      assert.equal(
        await diagnosticsOf(spec(`${key}: ${text.startsWith('"') ? text : JSON.stringify(text)}`)),
        [],
        text,
      )
  })
}

test.run()
