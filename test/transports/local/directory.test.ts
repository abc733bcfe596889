import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connectDirectory } from '../../../src/transports/local/directory.ts'
import { failure, transportContract } from '../../contracts/transport.ts'

transportContract('the directory transport', async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'converge test ')))
  await mkdir(join(root, 'var/tmp'), { recursive: true })
  return {
    connect: () => connectDirectory('image', root),
    root: async () => root,
    close: () => rm(root, { recursive: true }),
  }
})

test('names the directory that does not exist', async () => {
  const error = await failure(connectDirectory('image', '/nowhere/at/all'))
  assert.is(error.message, 'cannot use /nowhere/at/all as a root tree: it does not exist')
  assert.equal([error.code, error.host, error.step], ['connect-failed', 'image', 'connect'])
  assert.is(error.remedy, 'Create the directory, or correct `directory` of the host.')
})

test('refuses a file as a root tree', async () => {
  const root = await mkdtemp(join(tmpdir(), 'converge-test-'))
  await writeFile(join(root, 'file'), '')
  const error = await failure(connectDirectory('image', join(root, 'file')))
  assert.is(error.message, `cannot use ${join(root, 'file')} as a root tree: it is not a directory`)
  await rm(root, { recursive: true })
})

test('does not follow a link out of the root tree', async () => {
  const root = await mkdtemp(join(tmpdir(), 'converge-test-'))
  await symlink(tmpdir(), join(root, 'out'))
  const connection = await connectDirectory('image', root)
  const error = await failure(connection.upload('/out/staged', []))
  assert.is(error.message, 'cannot stage in /out/staged: it leads out of the root tree')
  await rm(root, { recursive: true })
})

test.run()
