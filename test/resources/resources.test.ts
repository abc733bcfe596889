import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ResourceConflict } from '../../src/model/errors.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { Trigger } from '../../src/model/resource.ts'
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

const root = new URL('../../fixtures/resources/', import.meta.url)

for (const [kind, resourceKind] of Object.entries(resourceKinds)) {
  for (const name of readdirSync(new URL(`${kind}/`, root)).sort()) {
    test(`${kind}: ${name.replace('.json', '').replaceAll('-', ' ')}`, () => {
      const given: Case = JSON.parse(readFileSync(new URL(`${kind}/${name}`, root), 'utf8'))
      const resource = resourceKind.create(given.desired)
      const steps = () => resource.steps({ ...blankFacts, ...given.facts }, given.trigger)
      if (given.conflict === undefined) {
        assert.equal(JSON.parse(JSON.stringify(steps())), given.steps)
      } else {
        try {
          steps()
          assert.unreachable('no conflict')
        } catch (error) {
          if (!(error instanceof ResourceConflict)) throw error
          const { message, remedy } = error
          assert.equal(
            { resource: error.resource, message, remedy },
            { resource: resource.id, ...given.conflict },
          )
        }
      }
    })
  }
}

test.run()
