import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Starts sshd on ports of the loopback interface, with these further lines of its configuration. */
export async function startSshd(
  sshd: string,
  directory: string,
  ports: readonly number[],
  further: readonly string[],
): Promise<() => void> {
  const file = join(directory, 'sshd_config')
  const lines = [
    'ListenAddress 127.0.0.1',
    ...ports.map((port) => `Port ${port}`),
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'MaxStartups 500',
    ...further,
  ].join('\n')
  // From 9.8 on sshd shuts out an address from which logins fail; older ones do not know the setting.
  await writeFile(file, `PerSourcePenalties no\n${lines}\n`)
  await run(sshd, ['-t', '-f', file]).catch(() => writeFile(file, `${lines}\n`))
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true })
  const child = spawn(sshd, ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  await started(child, ports.length)
  return () => void child.kill()
}

/** sshd says `Server listening on ...` once for each port. */
function started(child: ChildProcess, ports: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk
      if (said.split('Server listening').length > ports) resolve()
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`sshd ended: ${said}`)))
  })
}

export function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
