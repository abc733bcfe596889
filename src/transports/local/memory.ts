import { existsSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '../../model/transport.ts'
import { localConnection } from './local.ts'
import { plantRootTree } from './root-tree.ts'

/** Temporary hosts: each a new root tree, in memory if this machine has a file system for that. */
export interface MemoryHosts {
  /** The same host keeps its tree until `close`. */
  connect(host: string): Promise<Connection>
  /** Removes all trees. */
  close(): Promise<void>
}

const MEMORY_FILE_SYSTEM = '/dev/shm'

export function createMemoryHosts(): MemoryHosts {
  const roots = new Map<string, Promise<string>>()
  return {
    async connect(host) {
      const root = roots.get(host) ?? plant()
      roots.set(host, root)
      return localConnection({ host, root: await root })
    },
    async close() {
      const planted = await Promise.allSettled(roots.values())
      roots.clear()
      await Promise.all(
        planted.map((root) =>
          root.status === 'fulfilled' ? rm(root.value, { recursive: true, force: true }) : undefined,
        ),
      )
    },
  }
}

async function plant(): Promise<string> {
  const parent = existsSync(MEMORY_FILE_SYSTEM) ? MEMORY_FILE_SYSTEM : await realpath(tmpdir())
  const root = await mkdtemp(join(parent, 'converge-'))
  await plantRootTree(root)
  return root
}
