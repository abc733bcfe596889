import module from 'node:module'
import { ownCache } from './own-cache.ts'

/** Has Node keep what it compiles of converge between runs, where it can (from 22.1 on) and nobody else could change that. */
export async function keepCompiledCode(): Promise<void> {
  const enable: unknown = Reflect.get(module, 'enableCompileCache')
  if (typeof enable !== 'function') return
  const folder = await ownCache('code')
  if (folder !== undefined) enable(folder)
}
