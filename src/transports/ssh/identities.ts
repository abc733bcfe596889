import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import { ConvergeError } from '../../model/errors.ts'
import { keyTypeOf, rsaBits } from '../../model/public-key.ts'
import { shellWord } from '../../model/shell-word.ts'
import { shared } from '../shared.ts'
import { type Identity, isParsedKey, readIdentity } from './identity-file.ts'
import type { SshRoute } from './settings.ts'

/** The credentials for a server. */
export interface Credentials {
  /** In order; one at a time, as what an agent has offered is not offered again. */
  methods(): Iterator<AnyAuthMethod, undefined>
  /** For the message if they are refused. */
  readonly words: readonly string[]
}

/** The credentials for a hop. Rejects if the spec names an identity file that cannot be used. */
export type Identities = (host: string, route: SshRoute) => Promise<Credentials>

/** Reads and parses identity files once per run. */
export function createIdentities(): Identities {
  const files = shared(readIdentity)
  return async (host, route) => {
    const identities = await Promise.all(route.identityFiles.map(files.get))
    const [named] = identities
    if (route.identityRequired && named !== undefined) refuseUnusable(host, named, route)
    const useKeysOnly = route.identityRequired && named?.key !== undefined
    const socket = useKeysOnly ? undefined : route.agentSocket
    return {
      methods: () => offered(route, identities, socket),
      words: [
        ...(socket === undefined ? [] : ['the keys of the ssh agent']),
        ...identities.flatMap((identity) => wordFor(route, identity)),
        ...route.unusedWays.map((way) => `not ${way} of ssh_config`),
      ],
    }
  }
}

/** As OpenSSH: the agent's keys come first, of these the configured ones, then the files that the agent does not have. */
function* offered(
  route: SshRoute,
  identities: readonly Identity[],
  agentSocket: string | undefined,
): Generator<AnyAuthMethod, undefined> {
  const { user: username } = route
  const known = new Set<string>()
  if (agentSocket !== undefined) {
    const agent = ssh2.createAgent(agentSocket)
    choose(agent, (keys) => {
      for (const key of keys) known.add(idOf(key))
      const accepted = keys.filter((key) => isAccepted(route, key.getPublicSSH()))
      const configured = new Set(identities.flatMap(({ publicKey }) => publicKey?.toString('base64') ?? []))
      const isConfigured = (key: ParsedKey) => configured.has(idOf(key))
      const areOthersOffered = !route.identitiesOnly && !route.identityRequired
      const others = areOthersOffered ? accepted.filter((key) => !isConfigured(key)) : []
      return [...accepted.filter(isConfigured), ...others]
    })
    yield { type: 'agent', username, agent }
  }
  for (const { key } of identities) {
    if (key !== undefined && isAccepted(route, key.getPublicSSH()) && !known.has(idOf(key)))
      yield { type: 'publickey', username, key }
  }
  return undefined
}

function wordFor(route: SshRoute, { file, key, problem }: Identity): readonly string[] {
  if (key !== undefined)
    return [
      isAccepted(route, key.getPublicSSH()) ? file : `not ${file}, whose type or size ssh_config excludes`,
    ]
  return problem === 'absent' || problem === 'public' ? [] : [`not ${file} (${problem})`]
}

function refuseUnusable(host: string, identity: Identity, { agentSocket }: SshRoute): void {
  const { file, problem } = identity
  const refuse = (what: string, remedy: string) =>
    new ConvergeError('authentication-failed', `the identity file ${file} ${what}`, {
      host,
      step: 'connect',
      remedy,
    })
  if (problem === 'absent') {
    throw refuse('does not exist', 'Correct `identityFile` under `ssh`, or make a key with `ssh-keygen`.')
  }
  if (problem === 'encrypted' || problem === 'public') {
    const what = problem === 'encrypted' ? 'is encrypted' : 'is a public key'
    const key = problem === 'encrypted' ? file : 'its private key'
    if (agentSocket === undefined)
      throw refuse(
        what,
        `Start an ssh agent and add the key: \`eval "$(ssh-agent)"; ssh-add ${shellWord(key)}\`.`,
      )
    if (identity.publicKey === undefined)
      throw refuse(
        what,
        `Write its public key beside it: \`ssh-keygen -y -f ${shellWord(file)} > ${shellWord(`${file}.pub`)}\`.`,
      )
  } else if (problem !== undefined) {
    throw refuse(
      `cannot be used: ${problem}`,
      'Name a private key in OpenSSH or PEM format that only you can read.',
    )
  }
}

/** Whether ssh_config allows a key's type and size. */
function isAccepted({ algorithms, requiredRsaBits }: SshRoute, blob: Buffer): boolean {
  const type = keyTypeOf(blob)
  const names = type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type]
  const { userKeys } = algorithms
  return (
    (userKeys === undefined || names.some((name) => userKeys.includes(name))) &&
    (rsaBits(blob) ?? requiredRsaBits) >= requiredRsaBits
  )
}

/** Has the agent offer what is chosen of its keys. */
function choose(agent: BaseAgent, chosen: (keys: readonly ParsedKey[]) => ParsedKey[]): void {
  const all = agent.getIdentities.bind(agent)
  agent.getIdentities = (callback) =>
    all((error, keys) => callback(error, keys === undefined ? undefined : chosen(keys.filter(isParsedKey))))
}

function idOf(key: ParsedKey): string {
  return key.getPublicSSH().toString('base64')
}
