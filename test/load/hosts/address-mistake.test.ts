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

test.run()
