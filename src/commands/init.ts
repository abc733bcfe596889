import { existsSync } from 'node:fs'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { packageRoot } from '../load/recipes/read-asset.ts'
import { shellWord } from '../model/shell-word.ts'
import { jsonText } from '../report/json/json-text.ts'
import { plantRootTree } from '../transports/local/root-tree.ts'
import { usageError } from './cli/usage-error.ts'
import type { ExitCode, Io } from './io/io.ts'
import { writeWhole } from './io/write-whole.ts'
import { editorSchemaOf } from './schema.ts'
import { loadSpec } from './spec/load-spec.ts'
import { starterFiles, starterRoots, starterTypes } from './starter/starter-files.ts'

export interface InitOptions {
  /** Only link the types for editors. */
  readonly types?: boolean
}

/** `converge init [DIR]`: writes a working project into a folder, which is created if missing. Overwrites nothing. */
export async function init(directory: string, options: InitOptions, io: Io): Promise<ExitCode> {
  if (options.types) {
    if (!existsSync(join(directory, 'cluster.yaml'))) {
      const hint = `name the folder of a project, or write a new one with \`converge init ${shellWord(directory)}\``
      throw usageError(`there is no cluster.yaml in ${directory}`, hint)
    }
    await linkTypes(directory)
    io.stdout.write(`wrote ${join(directory, starterTypes)}\n`)
    return 0
  }
  const paths = [...Object.keys(starterFiles), 'cluster.schema.json', starterTypes, ...starterRoots]
  const inTheWay = paths.filter((path) => existsSync(join(directory, path)))
  if (inTheWay.length > 0) {
    const names = inTheWay.join(', ')
    throw usageError(`${directory} is not empty (${names})`, 'choose another folder; nothing was written')
  }
  try {
    await writeProject(directory)
  } catch (error) {
    // A half-written project would be in the way of the next attempt.
    for (const path of paths) await rm(join(directory, path), { recursive: true, force: true })
    throw error
  }
  const change = directory === '.' ? '' : `cd ${directory} && `
  io.stdout.write(
    `${paths.map((path) => `wrote ${join(directory, path)}\n`).join('')}\nNext: ${change}converge --dry-run\n`,
  )
  return 0
}

async function writeProject(directory: string): Promise<void> {
  for (const [path, content] of Object.entries(starterFiles)) await writeNew(join(directory, path), content)
  for (const root of starterRoots) await plantRootTree(join(directory, root))
  const schema = editorSchemaOf(await loadSpec({ file: join(directory, 'cluster.yaml') }))
  await writeNew(join(directory, 'cluster.schema.json'), jsonText(schema))
  await linkTypes(directory)
}

/** Makes the link anew if it leads to another copy of converge. */
async function linkTypes(directory: string): Promise<void> {
  const path = join(directory, starterTypes)
  await mkdir(dirname(path), { recursive: true })
  await rm(path, { force: true })
  await symlink(packageRoot(), path)
}

async function writeNew(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeWhole(path, content, 0o666)
}
