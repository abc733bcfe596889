import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type KnownHost, keyTypeOf, parseKnownHosts } from './known-hosts.ts'

/** The known_hosts files of one run: each is read and parsed once. */
export interface KnownHostsStore {
  /** Entries of all the files, in order; a file that does not exist has none. */
  entries(files: readonly string[]): Promise<readonly KnownHost[]>
  /** Adds a line to a file (created 0600, its folder 0700) and to later results of `entries`. */
  append(file: string, name: string, key: Uint8Array): Promise<void>
}

export function createKnownHostsStore(): KnownHostsStore {
  const cache = new Map<string, Promise<readonly KnownHost[]>>()
  let appending: Promise<void> = Promise.resolve()

  const load = (file: string): Promise<readonly KnownHost[]> => {
    const known = cache.get(file) ?? readKnownHosts(file)
    cache.set(file, known)
    return known
  }

  return {
    async entries(files) {
      return (await Promise.all(files.map(load))).flat()
    },
    append(file, name, key) {
      const added = appending.then(async () => {
        const before = await load(file)
        const blob = Buffer.from(key).toString('base64')
        const line = `${name} ${keyTypeOf(key)} ${blob}`
        // Two hosts with one name may connect at the same time: the line may already be there.
        if (before.some((entry) => entry.names === name && entry.key === blob)) return
        await appendLine(file, line)
        cache.set(file, readKnownHosts(file))
      })
      // The next append waits for this one, but does not fail with it.
      appending = added.catch(() => undefined)
      return added
    },
  }
}

async function readKnownHosts(file: string): Promise<readonly KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
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
    await handle.write(`${size > 0 && last.toString() !== '\n' ? '\n' : ''}${line}\n`)
  } finally {
    await handle.close()
  }
}
