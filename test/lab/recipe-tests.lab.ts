import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { run } from '../../src/lab/command.ts'
import { createProject, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('tests of recipes on hosts that boot for them')
let project: Project

test.before(async () => {
  project = await createProject('')
  await mkdir(join(project.directory, 'recipes/app/test/one'), { recursive: true })
  await project.write('recipes/app/test/one/cluster.yaml', spec)
})

test.after(() => project?.remove())

test('every built-in recipe converges, and leaves its hosts', async () => {
  const { exitCode, stdout, stderr } = await run(
    process.execPath,
    ['dist/cli.js', 'recipe', 'test', '--lab', '--json'],
    { timeoutMs: 15 * 60_000 },
  )
  assert.is(exitCode, 0, stdout + stderr)
  const { cases }: { cases: readonly { recipe: string; notes: readonly string[] }[] } = JSON.parse(stdout)
  const tried = cases.filter(({ notes }) => notes.some((note) => /^converges on \d+ lab hosts?,/.test(note)))
  assert.equal(
    [...new Set(tried.map(({ recipe }) => recipe))],
    ['base', 'containerd', 'docker', 'etcd', 'firewall', 'fleet', 'ssh', 'test-service'],
  )
})

test('a recipe whose service does not stay up fails, and says so', async () => {
  await project.write('recipes/app/recipe.js', recipe('/bin/false'))
  assert.is((await project.converge(['recipe', 'test', '--update'])).exitCode, 0)
  const { exitCode, stdout } = await project.converge(['recipe', 'test', '--lab', '--json'])
  assert.is(exitCode, 1, stdout)
  assert.match(stdout, '"status": "failed"')
  assert.match(stdout, 'still differs: start app.service')
  await project.write('recipes/app/recipe.js', recipe('/usr/bin/sleep infinity'))
  assert.is((await project.converge(['recipe', 'test', '--update'])).exitCode, 0)
  const mended = await project.converge(['recipe', 'test', '--lab', '--json'])
  assert.is(mended.exitCode, 0, mended.stdout)
  assert.match(mended.stdout, 'converges on 1 lab host, and leaves them')
})

const spec = `cluster: app
recipes: { app: ../../recipe.js }
hosts: { web0: { address: 192.0.2.10, recipes: [app] } }
`

function recipe(program: string): string {
  return `import { defineRecipe, unit } from 'converge'

export default defineRecipe({
  name: 'app',
  attributes: {},
  resources: ({ host }) => [
    unit({
      name: 'app.service',
      content: {
        Unit: { Description: 'at ' + host.address },
        Service: { ExecStart: '${program}', Restart: 'always' },
        Install: { WantedBy: 'multi-user.target' },
      },
      enabled: true,
      started: true,
    }),
  ],
})
`
}

test.run()
