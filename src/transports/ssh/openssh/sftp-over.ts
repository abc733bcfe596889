import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import type { SFTPWrapper } from 'ssh2'
import { endSession } from './master.ts'

/** As ssh2 makes it of a channel: what of a channel it uses is here. */
type SftpClass = new (client: object, channel: object, options: object) => SFTPWrapper & Inside

interface Inside {
  readonly outgoing: { state: 'open' | 'closing' | 'closed' }
  push(data: Buffer | null): void
  _init(): void
}

/** ssh2's SFTP client over the stdin and stdout of a process. It is usable once it emits `ready`. */
export function sftpOver(child: ChildProcess): SFTPWrapper {
  // ssh2 makes one only of a channel of its own client. Loaded late: only an upload needs it.
  const { SFTP }: { SFTP: SftpClass } = createRequire(import.meta.url)('ssh2/lib/protocol/SFTP.js')
  const channel = {
    type: 'sftp',
    incoming: {},
    outgoing: { id: 0, state: 'open', window: Number.POSITIVE_INFINITY, packetSize: 32_768 },
  }
  const protocol = {
    channelData: (_id: number, data: Buffer) => child.stdin?.write(data),
    channelClose: () => endSession(child),
  }
  const sftp = new SFTP({ _protocol: protocol }, channel, {})
  // An error ends it, which is told by `close`.
  sftp.on('error', () => undefined)
  child.stdout?.on('data', (chunk: Buffer) => sftp.push(chunk))
  child.once('close', () => {
    sftp.outgoing.state = 'closed'
    sftp.push(null)
    sftp.emit('close')
  })
  sftp._init()
  return sftp
}
