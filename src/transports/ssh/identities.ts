import { readFile } from 'node:fs/promises'
import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import { ConvergeError } from '../../model/errors.ts'
import type { SshRoute } from './settings.ts'

/** The credentials for a server, in order, with words for the message if they are refused. */
export interface Credentials {
  readonly methods: AnyAuthMethod[]
  readonly words: readonly string[]
}

/** The credentials for a hop. Rejects if the spec names an identity file that cannot be used. */
export type Identities = (host: string, route: SshRoute) => Promise<Credentials>

type Identity =
  | { readonly state: 'key'; readonly key: ParsedKey }
  | { readonly state: 'absent' }
  | { readonly state: 'encrypted' }
  | { readonly state: 'unusable'; readonly reason: string }

interface Offer {
  /** Undefined if it cannot be used; the word says why. */
  readonly method: AnyAuthMethod | undefined
  readonly word: string
}

/** Reads and parses identity files once per run. */
export function createIdentities(): Identities {
  const files = new Map<string, Promise<Identity>>()
  const load = (file: string): Promise<Identity> => {
    const identity = files.get(file) ?? readIdentity(file)
    files.set(file, identity)
    return identity
  }

  return async (host, route) => {
    const identities = await Promise.all(
      route.identityFiles.map(async (file) => ({ file, identity: await load(file) })),
    )
    const [named] = identities
    if (route.identityRequired && named !== undefined) refuseUnusable(host, named.file, named.identity, route)

    const keys = identities.flatMap(({ file, identity }) => offer(route.user, file, identity))
    const useKeysOnly = route.identityRequired && named?.identity.state === 'key'
    const agents = useKeysOnly ? [] : await agentMethods(route)
    // As in OpenSSH: the agent's keys come first, then the files.
    const all = [...agents, ...keys]
    return {
      methods: all.flatMap(({ method }) => (method === undefined ? [] : [method])),
      words: all.map(({ word }) => word),
    }
  }
}

async function readIdentity(file: string): Promise<Identity> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { state: 'absent' }
    return { state: 'unusable', reason: error instanceof Error ? error.message : String(error) }
  }
  const parsed: unknown = ssh2.utils.parseKey(text)
  // ssh2's types say one key, but it returns a list for OpenSSH's own format.
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (key instanceof Error) {
    return /encrypted/i.test(key.message)
      ? { state: 'encrypted' }
      : { state: 'unusable', reason: key.message }
  }
  if (!isParsedKey(key) || !key.isPrivateKey())
    return { state: 'unusable', reason: 'it is not a private key' }
  return { state: 'key', key }
}

function isParsedKey(value: unknown): value is ParsedKey {
  return typeof value === 'object' && value !== null && 'isPrivateKey' in value
}

function refuseUnusable(host: string, file: string, identity: Identity, route: SshRoute): void {
  const fields = { host, step: 'connect' } as const
  if (identity.state === 'absent') {
    throw new ConvergeError('authentication-failed', `the identity file ${file} does not exist`, {
      ...fields,
      remedy: 'Correct `identityFile` under `ssh`, or make a key with `ssh-keygen`.',
    })
  }
  if (identity.state === 'unusable') {
    throw new ConvergeError(
      'authentication-failed',
      `the identity file ${file} cannot be used: ${identity.reason}`,
      {
        ...fields,
        remedy: 'Name a private key in OpenSSH or PEM format that you can read.',
      },
    )
  }
  if (identity.state === 'encrypted' && route.agentSocket === undefined) {
    throw new ConvergeError('authentication-failed', `the identity file ${file} is encrypted`, {
      ...fields,
      remedy: `Start an ssh agent and add the key: \`eval "$(ssh-agent)"; ssh-add ${file}\`.`,
    })
  }
}

function offer(username: string, file: string, identity: Identity): readonly Offer[] {
  if (identity.state === 'key')
    return [{ method: { type: 'publickey', username, key: identity.key }, word: file }]
  if (identity.state === 'encrypted') return [{ method: undefined, word: `not ${file}, which is encrypted` }]
  return []
}

/** The agent, with only the keys of the identity files if the settings say so. */
async function agentMethods(route: SshRoute): Promise<readonly Offer[]> {
  if (route.agentSocket === undefined) return []
  const agent = ssh2.createAgent(route.agentSocket)
  if (route.identitiesOnly || route.identityRequired) {
    const wanted = await publicBlobs(route.identityFiles)
    if (wanted.size > 0) narrow(agent, wanted)
  }
  return [{ method: { type: 'agent', username: route.user, agent }, word: 'the keys of the ssh agent' }]
}

/** Public keys next to the identity files. */
async function publicBlobs(files: readonly string[]): Promise<ReadonlySet<string>> {
  const texts = await Promise.all(
    files.map((file) => readFile(`${file}.pub`, 'utf8').catch(() => '')), // most people have only some of them
  )
  return new Set(texts.map((text) => text.split(' ')[1] ?? '').filter((blob) => blob !== ''))
}

function narrow(agent: BaseAgent, wanted: ReadonlySet<string>): void {
  const all = agent.getIdentities.bind(agent)
  const isWanted = (key: unknown) => isParsedKey(key) && wanted.has(key.getPublicSSH().toString('base64'))
  agent.getIdentities = (callback) => all((error, keys) => callback(error, keys?.filter(isWanted)))
}
