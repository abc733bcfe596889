import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quote } from '../../src/shell/quote.ts'
import { type RootTree, withRootTree } from './root-tree.ts'
import { shells } from './shells.ts'

/** Tells whether a shell has run text that it should have kept as text. */
export interface Canary {
  /** Whether the command `canary` was run, or a redirection has left a file where programs are started. */
  hasSung(): boolean
}

/**
 * Hands a fresh root tree of each shell to a test, side by side, in which the command `canary` can be run from
 * anywhere: hostile text needs no slash to call it.
 */
export async function inEachShellWithCanary(
  use: (tree: RootTree, canary: Canary) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'converge-canary-'))
  try {
    await Promise.all(
      shells.map(async (shell, index) => {
        const [bin, cwd, sung] = ['bin', 'cwd', 'sung'].map((name) => join(directory, `${name}-${index}`))
        if (bin === undefined || cwd === undefined || sung === undefined) return
        mkdirSync(bin)
        mkdirSync(cwd)
        writeFileSync(join(bin, 'canary'), `#!/bin/sh\n: >${quote(sung)}\n`, { mode: 0o755 })
        const canary = { hasSung: () => existsSync(sung) || readdirSync(cwd).length > 0 }
        const environment = { PATH: `${bin}:${process.env.PATH}` }
        try {
          await withRootTree(shell, (tree) => use(tree, canary), { environment, cwd })
        } catch (error) {
          if (error instanceof Error) error.message = `in ${shell.name}: ${error.message}`
          throw error
        }
      }),
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
