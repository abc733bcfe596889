import { mkdtemp, readFile, readlink, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SFTPWrapper } from 'ssh2'
import ssh2 from 'ssh2'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type EmbeddedHosts, startEmbeddedHosts } from '../../src/embedded/hosts.ts'

const test = suite<{
  directory: string
  embedded: EmbeddedHosts
  client: ssh2.Client
  sftp: SFTPWrapper
  root: string
}>('embedded hosts')

test.before(async (context) => {
  context.directory = await realpath(await mkdtemp(join(tmpdir(), 'converge-test-')))
  context.embedded = await startEmbeddedHosts({ names: ['node0', 'node1'], directory: context.directory })
  const [host] = context.embedded.hosts
  context.root = host?.root ?? ''
  const privateKey = await readFile(context.embedded.identityFile)
  context.client = new ssh2.Client()
  await new Promise<void>((resolve, reject) => {
    context.client
      .on('ready', () => resolve())
      .on('error', reject)
      .connect({ host: '127.0.0.1', port: host?.port ?? 0, username: 'root', privateKey })
  })
  context.sftp = await called<SFTPWrapper>((done) => context.client.sftp(done))
})
test.after(async ({ client, embedded, directory }) => {
  client.end()
  await embedded.close()
  await rm(directory, { recursive: true })
})

test('have a root tree that looks like a booted Debian', async ({ root }) => {
  assert.match(await readFile(join(root, 'etc/os-release'), 'utf8'), /^ID=debian$/m)
  assert.match(await readFile(join(root, 'etc/os-release'), 'utf8'), /^VERSION_ID="12"$/m)
  assert.ok((await stat(join(root, 'run/systemd/system'))).isDirectory())
  assert.is(await readFile(join(root, 'etc/group'), 'utf8'), 'root:x:0:\n')
})

test('keep their key to themselves', async ({ embedded }) => {
  assert.is((await stat(embedded.identityFile)).mode & 0o777, 0o600)
})

test('keep a root tree that is already there', async ({ directory }) => {
  const place = join(directory, 'again')
  const first = await startEmbeddedHosts({ names: ['node0'], directory: place })
  await writeFile(join(first.hosts[0]?.root ?? '', 'etc/motd'), 'kept')
  await first.close()
  const second = await startEmbeddedHosts({ names: ['node0'], directory: place })
  assert.is(await readFile(join(second.hosts[0]?.root ?? '', 'etc/motd'), 'utf8'), 'kept')
  await second.close()
})

test('find the stand-in for systemctl first', async ({ client }) => {
  const output = await new Promise<string>((resolve, reject) => {
    client.exec('systemctl --version', (error, channel) => {
      if (error) return reject(error)
      let text = ''
      channel.on('data', (chunk: Buffer) => {
        text += chunk
      })
      channel.on('close', () => resolve(text))
    })
  })
  assert.is(output, 'embedded stand-in for systemctl (converge)\n')
})

test('serve files over SFTP', async ({ sftp, root }) => {
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251))
  await called((done) => sftp.writeFile('/tmp/file', content, { mode: 0o640 }, done))
  assert.ok((await readFile(join(root, 'tmp/file'))).equals(content))
  assert.ok((await called<Buffer>((done) => sftp.readFile('/tmp/file', done))).equals(content))
  const stats = await called<ssh2.Stats>((done) => sftp.stat('/tmp/file', done))
  assert.equal([stats.size, stats.mode & 0o7777, stats.isFile()], [200_000, 0o640, true])
  await called((done) => sftp.chmod('/tmp/file', 0o600, done))
  assert.is((await stat(join(root, 'tmp/file'))).mode & 0o7777, 0o600)
  await called((done) => sftp.rename('/tmp/file', '/tmp/renamed', done))
  await called((done) => sftp.unlink('/tmp/renamed', done))
  await fails(2, (done) => sftp.stat('/tmp/renamed', done))
})

test('serve directories and links over SFTP', async ({ sftp, root }) => {
  await called((done) => sftp.mkdir('/tmp/d', { mode: 0o700 }, done))
  assert.is((await stat(join(root, 'tmp/d'))).mode & 0o7777, 0o700)
  await called((done) => sftp.symlink('../target', '/tmp/d/link', done))
  assert.is(await readlink(join(root, 'tmp/d/link')), '../target')
  assert.is(await called<string>((done) => sftp.readlink('/tmp/d/link', done)), '../target')
  assert.ok((await called<ssh2.Stats>((done) => sftp.lstat('/tmp/d/link', done))).isSymbolicLink())
  const names = (await called<ssh2.FileEntry[]>((done) => sftp.readdir('/tmp/d', done))).map(
    (entry) => entry.filename,
  )
  assert.equal(names, ['link'])
  await fails(4, (done) => sftp.rmdir('/tmp/d', done))
  await called((done) => sftp.unlink('/tmp/d/link', done))
  await called((done) => sftp.rmdir('/tmp/d', done))
  assert.is(await called<string>((done) => sftp.realpath('/etc/../tmp/.', done)), '/tmp')
})

test('do not rename onto a file that exists, as version 3 of the protocol has it', async ({ sftp }) => {
  await called((done) => sftp.writeFile('/tmp/a', 'a', done))
  await called((done) => sftp.writeFile('/tmp/b', 'b', done))
  await fails(4, (done) => sftp.rename('/tmp/a', '/tmp/b', done))
})

test('do not let SFTP out of the root tree', async ({ sftp, root, directory }) => {
  await writeFile(join(directory, 'outside'), 'secret')
  await symlink(directory, join(root, 'tmp/out'))
  await symlink(join(directory, 'outside'), join(root, 'tmp/file-out'))
  await fails(2, (done) => sftp.readFile('/../outside', done))
  await fails(3, (done) => sftp.readFile('/tmp/out/outside', done))
  await fails(3, (done) => sftp.readFile('/tmp/file-out', done))
  await fails(3, (done) => sftp.writeFile('/tmp/file-out', 'x', done))
  assert.is(await readFile(join(directory, 'outside'), 'utf8'), 'secret')
})

test('start fast', async ({ directory }) => {
  const names = Array.from({ length: 50 }, (_, index) => `many${index}`)
  const begun = performance.now()
  const many = await startEmbeddedHosts({ names, directory: join(directory, 'many') })
  const elapsedMs = performance.now() - begun
  assert.is(new Set(many.hosts.map((host) => host.port)).size, 50)
  await many.close()
  assert.ok(elapsedMs < 5_000, `50 hosts took ${elapsedMs} ms`)
})

type Done<T> = (error: Error | null | undefined, value: T) => void

function called<T = void>(act: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    act((error, value) => {
      if (error) reject(error)
      else resolve(value)
    })
  })
}

async function fails(status: number, act: (done: (error?: Error | null) => void) => void): Promise<void> {
  const error = await new Promise<Error | null | undefined>((resolve) => act(resolve))
  assert.is(error && 'code' in error ? error.code : undefined, status)
}

test.run()
