import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun } from '../../../src/lab/command.ts'

/** A key of OpenPGP in a home of its own. */
export interface SigningKey {
  readonly name: string
  readonly home: string
  /** The public key in ASCII armor. */
  readonly key: string
  gpg(...args: readonly string[]): Promise<string>
  remove(): Promise<void>
}

export async function createSigningKey(name: string): Promise<SigningKey> {
  const home = await mkdtemp(join(tmpdir(), 'converge-lab-gpg-'))
  const gpg = (...args: readonly string[]): Promise<string> =>
    mustRun('gpg', ['--homedir', home, '--batch', '--quiet', ...args])
  await gpg('--passphrase', '', '--quick-gen-key', name, 'rsa3072', 'sign', 'never')
  return {
    name,
    home,
    key: await gpg('--armor', '--export'),
    gpg,
    async remove() {
      await mustRun('gpgconf', ['--homedir', home, '--kill', 'all'])
      await rm(home, { recursive: true, force: true })
    },
  }
}
