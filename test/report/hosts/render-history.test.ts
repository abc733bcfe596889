import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { KeptGeneration } from '../../../src/model/manifest.ts'
import { type RecordedHost, renderHistory } from '../../../src/report/hosts/render-history.ts'
import { historyDocument } from '../../../src/report/json/history.ts'
import { createStyle } from '../../../src/report/text/style.ts'
import { assertValid } from '../assert-valid.ts'
import { refused } from '../sample-plan.ts'

function render(hosts: readonly RecordedHost[], verbose = false): string {
  return renderHistory({ hosts, style: createStyle({ color: false }), verbose })
}

function generation(number: number, changes: readonly string[]): KeptGeneration {
  const by = `ann@control since 2026-01-0${number}T00:00:00.000Z`
  return { number, run: `run-${number}`, by, changes, revert: [], manifest: [] }
}

const generations = [generation(2, ['a: b', 'c: d', 'e: f', 'g: h', 'i: j']), generation(1, ['a: b'])]

test('shows hosts with the same history together, and a few changes of each generation', () => {
  const hosts = ['web0', 'web1'].map((host) => ({ host, generations }))
  assert.is(
    render([...hosts, { host: 'db', generations: [], held: 'ann since today' }]),
    `web[0-1]
  generation 2, 2026-01-02 00:00:00 UTC, ann@control
    a: b
    c: d
    e: f
    and 2 more changes; --verbose shows them
  generation 1, 2026-01-01 00:00:00 UTC, ann@control
    a: b

db held after a rollback by ann since today
  no applies are recorded
`,
  )
})

test('shows all changes when verbose', () => {
  assert.match(render([{ host: 'a', generations }], true), '    g: h\n    i: j\n')
})

test('says why a host could not be asked', () => {
  assert.match(
    render([{ host: 'infra1', error: refused }]),
    'infra1\n  unreachable at connect: connection refused',
  )
})

test('lets no control character of a host through', () => {
  const hostile = { ...generation(1, ['\x1b[2J']), by: '\x07me\r' }
  assert.not(
    /[\0-\x09\x0b-\x1f\x7f-\x9f]/.test(render([{ host: 'a', generations: [hostile], held: '\x1b' }])),
  )
})

test('is documented as JSON', () => {
  const hosts = [
    { host: 'a', generations: [...generations, { ...generation(0, []), by: 'nobody' }], held: 'ann' },
    { host: 'b', error: refused },
  ]
  assertValid('history', historyDocument('sample', hosts))
})

test.run()
