import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { makeCluster, scratchFolder, spec } from './commands/scratch.ts'
import { ann } from './commands/secrets/scratch-secrets.ts'
import { programArguments } from './programs.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

function cli(...argv: readonly string[]) {
  // uvu sets FORCE_COLOR for the processes that it starts.
  const { FORCE_COLOR: _, ...env } = process.env
  return spawnSync(process.execPath, [...programArguments('src/cli.ts'), ...argv], {
    cwd: root,
    encoding: 'utf8',
    env,
  })
}

test('prints the version of package.json', () => {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const { stdout, stderr, status } = cli('--version')
  assert.is(stdout, `${version}\n`)
  assert.is(stderr, '')
  assert.is(status, 0)
})

test('turns a mistake into exit code 3, without colors if there is no terminal', () => {
  const { stdout, stderr, status } = cli('-f', '/nowhere.yaml', '--dry-run')
  assert.is(status, 3)
  assert.is(stdout, '')
  assert.match(stderr, /^error: \/nowhere\.yaml does not exist \[not-found\]\n/)
})

test('says from its own files what a code means', () => {
  const { stdout, stderr, status } = cli('help', 'unknown-key')
  assert.match(stdout, /^unknown-key, a mistake: exit code 3, no host was changed\n\n/)
  assert.match(stdout, '\n  cluster.yaml:\n    cluster: ')
  assert.is(stderr, '')
  assert.is(status, 0)
  const { files } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  assert.ok(files.includes('docs'))
})

/** Runs converge from a shell, whose redirections and limits are its surroundings. */
function shell(line: string, folder: string) {
  const program = [process.execPath, ...programArguments('src/cli.ts')].join(' ')
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line.replace('converge', program)], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  })
  return { status, stdout, stderr: stderr.replaceAll(/^inspecting .*\n/gm, '') }
}

const { folder } = await makeCluster()

test('refuses to apply without a terminal, unless something is wrong with the command itself', () => {
  const { stderr, status } = shell('converge', folder)
  assert.is(status, 3)
  assert.match(stderr, 'pass --yes to apply without asking')
  assert.match(shell('converge nobody', folder).stderr, 'no host matches "nobody"')
})

test('what converge starts gets neither keys nor passwords', () => {
  const own = scratchFolder()
  const { identity, key } = ann
  shell(`converge secrets init ann ${key}`, own)
  const run = `CONVERGE_IDENTITY=${identity} EDITOR='sh -c "env >>seen; echo x >\\$0"' converge secrets edit a`
  assert.is(shell(run, own).stdout, 'a: added\n')
  const lines = readFileSync(join(own, 'secrets.yaml'), 'utf8')
  writeFileSync(join(own, 'secrets.yaml'), `${lines}  b: { command: "env >>seen; echo x" }\n`)
  const keys = `CONVERGE_PLAN_KEY=s3cret CONVERGE_SUDO_PASSWORD=s3cret CONVERGE_SUDO_PASSWORD_DMZ=s3cret`
  assert.is(shell(`${keys} CONVERGE_IDENTITY=${identity} converge secrets show b`, own).stdout, 'x\n')
  const seen = readFileSync(join(own, 'seen'), 'utf8')
  assert.is(seen.match(/^PATH=/gm)?.length, 2)
  assert.not.match(seen, /AGE-SECRET-KEY|s3cret/)
})

for (const command of ['--help', 'validate --json', '--dry-run --exit-code']) {
  test(`${command}: a full disk below its output is an error`, () => {
    assert.equal(shell(`converge ${command} >/dev/full`, folder), {
      status: 1,
      stdout: '',
      stderr: 'error: the output is not complete: stdout: no space left on device\n',
    })
  })
}

for (const [surroundings, status] of [
  ['2>/dev/full >/dev/null', 1],
  ['2>&- >&-', 0],
  ['| true', 0],
] as const) {
  test(`a dry run with \`${surroundings}\` exits with ${status}`, () => {
    assert.equal(shell(`converge --dry-run ${surroundings}`, folder), {
      status,
      stdout: '',
      stderr: '',
    })
  })
}

// SIGXFSZ is ignored by Node, and a file past the limit is a failed write like one on a full disk.
for (const [command, path] of [
  ['plan --out p.json >/dev/null', 'p.json'],
  ['render --portable -o out', 'out/web0.sh'],
  ['init new', 'new/cluster.yaml'],
] as const) {
  test(`${command}: nothing half written stays`, () => {
    writeFileSync(join(folder, 'p.json'), 'the plan before')
    assert.equal(shell(`ulimit -f 1; converge ${command}`, folder), {
      status: 1,
      stdout: '',
      stderr: `error: ${path}: file too large\n`,
    })
    assert.is(readFileSync(join(folder, 'p.json'), 'utf8'), 'the plan before')
    const below = (name: string) => (existsSync(join(folder, name)) ? readdirSync(join(folder, name)) : [])
    const files = ['.', 'out', 'new'].flatMap(below)
    assert.equal(
      files.filter((name) => !['.converge-render.json', 'hosts', 'out', 'new'].includes(name)).sort(),
      ['cluster.yaml', 'p.json'],
    )
  })
}

test('too few file descriptors are an error of the hosts that need them', () => {
  const many = scratchFolder()
  writeFileSync(join(many, 'cluster.yaml'), spec.replace('web[0-1]', 'web[0-499]'))
  for (let index = 0; index < 500; index += 1) mkdirSync(join(many, `hosts/web${index}`), { recursive: true })
  const { status, stdout, stderr } = shell('ulimit -n 400; converge status --parallel 500', many)
  assert.is(status, 1)
  // Enough for the files of converge itself, of which the tests are built in many.
  const problem = 'too many open files; allow more with `ulimit -n`, or pass a smaller --parallel\n'
  assert.ok(stdout.includes(problem), stdout + stderr)
})

test.run()
