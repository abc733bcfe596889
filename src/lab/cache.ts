import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Where trees and archives that take long to build are kept between runs. */
const cacheDirectory = process.env.CONVERGE_LAB_CACHE ?? '/var/cache/converge-lab'

/**
 * The cached directory `name`, built by `build` when it is not there. It is built under another name and renamed, so an
 * interrupted build leaves nothing that looks whole; of two builders at once the first one's result serves both.
 */
export async function cached(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(cacheDirectory, name)
  if (existsSync(directory)) return directory
  await mkdir(cacheDirectory, { recursive: true })
  await removeInterruptedBuilds()
  const partial = `${directory}.partial-${process.pid}`
  await mkdir(partial)
  try {
    await build(partial)
    await rename(partial, directory)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    if (!existsSync(directory)) throw error
  }
  return directory
}

async function removeInterruptedBuilds(): Promise<void> {
  for (const name of await readdir(cacheDirectory)) {
    const builder = /\.partial-(\d+)$/.exec(name)?.[1]
    if (builder !== undefined && !existsSync(`/proc/${builder}`)) {
      await rm(join(cacheDirectory, name), { recursive: true, force: true })
    }
  }
}
