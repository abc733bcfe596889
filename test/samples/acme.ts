import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const fixture = fileURLToPath(new URL('../../fixtures/clusters/acme', import.meta.url))

/**
 * Copies the repository of `fixtures/clusters/acme`, in which two clusters share roles, data, secrets and recipes, to a folder,
 * and installs the package of its recipes there as npm would. Nothing is committed yet.
 */
export function acmeRepository(folder: string): void {
  cpSync(fixture, folder, { recursive: true })
  const npm = (...argv: readonly string[]) =>
    execFileSync('npm', [...argv, '--silent', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' })
  const packed = npm('pack', './packages/converge-tls').trim()
  // Its peer is this converge, which no registry needs to have.
  npm('install', `./${packed}`, '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund')
  git(folder, 'init', '--quiet')
}

/** Commits all but packed and installed packages, and gives the revision. */
export function commitAll(folder: string, message: string): string {
  git(folder, 'add', '--all', '--', ':!node_modules', ':!*.tgz')
  git(folder, 'commit', '--quiet', '--message', message)
  return git(folder, 'rev-parse', 'HEAD').trim()
}

function git(folder: string, ...argv: readonly string[]): string {
  const author = ['-c', 'user.name=acme', '-c', 'user.email=acme@example.com', '-c', 'commit.gpgsign=false']
  return execFileSync('git', ['-C', folder, ...author, ...argv], { encoding: 'utf8' })
}
