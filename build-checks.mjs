// Compiles converge's own JSON Schemas at the build: at each start that would take a quarter of the time of a command.
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { build, transform } from 'esbuild'
import { parse, stringify } from 'yaml'

const folder = 'dist/recorder'

/**
 * The text of `src/validation/precompiled.ts` with the checks of all schemas that are asked for when a spec has every kind
 * of resource, every built-in recipe and every transport. `bundle` makes a converge in a folder, given the text of that module.
 */
export async function precompiledChecks(bundle) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    const recorded = join(folder, 'schemas')
    await bundle(
      folder,
      `import { appendFileSync } from 'node:fs'
export const precompiledCheck = (schema) => appendFileSync(${JSON.stringify(recorded)}, schema + '\\n')`,
    )
    writeFileSync(join(folder, 'secrets.yaml'), `salt: "${'0'.repeat(32)}"\n`)
    for (const [name, spec] of Object.entries({ kinds: everyKind(), recipes: everyRecipe() })) {
      const file = join(folder, `${name}.yaml`)
      writeFileSync(file, stringify(spec))
      const { status, stderr } = spawnSync(
        process.execPath,
        [join(folder, 'cli.js'), 'validate', '-f', file],
        { encoding: 'utf8' },
      )
      if (status !== (name === 'kinds' ? 0 : 3)) throw new Error(`${name}: ${stderr}`)
    }
    return await moduleOf(new Set(readFileSync(recorded, 'utf8').trimEnd().split('\n')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The examples of all pages, each on a host of its own. */
function everyKind() {
  const pages = readdirSync('docs/resources').filter((page) => page.endsWith('.md'))
  const hosts = pages.map((page) => {
    const text = readFileSync(join('docs/resources', page), 'utf8')
    const [, example = ''] = /^## Example\n+```yaml\n(.*?)^```/ms.exec(text) ?? []
    return [basename(page, '.md').toLowerCase(), { transport: 'memory', ...parse(example) }]
  })
  const platform = { os: 'debian', release: '12' }
  const reached = {
    near: { transport: 'directory', directory: 'tree' },
    far: { address: '192.0.2.1', ssh: { user: 'root' } },
  }
  for (const file of ['index.html', 'internal-ca.pem']) {
    mkdirSync(join(folder, 'files'), { recursive: true })
    writeFileSync(
      join(folder, 'files', file),
      '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n',
    )
  }
  return {
    cluster: 'kinds',
    platform,
    ssh: { user: 'root' },
    hosts: { ...Object.fromEntries(hosts), ...reached },
  }
}

/** Of the recipes only the attributes are checked: most need some. */
function everyRecipe() {
  const recipes = readdirSync('recipes').filter((name) => !name.includes('.'))
  return {
    cluster: 'recipes',
    hosts: Object.fromEntries(recipes.map((name) => [name, { transport: 'memory', recipes: [name] }])),
  }
}

/** Writes a file for each check, which is loaded when it is asked for: together they are large. */
async function moduleOf(schemas) {
  const outfile = join(folder, 'options.mjs')
  await build({ entryPoints: ['src/validation/ajv-options.ts'], bundle: true, format: 'esm', outfile })
  const { ajvOptions } = await import(resolve(outfile))
  const ajv = new Ajv2020(withSource(ajvOptions))
  rmSync('dist/checks', { recursive: true, force: true })
  mkdirSync('dist/checks')
  const names = []
  for (const schema of schemas) {
    const name = hash('sha256', schema)
    writeFileSync(join('dist/checks', `${name}.cjs`), await checkCode(ajv, JSON.parse(schema)))
    names.push(name)
  }
  return `import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import { boundedPattern } from './bounded-pattern.ts'
const names = new Set(${JSON.stringify(names)})
const load = createRequire(import.meta.url)
export function precompiledCheck(schema) {
  const name = hash('sha256', schema)
  return names.has(name) ? load('../checks/' + name + '.cjs')(boundedPattern) : undefined
}
`
}

export function withSource(options) {
  return { ...options, code: { ...options.code, source: true } }
}

/** A CommonJS module that gives the check of a schema when it is given what the code of ajv's patterns names. */
export async function checkCode(ajv, schema) {
  const code = standalone.default(ajv, ajv.compile(schema))
  const inside = code
    .replaceAll('module.exports.default', 'check.default')
    .replace('module.exports', 'const check')
  const whole = `module.exports = (boundedPattern) => {\n${inside}\nreturn check }`
  return (await transform(whole, { minify: true })).code
}
