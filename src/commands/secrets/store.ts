import { existsSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { readDocuments } from '../../load/files/read-documents.ts'
import { type LoadedSecrets, loadSecrets, parseSecrets } from '../../load/load-secrets.ts'
import { codeOf, SpecError } from '../../model/errors.ts'
import { createSecretsInUse } from '../../secrets/keyring.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { usageError } from '../cli/usage-error.ts'
import { rewriteWhole } from '../io/write-whole.ts'
import { repositoryOf } from '../spec/git-state.ts'

/** Which secrets.yaml a command works on. */
export interface StoreOptions {
  /** The spec, whose `secrets:` may name another file than the one beside it. */
  readonly file: string
}

/** The file of secrets of a spec; beside the spec's place if there is none yet. */
export async function secretsFileOf({ file }: StoreOptions): Promise<string> {
  const folder = resolve(dirname(file))
  const { document } = existsSync(file)
    ? await readDocuments(file, repositoryOf(folder) ?? folder, createSecretsInUse().refer)
    : { document: undefined }
  const { secrets } = document?.data ?? {}
  if (document === undefined || typeof secrets !== 'string') return join(dirname(file), 'secrets.yaml')
  return placeBelow(document.fileOf(['secrets']), secrets)
}

/** A path that a spec names, in its repository; outside of git, in its folder. */
export async function placeBelow(spec: string, path: string): Promise<string> {
  const folder = resolve(dirname(spec))
  const root = repositoryOf(folder) ?? folder
  const place = join(dirname(spec), path)
  if (isAbsolute(path) || leaves(root, place) || leaves(await realpath(root), await realPlace(place)))
    throw usageError(`${path} is not below ${root}`, 'the secrets of a spec are in its repository')
  return place
}

/** Also of what is not there yet. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error
    return join(await realPlace(dirname(path)), basename(path))
  }
}

function leaves(root: string, path: string): boolean {
  const way = relative(root, resolve(path))
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
}

/** Reads the secrets of a spec. Throws a SpecError. */
export async function openStore(options: StoreOptions): Promise<LoadedSecrets> {
  return loadSecrets(await secretsFileOf(options))
}

/** Writes another text, if it is another one. Throws a SpecError if that is not valid, or the file was changed meanwhile. */
export async function saveStore(store: LoadedSecrets, changed: string): Promise<LoadedSecrets> {
  const { file, text } = store
  if (changed === text) return store
  const made = parsedAnew(file, changed)
  if ((await readFile(file, 'utf8')) !== text)
    throw usageError(`${file} was changed meanwhile`, 'run the command again; nothing was written')
  await rewriteWhole(file, changed)
  return made
}

/** The places in a text that is not written would mislead. */
function parsedAnew(file: string, text: string): LoadedSecrets {
  try {
    return parseSecrets(file, text)
  } catch (error) {
    const [first] = error instanceof SpecError ? error.diagnostics : []
    if (first === undefined) throw error
    throw usageError(
      `${file} would not be valid any more: ${first.message}`,
      'nothing was written; change what refers to it first',
    )
  }
}

/** Throws a SpecError if the file has no such secret. */
export function entryOf({ file, secrets }: LoadedSecrets, key: string) {
  const entry = secrets.get(key)
  if (entry !== undefined) return entry
  throw usageError(`${file} has no secret ${key}`, nearestHint(key, [...secrets.keys()], 'it has none yet'))
}

/** Throws a SpecError if nobody could open a value. */
export function recipientsOf({ file, recipients }: LoadedSecrets): readonly string[] {
  if (recipients.size > 0) return [...recipients.values()]
  throw usageError(
    `${file} has no recipients, so that nobody could open the value`,
    'run `converge secrets recipients add NAME KEY`',
  )
}
