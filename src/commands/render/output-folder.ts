import { chmod, lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../model/errors.ts'
import { usageError } from '../cli/usage-error.ts'
import { writeWhole } from '../io/write-whole.ts'

const marker = '.converge-render.json'

/** Prepares a folder for the trees of these hosts: it must be new, empty, or made by render, which replaces its trees. */
export async function prepareOutputFolder(folder: string, hosts: readonly string[]): Promise<void> {
  const entries = await listFolder(folder)
  const previous = entries.includes(marker) ? await readMarker(folder) : []
  if (entries.length > 0 && !entries.includes(marker)) {
    throw usageError(`${folder} is not empty, and render did not make it`, 'choose a new folder')
  }
  const inTheWay = entries.find((entry) => hosts.includes(entry) && !previous.includes(entry))
  if (inTheWay !== undefined) {
    throw usageError(`${join(folder, inTheWay)} exists, and render did not make it`, 'move it away')
  }
  await mkdir(folder, { recursive: true })
  // First, so that render recognizes its own files after an interruption.
  const made = { madeBy: 'converge render', hosts: [...new Set([...previous, ...hosts])] }
  await writeWhole(join(folder, marker), `${JSON.stringify(made, null, 2)}\n`, 0o666)
  for (const host of previous) await removeTree(join(folder, host))
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw usageError(`${folder} is not a folder`, 'choose a new folder')
    throw error
  }
}

async function readMarker(folder: string): Promise<readonly string[]> {
  const file = join(folder, marker)
  // render writes this file again, and must not write through a link.
  if (!(await lstat(file)).isFile()) throw usageError(`${file} is not a regular file`, 'choose a new folder')
  const content = parsed(await readFile(file, 'utf8'))
  const hosts =
    typeof content === 'object' && content !== null && 'hosts' in content ? content.hosts : undefined
  const isName = (host: unknown): host is string =>
    typeof host === 'string' && host !== '' && host !== '.' && host !== '..' && !/[/\\\0]/.test(host)
  if (Array.isArray(hosts) && hosts.every(isName)) return hosts
  throw usageError(`${file} is damaged`, 'choose a new folder')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Removes a folder with what is in it, however closed that is. */
export async function removeTree(folder: string): Promise<void> {
  await openFolders(folder)
  await rm(folder, { recursive: true, force: true })
}

/** Makes rendered directories removable, which may be closed even to their owner. Follows no links. */
async function openFolders(folder: string): Promise<void> {
  const stats = await lstat(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (stats?.isDirectory() !== true) return
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder)) await openFolders(join(folder, entry))
}
