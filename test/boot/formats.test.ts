import { execFileSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import type { FirstBoot } from '../../src/boot/first-boot.ts'
import { bootFormatNames } from '../../src/boot/format-names.ts'
import { bootFormats } from '../../src/boot/formats.ts'
import { renderYaml } from '../../src/formats/yaml.ts'
import { readCoreosConfig } from './coreos-cloudinit.ts'

const program = `echo 'END' "$private_ipv4" \\$public_ipv4 on ä {{ x }} <<'END'\nEND\n`
const boot: FirstBoot = { host: 'web0', stateDir: "/var/lib/it's 100%", program }
const documents = new Map(bootFormatNames.map((name) => [name, bootFormats[name].document(boot)]))
const documentOf = (name: (typeof bootFormatNames)[number]): string => documents.get(name) ?? ''

for (const name of bootFormatNames) {
  test(`${name}: brings the program as it is`, () => {
    const [, base64 = ''] = /(H4sI[\w+/=\s]+?)(?:"|\s*\n\s*END|\n\s*coreos)/.exec(documentOf(name)) ?? []
    assert.is(gunzipSync(Buffer.from(base64, 'base64')).toString(), program)
  })

  test(`${name}: has a unit that starts after the boot, and until the first boot is over`, () => {
    const text = documentOf(name).replaceAll('\\n', '\n')
    assert.match(text, 'After=network-online.target multi-user.target cloud-final.service\n')
    assert.match(text, "ConditionPathExists=!/var/lib/it's 100%%/first-boot-done\n")
  })
}

test('what runs at each boot lasts until the next one, and what runs once until it is removed', () => {
  for (const name of ['cloud-config', 'coreos'] as const) {
    assert.match(documentOf(name), 'ExecStart=/bin/sh /run/converge-first-boot/program\n')
    assert.not.match(documentOf(name), '/etc/systemd')
  }
  for (const name of ['ignition', 'script'] as const) {
    assert.match(documentOf(name), '/etc/systemd/system/multi-user.target.wants')
    assert.not.match(documentOf(name), '/run/converge-first-boot')
  }
})

test('cloud-config: does everything in bootcmd, which is shell', () => {
  const config: unknown = parse(documentOf('cloud-config'), { version: '1.1' })
  assert.equal(Object.keys(Object(config)), ['bootcmd'])
  const [script] = Object(config).bootcmd
  for (const shell of ['sh', 'bash']) execFileSync(shell, ['-n'], { input: script })
  execFileSync('sh', ['-n'], { input: documentOf('script') })
})

test('coreos: is what coreos-cloudinit takes, and has nothing that it would substitute', () => {
  const addresses = { private_ipv4: '10.0.0.1', public_ipv4: '192.0.2.1' }
  assert.equal(readCoreosConfig(documentOf('coreos'), addresses), readCoreosConfig(documentOf('coreos')))
  assert.not.match(documentOf('coreos'), '$')
})

test('coreos: waits for no unit that waits for the end of the boot', () => {
  const { coreos } = Object(readCoreosConfig(documentOf('coreos')))
  const started = coreos.units.filter((unit: { command?: string }) => unit.command !== undefined)
  assert.equal(
    started.map(({ name }: { name: string }) => name),
    ['converge-first-boot.timer'],
  )
})

test('the rules of coreos-cloudinit refuse what it would misread, such as a bare on', () => {
  const etcd2 = { 'proxy-dial-timeout': 1000, proxy: 'on', 'strict-reconfig-check': true }
  const config = { coreos: { etcd2, fleet: { 'public-ip': '$private_ipv4', metadata: 'a=b,c=d' } } }
  const taken = readCoreosConfig(`#cloud-config\n${renderYaml(config)}`, { private_ipv4: '10.0.0.1' })
  assert.is(Object(taken).coreos.fleet.public_ip, '10.0.0.1')
  const refused = [
    'coreos: { etcd2: { proxy: on } }',
    'coreos: { etcd2: { proxy: maybe } }',
    'coreos: { update: { reboot-strategy: off } }',
    'coreos: { fleet: { metadata: { a: b } } }',
    'coreos: { units: [{ name: a.service, command: enable }] }',
    'coreos: { units: [{ command: start }] }',
    'write_files: [{ path: /x, permissions: 0644 }]',
    'write_files: [{ path: /x, encoding: zip }]',
    'bootcmd: [x]',
  ]
  for (const text of refused)
    assert.throws(() => readCoreosConfig(`#cloud-config\n${text}\n`), undefined, text)
  assert.throws(() => readCoreosConfig('# cloud-config\nhostname: x\n'))
})

test.run()
