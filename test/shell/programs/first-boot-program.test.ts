import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { HostCatalog } from '../../../src/model/resource.ts'
import { planHost } from '../../../src/plan/host/plan-host.ts'
import { planPortable } from '../../../src/plan/host/plan-portable.ts'
import { withRecord } from '../../../src/record/with-record.ts'
import { command } from '../../../src/resources/command.ts'
import { directory } from '../../../src/resources/directory.ts'
import { file } from '../../../src/resources/file.ts'
import { fetchProgram, firstBootProgram } from '../../../src/shell/programs/first-boot-program.ts'
import { portableProgram } from '../../../src/shell/programs/portable-program.ts'
import { scratchFolder } from '../../commands/scratch.ts'
import { dieAtPath, dyingLibrary } from '../../crash/dying-library.ts'
import { catalogOf } from '../catalogs.ts'
import { inShellsByTurns, type RootTree } from '../root-tree.ts'
import { applyBooked, inspect, libraryFor, place } from '../run-programs.ts'

const mark = `${place.stateDir}/first-boot-done`
const unit = '/etc/systemd/system/converge-first-boot.service'
const carried = [
  unit,
  '/etc/systemd/system/multi-user.target.wants/converge-first-boot.service',
  `${place.stateDir}/first-boot/program`,
  '/run/converge-first-boot/program',
]

function programOf(tree: RootTree, catalog: HostCatalog, library = libraryFor(tree.shell)): string {
  // One attempt of those that a boot makes.
  return `CONVERGE_ATTEMPT=yes\n${firstBootProgram(portableProgram(planPortable(catalog, []), place, library), place, library)}`
}

function left(tree: RootTree): readonly string[] {
  return [...carried, mark].filter((path) => existsSync(tree.at(path)))
}

test('after its success it removes what brought it, and not before', () =>
  inShellsByTurns(async (tree) => {
    for (const path of carried) tree.write(path, 'x')
    tree.write('/etc/.keep', '')
    const needs = command({ name: 'needs', command: `test -e ${tree.at('/ready')}`, unless: 'false' })
    const program = programOf(tree, catalogOf(file({ path: '/etc/a', content: 'a' }), needs))
    const failed = await tree.run(program)
    assert.is.not(failed.exitCode, 0)
    assert.equal(left(tree), carried)
    tree.write('/ready', '')
    const { exitCode, stderr } = await tree.run(program)
    assert.is(exitCode, 0, stderr)
    assert.equal(left(tree), [mark])
    assert.is(tree.read('/etc/a'), 'a')
  }))

test('killed again and again, each time a little later, it goes on and ends as if nothing had happened', () =>
  inShellsByTurns(async (tree) => {
    for (const path of carried) tree.write(path, 'x')
    tree.write('/etc/a', 'was there')
    const once = command({
      name: 'once',
      command: `echo once >>${tree.at('/etc/once')}`,
      creates: '/etc/once',
    })
    const a = file({ path: '/etc/a', content: 'a' })
    const b = file({ path: '/etc/b', content: 'b' })
    const library = dyingLibrary(libraryFor(tree.shell))
    const program = programOf(tree, catalogOf(a, directory({ path: '/etc/c' }), once, b), library)
    let deaths = 0
    for (let point = 1; ; point += 7) {
      tree.write(dieAtPath, `${point}\n`)
      const { exitCode, stderr } = await tree.run(program)
      if (exitCode === 0) break
      assert.is(exitCode, null, stderr)
      assert.equal(left(tree), carried)
      deaths += 1
    }
    assert.ok(deaths > 3, `${deaths} deaths`)
    assert.is(`${tree.read('/etc/a')} ${tree.read('/etc/b')} ${tree.read('/etc/once')}`, 'a b once\n')
    assert.equal(left(tree), [mark])
  }))

test('what fails at first is tried again during the same boot, after pauses, and at last left to the next boot', () =>
  inShellsByTurns(async (tree) => {
    const folder = scratchFolder()
    const sleeps = join(folder, 'sleeps')
    writeFileSync(join(folder, 'sleep'), `#!/bin/sh\necho $1 >>${sleeps}\n`, { mode: 0o755 })
    const fails = `[ "$(wc -l <${sleeps})" -ge "$TRIES" ] && [ -z "\${CONVERGE_ATTEMPT-}" ]`
    const catalog = catalogOf(
      file({ path: '/etc/a', content: 'a' }),
      command({ name: 'late', command: fails, unless: 'false' }),
    )
    const library = libraryFor(tree.shell)
    const portable = portableProgram(planPortable(catalog, []), place, library)
    const program = join(folder, 'program')
    writeFileSync(program, firstBootProgram(portable, place, library))
    tree.write('/etc/.keep', '')
    const run = (TRIES: string) => {
      writeFileSync(sleeps, '')
      const { PATH } = process.env
      const env = { ...process.env, PATH: `${folder}:${PATH}`, CONVERGE_ROOT: tree.root, TRIES }
      const { status, stdout } = spawnSync('sh', [program], { encoding: 'utf8', env })
      return { status, stdout, slept: readFileSync(sleeps, 'utf8').split('\n').filter(Boolean) }
    }
    const never = run('9')
    assert.is(never.status, 1)
    assert.equal(never.slept, ['10', '30', '60', '120', '240'])
    assert.match(never.stdout, 'systemctl start converge-first-boot.service')
    assert.equal(left(tree), [])
    const late = run('2')
    assert.is(late.status, 0, late.stdout)
    assert.equal(late.slept, ['10', '30'])
    assert.equal(left(tree), [mark])
  }))

test('it does nothing on a host to which somebody has applied since', () =>
  inShellsByTurns(async (tree) => {
    for (const path of carried) tree.write(path, 'x')
    const older = file({ path: '/etc/a', content: 'older' })
    const failing = command({ name: 'fails', command: 'false', unless: 'false' })
    const program = programOf(tree, catalogOf(older, failing))
    assert.is.not((await tree.run(program)).exitCode, 0)
    assert.is(tree.read('/etc/a'), 'older')
    const newer = catalogOf(file({ path: '/etc/a', content: 'newer' }))
    const facts = await inspect(
      tree,
      newer.entries.flatMap(({ resource }) => resource.probes),
    )
    const { changes, bookkeeping } = withRecord(planHost(newer, facts), newer)
    if (bookkeeping === undefined) throw new Error('nothing changes')
    await applyBooked(tree, { changes, bookkeeping, journal: facts.journal }, 'ada@desk')
    const { exitCode, stderr } = await tree.run(program)
    assert.is(exitCode, 0, stderr)
    assert.is(tree.read('/etc/a'), 'newer')
    assert.equal(left(tree), [mark])
  }))

test('a program that is fetched takes the place of what fetches it, unless its checksum is another one', () =>
  inShellsByTurns(async (tree) => {
    const folder = scratchFolder()
    const bundle = gzipSync('echo "fetched by $0"\n')
    writeFileSync(join(folder, 'bundle.gz'), bundle)
    const url = pathToFileURL(join(folder, 'bundle.gz')).href
    const sha256 = createHash('sha256').update(bundle).digest('hex')
    const program = join(folder, 'program')
    const env = { ...process.env, CONVERGE_ATTEMPT: 'yes' }
    const run = () => execFileSync('sh', [program], { encoding: 'utf8', env })
    const wrong = fetchProgram(url, '0'.repeat(64), libraryFor(tree.shell))
    writeFileSync(program, wrong)
    assert.throws(run, `instead of ${'0'.repeat(64)}`)
    assert.is(readFileSync(program, 'utf8'), wrong)
    writeFileSync(program, fetchProgram(url, sha256, libraryFor(tree.shell)))
    for (let time = 0; time < 2; time += 1) assert.is(run(), `fetched by ${program}\n`)
    assert.not(existsSync(`${program}.gz`))
  }))

test.run()
