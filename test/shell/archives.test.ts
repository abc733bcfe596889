import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { scratchFolder } from '../commands/scratch.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { libraryFor } from './run-programs.ts'
import { busyboxFirst } from './shells.ts'

const packers: Readonly<Record<string, readonly string[]>> = {
  tar: ['tar', '-cf'],
  gzip: ['tar', '-czf'],
  xz: ['tar', '-cJf'],
  bzip2: ['tar', '-cjf'],
  zstd: ['tar', '--zstd', '-cf'],
  zip: ['zip', '-qry'],
}

/** Unpacks what the words before the name of an archive have packed. */
async function unpack(tree: RootTree, words: string): Promise<{ stdout: Buffer; exitCode: number | null }> {
  const { inspect, apply } = libraryFor(tree.shell)
  mkdirSync(tree.at('/srv/work/tree'), { recursive: true })
  return tree.run(`${inspect}\n${apply}\n${words}\n`)
}

for (const [format, [command = '', ...words]] of Object.entries(packers)) {
  const isHere = spawnSync(format === 'tar' ? 'tar' : format, ['--help']).error === undefined
  if (!isHere) continue
  for (const strip of [0, 1, 2]) {
    test(`an archive is unpacked as what it is, whatever its name: ${format}, strip ${strip}`, () =>
      inShellsByTurns(async (tree) => {
        tree.write('/srv/packed/app-1/bin/app', 'program', 0o755)
        tree.write('/srv/packed/app-1/.hidden', 'x')
        mkdirSync(tree.at('/srv/work'))
        const made = format === 'zip' ? '/srv/work/archive.zip' : '/srv/work/archive'
        execFileSync(command, [...words, tree.at(made), 'app-1'], { cwd: tree.at('/srv/packed') })
        const renamed = made === '/srv/work/archive' ? '' : `mv "$R${made}" "$R/srv/work/archive"; `
        const { exitCode } = await unpack(tree, `${renamed}umask 022; cd "$R/srv/work" && unpack ${strip}`)
        assert.is(exitCode, 0)
        const found = readdirSync(tree.at('/srv/work/tree'), { recursive: true }).map(String).sort()
        const whole = ['app-1', 'app-1/.hidden', 'app-1/bin', 'app-1/bin/app']
        assert.equal(found, [whole, ['.hidden', 'bin', 'bin/app'], ['app']][strip])
      }))
  }
}

test('an archive is unpacked as what it is by a host that has only busybox', () => {
  const environment = busyboxFirst(scratchFolder())
  return inShellsByTurns(
    async (tree) => {
      tree.write('/srv/packed/app-1/bin/app', 'program', 0o755)
      mkdirSync(tree.at('/srv/work'))
      for (const format of ['tar', 'gzip', 'xz', 'bzip2']) {
        const [command = '', ...words] = packers[format] ?? []
        execFileSync(command, [...words, tree.at('/srv/work/archive'), 'app-1'], {
          cwd: tree.at('/srv/packed'),
        })
        const program = 'cd "$R/srv/work" && umask 022 && unpack 1 && cat ./tree/bin/app && rm -r ./tree'
        assert.is((await unpack(tree, program)).stdout.toString(), 'program', format)
      }
    },
    { environment },
  )
})

for (const unzipper of ['unzip', 'bsdtar', 'busybox']) {
  if (spawnSync(unzipper, ['--help']).error !== undefined || spawnSync('zip', ['-h']).error !== undefined)
    continue
  test(`a zip is unpacked with its modes and links: ${unzipper}`, () =>
    inShellsByTurns(async (tree) => {
      tree.write('/srv/packed/app-1/bin/app', 'program', 0o755)
      tree.write('/srv/packed/app-1/readme', 'text', 0o644)
      symlinkSync('bin/app', tree.at('/srv/packed/app-1/app'))
      mkdirSync(tree.at('/srv/work'))
      const made = tree.at('/srv/work/archive.zip')
      execFileSync('zip', ['-qry', made, 'app-1'], { cwd: tree.at('/srv/packed') })
      const only = `command() { case $2 in unzip | bsdtar | busybox) [ "$2" = ${unzipper} ] ;; esac; }`
      const words = `mv "$R/srv/work/archive.zip" "$R/srv/work/archive"; ${only}; umask 022; cd "$R/srv/work" && unpack 1`
      assert.is((await unpack(tree, words)).exitCode, 0)
      const modes = ['bin/app', 'readme'].map((name) =>
        (statSync(tree.at(`/srv/work/tree/${name}`)).mode & 0o777).toString(8),
      )
      assert.equal(modes, ['755', '644'])
      assert.is(readlinkSync(tree.at('/srv/work/tree/app')), 'bin/app')
    }))
}

test('a damaged archive is refused, wherever the damage is', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/srv/packed/app-1/bin/app', 'program', 0o755)
    mkdirSync(tree.at('/srv/work'))
    execFileSync('tar', ['-czf', tree.at('/srv/work/archive'), 'app-1'], { cwd: tree.at('/srv/packed') })
    const whole = readFileSync(tree.at('/srv/work/archive'))
    // The checksum of gzip comes last: what is before it is complete.
    for (const size of [whole.length - 6, whole.length - 40]) {
      tree.write('/srv/work/archive', whole.subarray(0, size))
      const { exitCode } = await unpack(tree, 'cd "$R/srv/work" && rm -f damaged && unpack 1 2>/dev/null')
      assert.is(exitCode, 1)
    }
  }))

test('the program that an archive needs is named if the host does not have it', () =>
  inShellsByTurns(async (tree) => {
    for (const [magic, tool, ...others] of [
      ['PK\\003\\004', 'unzip', 'bsdtar', 'busybox'],
      ['\\050\\265\\057\\375', 'zstd'],
      ['\\037\\213\\010\\000', 'gzip'],
      ['\\3757zXZ', 'xz'],
      ['BZh9', 'bzip2'],
    ]) {
      const without = `command() { case $2 in ${[tool, ...others].join(' | ')}) false ;; esac; }`
      const words = `printf '${magic}' >"$R/srv/work/archive"; ${without}; cd "$R/srv/work" && unpack 1`
      const { stdout, exitCode } = await unpack(tree, words)
      assert.is(exitCode, 1)
      assert.match(stdout.toString(), `${tool} is not installed, which this needs`)
    }
  }))

test('a tree has its own mode, whatever bits the directory above it hands down', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/srv/packed/app-1/bin/app', 'program', 0o755)
    execFileSync('tar', ['-cf', tree.at('/srv/app.tar'), 'app-1'], { cwd: tree.at('/srv/packed') })
    const sha256 = createHash('sha256')
      .update(readFileSync(tree.at('/srv/app.tar')))
      .digest('hex')
    mkdirSync(tree.at('/opt'))
    chmodSync(tree.at('/opt'), 0o2775)
    const words = `NUMBER=0 ID=test STATE=$R/srv UID_NUMBER=$(id -u)
download() { cp "$R/srv/app.tar" "$2"; }
do_archive http://example.com/app.tar ${sha256} /opt/new/app 1 ''`
    assert.is((await unpack(tree, words)).exitCode, 0)
    const modes = ['/opt/new', '/opt/new/app', '/opt/new/app/bin'].map((path) =>
      (statSync(tree.at(path)).mode & 0o7777).toString(8),
    )
    assert.equal(modes, ['755', '755', '755'])
    assert.is(tree.read('/opt/new/app/.converge-files').split('\n').sort().join(' '), ' . ./bin ./bin/app')
  }))

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot(
  'what is unpacked gives nobody rights: no set-ID bits, no devices or pipes, writable for root alone',
  () =>
    inShellsByTurns(async (tree) => {
      tree.write('/srv/work/packed/bin/tool', 'x', 0o777)
      tree.write('/srv/work/packed/bin/sid', 'x')
      chmodSync(tree.at('/srv/work/packed/bin'), 0o3777)
      chmodSync(tree.at('/srv/work/packed/bin/tool'), 0o777)
      chmodSync(tree.at('/srv/work/packed/bin/sid'), 0o6755)
      execFileSync('mknod', [tree.at('/srv/work/packed/null'), 'c', '1', '3'])
      execFileSync('mkfifo', [tree.at('/srv/work/packed/pipe')])
      execFileSync('chown', ['-R', '1000:1000', tree.at('/srv/work/packed')])
      execFileSync('tar', ['-cf', tree.at('/srv/work/archive'), '-C', tree.at('/srv/work/packed'), '.'])
      const { exitCode } = await unpack(tree, 'cd "$R/srv/work" && umask 022 && unpack 0 && close_tree')
      assert.is(exitCode, 0)
      const found = readdirSync(tree.at('/srv/work/tree'), { recursive: true }).map((name) => {
        const { mode, uid } = statSync(tree.at(`/srv/work/tree/${name}`))
        return `${name} ${(mode & 0o7777).toString(8)} ${uid}`
      })
      assert.equal(found.sort(), ['bin 1755 0', 'bin/sid 755 0', 'bin/tool 755 0'])
    }),
)

test('a link in an archive that has the name of its stamp or list is not written through', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/precious', 'x')
    mkdirSync(tree.at('/srv/packed/app/lib'), { recursive: true })
    for (const [name, target] of [
      ['archive', 'etc/precious'],
      ['files', 'etc'],
    ])
      symlinkSync(tree.at(`/${target}`), tree.at(`/srv/packed/app/.converge-${name}`))
    execFileSync('tar', ['-cf', tree.at('/srv/work.tar'), 'app'], { cwd: tree.at('/srv/packed') })
    const sum = createHash('sha256')
      .update(readFileSync(tree.at('/srv/work.tar')))
      .digest('hex')
    const words = `download() { cp "$R/srv/work.tar" "$2"; }; cd "$R/srv/work" && extract http://example.com/ ${sum} 1 ''`
    assert.is((await unpack(tree, words)).exitCode, 0)
    assert.is(tree.read('/etc/precious'), 'x')
    assert.is(tree.read('/srv/work/tree/.converge-archive'), `${sum}\n`)
    assert.is(existsSync(tree.at('/etc/files')), false)
  }))

test.run()
