import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { newIdentity, publicKeyOf } from '../../../src/commands/secrets/age.ts'
import { newAuthority, newCertificate } from '../../../src/commands/secrets/generators/certificates.ts'
import { newSshKey } from '../../../src/commands/secrets/generators/ssh-key.ts'
import { certificateFacts, certificateFindings } from '../../../src/secrets/certificates.ts'
import { scratchFolder } from '../scratch.ts'
import { ann, isInstalled, makeSecrets } from './scratch-secrets.ts'

test('makes passwords, tokens and keys that their programs take', async () => {
  const secrets = await makeSecrets()
  const make = async (key: string, ...argv: readonly string[]) => {
    const { code, stderr } = await secrets.run(['generate', key, '--kind', ...argv])
    assert.is(code, 0, stderr)
    return (await secrets.run(['show', key])).stdout
  }
  assert.match(await make('a', 'password'), /^[A-Za-z0-9]{32}\n$/)
  assert.match(await make('b', 'password', '--length', '64'), /^[A-Za-z0-9]{64}\n$/)
  assert.match(await make('c', 'token'), /^[0-9a-f]{64}\n$/)
  assert.match(await make('d', 'token', '--bytes', '16'), /^[0-9a-f]{32}\n$/)
  const wireguard = await make('e', 'wireguardKey')
  assert.match(wireguard, /^[A-Za-z0-9+/]{43}=\n$/)
  if (isInstalled('wg')) {
    const half = spawnSync('wg', ['pubkey'], { input: wireguard, encoding: 'utf8' }).stdout
    assert.is((await secrets.run(['show', 'e', '--public'])).stdout, half)
  }
  await make('f', 'sshKey')
  assert.is((await secrets.run(['check'])).stdout, '6 secrets for ann: nothing to report\n')
})

const withSshKeygen = spawnSync('ssh-keygen', ['-Q']).error === undefined ? test : test.skip
withSshKeygen('ssh-keygen reads every key, and finds the same public half', () => {
  const folder = scratchFolder()
  for (let index = 0; index < 20; index++) {
    const { value, public: half } = newSshKey('web/deploy')
    writeFileSync(join(folder, `key${index}`), value, { mode: 0o600 })
    const { stdout, stderr } = spawnSync('ssh-keygen', ['-y', '-P', '', '-f', join(folder, `key${index}`)], {
      encoding: 'utf8',
    })
    assert.is(stdout.trim(), half, stderr)
  }
})

const withOpenssl = spawnSync('openssl', ['version']).error === undefined ? test : test.skip
withOpenssl('openssl verifies certificates for their names and uses', async () => {
  const secrets = await makeSecrets()
  const { folder, run } = secrets
  await run(['generate', 'pki/ca', '--kind', 'authority'])
  const names = ['web.example.com', '*.web.example.com', '192.0.2.7', '2001:DB8::7'].flatMap((name) => [
    '--name',
    name,
  ])
  const made = await run([
    'generate',
    'web/tls',
    '--kind',
    'certificate',
    '--authority',
    'pki/ca',
    ...names,
    '--usage',
    'server',
  ])
  assert.is(made.code, 0, made.stderr)
  for (const key of ['pki/ca', 'web/tls'])
    writeFileSync(
      join(folder, `${key.replace('/', '-')}.pem`),
      (await run(['show', key, '--public'], { env: {} })).stdout,
    )
  const verify = (...argv: readonly string[]) =>
    spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', 'pki-ca.pem', ...argv, 'web-tls.pem'], {
      cwd: folder,
      encoding: 'utf8',
    })
  for (const argv of [
    ['-purpose', 'sslserver'],
    ['-verify_hostname', 'web.example.com'],
    ['-verify_hostname', 'a.web.example.com'],
    ['-verify_ip', '192.0.2.7'],
    ['-verify_ip', '2001:db8::7'],
  ])
    assert.is(verify(...argv).stdout, 'web-tls.pem: OK\n', verify(...argv).stderr)
  assert.is.not(verify('-purpose', 'sslclient').status, 0)
  assert.is.not(verify('-verify_hostname', 'other.example.com').status, 0)
  const key = (await run(['show', 'web/tls'])).stdout
  assert.ok(
    new X509Certificate((await run(['show', 'web/tls', '--public'])).stdout).checkPrivateKey(
      createPrivateKey(key),
    ),
  )
  assert.match(
    (await run(['list'])).stdout,
    'for *.web.example.com, 192.0.2.7, 2001:db8::7, web.example.com\n',
  )
})

test('an authority is rotated in three steps, and what one step leaves is trusted in the next', async () => {
  const { run, text, folder } = await makeSecrets()
  await run(['generate', 'ca', '--kind', 'authority', '--days', '90'])
  const leaf = ['--kind', 'certificate', '--authority', 'ca', '--name', 'w', '--days', '30']
  await run(['generate', 'tls', ...leaf, '--usage', 'client'])
  await run(['generate', 'pw', '--kind', 'password', '--length', '40'])
  const certificate = () => /tls: .*certificate: (\S+),/.exec(text())?.[1] ?? ''
  const trusted = async () =>
    (
      (await run(['show', 'ca', '--public'])).stdout.match(
        /-+BEGIN CERTIFICATE-+[^-]+-+END CERTIFICATE-+/g,
      ) ?? []
    ).map((pem) => new X509Certificate(pem))
  const isTrusted = (one: string, by: readonly X509Certificate[]) => {
    const own = new X509Certificate(Buffer.from(one, 'base64'))
    return by.some((issuer) => own.checkIssued(issuer) && own.verify(issuer.publicKey))
  }
  const [before, facts] = [certificate(), certificateFacts(certificate())]
  const [first] = await trusted()

  const begun = await run(['rotate', 'ca'])
  assert.match(begun.stdout, 'ca: step 1 of 3: ca.next is trusted beside it\n')
  assert.match(begun.stdout, '`converge secrets rotate --continue ca` issues its certificates again\n')
  const both = await trusted()
  assert.is(both.length, 2)
  assert.is(both[0]?.fingerprint256, first?.fingerprint256)
  assert.is(certificate(), before, 'nothing is issued by it yet')
  assert.match((await run(['rotate', 'ca'])).stderr, 'ca is being rotated already, at step 1 of 3')
  await run(['generate', 'tls2', ...leaf])
  assert.match(
    (await run(['check', '--within', '10'])).stdout,
    'warning: ca: its rotation is at step 1 of 3\n',
  )
  assert.match((await run(['list'])).stdout, 'rotation at step 1 of 3')

  const issued = await run(['rotate', '--continue', '--all'])
  assert.match(issued.stdout, 'ca: step 2 of 3: issued tls, tls2 again\n')
  assert.is(issued.code, 0)
  const swapped = await trusted()
  assert.equal(
    new Set(swapped.map(({ fingerprint256 }) => fingerprint256)),
    new Set(both.map(({ fingerprint256 }) => fingerprint256)),
  )
  assert.ok(isTrusted(certificate(), both), 'who has only seen the first step trusts it')
  assert.ok(isTrusted(before, swapped), 'what still runs with the first certificate is trusted')
  assert.is.not(isTrusted(certificate(), swapped.slice(1)), true)
  const { names, usages, days } = certificateFacts(certificate()) ?? {}
  assert.equal({ names, usages, days }, { names: facts?.names, usages: facts?.usages, days: facts?.days })
  assert.not.match(text(), 'ca.next')

  // A branch that was merged has a certificate of the one before.
  const merged = text()
  writeFileSync(join(folder, 'secrets.yaml'), merged.replace(certificate(), before))
  assert.match(
    (await run(['check', '--within', '10'])).stdout,
    'warning: tls: its certificate is not of the authority ca\n',
  )
  assert.match(
    (await run(['rotate', '--continue', 'ca'])).stderr,
    'tls: its certificate is not of the new ca\n',
  )
  writeFileSync(join(folder, 'secrets.yaml'), merged)

  assert.match(
    (await run(['rotate', '--continue', 'ca'])).stdout,
    'ca: step 3 of 3: the one before is trusted no more\n',
  )
  assert.equal(
    (await trusted()).map(({ fingerprint256 }) => fingerprint256),
    [swapped[0]?.fingerprint256],
  )
  assert.is((await run(['check', '--within', '10'])).stdout, '4 secrets for ann: nothing to report\n')
  assert.match((await run(['rotate', '--continue', 'ca'])).stderr, 'ca is not being rotated\n')
  assert.match((await run(['rotate', '--continue', '--all'])).stderr, 'no authority is being rotated\n')
})

test('an authority that is to take the place of another one issues nothing, and is not rotated before', async () => {
  const { run, text } = await makeSecrets()
  await run(['generate', 'ca', '--kind', 'authority'])
  await run(['rotate', 'ca'])
  const before = text()
  const refused: readonly (readonly [string[], string, string?])[] = [
    [['rotate', 'ca.next'], 'ca.next is to take the place of ca, and is not rotated before that\n'],
    [
      ['generate', 'tls', '--kind', 'certificate', '--authority', 'ca.next', '--name', 'w'],
      'tls: ca.next issues nothing before it takes the place of ca\n',
    ],
    [
      ['set', 'ca.next', '--kind', 'password'],
      'would not be valid any more: ca: ca.next is not an authority\n  nothing was written; ',
      'hunter2',
    ],
  ]
  for (const [args, message, input = ''] of refused) {
    const { code, stderr } = await run(args, { input })
    assert.is(code, 3)
    assert.match(stderr, message)
    assert.is(text(), before)
  }
})

test('the trust in an authority does not end while a certificate from elsewhere is of it', async () => {
  const { run, text, folder } = await makeSecrets()
  await run(['generate', 'ca', '--kind', 'authority'])
  await run(['generate', 'tls', '--kind', 'certificate', '--authority', 'ca', '--name', 'w'])
  // As `converge secrets set` leaves one.
  writeFileSync(join(folder, 'secrets.yaml'), text().replace('authority: ca, ', ''))
  await run(['rotate', 'ca'])
  assert.match(
    (await run(['rotate', '--continue', 'ca'])).stdout,
    'warning: tls: keeps its certificate, which was made elsewhere\n',
  )
  const { code, stderr } = await run(['rotate', '--continue', 'ca'])
  assert.is(code, 3)
  assert.match(stderr, 'tls: its certificate is not of the new ca\n')
  await run(['set', 'tls', '--kind', 'opaque'], { input: 'x' })
  assert.is((await run(['rotate', '--continue', 'ca'])).code, 0)
})

test('rotate --all leaves alone what people made and what is being rotated', async () => {
  const { run } = await makeSecrets()
  await run(['generate', 'ca', '--kind', 'authority'])
  await run(['generate', 'pw', '--kind', 'password', '--length', '40'])
  const password = (await run(['show', 'pw'])).stdout
  await run(['set', 'by/hand'], { input: 'x' })
  const all = await run(['rotate', '--all'])
  assert.match(all.stdout, 'warning: by/hand: keeps its value, which is made by people\n')
  assert.match(all.stdout, 'ca: step 1 of 3: ')
  const other = (await run(['show', 'pw'])).stdout
  assert.is.not(other, password)
  assert.is(other.length, 41)
  const again = await run(['rotate', '--all'])
  assert.match(again.stdout, 'warning: ca: keeps its value, which is being rotated\n')
  assert.is(again.code, 0)
})

test('reports what expires, what has expired, and what is of another authority', async () => {
  const { run, folder, text } = await makeSecrets()
  const now = new Date('2026-01-01T00:00:00Z')
  const context = { key: 'ca', now, authorityOf: () => Promise.reject() }
  const [one, two] = [
    await newAuthority({ kind: 'authority', days: 400 }, context),
    await newAuthority({ kind: 'authority', days: 400 }, context),
  ]
  const need = { kind: 'certificate', authority: 'ca', names: ['w'], usages: ['server'], days: 100 } as const
  const leaf = await newCertificate(need, { certificate: '', ...one }, { ...context, key: 'tls' })
  const secrets = (authority: typeof one) =>
    new Map([
      ['ca', { kind: 'authority', certificate: authority.certificate ?? '' }],
      ['tls', { kind: 'certificate', authority: 'ca', certificate: leaf.certificate ?? '' }],
    ] as const)
  const said = (authority: typeof one, day: string) => {
    const all = secrets(authority)
    const [, entry = {}] = [...all].find(([key]) => key === 'tls') ?? []
    return certificateFindings(entry, all, { now: new Date(day), withinDays: 30 }).map(
      ({ message, isUrgent }) => `${isUrgent ? '!' : ''}${message}`,
    )
  }
  assert.equal(said(one, '2026-02-01'), [])
  assert.equal(said(one, '2026-03-20'), ['it expires on 2026-04-11, in 22 days'])
  assert.equal(said(one, '2026-05-01'), ['!it expired on 2026-04-11'])
  assert.equal(said(two, '2026-02-01'), ['!its certificate is not of the authority ca'])
  // The clock of this machine is later.
  const lines = [...secrets(one)].map(
    ([key, entry]) => `  ${key}: ${JSON.stringify({ ...entry, command: 'cat key' })}\n`,
  )
  writeFileSync(join(folder, 'secrets.yaml'), text() + lines.join(''))
  const { code, stdout } = await run(['check', '--within', '90000', '--exit-code'])
  assert.is(code, 1)
  assert.match(
    stdout,
    'error: tls: it expired on 2026-04-11\n  `converge secrets rotate tls` makes a new one\n',
  )
})

test('check --exit-code is for a nightly job', async () => {
  const { run } = await makeSecrets()
  await run(['generate', 'ca', '--kind', 'authority', '--days', '20'])
  assert.is((await run(['check'])).code, 0)
  assert.is((await run(['check', '--exit-code'])).code, 2)
  assert.is((await run(['check', '--exit-code', '--within', '10'])).code, 0)
})

withSshKeygen('keys and certificates from elsewhere get their public halves', async () => {
  const { run, folder } = await makeSecrets()
  spawnSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', join(folder, 'id')])
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'passphrase', '-f', join(folder, 'locked')])
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  await run(['set', 'ssh', '--kind', 'sshKey'], { input: read('id') })
  const [type, half] = read('id.pub').split(' ')
  assert.is((await run(['show', 'ssh', '--public'])).stdout, `${type} ${half} ssh\n`)
  assert.match(
    (await run(['set', 'l', '--kind', 'sshKey'], { input: read('locked') })).stderr,
    'l: this key has a passphrase',
  )
  await run(['generate', 'ca', '--kind', 'authority'])
  const pem = (await run(['show', 'ca'])).stdout + (await run(['show', 'ca', '--public'])).stdout
  assert.is((await run(['set', 'other', '--kind', 'authority'], { input: pem })).code, 0)
  assert.is((await run(['check'])).code, 0)
  await run(['generate', 'ca2', '--kind', 'authority'])
  const mixed = (await run(['show', 'ca2'])).stdout + (await run(['show', 'ca', '--public'])).stdout
  assert.match(
    (await run(['set', 'x', '--kind', 'authority'], { input: mixed })).stderr,
    'x: the certificate is of another private key',
  )
})

test('a removed recipient opens nothing new, is told about, and nobody locks themselves out', async () => {
  const { run, text, folder } = await makeSecrets()
  const identity = await newIdentity()
  const key = await publicKeyOf(identity)
  const asBob = { env: { CONVERGE_IDENTITY: identity } }
  for (const name of ['a', 'b']) await run(['set', name], { input: name })
  await run(['generate', 'c', '--kind', 'token'])
  assert.is((await run(['show', 'a'], asBob)).code, 3)
  assert.match(
    (await run(['recipients', 'add', 'bob', key], { env: {} })).stderr,
    'an identity is needed to encrypt the values again',
  )
  const added = await run(['recipients', 'add', 'bob', key])
  assert.is(added.stdout, 'bob is a recipient now\n3 values encrypted again\n')
  assert.is((await run(['show', 'a'], asBob)).stdout, 'a\n')
  assert.is((await run(['recipients', 'add', 'bob', key])).stdout, 'bob is a recipient already\n')
  assert.match((await run(['recipients', 'add', 'rob', key])).stderr, 'bob has the same key')
  assert.match((await run(['recipients', 'add', 'bob', ann.key])).stderr, 'ann has the same key')
  assert.match(
    (await run(['recipients', 'remove', 'bbo'])).stderr,
    'there is no recipient bbo\n  did you mean bob?',
  )
  assert.match(
    (await run(['recipients', 'remove', 'ann'])).stderr,
    'the identity in use could not open the values afterwards',
  )
  const removed = await run(['recipients', 'remove', 'bob'])
  assert.match(
    removed.stdout,
    'warning: bob could read all values until now, and still can in the history of the repository\n',
  )
  assert.match((await run(['show', 'a'], asBob)).stderr, 'a cannot be opened with this identity')
  assert.is((await run(['show', 'a'])).stdout, 'a\n')
  assert.match((await run(['recipients', 'remove', 'ann'])).stderr, 'ann is the only recipient')
  assert.is((await run(['recipients'])).stdout, `ann  ${ann.key}\n`)
  writeFileSync(join(folder, 'secrets.yaml'), text().replace('\nrecipients:', `\nrecipients:\n  bob: ${key}`))
  assert.match(
    (await run(['check'])).stdout,
    'warning: a: is encrypted for 1, and the file lists 2 recipients\n',
  )
  const damaged = text().replace(
    /(a: \{.*value: \S{260})(.)/,
    (_, head, last) => head + (last === 'A' ? 'B' : 'A'),
  )
  writeFileSync(join(folder, 'secrets.yaml'), damaged)
  const checked = await run(['check'])
  assert.is(checked.code, 1)
  assert.match(checked.stdout, 'error: a: cannot be opened with this identity\n')
})

test.run()
