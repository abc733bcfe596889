import { existsSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryHosts } from '../../../src/transports/local/memory.ts'
import { run, text, transportContract } from '../../contracts/transport.ts'

transportContract('the memory transport', async () => {
  const hosts = createMemoryHosts()
  return {
    connect: () => hosts.connect('node0'),
    async root() {
      const connection = await hosts.connect('node0')
      return text((await run(connection, 'printf %s "$CONVERGE_ROOT"')).stdout)
    },
    close: () => hosts.close(),
  }
})

test('keeps the tree of a host until the transport is closed', async () => {
  const hosts = createMemoryHosts()
  const first = await hosts.connect('node0')
  await run(first, 'echo kept >"$CONVERGE_ROOT/etc/motd"')
  await first.close()
  const second = await hosts.connect('node0')
  const result = await run(second, 'cat "$CONVERGE_ROOT/etc/motd"; printf %s "$CONVERGE_ROOT"')
  const [content = '', root = ''] = text(result.stdout).split('\n')
  assert.is(content, 'kept')
  const other = await run(await hosts.connect('node1'), 'ls "$CONVERGE_ROOT/etc/motd"')
  assert.is.not(other.exitCode, 0)
  await hosts.close()
  assert.not.ok(existsSync(root))
})

test.run()
