import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InternalError } from '../../model/errors.ts'
import { keyTypeOf } from '../../model/public-key.ts'
import { naming } from '../../model/system-error.ts'
import { shared } from '../shared.ts'
import { entriesFor, hashedName, isPlainName, type KnownHost, parseKnownHosts } from './known-hosts.ts'
import { recordingProblem } from './recording.ts'

/** The known_hosts files of one run: each is read and parsed once. */
export interface KnownHostsStore {
  /** Entries of all the files, in order; a file that does not exist has none. */
  entries(files: readonly string[]): Promise<readonly KnownHost[]>
  /** Why nothing may be added to a file that the spec names, if so. */
  recordingProblem(file: string): Promise<string | undefined>
  /** Adds a line to a file (created 0600, its folder 0700) and to later results of `entries`. */
  append(file: string, name: string, key: Buffer, form: 'plain' | 'hashed'): Promise<void>
  /** Whether the key was added in this run, for any host. */
  isNew(key: Buffer): boolean
}

/** `specRoot`: where a file that the spec names may be added to. */
export function createKnownHostsStore(specRoot: string | undefined): KnownHostsStore {
  const read = shared(readKnownHosts)
  const problems = shared((file: string) => recordingProblem(file, specRoot))
  const added = new Set<string>()
  let appending: Promise<void> = Promise.resolve()

  return {
    async entries(files) {
      return (await Promise.all(files.map(read.get))).flat()
    },
    recordingProblem: problems.get,
    isNew: (key) => added.has(key.toString('base64')),
    append(file, name, key, form) {
      if (!isPlainName(name)) throw new InternalError(`${JSON.stringify(name)} is not the name of one host`)
      added.add(key.toString('base64'))
      const appended = appending.then(async () => {
        const before = entriesFor(await read.get(file), name)
        // Two hosts with one name may connect at the same time: the line may already be there.
        if (before.some((entry) => entry.key.equals(key))) return
        const written = form === 'hashed' ? hashedName(name) : name
        await appendLine(file, `${written} ${keyTypeOf(key)} ${key.toString('base64')}`)
        read.forget(file)
      })
      // The next append waits for this one, but does not fail with it.
      appending = appended.catch(() => undefined)
      return appended
    },
  }
}

async function readKnownHosts(file: string): Promise<readonly KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw naming(file, error)
  }
}

/** One write in append mode, so that a concurrent append cannot tear the line. */
async function appendLine(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    const last = Buffer.alloc(1)
    if (size > 0) await handle.read(last, 0, 1, size - 1)
    try {
      await handle.writeFile(`${size > 0 && last.toString() !== '\n' ? '\n' : ''}${line}\n`)
    } catch (error) {
      // A part of a line would become a part of the next one.
      await handle.truncate(size).catch(() => undefined)
      throw error
    }
  } catch (error) {
    throw naming(file, error)
  } finally {
    await handle.close()
  }
}
