import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sudoPasswordFor, sudoPasswords } from '../../../src/commands/hosts/sudo-passwords.ts'
import { ConvergeError } from '../../../src/model/errors.ts'
import { createStop } from '../../../src/model/stop.ts'
import { diagnosticsOf } from '../../load/load-text.ts'

const { stop } = createStop(() => 0)

const over = (name: string, ssh = {}) =>
  ({ name, target: { transport: 'ssh', address: '192.0.2.1', ssh } }) as const
const hosts = [
  over('web0', { sudoPasswordGroup: 'dmz' }),
  over('web1', { sudoPasswordGroup: 'dmz' }),
  over('db0', { sudoPasswordGroup: 'db_1' }),
  over('etc0'),
]

/** The password of every host, and what was asked. */
async function passwords(
  env: Readonly<Record<string, string>>,
  { asks = false, selected }: { readonly asks?: boolean; readonly selected?: readonly string[] } = {},
) {
  const questions: string[] = []
  const askSecret = async (question: string) => {
    questions.push(question)
    return `typed ${questions.length}`
  }
  const io = { env, canAsk: true, askSecret }
  const of = await sudoPasswords(hosts, selected, { askSudoPassword: asks }, io, stop)
  return [await Promise.all(hosts.map(({ name }) => of(name))), questions]
}

test('a host of a group gets the password of its group, and no other', async () => {
  const general = { CONVERGE_SUDO_PASSWORD: 'all' }
  assert.equal(await passwords({}), [[undefined, undefined, undefined, undefined], []])
  assert.equal(await passwords(general), [[undefined, undefined, undefined, 'all'], []])
  assert.equal(await passwords({ ...general, CONVERGE_SUDO_PASSWORD_DMZ: 'outside' }), [
    ['outside', 'outside', undefined, 'all'],
    [],
  ])
})

test('asks once for each group of the selected hosts that the environment leaves out', async () => {
  assert.equal(await passwords({ CONVERGE_SUDO_PASSWORD_DB_1: 'data' }, { asks: true }), [
    ['typed 1', 'typed 1', 'data', 'typed 2'],
    ['sudo password of dmz: ', 'sudo password: '],
  ])
  assert.equal(await passwords({}, { asks: true, selected: ['web1'] }), [
    ['typed 1', 'typed 1', undefined, undefined],
    ['sudo password of dmz: '],
  ])
})

test('says which variable to set where there is no terminal', async () => {
  const io = { env: {}, canAsk: false, askSecret: async () => '' }
  const asking = sudoPasswords(hosts, ['db0'], { askSudoPassword: true }, io, stop)
  const error = await asking.catch((reason: unknown) => reason)
  assert.match(JSON.stringify(error), 'set CONVERGE_SUDO_PASSWORD_DB_1 instead')
})

test('a password for a reported address is typed for it, whatever the environment has', async () => {
  const questions: string[] = []
  const askSecret = async (question: string) => {
    questions.push(question)
    return 'typed'
  }
  const env = { CONVERGE_SUDO_PASSWORD: 'all', CONVERGE_SUDO_PASSWORD_DMZ: 'outside' }
  const reported = {
    name: 'old0',
    target: { transport: 'ssh', address: '\u001b[2Jx', ssh: { sudoPasswordGroup: 'dmz' } },
  } as const
  const typed = await sudoPasswordFor(
    reported,
    { askSudoPassword: true },
    { env, canAsk: true, askSecret },
    stop,
  )
  assert.equal([await typed(), questions], ['typed', ['sudo password for old0 (\\x1b[2jx): ']])
  for (const [askSudoPassword, canAsk] of [
    [false, true],
    [true, false],
  ] as const) {
    const none = await sudoPasswordFor(reported, { askSudoPassword }, { env, canAsk, askSecret }, stop)
    const error = await none().catch((reason: unknown) => reason)
    assert.instance(error, ConvergeError)
  }
  assert.is(questions.length, 1)
})

test('a group is a word, and not a password', async () => {
  const spec = (group: string) => `cluster: c\nssh: { sudoPasswordGroup: ${group} }\nhosts:\n  web0: {}\n`
  assert.equal(await diagnosticsOf(spec('dmz_2')), [])
  for (const group of ['DMZ', '2dmz', '"p@ss word"', 'a-b']) {
    const [found] = await diagnosticsOf(spec(group))
    assert.match(found?.message ?? '', /^sudoPasswordGroup must be a word of a-z, 0-9 and _/, group)
  }
})

test.run()
