import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failure, run, text } from '../../contracts/transport.ts'
import { withHosts } from '../embedded-host.ts'

test('never takes a file that was cut short for uploaded', async () => {
  await withHosts({ quotaBytes: 100_000 }, async ({ connect, host }) => {
    const connection = await connect('node0')
    const files = [1_000, 100_000, 100_001].map((sizeBytes) => ({
      name: `${sizeBytes}`,
      bytes: Buffer.alloc(sizeBytes),
    }))
    const error = await failure(connection.upload('/var/tmp/staged', files))
    assert.equal([error.code, error.step], ['upload-failed', 'upload'])
    assert.match(error.message, /^cannot write \/var\/tmp\/staged\/100001: \d+ of 100001 bytes arrived$/)
    assert.equal(await readdir(join(host('node0').root, 'var/tmp')), [])
    assert.is(text((await run(connection, 'echo usable')).stdout), 'usable\n')
    await connection.close()
  })
})

test('says that a directory on the way is a file', async () => {
  await withHosts({}, async ({ connect }) => {
    const connection = await connect('node0')
    const error = await failure(connection.upload('/etc/passwd/staged', []))
    assert.is(error.code, 'upload-failed')
    assert.match(error.message, /^cannot create \/etc\/passwd\/staged: /)
    await connection.close()
  })
})

test('uploads below a directory that only its owner may enter', async () => {
  await withHosts({}, async ({ connect, host }) => {
    await mkdir(join(host('node0').root, 'var/own'))
    await chmod(join(host('node0').root, 'var/own'), 0o700)
    const connection = await connect('node0')
    await connection.upload('/var/own/staged', [{ name: 'a', bytes: Buffer.from('a') }])
    assert.equal(await readdir(join(host('node0').root, 'var/own/staged')), ['a'])
    await connection.close()
  })
})

test.run()
