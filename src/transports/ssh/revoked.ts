import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { keyTypeOf, readPublicLine } from '../../model/public-key.ts'

const KRL_MAGIC = 'SSHKRL\n\0'
const run = promisify(execFile)

/** Whether the file of RevokedHostKeys, a list of public keys or a KRL, has the key. Rejects if it cannot tell. */
export async function isRevoked(file: string, key: Buffer): Promise<boolean> {
  const bytes = await readFile(file)
  if (bytes.toString('latin1', 0, KRL_MAGIC.length) === KRL_MAGIC) return isInKrl(file, key)
  return bytes
    .toString()
    .split('\n')
    .some((line, index) => {
      if (/^\s*(?:#|$)/.test(line)) return false
      const revoked = readPublicLine(line)
      if (revoked === undefined) throw new Error(`line ${index + 1} is not a public key`)
      return revoked.equals(key)
    })
}

async function isInKrl(file: string, key: Buffer): Promise<boolean> {
  const line = `${keyTypeOf(key)} ${key.toString('base64')}`
  // ssh-keygen opens a file by its name; of Node's own pipes to a child /dev/stdin cannot be opened.
  const query = 'printf "%s\\n" "$2" | ssh-keygen -Q -f "$1" /dev/stdin'
  const answer = await run('/bin/sh', ['-c', query, 'sh', file, line], { timeout: 10_000 }).catch(
    (error: unknown) => {
      if (error instanceof Error && 'stdout' in error && String(error.stdout).includes('REVOKED'))
        return undefined
      throw error instanceof Error && 'stderr' in error ? new Error(String(error.stderr).trim()) : error
    },
  )
  return answer === undefined
}
