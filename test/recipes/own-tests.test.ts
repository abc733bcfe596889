import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtinRecipes } from '../../recipes/index.ts'
import { converge } from '../commands/recording-io.ts'

test('every built-in recipe has tests, and they pass', async () => {
  const { code, stdout } = await converge(['recipe', 'test', '--json'])
  const { cases } = JSON.parse(stdout)
  assert.is(code, 0, stdout)
  const tested = new Set(cases.map(({ recipe }: { readonly recipe: string }) => recipe))
  assert.equal([...tested], Object.keys(builtinRecipes).sort())
})

test('the README of every built-in recipe is as its schema says', async () => {
  const { code, stdout } = await converge(['recipe', 'docs', '--check'])
  assert.is(code, 0, stdout)
})

test.run()
