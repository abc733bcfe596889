import { lstatSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bookkeeping, Change } from '../../src/model/plan.ts'
import { commandProgram } from '../../src/shell/programs/command-program.ts'
import { historyProgram, parseHistory } from '../../src/shell/programs/history-program.ts'
import { quote } from '../../src/shell/quote.ts'
import { figure } from '../figure.ts'
import { type Canary, inEachShellWithCanary } from './canary.ts'
import { change, mkdir, textContent, write } from './changes.ts'
import { fuzzRuns, hostileName, hostileText, inShells, seedOf, shareOf } from './hostile.ts'
import type { RootTree } from './root-tree.ts'
import { applyBooked, inspect, libraryFor } from './run-programs.ts'

/** Each takes some fifty processes: a fiftieth of what the names get. */
const wordRuns = Math.max(18, Math.ceil(fuzzRuns / 50))
const wordsPerApply = Math.min(12, shareOf(wordRuns))

/** What a line of an account can hold. */
const accountText = hostileText.map((text) => text.replaceAll(/[:\n]/g, ' '))
const owner = accountText
  .map((text) => text.replaceAll(/[\s,/]/g, '_'))
  .filter((name) => /[^0-9]/.test(name) && name !== 'root')

const word = fc.record({
  name: hostileName,
  text: hostileText,
  owner,
  comment: accountText,
  home: accountText.map((text) => `/home/${text}`),
})
const sample = fc.uniqueArray(word, {
  minLength: wordsPerApply,
  maxLength: wordsPerApply,
  selector: ({ owner: name }) => name,
})

type Word = typeof word extends fc.Arbitrary<infer T> ? T : never

test('every other text of a spec arrives byte for byte, and none is run', async () => {
  let words = 0
  await inEachShellWithCanary(async (tree, canary) => {
    let batches = 0
    const property = fc.asyncProperty(sample, async (samples) => {
      batches += 1
      await carryThrough(tree, canary, samples, batches)
      words += samples.length
    })
    const numRuns = Math.ceil(shareOf(wordRuns) / wordsPerApply)
    await fc.assert(property, { seed: seedOf(tree), numRuns, endOnFailure: true, includeErrorInReport: true })
  })
  assert.ok(words >= wordRuns)
  figure(
    `hostile owners, accounts, units, validators, guards, environments, working directories and names of resources ${inShells}`,
    words,
  )
})

async function carryThrough(
  tree: RootTree,
  canary: Canary,
  words: readonly Word[],
  batch: number,
): Promise<void> {
  const accounts = words.map(
    ({ owner: name }, index) => `${name}:x:${2000 + index}:${2000 + index}::/:/bin/sh\n`,
  )
  tree.write('/etc/passwd', `root:x:0:0:root:/root:/bin/sh\n${accounts.join('')}`)
  tree.write(
    '/etc/group',
    `root:x:0:\n${words.map(({ owner: name }, index) => `${name}:x:${2000 + index}:\n`).join('')}`,
  )
  tree.write('/srv/x', '')
  tree.write('/etc/systemd/system/x', '')
  const items = words.map((item, index) => placed(item, `/srv/${batch} ${index}`))
  const last = items.at(-1)
  if (last === undefined) throw new Error('there are no words')
  const changes = [
    ...items.flatMap(changesOf),
    // No account has this name. The run fails here and keeps what is owed.
    change({ op: 'run', command: ': >"$CONVERGE_ROOT/srv/not"', user: last.text || '-', timeoutSeconds: 5 }),
  ]
  const bookkeeping: Bookkeeping = {
    generation: batch,
    summary: words.map(({ text }) => text),
    revert: items.map(({ directory, text, resource }) => ({
      resource,
      operation: { op: 'link', path: `${directory}/back`, target: text || '-' },
    })),
    records: [],
    members: [],
  }
  const by = last.text.replaceAll('\n', ' ')
  const lines = await applyBooked(tree, { changes, journal: '', bookkeeping }, by)
  assert.ok(lines.includes('end failed'), lines.join('\n'))
  assert.ok(
    lines.some((line) => line.startsWith(`fail ${changes.length - 1} `)),
    lines.join('\n'),
  )

  for (const [index, item] of items.entries()) checkFiles(tree, item, index)
  const probes = items.map(({ unit }) => ({ probe: 'unit', unit }) as const)
  const checks = items.map(({ directory, text }) => ({
    probe: 'check' as const,
    command: `test "$(cat "$CONVERGE_ROOT"${quote(`${directory}/value`)}; echo .)" = ${quote(`${text}.`)}`,
  }))
  const facts = await inspect(tree, [...probes, ...checks])
  for (const { unit } of items) assert.is(facts.units[unit]?.load, 'masked', JSON.stringify(unit))
  for (const { command } of checks) assert.is(facts.checks[command], true, command)
  assert.equal(
    facts.pending.map(({ resource }) => resource),
    [...new Set(items.map(({ resource }) => resource))],
  )
  const place = { stateDir: '/var/lib/converge', cluster: 'test' }
  const { stdout } = await tree.run(historyProgram(batch - 1, place, libraryFor(tree.shell)))
  const [generation] = parseHistory(stdout).generations
  assert.equal(generation?.changes, bookkeeping.summary)
  assert.equal(generation?.revert, bookkeeping.revert)
  assert.is(generation?.by, by)
  const said = await tree.run(commandProgram(`printf %s ${quote(last.text)}`, 30_000, libraryFor(tree.shell)))
  assert.is(said.stdout.toString(), last.text)
  // The next batch finds nothing pending.
  tree.write('/var/lib/converge/clusters/test/journal', '')
  assert.not.ok(canary.hasSung(), 'a text was run')
}

interface Item extends Word {
  readonly directory: string
  /** The name of the command, as a person sees it. */
  readonly resource: `command[${string}]`
  readonly unit: string
  readonly login: string
}

function placed(item: Word, base: string): Item {
  return {
    ...item,
    directory: `${base} ${item.name}`,
    resource: `command[${base} ${item.text}]`,
    unit: `${base.replaceAll(/\W/g, '-')} ${item.name}.service`,
    login: `u${base.replaceAll(/\W/g, '_')}`,
  }
}

function changesOf(item: Item): readonly Change[] {
  const { directory, text, owner: name, resource, unit, login, comment, home } = item
  const owed = { resource, action: 'run' } as const
  const run = (command: string, more: object = {}) =>
    ({ op: 'run', command, cwd: directory, timeoutSeconds: 30, ...more }) as const
  const owned = { op: 'write', path: `${directory}/owned`, content: textContent(text), mode: '0640' } as const
  // Only its own `{}` is replaced by the staged file, which is in the hostile directory.
  const validate = `cp -- {} "$CONVERGE_ROOT/srv/${login}" && : ${quote(text.replaceAll('{}', ''))}`
  return [
    change(mkdir(directory)),
    change({ ...owned, owner: name, group: name }, { owes: [owed] }),
    change(write(`${directory}/checked`, text, { validate })),
    change(run('printf %s "$VALUE" >value', { environment: { VALUE: text } }), { whenOwed: owed }),
    change(run(`printf %s ${quote(text)} >said`), {
      resource,
      guard: { onlyIf: `test -n ${quote(`${text}.`)}`, unless: `test -z ${quote(`${text}.`)}` },
    }),
    change({ op: 'await', command: `test ${quote(text)} = ${quote(text)}`, timeoutSeconds: 1 }),
    change({ op: 'unit', unit, action: 'mask' }),
    change({ op: 'user', name: login, system: false, createHome: false, group: name, comment, home }),
  ]
}

function checkFiles(tree: RootTree, { directory, text, unit, ...item }: Item, index: number): void {
  const inside = ['owned', 'checked', 'value', 'said'].map((name) => `${directory}/${name}`)
  for (const path of [...inside, `/srv/${item.login}`]) assert.is(tree.read(path), text, JSON.stringify(path))
  // Only root can give files away.
  const { uid, gid } = lstatSync(tree.at(`${directory}/owned`))
  if (process.getuid?.() === 0) assert.equal([uid, gid], [2000 + index, 2000 + index], item.owner)
  assert.ok(lstatSync(tree.at(`/etc/systemd/system/${unit}`)).isSymbolicLink())
  const passwd = readFileSync(tree.at('/etc/passwd'), 'utf8').split('\n')
  const entry = passwd.find((line) => line.startsWith(`${item.login}:`))
  assert.equal(
    entry?.split(':').slice(3),
    [String(2000 + index), item.comment, item.home, '/bin/sh'],
    JSON.stringify(item),
  )
}

test.run()
