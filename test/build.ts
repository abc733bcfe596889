import { symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { builtVariable, programs } from './programs.ts'

/** These load parts of themselves, are loaded when needed, or must be the same for uvu's command and the tests. */
const notBundled = [
  '@peculiar/x509',
  'age-encryption',
  'reflect-metadata',
  'esbuild',
  'fast-check',
  'jiti',
  'ssh2',
  'typescript',
  'uvu',
]

const requireBanner =
  "import { createRequire as converge_createRequire } from 'node:module'; const require = converge_createRequire(import.meta.url);"

/**
 * Builds test files below a folder, as `test/NAME.js`, with what they import. Several hundred modules that each process
 * reads and translates one by one cost more than most tests. Returns the environment for whoever runs them.
 */
export async function buildTests(
  files: readonly string[],
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  await build({
    entryPoints: [...files, ...programs],
    outbase: '.',
    outdir: folder,
    bundle: true,
    // What two files import is one module, also when both run in one process.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: notBundled,
    alias: { converge: './src/dsl.ts' },
    banner: { js: requireBanner },
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [
      {
        name: 'places',
        setup(building) {
          building.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
            contents: await read(path),
            loader: 'ts',
          }))
        },
      },
    ],
  })
  return { [builtVariable]: folder }
}

/** A module that looks for files beside itself means its source. */
async function read(path: string): Promise<string> {
  const url = JSON.stringify(pathToFileURL(path).href)
  return (await readFile(path, 'utf8')).replaceAll('import.meta.url', url)
}
