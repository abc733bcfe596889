import { appendFileSync, chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import pLimit from 'p-limit'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { block, directory, file, line, link, setting, unit } from '../../src/dsl.ts'
import type { Report } from '../../src/model/report.ts'
import type { Resource } from '../../src/model/resource.ts'
import { differences, isTemporary, type Snapshot, takeSnapshot } from '../crash/snapshot.ts'
import { figure } from '../figure.ts'
import { type Fleet, startFleet } from './fleet.ts'

const seed = 20261121
const lives = Math.min(250, Math.max(4, Math.ceil(Number(process.env.CONVERGE_FUZZ ?? 0) / 200)))
const managed = ['/etc/life', '/srv/life', '/etc/systemd/system', '/run/embedded-systemd']

/** Each thing that a spec may ask for, or leave out, in one of a few ways. */
interface Wish {
  readonly files: readonly (0 | 1 | 2)[]
  readonly links: readonly (0 | 1 | 2)[]
  readonly parts: readonly (0 | 1 | 2)[]
  readonly nested: 0 | 1 | 2
  readonly units: readonly (0 | 1 | 2 | 3)[]
}

type Step =
  | { readonly step: 'converge'; readonly wish: Wish }
  | { readonly step: 'rollback'; readonly to: number }
  /** Edits or removes a managed file by hand. */
  | { readonly step: 'edit'; readonly file: 0 | 2; readonly removes: boolean }

const two = fc.constantFrom<0 | 1 | 2>(0, 1, 2)
const wish: fc.Arbitrary<Wish> = fc.record({
  files: fc.array(two, { minLength: 4, maxLength: 4 }),
  links: fc.array(two, { minLength: 2, maxLength: 2 }),
  parts: fc.array(two, { minLength: 11, maxLength: 11 }),
  nested: two,
  units: fc.array(fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3), { minLength: 3, maxLength: 3 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ step: fc.constant('converge' as const), wish }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('rollback' as const), to: fc.nat({ max: 6 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('edit' as const),
      file: fc.constantFrom<0 | 2>(0, 2),
      removes: fc.boolean(),
    }),
  },
)

test('whatever its past, a host is what its spec makes of a new one, and a rollback makes it what it was', async () => {
  const histories = fc.sample(fc.array(step, { minLength: 3, maxLength: 7 }), { numRuns: lives, seed })
  const names = histories.map((_, index) => `life${index}`)
  const fleet = await startFleet([...names, ...names.map(freshFor)])
  const limit = pLimit(4)
  const problems: string[] = []
  let applies = 0
  try {
    for (const name of names) plant(fleet, name)
    await Promise.all(
      names.map((name, index) =>
        limit(async () => {
          const { found, applied } = await live(fleet, name, histories[index] ?? [])
          applies += applied
          problems.push(
            ...found.map((problem) => `${name}: ${problem}\n  ${JSON.stringify(histories[index])}`),
          )
        }),
      ),
    )
  } finally {
    await fleet.close()
  }
  assert.is(problems.join('\n'), '')
  assert.ok(applies > lives)
  figure('applies and rollbacks in random order that left what a new host would have', applies)
})

const distributionUnit = '[Service]\nExecStart=/bin/distribution\n[Install]\nWantedBy=multi-user.target\n'

/** What is there before converge comes: some of the paths, with contents and modes of their own. */
function plant(fleet: Fleet, host: string): void {
  for (const path of ['/etc/life', '/srv/life', '/srv/life/old']) {
    mkdirSync(fleet.path(host, path), { recursive: true })
    chmodSync(fleet.path(host, path), 0o755)
  }
  writeFileSync(fleet.path(host, '/etc/life/0'), 'distribution 0\n', { mode: 0o600 })
  writeFileSync(fleet.path(host, '/etc/life/1'), 'content 1 of 1\n', { mode: 0o644 })
  // Only the mode is otherwise than one of the wishes.
  writeFileSync(fleet.path(host, '/etc/life/3'), 'content 1 of 3\n')
  chmodSync(fleet.path(host, '/etc/life/3'), 0o640)
  writeFileSync(fleet.path(host, '/etc/life/shared'), 'of others\r\nno end', { mode: 0o640 })
  writeFileSync(
    fleet.path(host, '/etc/life/taken'),
    'a\n# BEGIN converge found\nb\n# END converge found\nc\n',
  )
  writeFileSync(fleet.path(host, '/etc/life/ini'), '\uFEFF[s]\r\n\tkey =  0 \r\n\r\n[t]\r\nkey=0')
  writeFileSync(fleet.path(host, '/etc/life/env'), 'WAY=0\n')
  symlinkSync('somewhere', fleet.path(host, '/etc/life/link0'))
  // A unit of the distribution, which runs.
  writeFileSync(fleet.path(host, '/etc/systemd/system/life2.service'), distributionUnit, { mode: 0o644 })
  mkdirSync(fleet.path(host, '/run/embedded-systemd'), { recursive: true })
  for (const [state, word] of Object.entries({ active: 'active', enabled: 'enabled' }))
    writeFileSync(fleet.path(host, `/run/embedded-systemd/life2.service.${state}`), `${word}\n`, {
      mode: 0o600,
    })
}

/** Of files of others at their end and start, of files that nobody else has, and what was there before converge. */
const parts: readonly ((way: 1 | 2) => Resource)[] = [
  (way) => block({ path: '/etc/life/shared', name: 'last', content: `${way}\n` }),
  (way) => block({ path: '/etc/life/shared', name: 'first', content: `${way}\n`, at: 'start' }),
  (way) => block({ path: '/etc/life/own', name: 'first', content: `${way}\n`, at: 'start' }),
  (way) => setting({ path: '/etc/life/own', section: 'own', key: 'key', value: way }),
  (way) => block({ path: '/etc/life/taken', name: 'found', content: `${way}\n` }),
  (way) => line({ path: '/etc/life/taken', startsWith: 'a', line: `a ${way}` }),
  (way) => line({ path: '/etc/life/ini', line: `# ${way}`, at: 'start' }),
  (way) => setting({ path: '/etc/life/ini', section: 's', key: 'key', value: way === 1 }),
  (way) => setting({ path: '/etc/life/ini', section: 'new', key: 'key', value: `&${way}` }),
  // Another resource has the same line each time.
  (way) =>
    way === 1
      ? line({ path: '/etc/life/env', startsWith: 'WAY=', line: 'WAY=1' })
      : setting({ path: '/etc/life/env', key: 'WAY', value: 2 }),
  (way) =>
    way === 1
      ? line({ path: '/etc/life/new', startsWith: 'way = 1', line: 'way = 1' })
      : setting({ path: '/etc/life/new', key: 'way', value: 2, separator: ' = ' }),
]

function resourcesOf({ files, links, parts: ways, nested, units }: Wish): readonly Resource[] {
  return [
    file({ path: '/etc/life/always', content: 'x\n' }),
    ...files.flatMap((way, index) =>
      way === 0
        ? []
        : [
            file({
              path: `/etc/life/${index}`,
              content: `content ${way} of ${index}\n`,
              mode: way === 1 ? '0644' : '0600',
            }),
          ],
    ),
    ...links.flatMap((way, index) =>
      way === 0 ? [] : [link({ path: `/etc/life/link${index}`, target: `to${way}` })],
    ),
    ...parts.flatMap((part, index) => {
      const way = ways[index] ?? 0
      return way === 0 ? [] : [part(way)]
    }),
    ...(nested === 0
      ? []
      : [
          directory({ path: '/srv/life/new', mode: '0750' }),
          directory({ path: '/srv/life/old', mode: '0700' }),
        ]),
    ...(nested === 2
      ? [
          file({ path: '/srv/life/new/inside', content: 'x\n' }),
          file({ path: '/srv/life/old/inside', content: 'x\n' }),
        ]
      : []),
    ...units.flatMap((way, index) =>
      way === 0
        ? []
        : [
            unit({
              name: `life${index}.service`,
              content: {
                Service: { ExecStart: `/bin/life ${way}` },
                Install: { WantedBy: 'multi-user.target' },
              },
              enabled: way > 1,
              started: way > 2,
            }),
          ],
    ),
  ]
}

async function live(fleet: Fleet, host: string, steps: readonly Step[]) {
  // What the host was after each generation; 0 is before the first one.
  const after = new Map([[0, snapshot(fleet, host)]])
  let wanted: readonly Resource[] = []
  let applied = 0
  for (const [index, { step, ...what }] of steps.entries()) {
    const session = (resources: readonly Resource[]) => fleet.session(resources, 'fleet', [host])
    const told = (problem: string): string => `step ${index} (${step}): ${problem}`
    if ('wish' in what) {
      wanted = resourcesOf(what.wish)
      const one = session(wanted)
      const plan = await one.plan({ prune: true, release: true })
      const bad = badly(await one.apply(plan))
      const again = await one.plan()
      await one.close()
      if (bad !== undefined) return { found: [told(bad)], applied }
      const [left] = again.hosts
      if (left?.status !== 'planned' || left.changes.length > 0)
        return { found: [told(`not settled: ${JSON.stringify(left)}`)], applied }
      const like = await onFreshHost(fleet, freshFor(host), wanted)
      const found = differences(snapshot(fleet, host), like)
      if (found.length > 0) return { found: found.map(told), applied }
    } else if ('file' in what) {
      const path = fleet.path(host, `/etc/life/${what.file}`)
      if (!wanted.some(({ name }) => name === `/etc/life/${what.file}`)) continue
      if (what.removes) rmSync(path, { force: true })
      else if (existsSync(path)) appendFileSync(path, 'by hand\n')
      // What a rollback goes back to is what was found, by hand or not.
      after.clear()
      continue
    } else {
      const earlier = [...after.keys()].sort((a, b) => a - b).slice(0, -1)
      const to = earlier[what.to % earlier.length]
      if (to === undefined) continue
      const one = session(wanted)
      const plan = await one.planRollback(to)
      const bad = badly(await one.apply(plan))
      await one.close()
      if (bad !== undefined) return { found: [told(`to ${to}: ${bad}`)], applied }
      const found = differences(snapshot(fleet, host), after.get(to) ?? new Map())
      if (found.length > 0) return { found: found.map((problem) => told(`to ${to}: ${problem}`)), applied }
    }
    applied += 1
    after.set(await newestGeneration(fleet, host), snapshot(fleet, host))
  }
  return { found: [], applied }
}

/** What a spec makes of a host without a past. */
async function onFreshHost(fleet: Fleet, host: string, resources: readonly Resource[]): Promise<Snapshot> {
  for (const path of [...managed, '/var/lib/converge'])
    rmSync(fleet.path(host, path), { recursive: true, force: true })
  mkdirSync(fleet.path(host, '/etc/systemd/system'))
  plant(fleet, host)
  const session = fleet.session(resources, 'fleet', [host])
  const bad = badly(await session.apply(await session.plan()))
  await session.close()
  if (bad !== undefined) throw new Error(bad)
  return snapshot(fleet, host)
}

function freshFor(host: string): string {
  return `fresh-${host}`
}

async function newestGeneration(fleet: Fleet, host: string): Promise<number> {
  const session = fleet.session([], 'fleet', [host])
  const history = (await session.history()).get(host)
  await session.close()
  if (history === undefined || !('generations' in history)) throw new Error(`${host} has no history`)
  return Math.max(0, ...history.generations.map(({ number }) => number))
}

/** What systemd has in memory is its own affair. */
function snapshot(fleet: Fleet, host: string): Snapshot {
  const found = takeSnapshot(fleet.path(host, '/'), managed)
  return new Map(
    [...found].filter(([path]) => !/\.loaded$|^\/run\/embedded-systemd$/.test(path) && !isTemporary(path)),
  )
}

function badly({ hosts: [host] }: Report): string | undefined {
  if (host?.status === 'changed' || host?.status === 'unchanged') return undefined
  if (host?.status === 'failed') return String(host.error)
  return `it is ${host?.status}: ${host?.status === 'unsettled' ? JSON.stringify(host.remaining) : ''}`
}

test.run()
