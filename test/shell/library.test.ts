import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { operationSchemas } from '../../src/model/operation.ts'

/** Every function of the whole library, in the order in which they are defined. */
const { inspect, etcd, apply, launch, portable, revert } = hostLibrary()
const functions = [
  ...[inspect, etcd, apply, launch, portable, revert].join('\n').matchAll(/^(\w+)\(\)/gm),
].map(([, name = '']) => name)

for (const prefix of ['is', 'do']) {
  test(`each operation has one function ${prefix}_NAME, and no other function is called so`, () => {
    const expected = Object.keys(operationSchemas).map((op) => `${prefix}_${op.replaceAll('-', '_')}`)
    const found = functions.filter((name) => name.startsWith(`${prefix}_`))
    assert.equal(found.sort(), expected.sort())
  })
}

test('no function is defined twice, except in the launch program, which has its own', () => {
  const own = [...`${inspect}\n${apply}`.matchAll(/^(\w+)\(\)/gm)].map(([, name]) => name)
  assert.equal(
    own.filter((name, index) => own.indexOf(name) !== index),
    [],
  )
})

test.run()
