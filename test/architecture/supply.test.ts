import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const text = readFileSync('package-lock.json', 'utf8')
const packages: Readonly<Record<string, Locked>> = JSON.parse(text).packages

test('every package in the lock file, for every platform, has a checksum, and none names a registry', () => {
  const locked = Object.entries(packages).filter(([path]) => path !== '')
  assert.ok(locked.length > 100)
  const unverified = locked.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))
  assert.equal(
    unverified.map(([path]) => path),
    [],
  )
  assert.not.match(text, /"resolved"|\bregistry\b|localhost|\d+\.\d+\.\d+\.\d+[:/]|"file:/)
})

test('what a package needs on other platforms is in the lock file too', () => {
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      const places = [`${path}/node_modules/${name}`, `node_modules/${name}`]
      assert.ok(
        places.some((place) => place in packages),
        `${name} of ${path}`,
      )
    }
  }
})

test('every script that translates sources does so without a cache that others could write', () => {
  const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync('package.json', 'utf8')).scripts
  const commands = Object.values(scripts).flatMap((script) =>
    script.split('&&').filter((one) => one.includes('tsx')),
  )
  assert.ok(commands.length >= 5)
  for (const command of commands) assert.match(command.trim(), /^TSX_DISABLE_CACHE=1 node --import tsx /)
  assert.match(readFileSync('.ci/run', 'utf8'), '\nexport TSX_DISABLE_CACHE=1\n')
})

test('without its cache tsx reads and leaves nothing in the folder for temporary files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'converge-test-'))
  try {
    const cache = join(folder, `tsx-${process.getuid?.() ?? 0}`)
    mkdirSync(cache)
    writeFileSync(join(folder, 'a.ts'), "const said: string = 'own code'\nconsole.log(said)\n")
    const run = (more: object) =>
      spawnSync(process.execPath, ['--import', 'tsx', join(folder, 'a.ts')], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, TMPDIR: folder, ...more },
      }).stdout
    assert.is(run({}), 'own code\n')
    const entries = readdirSync(cache).filter((name) => name.includes('-'))
    assert.ok(entries.length > 0, 'it has a cache otherwise')
    for (const name of entries) {
      const cached = readFileSync(join(cache, name), 'utf8')
      writeFileSync(join(cache, name), cached.replaceAll('own code', 'code of others'))
    }
    assert.is(run({}), 'code of others\n', 'and runs what lies there')
    assert.is(run({ TSX_DISABLE_CACHE: '1' }), 'own code\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.run()
