import { dirname } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { believed, placeOf, type Target, targetKinds } from '../../src/model/targets/index.ts'
import { createValidator } from '../../src/validation/validator.ts'
import { loadText, mistakes } from '../load/load-text.ts'

/** One way to reach hosts under test. */
export interface TargetUnderTest {
  readonly transport: Target['transport']
  /** What a spec in the folder /spec says of a host besides its transport, and the target that the host gets. */
  readonly specs: readonly (readonly [host: object, target: Target])[]
  /** What a spec may not say, and the mistake. */
  readonly refused: readonly (readonly [host: object, mistake: string])[]
  /** Hosts that are different machines. */
  readonly different: readonly object[]
  /** Hosts that are one machine, and the mistake. */
  readonly same?: readonly [one: object, other: object, mistake: string]
  /** What a host with the target `reporter` reports of a removed one, and what is trusted. */
  readonly reported: readonly {
    readonly target: Target
    readonly reporter: Target
    readonly believed: Target | undefined
  }[]
}

/** What must be true of every way to reach hosts. Registers and runs a suite. */
export function targetContract(underTest: TargetUnderTest): void {
  const { transport, specs, refused, different, same, reported } = underTest
  const test = suite(`target ${transport}`)
  const isTarget = createValidator({ ...targetKinds[transport].schema }, 'target')
  const targets = specs.map(([, target]) => target)
  const specOf = (...hosts: readonly object[]): string => {
    const named = hosts.map((host, index) => [`host${index}`, { transport, recipes: ['docker'], ...host }])
    return JSON.stringify({ cluster: 'c', hosts: Object.fromEntries(named) })
  }

  test('a spec says all that it needs', async () => {
    for (const [host, target] of specs) {
      const { cluster } = await loadText(specOf(host))
      const folder = `${dirname(cluster.file)}/`
      assert.equal(cluster.hosts[0]?.target, JSON.parse(JSON.stringify(target).replaceAll('/spec/', folder)))
    }
  })

  test('a spec that says something else is reported of its mistake', async () => {
    for (const [host, mistake] of refused) {
      const [said = '', ...more] = await mistakes(specOf(host))
      assert.is(said.replace(/^\S+ /, ''), mistake)
      assert.equal(more, [])
    }
  })

  test('its target is valid data, and no other transport has it', () => {
    for (const target of targets) {
      assert.ok(isTarget(JSON.parse(JSON.stringify(target))).ok, JSON.stringify(target))
      for (const other of Object.keys(targetKinds))
        assert.is(isTarget({ ...target, transport: other }).ok, other === transport)
    }
  })

  test('no text of a target can hold what no word of a shell can', () => {
    for (const target of targets) {
      for (const [path, text] of textsOf(target)) {
        const spoilt = JSON.parse(
          JSON.stringify(target, (key, value) => (key === path ? `${text}\0` : value)),
        )
        assert.not(isTarget(spoilt).ok, JSON.stringify(spoilt))
      }
    }
  })

  test('a spec may have different machines, and each of them once', async () => {
    const { cluster } = await loadText(specOf(...different))
    const places = cluster.hosts.map(({ target }) => placeOf(target)?.words)
    const distinct = new Set(places)
    assert.is(distinct.size, distinct.has(undefined) ? 1 : different.length)
    assert.is(same === undefined, distinct.has(undefined))
    if (same === undefined) return
    const [one, other, mistake] = same
    const [said = ''] = await mistakes(specOf(one, other))
    assert.is(said.replace(/^\S+ /, ''), mistake)
  })

  test("a host's word about another one is believed only so far", () => {
    for (const { target, reporter, believed: expected } of reported)
      assert.equal(believed(target, reporter), expected)
  })

  test.run()
}

/** The texts in a target by their keys. */
function textsOf(value: object): readonly (readonly [key: string, text: string])[] {
  return Object.entries(value).flatMap(([key, below]) => {
    if (typeof below === 'object' && below !== null) return textsOf(below)
    return typeof below === 'string' ? [[key, below] as const] : []
  })
}
