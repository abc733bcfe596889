import { connect } from 'node:net'

/** True when an SSH server answers there, undefined when not (yet). */
export function answersSsh(address: string, timeoutMs = 1_000): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: timeoutMs })
    const end = (answer: true | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (banner) => end(banner.toString('latin1').startsWith('SSH-') ? true : undefined))
    socket.once('error', () => end(undefined))
    socket.once('timeout', () => end(undefined))
    socket.once('close', () => end(undefined))
  })
}
