import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'
import { figure } from '../figure.ts'
import { ownTime } from './own-time.ts'

const spec = `cluster: recipes
recipes: { app: ./recipes/app/recipe.ts, other: ./recipes/other/recipe.ts }
hosts:
  node0: { transport: memory, recipes: [app, other] }
`

const recipe = (
  name: string,
  body: string,
  top = '',
): string => `import { defineRecipe, file } from 'converge'
${top}
export default defineRecipe({
  name: '${name}',
  attributes: { type: 'object' },
  resources(ctx): readonly ReturnType<typeof file>[] {
${body}
  },
})
`
const empty = '    return []'

/** Validates a spec with these recipes. */
async function validate(app: string, options: readonly string[] = [], other = recipe('other', empty)) {
  const folder = scratchFolder()
  writeFiles(folder, {
    'cluster.yaml': spec,
    'recipes/app/recipe.ts': app,
    'recipes/other/recipe.ts': other,
    secret: 'hunter2',
  })
  const elapsedMs = ownTime()
  const outcome = await converge(['validate', '-f', join(folder, 'cluster.yaml'), ...options])
  return { ...outcome, folder, tookMs: elapsedMs() }
}

test('a recipe that throws is shown with its own file and line, and the code there', async () => {
  const body = `    interface Settings { readonly port?: { readonly number: number } }
    const settings: Settings = {}

    const number = settings.port!.number
    return [file({ path: '/etc/app', content: String(number) })]`
  const { code, stderr, folder } = await validate(recipe('app', body))
  assert.is(code, 3)
  assert.match(stderr, `${join(folder, 'recipes/app/recipe.ts')}:10:`)
  assert.match(stderr, "recipe app: Cannot read properties of undefined (reading 'number')")
  assert.match(stderr, '10 |     const number = settings.port!.number\n')
})

test('a recipe that throws while it is loaded is shown with its file and line', async () => {
  const top = '\n\nthrow new Error("broken on purpose")'
  const { code, stderr, folder } = await validate(recipe('app', empty, top))
  assert.is(code, 3)
  assert.match(stderr, './recipes/app/recipe.ts cannot be loaded: broken on purpose')
  assert.match(stderr, `it was thrown at ${join(folder, 'recipes/app/recipe.ts')}:4\n`)
})

test('a recipe that is not TypeScript is refused with the place', async () => {
  const { code, stderr } = await validate('export default {{{\n')
  assert.is(code, 3)
  assert.match(
    stderr,
    /\.\/recipes\/app\/recipe\.ts cannot be loaded: ParseError: [\s\S]*\/recipe\.ts:1:16\n/,
  )
})

const loops: readonly (readonly [where: string, text: string, said: RegExp])[] = [
  [
    'when it makes its resources',
    recipe('app', '    for (;;) {}'),
    /recipe app: it did not finish within 1 s, on host node0/,
  ],
  [
    'and catches everything',
    recipe('app', '    for (;;) { try { for (;;) JSON.stringify(ctx.host) } catch {} finally { continue } }'),
    /recipe app: it did not finish within 1 s, on host node0/,
  ],
  [
    'while it is loaded',
    recipe('app', empty, 'for (;;) {}'),
    /\.\/recipes\/app\/recipe\.ts cannot be loaded: it did not finish within 1 s/,
  ],
]

for (const [where, text, said] of loops) {
  test(`a recipe that loops forever ${where} is ended and named`, async () => {
    const { code, stderr, tookMs } = await validate(text, ['--compile-timeout', '1s'])
    assert.is(code, 3)
    assert.match(stderr, said)
    assert.ok(tookMs < 10_000, `${tookMs} ms`)
  })
}

test('a recipe that cannot be finished at load, because it awaits, is refused', async () => {
  const { code, stderr } = await validate(recipe('app', empty, 'await new Promise(() => {})'))
  assert.is(code, 3)
  assert.match(stderr, 'await is only valid in async functions')
})

test('a recipe that is async is refused', async () => {
  const text = recipe('app', empty).replace('resources(ctx)', 'async resources(ctx)')
  const { code, stderr } = await validate(text.replace(/: readonly Return.*\[\] \{/, ' {'))
  assert.is(code, 3)
  assert.match(stderr, 'recipe app did not return a list of resources')
  assert.match(stderr, 'a recipe cannot be async')
})

test("a recipe that claims another one's path is refused, and both are named", async () => {
  const claim = `    return [file({ path: '/etc/app.conf', content: '' })]`
  const link = `    return [link({ path: '/etc/app.conf', target: '/x' }) as never]`
  const other = recipe('other', link).replace('file }', 'file, link }')
  const { code, stderr } = await validate(recipe('app', claim), [], other)
  assert.is(code, 3)
  assert.match(
    stderr,
    'the path /etc/app.conf has two owners: file[/etc/app.conf] by recipe app and link[/etc/app.conf] by recipe other',
  )
  assert.match(stderr, 'remove one of them, or give it another name')
})

for (const path of ['../../../secret', '/etc/passwd', '..']) {
  for (const read of ['file', 'template']) {
    test(`a recipe does not read ${path} as a ${read}`, async () => {
      const call = read === 'file' ? `ctx.file('${path}')` : `ctx.template('${path}', {})`
      const body = `    return [file({ path: '/etc/app', content: ${call} })]`
      const { code, stderr, stdout } = await validate(recipe('app', body))
      assert.is(code, 3)
      assert.match(stderr, /leads out of the folder|does not exist|is a directory/)
      assert.not.match(stderr + stdout, 'hunter2')
    })
  }
}

figure('recipes that do not end', loops.length)
test.run()
