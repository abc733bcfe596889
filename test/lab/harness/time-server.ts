import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Answers every question for the time with this machine's (RFC 5905). It does not keep the process alive. */
export async function serveTime(address: string): Promise<{ readonly close: () => void }> {
  const socket = createSocket('udp4')
  socket.on('message', (question, { address: to, port }) => {
    const answer = Buffer.alloc(48)
    // Version 4, mode server, stratum 1.
    answer.set([0x24, 1, question[2] ?? 6, 0xec])
    answer.write('LAB', 12)
    question.copy(answer, 24, 40, 48)
    for (const offset of [16, 32, 40]) writeNow(answer, offset)
    socket.send(answer, port, to)
  })
  socket.bind(123, address)
  await once(socket, 'listening')
  socket.unref()
  return { close: () => void socket.close() }
}

/** Seconds since 1900, and the fraction of one. */
function writeNow(packet: Buffer, offset: number): void {
  const seconds = Date.now() / 1000 + 2_208_988_800
  packet.writeUInt32BE(Math.floor(seconds) % 2 ** 32, offset)
  packet.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), offset + 4)
}
