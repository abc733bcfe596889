// Bundles the CLI and the DSL into dist/; with --types also the declarations that recipe authors' editors read.
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { build } from 'esbuild'
import { precompiledChecks } from './build-checks.mjs'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
// Many small modules: loading them one by one costs more than everything else at the start. ssh2 has optional native
// parts and jiti loads itself, so they stay packages. ajv is a file of its own, which few commands load.
const bundled = new Set([
  'ajv',
  'commander',
  'diff',
  'fastest-levenshtein',
  'handlebars',
  'p-limit',
  'typebox',
  'yaml',
])
const requireBanner =
  "import { createRequire as converge_createRequire } from 'node:module'; const require = converge_createRequire(import.meta.url);"

const bundle = async (outdir, precompiled) => {
  await build({
    entryPoints: { ajv: 'ajv/dist/2020.js' },
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  })
  await build({
    entryPoints: { cli: 'src/cli.ts', dsl: 'src/dsl.ts' },
    outdir,
    bundle: true,
    // One shared chunk: a user's recipe and the CLI must see the same Secret class and the same resource kinds.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: Object.keys(manifest.dependencies).filter((name) => !bundled.has(name)),
    banner: { js: requireBanner },
    alias: { converge: './src/dsl.ts' },
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
    plugins: [
      {
        name: 'precompiled',
        setup({ onLoad }) {
          const resolveDir = 'src/validation'
          onLoad({ filter: /src.validation.precompiled\.ts$/ }, () => ({ contents: precompiled, resolveDir }))
          onLoad({ filter: /src.validation.ajv\.ts$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8').replace("('ajv/dist/2020.js')", "('../ajv.cjs')"),
            loader: 'ts',
            resolveDir,
          }))
        },
      },
    ],
  })
}

const checks = await precompiledChecks(bundle)
// The declarations stay: only --types makes them, which takes several times as long.
for (const part of ['ajv.cjs', 'cli.js', 'dsl.js', 'chunks'])
  rmSync(`dist/${part}`, { recursive: true, force: true })
await bundle('dist', checks)
chmodSync('dist/cli.js', 0o755)
if (process.argv.includes('--types')) {
  rmSync('dist/types', { recursive: true, force: true })
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  })
}
