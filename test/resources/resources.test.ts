import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ResourceConflict, SpecError } from '../../src/model/errors.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { Platform } from '../../src/model/platform.ts'
import { isComposite, type Resource, type Trigger } from '../../src/model/resource.ts'
import type { ValueMap } from '../../src/model/value.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { blankFacts } from './blank-facts.ts'

/** One case on disk: facts in, steps (or the conflict) out. `desired` may carry relations. */
interface Case {
  readonly desired: ValueMap
  readonly facts: Partial<Facts>
  readonly trigger?: Trigger
  readonly steps?: unknown
  readonly conflict?: { readonly message: string; readonly remedy: string }
}

/** One case of a composite: the platform in, if it is not Debian 12; its parts (or the mistake) out. */
interface CompositeCase {
  readonly desired: ValueMap
  readonly platform?: Partial<Platform>
  readonly parts?: unknown
  readonly mistake?: { readonly message: string; readonly hint?: string }
}

const root = new URL('../../fixtures/resources/', import.meta.url)

for (const [kind, resourceKind] of Object.entries(resourceKinds)) {
  for (const name of readdirSync(new URL(`${kind}/`, root)).sort()) {
    test(`${kind}: ${name.replace('.json', '').replaceAll('-', ' ')}`, () => {
      const given = JSON.parse(readFileSync(new URL(`${kind}/${name}`, root), 'utf8'))
      if ('parts' in given || 'mistake' in given) return checkParts(given)
      const resource = resourceKind.create(given.desired)
      if (isComposite(resource)) throw new Error('it has parts')
      checkSteps(given, resource)
    })

    function checkParts(given: CompositeCase): void {
      try {
        const made = resourceKind.create(given.desired)
        if (!isComposite(made)) throw new Error('it has no parts')
        const parts = made.parts({
          platform: { ...platform, ...(given.platform ?? { os: 'debian', release: '12' }) },
        })
        const shown = parts.map(({ id, desired, relations }) => ({ id, desired, relations }))
        assert.equal(JSON.parse(JSON.stringify(shown, identified)), given.parts)
      } catch (error) {
        if (!(error instanceof SpecError)) throw error
        const [{ message, hint } = {}, ...others] = error.problems
        assert.equal([{ message, ...(hint !== undefined && { hint }) }, ...others], [given.mistake])
      }
    }
  }
}

const platform: Platform = {
  init: 'systemd',
  stateDir: '/var/lib/converge',
  stagingDir: '/var/tmp',
  binDir: '/usr/local/bin',
}

/** Relations name resources, as a spec does. */
function identified(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'id' in value && 'kind' in value ? value.id : value
}

function checkSteps(given: Case, resource: Resource): void {
  const steps = () => resource.steps({ ...blankFacts, ...given.facts }, given.trigger)
  if (given.conflict === undefined) {
    assert.equal(JSON.parse(JSON.stringify(steps())), given.steps)
    return
  }
  try {
    steps()
    assert.unreachable('no conflict')
  } catch (error) {
    if (!(error instanceof ResourceConflict)) throw error
    const { message, remedy } = error
    assert.equal({ resource: error.resource, message, remedy }, { resource: resource.id, ...given.conflict })
  }
}

test.run()
