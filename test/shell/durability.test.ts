import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import type { Resource } from '../../src/model/resource.ts'
import type { Connection, ExecOptions, ExecResult } from '../../src/model/transport.ts'
import type { HostLibrary } from '../../src/shell/library.ts'
import { plantRootTree } from '../../src/transports/local/root-tree.ts'
import { plantDistribution } from '../crash/embedded.ts'
import { converge, outcome } from '../crash/hosts.ts'
import { actsPath, after, before } from '../crash/scenario.ts'
import { figure } from '../figure.ts'
import { judge, type Verdict } from './power-loss.ts'
import { parseTrace, straceUnavailable, straceWords } from './strace.ts'

const stateDir = '/var/lib/converge'
const unavailable = straceUnavailable()
if (unavailable !== undefined) console.log(`durability: skipped, ${unavailable}`)
const traced = unavailable === undefined ? test : test.skip

traced('what an act relies on is on disk before it, and all that was done at the end', async () => {
  const { acts, violations } = await traceChange(hostLibrary())
  figure('acts that strace sees, each with what it relies on on disk before', acts)
  assert.is(violations.join('\n'), '')
  // Only root sets owners.
  assert.ok(acts > (process.getuid?.() === 0 ? 30 : 25), `only ${acts} acts were seen`)
})

traced('an apply that syncs nothing is found out', async () => {
  const library = hostLibrary()
  const { violations } = await traceChange({
    ...library,
    apply: `${library.apply}\ndurable() { :; }\nsync() { :; }\n`,
  })
  assert.ok(
    violations.some((line) => /^rename to \/etc\/crash\/new\.conf: its bytes/.test(line)),
    violations.join('\n'),
  )
  assert.ok(
    violations.some((line) => /before that .*\/journal is not safe/.test(line)),
    violations.join('\n'),
  )
  assert.ok(
    violations.some((line) => /before that .*\/manifest is not safe/.test(line)),
    violations.join('\n'),
  )
  assert.ok(
    violations.some((line) => /before that .*\/originals\/\w+ is not safe/.test(line)),
    violations.join('\n'),
  )
})

/** Applies the crash tests' change in a root tree, traced. */
async function traceChange(library: HostLibrary): Promise<Verdict> {
  const root = realpathSync(await mkdtemp(join(tmpdir(), 'converge-durability-')))
  const trace = `${root}.trace`
  try {
    await plantRootTree(root)
    mkdirSync(join(root, 'run/systemd/system'), { recursive: true })
    plantDistribution(root)
    await applied(root, before(), hostLibrary(), [])
    const existing = new Set(
      readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path)),
    )
    await applied(root, after(), library, straceWords(trace))
    const verdict = judge(parseTrace(readFileSync(trace, 'utf8')), existing, rulesFor(root))
    return { ...verdict, violations: verdict.violations.map((line) => line.replaceAll(root, '')) }
  } finally {
    rmSync(root, { recursive: true, force: true })
    rmSync(trace, { force: true })
  }
}

function rulesFor(root: string) {
  const managed = ['/etc/', '/home/'].map((path) => root + path)
  const remembered = new RegExp(`^${root}${stateDir}/(?:journal|temporaries|clusters)(?:/|$)`)
  return {
    isManaged: (path: string) =>
      managed.some((prefix) => path.startsWith(prefix)) && !path.includes('/.converge-'),
    isRemembered: (path: string) => remembered.test(path),
    // Settled or recorded after the act; emptied at the end. What is recorded before an act begins with a line break.
    isAfterthought: (path: string, words: string) =>
      /\/(?:journal|manifest)$/.test(path) && /"(?:(?:\\n)?(?:settled|drop)|set) /.test(words),
    isEffect: (path: string) => path === root + actsPath,
    notesEffect: (words: string) => /"(?:\\n)?settled run /.test(words),
  }
}

async function applied(
  root: string,
  resources: readonly Resource[],
  library: HostLibrary,
  words: readonly string[],
) {
  const { report } = await converge({
    hosts: [{ name: 'traced', address: '127.0.0.1', port: 22, root }],
    identityFile: '',
    knownHostsFile: '',
    resources,
    library,
    transports: { connect: async () => treeConnection(root, words), close: async () => undefined },
  })
  assert.is(outcome(report.hosts[0]), 'changed')
}

/** A root tree that believes in the stand-in for systemd, with words before its shell. */
function treeConnection(root: string, words: readonly string[]): Connection {
  const standIns = fileURLToPath(new URL('../../src/embedded/bin', import.meta.url))
  const [command = '', ...rest] = [...words, '/bin/sh', '-s']
  return {
    host: 'traced',
    exec: ({ program, onStdout }: ExecOptions) =>
      new Promise<ExecResult>((resolve, reject) => {
        const stdout: Buffer[] = []
        const stderr: Buffer[] = []
        const child = spawn(command, rest, {
          env: {
            PATH: [standIns, process.env.PATH].join(delimiter),
            CONVERGE_ROOT: root,
            CONVERGE_EMBEDDED: '1',
          },
        })
        child.on('error', reject)
        child.stdout.on('data', (chunk: Buffer) => {
          stdout.push(chunk)
          onStdout?.(chunk)
        })
        child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
        child.on('close', (code) =>
          resolve({
            exitCode: code ?? undefined,
            stdout: Buffer.concat(stdout),
            stderr: Buffer.concat(stderr).toString(),
          }),
        )
        child.stdin.on('error', () => undefined)
        child.stdin.end(program)
      }),
    async upload(directory, files) {
      mkdirSync(join(root, directory), { mode: 0o700 })
      for (const file of files)
        if ('bytes' in file) writeFileSync(join(root, directory, file.name), file.bytes, { mode: 0o600 })
    },
    download: async () => undefined,
    close: async () => undefined,
  }
}

test.run()
