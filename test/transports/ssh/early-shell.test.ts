import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { earlyShell } from '../../../src/transports/ssh/early-shell.ts'
import type { CommandChannel, SshLink } from '../../../src/transports/ssh/link.ts'

/** A link whose channels are named by what they run, and what becomes of these. */
function linkOf(exec: (channel: CommandChannel) => Promise<CommandChannel>) {
  const closed: string[] = []
  const link = {
    exec: (command: string) =>
      exec({
        listen() {},
        write() {},
        end() {},
        close: () => void closed.push(command),
        hasEnded: () => command === 'ends at once',
      }),
  }
  return { shell: earlyShell(link as unknown as SshLink), closed }
}

const opened = async (channel: CommandChannel) => channel

test('a shell is given once, to the command that started it', async () => {
  const { shell, closed } = linkOf(opened)
  assert.is(await shell.take('sh'), undefined)
  shell.start('sh')
  assert.ok(await shell.take('sh'))
  assert.is(await shell.take('sh'), undefined)
  shell.end()
  assert.equal(closed, [])
})

test('a shell that nobody wants is ended', async () => {
  const { shell, closed } = linkOf(opened)
  shell.start('sh')
  assert.is(await shell.take('sudo sh'), undefined)
  shell.start('again')
  shell.end()
  await new Promise(setImmediate)
  assert.equal(closed, ['sh', 'again'])
})

test('one that has ended or was refused is not given', async () => {
  const { shell } = linkOf(opened)
  shell.start('ends at once')
  assert.is(await shell.take('ends at once'), undefined)
  const refusing = linkOf(() => Promise.reject(new Error('Channel open failure')))
  refusing.shell.start('sh')
  assert.is(await refusing.shell.take('sh'), undefined)
})

test.run()
