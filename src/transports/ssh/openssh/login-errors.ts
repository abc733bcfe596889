import { ConvergeError, type WorldErrorCode } from '../../../model/errors.ts'
import { shellWord } from '../../../model/shell-word.ts'
import { PassingFailure, placeWords } from '../connect-errors.ts'
import type { OpensshRoute } from './route.ts'

/** What ssh says of a failed login. */
interface Reading {
  readonly code: WorldErrorCode
  readonly says: RegExp
  /** `isThrough`: what is between this machine and the host says it. */
  message(route: OpensshRoute, found: RegExpExecArray, said: string, isThrough: boolean): string
  remedy(route: OpensshRoute, found: RegExpExecArray): string
  /** Nothing has been sent to the host yet, and it may answer the next time. */
  readonly passes?: true
}

const checkHost = () => 'Check that the host is up and sshd listens there.'
const cannot = (route: OpensshRoute, why: string) => `cannot connect to ${placeWords(route)}: ${why}`

/** The first that is found counts: of an attempt that goes through other hosts, ssh's later lines only follow from it. */
const readings: readonly Reading[] = [
  {
    code: 'host-key-changed',
    says: /^Host key for (\S+) has changed and you have requested strict checking/m,
    message: (_, [, name = ''], said) => {
      const presented =
        /^The fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:[\w+/=]+)/m.exec(said)
      const known = /^Offending (\S+) key in (\S+:\d+)/m.exec(said)
      return [
        `the host key of ${name} has changed`,
        ...(presented === null ? [] : [`: ${presented[1]} ${presented[2]}`]),
        ...(known === null ? [] : [`; the known key is the ${known[1]} key in ${known[2]}`]),
      ].join('')
    },
    remedy: ({ newKeysFile }, [, name = '']) =>
      `The connection may be intercepted. If the host was reinstalled, remove the old key with \`ssh-keygen -R ${shellWord(name)}${newKeysFile === undefined ? '' : ` -f ${shellWord(newKeysFile)}`}\`.`,
  },
  {
    code: 'host-key-revoked',
    says: /REVOKED HOST KEY|revoked by file|is marked as revoked/,
    message: ({ knownName }) => `the host key of ${knownName}, or the authority that signed it, is revoked`,
    remedy: () => 'Give the host a new key; a revoked one must not be used again.',
  },
  {
    code: 'host-key-unknown',
    says: /^(?:error: )?Certificate invalid: (.*)$/m,
    message: ({ knownName }, [, why = '']) => `the host certificate of ${knownName} is not valid: ${why}`,
    remedy: () => 'Sign the host key anew with `ssh-keygen -s`, for its name and a time that lasts.',
  },
  {
    code: 'host-key-unknown',
    says: /^No (\S+) host key is known for (\S+) and you have requested strict checking/m,
    message: (_, [, type = '', name = '']) => `the ${type} host key of ${name} is not known`,
    remedy: ({ hostname, port, newKeysFile }) =>
      `Compare it with the key on the host, then run \`ssh-keyscan -p ${port} ${shellWord(hostname)} >> ${shellWord(newKeysFile ?? '~/.ssh/known_hosts')}\`, trust its authority by \`@cert-authority\` there, or set \`hostKeyChecking: accept-new\` under \`ssh\`.`,
  },
  {
    code: 'host-key-unknown',
    says: /^Host key verification failed/m,
    message: ({ knownName }) => `ssh refuses the host key of ${knownName}`,
    remedy: ({ address }) => `Run \`ssh -v ${shellWord(address)}\` to see why.`,
  },
  {
    code: 'authentication-failed',
    says: /^(?:(\S+)@(\S+): )?Permission denied \(|Too many authentication failures/m,
    message: (route, [, user = route.user, where = 'it'], _, isThrough) =>
      `${isThrough ? where : placeWords(route)} refused to authenticate ${user}`,
    remedy: ({ address }) =>
      `ssh is not let ask here for passwords, passphrases and PINs: add keys that need one to an agent with \`ssh-add\`. Check keys, certificates and their dates with \`ssh -v ${shellWord(address)}\`, or set \`user\` or \`identityFile\` under \`ssh\`.`,
  },
  {
    code: 'connect-failed',
    says: /^(?:ssh: )?Could not resolve hostname (\S+):/m,
    message: (route, [, name]) => cannot(route, `the name ${name} does not resolve`),
    remedy: () => 'Correct `address`, or make the name resolve on this machine.',
  },
  {
    code: 'connect-failed',
    says: /(?:Bad configuration option|Bad owner or permissions|: terminating, \d+ bad|^\S+ line \d+: ).*/m,
    message: (_, [line]) => `ssh cannot read its configuration: ${line}`,
    remedy: ({ address }) => `Run \`ssh -G ${shellWord(address)}\` and correct what it complains about.`,
  },
  {
    code: 'connect-failed',
    says: /Protocol major versions differ/,
    message: (route) => cannot(route, 'the server does not speak version 2 of SSH'),
    remedy: () => 'Correct `port`, or enable SSH-2.0 on the server; SSH-1 is not supported.',
  },
  {
    code: 'connect-failed',
    says: /No SSH version received|banner line|Invalid SSH identification/,
    message: (route) => cannot(route, 'something listens but does not speak SSH'),
    remedy: checkHost,
  },
  {
    code: 'connect-timeout',
    says: /timed out during banner exchange/,
    message: (route) => noAnswer(route, 'something listens but does not speak SSH'),
    remedy: () => slow,
  },
  {
    code: 'connect-timeout',
    says: /timed out/,
    message: (route) => noAnswer(route, 'nothing answers'),
    remedy: () => slow,
  },
  {
    code: 'connect-failed',
    says: /stdio forwarding failed/,
    message: (route) => `the jump host cannot reach ${placeWords(route)}`,
    remedy: () => 'Check the address as the jump host sees it, and that its sshd has AllowTcpForwarding.',
  },
  {
    code: 'connect-failed',
    passes: true,
    says: /Connection refused|Connection reset|^kex_exchange_identification: Connection closed/m,
    message(route, [what], _, isThrough) {
      if (isThrough) return `the jump host or command that leads there does not reach ${placeWords(route)}`
      return cannot(route, what.startsWith('kex') ? 'the connection was closed' : what.toLowerCase())
    },
    remedy: checkHost,
  },
]
const slow = 'Check address, port and firewall, or raise `connectTimeoutSeconds` under `ssh`.'
/** The exit code of a shell that finds no program. */
const NOT_FOUND = 127

/** LogVerbose of ssh_config puts it before each line. */
const PLACE_IN_SSH = /^\S+\.c:\w+\(\):\d+ \(pid=\d+\): /gm

/** What ssh said itself, and what the host, a jump host or a command of ProxyCommand had printed. */
interface LastWords {
  readonly log: string
  readonly aside: string
}

export function loginFailure(
  route: OpensshRoute,
  exitCode: number | null,
  { log, aside }: LastWords,
): ConvergeError | PassingFailure {
  const { host } = route
  if (exitCode === NOT_FOUND)
    return new ConvergeError('unsupported', 'there is no ssh on this machine', {
      host,
      step: 'connect',
      remedy: 'Install the OpenSSH client, or remove `via: openssh` under `ssh`.',
    })
  // Through other hosts the connection is a pipe, which has no address; what the way to the host says comes first.
  const isThrough = /\bUNKNOWN port\b/.test(log)
  const said = `${isThrough || log === '' ? aside : ''}${log}`.replaceAll(PLACE_IN_SSH, '')
  const cause = new Error(said.trim())
  for (const { code, says, message, remedy, passes } of readings) {
    const found = says.exec(said)
    if (found === null) continue
    const through = isThrough && code !== 'connect-failed' ? 'the way to the host fails: ' : ''
    const words = `${through}${message(route, found, said, isThrough)}`
    const failure = new ConvergeError(code, words, {
      host,
      step: 'connect',
      remedy: remedy(route, found),
      cause,
    })
    return passes === true && !isThrough ? new PassingFailure(failure) : failure
  }
  const lines = cause.message.split(/[\r\n]+/).filter((line) => !/\bUNKNOWN port\b/.test(line))
  const last = (isThrough ? lines[0] : lines.at(-1)) ?? ''
  const why = last === '' ? `ssh ended with ${exitCode ?? 'a signal'} and said nothing` : last.slice(0, 300)
  return new ConvergeError('connect-failed', cannot(route, why), {
    host,
    step: 'connect',
    remedy: isThrough
      ? 'Check the jump host, or the command of ProxyCommand in ssh_config.'
      : `Run \`ssh ${shellWord(route.address)}\` to see more.`,
    cause,
  })
}

/** ssh goes on if it cannot add a key, and would take any key the next time. */
export function refuseUnrecorded({ host, knownName, newKeysFile }: OpensshRoute, log: string): void {
  if (!log.includes('Failed to add the host to the list of known hosts')) return
  throw new ConvergeError(
    'connect-failed',
    `the host key of ${knownName} cannot be added to ${newKeysFile}`,
    {
      host,
      step: 'connect',
      remedy: 'Make the file readable and writable, or set `knownHostsFile` under `ssh`.',
    },
  )
}

export function loginTimedOut(route: OpensshRoute): ConvergeError {
  return new ConvergeError('connect-timeout', noAnswer(route, 'ssh is still at it'), {
    host: route.host,
    step: 'connect',
    remedy:
      'Check the host, and whether a security key waits for a touch, or raise `connectTimeoutSeconds` under `ssh`.',
  })
}

function noAnswer(route: OpensshRoute, why: string): string {
  return `no connection to ${placeWords(route)} within ${route.connectTimeoutMs / 1000} s: ${why}`
}
