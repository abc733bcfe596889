import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConvergeError, InternalError } from '../../src/model/errors.ts'
import type { Connection, ExecOptions } from '../../src/model/transport.ts'

/** One transport under test. */
export interface TransportUnderTest {
  /** A new connection to the one host. */
  connect(): Promise<Connection>
  /** The root tree of that host, on this machine. */
  root(): Promise<string>
  close(): Promise<void>
}

/** What every transport must do. Registers and runs a suite. */
export function transportContract(name: string, open: () => Promise<TransportUnderTest>): void {
  const test = suite<{ transport: TransportUnderTest; connection: Connection }>(name)

  test.before(async (context) => {
    context.transport = await open()
    context.connection = await context.transport.connect()
  })
  test.after(async ({ transport, connection }) => {
    await connection.close()
    await transport.close()
  })

  test('runs a program and gives exit code, stdout and stderr', async ({ connection }) => {
    const result = await run(connection, 'echo out; echo err >&2; exit 7\n')
    assert.equal(text(result.stdout), 'out\n')
    assert.equal(result.stderr, 'err\n')
    assert.is(result.exitCode, 7)
  })

  test('gives no exit code when a signal ended the program', async ({ connection }) => {
    const result = await run(connection, 'kill -9 $$\n')
    assert.is(result.exitCode, undefined)
  })

  test('gives every byte of stdout as it was printed, from the first on', async ({ connection }) => {
    const result = await run(connection, "printf '\\000\\001\\377\\r\\n\\033'\n")
    assert.equal([...result.stdout], [0, 1, 255, 13, 10, 27])
  })

  test('passes each piece of stdout on as it arrives', async ({ connection }) => {
    const pieces: Buffer[] = []
    const result = await run(connection, 'echo one; echo two\n', {
      onStdout: (chunk) => pieces.push(Buffer.from(chunk)),
    })
    assert.equal(text(Buffer.concat(pieces)), 'one\ntwo\n')
    assert.equal(text(result.stdout), 'one\ntwo\n')
  })

  test('replaces what is not UTF-8 on stderr', async ({ connection }) => {
    const result = await run(connection, "printf 'a\\377b' >&2\n")
    assert.equal(result.stderr, 'a\uFFFDb')
  })

  test('lets the program give its children an empty stdin', async ({ connection }) => {
    const result = await run(connection, 'cat </dev/null; echo after\n')
    assert.equal(text(result.stdout), 'after\n')
  })

  test('runs a program of 2 MB', async ({ connection }) => {
    const filler = `# ${'x'.repeat(1020)}\n`.repeat(2048)
    const result = await run(connection, `${filler}echo end\n`)
    assert.equal(text(result.stdout), 'end\n')
  })

  test('gives an answer of 20 MB whole', async ({ connection }) => {
    const result = await run(connection, 'dd if=/dev/zero bs=1048576 count=20 2>/dev/null\n')
    assert.is(result.stdout.length, 20 * 1024 * 1024)
  })

  test('runs a program with quotes, unicode and no final newline', async ({ connection }) => {
    const result = await run(connection, `printf %s 'ä "$HOME" \`x\` !! \\'`)
    assert.equal(text(result.stdout), 'ä "$HOME" `x` !! \\')
  })

  test('runs programs side by side', async ({ connection }) => {
    const results = await Promise.all(['a', 'b', 'c'].map((word) => run(connection, `echo ${word}\n`)))
    assert.equal(
      results.map((result) => text(result.stdout)),
      ['a\n', 'b\n', 'c\n'],
    )
  })

  test('tells programs where their root tree is', async ({ connection, transport }) => {
    const result = await run(connection, 'printf %s "$CONVERGE_ROOT"\n')
    assert.equal(text(result.stdout), await transport.root())
  })

  test('ends a program that takes too long, and says so', async ({ connection }) => {
    const error = await failure(run(connection, 'sleep 600\n', { timeoutMs: 200 }))
    assert.equal([error.code, error.step, error.host], ['timeout', 'exec', connection.host])
    assert.is(error.message, 'the program was still running after 0.2 s')
    assert.equal(text((await run(connection, 'echo next\n')).stdout), 'next\n')
  })

  test('ends a program that prints more than is allowed', async ({ connection }) => {
    const error = await failure(run(connection, 'cat /dev/zero\n', { maxOutputBytes: 100_000 }))
    assert.is(error.code, 'answer-unreadable')
    assert.is(error.message, 'the host answered with more than 100000 bytes')
  })

  test('ends a program when its signal aborts, with the reason, and stays usable', async ({ connection }) => {
    const controller = new AbortController()
    let sent = 0
    const running = run(connection, 'echo started; sleep 600\n', {
      signal: controller.signal,
      onSend: () => (sent += 1),
      onStdout: () => controller.abort(new RangeError('enough')),
    })
    assert.instance(await rejection(running), RangeError)
    assert.is(sent, 1)
    assert.equal(text((await run(connection, 'echo next\n')).stdout), 'next\n')
  })

  test('sends nothing once the signal has aborted', async ({ connection, transport }) => {
    const signal = AbortSignal.abort(new RangeError('enough'))
    const onSend = () => assert.unreachable()
    assert.instance(await rejection(run(connection, 'echo\n', { signal, onSend })), RangeError)
    const file = { name: 'a', bytes: Buffer.from('a') }
    assert.instance(await rejection(connection.upload('/var/tmp/staged-6', [file], signal)), RangeError)
    assert.is(existsSync(join(await transport.root(), 'var/tmp/staged-6')), false)
  })

  test('uploads files byte for byte into a directory that only the user can read', async ({
    connection,
    transport,
  }) => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256)
    const file = createRequire(import.meta.url).resolve('typescript')
    const names = ['plain', '-rf', 'with space', "quote's", '"', '$HOME', 'ü', '.hidden', 'new\nline']
    await connection.upload('/var/tmp/staged-1', [
      ...names.map((name) => ({ name, bytes: Buffer.from(`content of ${name}`) })),
      { name: 'empty', bytes: new Uint8Array() },
      { name: 'binary', bytes },
      { name: 'from a file', file, sizeBytes: (await stat(file)).size },
    ])
    const staged = join(await transport.root(), 'var/tmp/staged-1')
    for (const name of names) assert.is(await readFile(join(staged, name), 'utf8'), `content of ${name}`)
    assert.is((await readFile(join(staged, 'empty'))).length, 0)
    assert.ok((await readFile(join(staged, 'binary'))).equals(bytes))
    assert.is((await stat(staged)).mode & 0o7777, 0o700)
    assert.ok((await readFile(join(staged, 'from a file'))).equals(await readFile(file)))
    for (const name of ['binary', 'from a file'])
      assert.is((await stat(join(staged, name))).mode & 0o7777, 0o600)
  })

  test('downloads a file byte for byte into a new one that only the user can read', async ({
    connection,
    transport,
  }) => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256)
    await connection.upload('/var/tmp/staged-d', [{ name: 'binary', bytes }])
    const file = join(await transport.root(), 'downloaded')
    await connection.download('/var/tmp/staged-d/binary', file)
    assert.ok((await readFile(file)).equals(bytes))
    assert.is((await stat(file)).mode & 0o7777, 0o600)
    const missing = await failure(connection.download('/var/tmp/staged-d/other', `${file}-2`))
    assert.equal([missing.code, missing.step, missing.host], ['download-failed', 'download', connection.host])
    await connection.upload('/var/tmp/staged-e', [])
  })

  test('uploads many small files', async ({ connection, transport }) => {
    const files = Array.from({ length: 100 }, (_, index) => ({
      name: `${index}`,
      bytes: Buffer.from(`${index}`),
    }))
    await connection.upload('/var/tmp/staged-2', files)
    const staged = join(await transport.root(), 'var/tmp/staged-2')
    for (const { name } of files) assert.is(await readFile(join(staged, name), 'utf8'), name)
  })

  test('refuses to upload into a directory that exists', async ({ connection }) => {
    await connection.upload('/var/tmp/staged-3', [])
    const error = await failure(
      connection.upload('/var/tmp/staged-3', [{ name: 'a', bytes: new Uint8Array() }]),
    )
    assert.equal([error.code, error.step, error.host], ['upload-failed', 'upload', connection.host])
    assert.match(error.message, /\/var\/tmp\/staged-3: (it already exists|EEXIST)/)
  })

  test('says that the parent of an upload is missing', async ({ connection }) => {
    const error = await failure(connection.upload('/nowhere/staged', []))
    assert.is(error.code, 'upload-failed')
    assert.match(error.message, /\/nowhere\/staged: no such directory$/)
    assert.match(error.remedy ?? '', /stagingDir/)
  })

  test('takes a bad file name or directory as a bug of its caller', async ({ connection }) => {
    for (const name of ['', '.', '..', 'a/b', '../up', 'nul\0']) {
      await rejectsAsBug(connection.upload('/var/tmp/staged-4', [{ name, bytes: new Uint8Array() }]))
    }
    await rejectsAsBug(connection.upload('var/tmp/relative', []))
    await rejectsAsBug(connection.upload('/var/tmp/../../escape', []))
    const twice = { name: 'twice', bytes: new Uint8Array() }
    await rejectsAsBug(connection.upload('/var/tmp/staged-4', [twice, twice]))
  })

  test('can be closed twice, and does nothing afterwards', async ({ transport }) => {
    const connection = await transport.connect()
    await connection.close()
    await connection.close()
    assert.is((await failure(run(connection, 'echo\n'))).code, 'connection-lost')
    assert.is((await failure(connection.upload('/var/tmp/staged-5', []))).code, 'connection-lost')
  })

  test('reports a program that was running when the connection was closed', async ({ transport }) => {
    const connection = await transport.connect()
    const started = deferred()
    const running = failure(
      run(connection, 'echo started; sleep 600\n', { onStdout: () => started.resolve() }),
    )
    await started.promise
    await connection.close()
    assert.equal([(await running).code, (await running).step], ['connection-lost', 'exec'])
  })

  test.run()
}

/** The ConvergeError that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<ConvergeError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ConvergeError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** Runs a program with a timeout that only a hanging test reaches. */
export function run(connection: Connection, program: string, options: Partial<ExecOptions> = {}) {
  return connection.exec({ program, timeoutMs: 20_000, ...options })
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

/** A promise that is resolved from outside. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

async function rejectsAsBug(promise: Promise<unknown>): Promise<void> {
  assert.instance(await rejection(promise), InternalError)
}

/** What a promise rejects with; undefined if it does not. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
}
