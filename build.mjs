// Bundles the CLI and the DSL into dist/; with --types also the declarations that recipe authors' editors read.
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: { cli: 'src/cli.ts', dsl: 'src/dsl.ts' },
  outdir: 'dist',
  bundle: true,
  // One shared chunk: a user's recipe and the CLI must see the same Secret class and the same resource kinds.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  alias: { converge: './src/dsl.ts' },
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
})
chmodSync('dist/cli.js', 0o755)
if (process.argv.includes('--types')) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  })
}
