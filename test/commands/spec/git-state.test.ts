import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gitState } from '../../../src/commands/spec/git-state.ts'

let folder: string

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-state-'))
})
test.after.each(() => rmSync(folder, { recursive: true }))

function git(...argv: readonly string[]): string {
  const identity = [
    '-c',
    'user.name=ann',
    '-c',
    'user.email=ann@example.com',
    '-c',
    'init.defaultBranch=main',
  ]
  return execFileSync('git', ['-C', folder, ...identity, ...argv], { encoding: 'utf8', stdio: 'pipe' }).trim()
}

function commitAll(): string {
  git('add', '--all')
  git('commit', '--quiet', '--message', 'all')
  return git('rev-parse', 'HEAD')
}

/** A program as git runs it, which leaves a file behind. */
function program(): string {
  return `touch ${join(folder, '..', 'ran')}; false`
}

/** Plain files that git takes for a repository, with a program in its config. */
function plantRepository(at: string): void {
  mkdirSync(join(at, 'refs/heads'), { recursive: true })
  mkdirSync(join(at, 'objects'))
  for (const keep of ['objects/.keep', 'refs/heads/.keep']) writeFileSync(join(at, keep), '')
  writeFileSync(join(at, 'HEAD'), 'ref: refs/heads/main\n')
  writeFileSync(
    join(at, 'config'),
    `[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\nfsmonitor = "${program()}"\n`,
  )
}

test('is the commit, and whether something differs from it, from any folder of the working tree', async () => {
  git('init', '--quiet')
  mkdirSync(join(folder, 'clusters/a'), { recursive: true })
  writeFileSync(join(folder, 'clusters/a/cluster.yaml'), 'cluster: a\n')
  const commit = commitAll()
  assert.equal(await gitState(join(folder, 'clusters/a')), { commit, dirty: false })
  writeFileSync(join(folder, 'other'), '')
  assert.equal(await gitState(join(folder, 'clusters/a')), { commit, dirty: true })
})

test('is unknown outside of git and before the first commit', async () => {
  assert.is(await gitState(folder), undefined)
  git('init', '--quiet')
  assert.is(await gitState(folder), undefined)
})

test('runs no program of a folder that looks like a repository', async () => {
  git('init', '--quiet')
  plantRepository(join(folder, 'infra'))
  const commit = commitAll()
  assert.equal(await gitState(join(folder, 'infra')), { commit, dirty: false })
  assert.not(existsSync(join(folder, '..', 'ran')))

  rmSync(join(folder, '.git'), { recursive: true })
  assert.is(await gitState(join(folder, 'infra')), undefined)
  assert.not(existsSync(join(folder, '..', 'ran')))
})

test('runs neither the hooks nor the file system monitor of the repository', async () => {
  git('init', '--quiet')
  writeFileSync(join(folder, 'a'), '')
  const commit = commitAll()
  git('config', 'core.fsmonitor', program())
  const hook = join(folder, '.git/hooks/post-index-change')
  writeFileSync(hook, `#!/bin/sh\n${program()}\n`, { mode: 0o755 })
  assert.equal(await gitState(folder), { commit, dirty: false })
  assert.not(existsSync(join(folder, '..', 'ran')))
})

test('is not asked of a repository that belongs to somebody else', async () => {
  // Only root can give files away.
  if (process.getuid?.() !== 0) return
  git('init', '--quiet')
  for (const [name, text] of Object.entries({ a: 'aa', '.gitattributes': 'a filter=x' }))
    writeFileSync(join(folder, name), text)
  commitAll()
  git('config', 'filter.x.clean', program())
  writeFileSync(join(folder, 'a'), 'bb')
  for (const at of [folder, join(folder, '.git')]) chownSync(at, 61_001, 61_001)
  mkdirSync(join(folder, 'infra'))
  assert.is(await gitState(join(folder, 'infra')), undefined)
  assert.not(existsSync(join(folder, '..', 'ran')))
})

test.run()
