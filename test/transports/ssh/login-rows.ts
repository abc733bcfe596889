/**
 * A login that ssh and converge must agree about. In all texts `%DIR` is the folder with the keys, `%OWN` a folder for
 * this login, `%ANY` and `%SITE` the ports, `%HOST` the host key's line without a name, `%OTHER` one of another host.
 */
export interface LoginRow {
  readonly name: string
  /** Lines of ssh_config below `Host *`. */
  readonly config: readonly string[]
  readonly known: string
  /** The file of RevokedHostKeys, if there is one. */
  readonly revoked?: string
  readonly agent?: string
  readonly address?: string
  readonly port?: 'any' | 'site'
  /** What converge does otherwise, and why; ssh logs in. */
  readonly limit?: string
}

const SITE = ['IdentityFile %DIR/site', 'IdentitiesOnly yes']
const NAME = '[127.0.0.1]:%ANY'
const KNOWN = `${NAME} %HOST`

/** What is said of the host in known_hosts. */
const knownHosts: readonly (readonly [
  what: string,
  lines: string,
  config?: readonly string[],
  limit?: string,
])[] = [
  ['nothing', ''],
  ['its key', KNOWN],
  ['its key without the port', '127.0.0.1 %HOST'],
  ['another key without the port', '127.0.0.1 %OTHER'],
  ['its key with another port', '[127.0.0.1]:1 %HOST'],
  ['its hashed name', '%HASHED %HOST'],
  ['another hashed name', '%ELSEWHERE %HOST'],
  ['another key', `${NAME} %OTHER`],
  ['another key and its own', `${NAME} %OTHER\n${KNOWN}`],
  ['its RSA key only', `${NAME} %RSA`],
  ['its ECDSA key and another of Ed25519', `${NAME} %ECDSA\n${NAME} %OTHER`],
  ['a wildcard', '[127.0.0.*]:* %HOST'],
  ['a question mark', '[127.0.0.?]:%ANY %HOST'],
  ['any name', '* %HOST'],
  ['any name and an exception', '*,!%NAME %HOST'],
  ['an exception for others', '!elsewhere,* %HOST'],
  ['several names', `elsewhere,${NAME} %HOST`],
  ['a revoked key', `@revoked * %HOST`],
  ['a revoked key that is known', `${KNOWN}\n@revoked ${NAME} %HOST`],
  ['another revoked key', `@revoked * %OTHER\n${KNOWN}`],
  ['a revoked key of elsewhere', `@revoked elsewhere %HOST\n${KNOWN}`],
  ['an authority', `@cert-authority * %OTHER`, [], 'host certificates are not verified'],
  ['an authority and its key', `@cert-authority * %OTHER\n${KNOWN}`],
  ['a marker that is unknown', `@else ${NAME} %HOST`],
  ['a key of SSH 1', `${NAME} 1024 35 132534586349853 root@old`],
  ['a cut key', `${NAME} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA`],
  ['broken base64', `${NAME} ssh-ed25519 notbase64!!`],
  ['a cut DSA key', `${NAME} ssh-dss AAAAB3NzaC1kc3MAAACBAP1/`],
  ['a type of tomorrow', `${NAME} ssh-tomorrow AAAADHNzaC10b21vcnJvdw==`],
  ['its key in a line of another type', `${NAME} %MISTYPED`],
  ['no key', NAME],
  ['its key behind unreadable ones', `${NAME} 1024 35 1\n${NAME} ssh-dss AAAA\n${KNOWN}`],
  ['another key behind unreadable ones', `${NAME} 1024 35 1\n${NAME} %OTHER`],
  ['comments, tabs and line ends of DOS', `# a\n\n${NAME}\t%HOST\tme@here\r\n`],
  ['blanks before the line', `   ${KNOWN}`],
  ['its alias', 'fleet %HOST', ['HostKeyAlias fleet']],
  ['its alias in capitals', 'Fleet %HOST', ['HostKeyAlias fleet']],
  ['its name where an alias counts', KNOWN, ['HostKeyAlias fleet']],
  ['another key of its alias', `fleet %OTHER\n${KNOWN}`, ['HostKeyAlias fleet']],
]

const hostRows = knownHosts.flatMap(([what, known, config = [], limit]) =>
  ['yes', 'accept-new'].map((checking): LoginRow => {
    const name = `known_hosts has ${what}, StrictHostKeyChecking ${checking}`
    const row = { name, config: [...SITE, ...config, `StrictHostKeyChecking ${checking}`], known }
    return limit === undefined || checking === 'yes' ? row : { ...row, limit }
  }),
)

const revokedRows = (
  [
    ['the key', '%HOST\n'],
    ['another key', '%OTHER\n'],
    ['comments', '# %HOST\n\n  # none\n'],
    ['the key behind others', '# old\n%OTHER old\n%HOST me@here'],
    ['nothing', ''],
    ['what is no key', 'nonsense\n'],
    ['the key behind what is no key', 'nonsense\n%HOST\n'],
    ['a key with a name, as known_hosts', `${KNOWN}\n`],
    ['a KRL with the key', 'KRL:host'],
    ['a KRL with another key', 'KRL:other'],
  ] as const
).map(
  ([what, revoked]): LoginRow => ({
    name: `RevokedHostKeys has ${what}`,
    config: [...SITE, 'RevokedHostKeys %OWN/revoked'],
    known: KNOWN,
    revoked,
  }),
)

const identities: readonly (readonly string[])[] = [
  ['%DIR/site'],
  ['%DIR/site.pub'],
  ['%DIR/lone'],
  ['%DIR/locked'],
  ['%DIR/locked-lone'],
  ['%DIR/open'],
  ['%DIR/mismatch'],
  ['%DIR/missing'],
  ['%DIR/pem'],
  ['%DIR/second', '%DIR/site'],
  ['none'],
]

const identityRows = identities.flatMap((files) =>
  ['none', 'empty', 'site', 'many', 'others'].flatMap((agent) =>
    (agent === 'none' ? ['no'] : ['yes', 'no']).flatMap((only) =>
      // Which key is first, and whether the right one is among those that are tried.
      (agent === 'none' || agent === 'empty' ? (['any'] as const) : (['any', 'site'] as const)).map(
        (port): LoginRow => ({
          name: `IdentityFile ${files.join(' and ')}, IdentitiesOnly ${only}, agent ${agent}, port ${port}`,
          config: [...files.map((file) => `IdentityFile ${file}`), `IdentitiesOnly ${only}`],
          known: '* %HOST',
          agent,
          port,
        }),
      ),
    ),
  ),
)

const settings: readonly (readonly [config: readonly string[], extra?: Partial<LoginRow>])[] = [
  [['User %ME']],
  [['HostName 127.0.0.1'], { address: 'fleet' }],
  [['HostName 127.0.0.1', 'HostKeyAlias core0'], { address: 'fleet', known: 'core0 %HOST' }],
  [['HostName 127.0.0.%%1'], { address: '127.0.0.1' }],
  [['HostName %h.localhost'], { address: 'core0', known: '[core0.localhost]:%ANY %HOST' }],
  [['HostName 127.0.0.1', 'Match originalhost fleet', 'Port %SITE'], { address: 'fleet', known: '* %HOST' }],
  [['HostName 127.0.0.1', 'Match exec "false"', 'Port 1'], { address: 'fleet' }],
  [
    ['Include %OWN/no-such-file', 'Match host fleet exec "true"', 'HostName 127.0.0.1', 'Port %SITE'],
    { address: 'fleet', known: '* %HOST' },
  ],
  [['HostName 127.0.0.1', 'Include %OWN/no-such-file'], { address: 'fleet' }],
  [['AddressFamily inet']],
  [['AddressFamily inet6']],
  [['AddressFamily any']],
  [['BindAddress 127.0.0.1']],
  [['BindAddress 203.0.113.9']],
  [['PubkeyAuthentication no']],
  [['PreferredAuthentications password']],
  [['PreferredAuthentications password,publickey']],
  [['HostKeyAlgorithms rsa-sha2-512'], { known: `${NAME} %RSA` }],
  [['HostKeyAlgorithms rsa-sha2-512'], { known: KNOWN }],
  [['HostKeyAlgorithms ssh-ed25519'], { known: KNOWN }],
  [['HostKeyAlgorithms -ssh-ed25519'], { known: `${NAME} %ECDSA` }],
  [['Ciphers aes256-ctr', 'MACs hmac-sha2-512', 'KexAlgorithms curve25519-sha256']],
  [['RequiredRSASize 4096', 'HostKeyAlgorithms rsa-sha2-256'], { known: `${NAME} %RSA` }],
  [['RequiredRSASize 2048', 'HostKeyAlgorithms rsa-sha2-256'], { known: `${NAME} %RSA` }],
  [['PubkeyAcceptedAlgorithms rsa-sha2-512']],
  [['HostKeyAlgorithms ssh-rsa'], { known: `${NAME} %RSA` }],
  [['CASignatureAlgorithms ssh-ed25519']],
  [['CASignatureAlgorithms ssh-ed25519'], { known: `@cert-authority * %OTHER` }],
  [['PubkeyAcceptedAlgorithms ssh-ed25519']],
  [['KnownHostsCommand none']],
  [['GlobalKnownHostsFile %OWN/known', 'UserKnownHostsFile none']],
  [['UserKnownHostsFile none', 'StrictHostKeyChecking accept-new']],
  [['UserKnownHostsFile /dev/null', 'StrictHostKeyChecking accept-new']],
  [['UserKnownHostsFile %OWN/known %OWN/second', 'StrictHostKeyChecking accept-new'], { known: '' }],
  [['UserKnownHostsFile %OWN/%n-%p', 'StrictHostKeyChecking accept-new']],
  [['UserKnownHostsFile ${OWN}/%%-%u', 'StrictHostKeyChecking accept-new']],
  [['HashKnownHosts yes', 'StrictHostKeyChecking accept-new'], { known: '' }],
  [
    ['StrictHostKeyChecking no'],
    { known: '', limit: 'a host key that is not known is never accepted unasked' },
  ],
  [['StrictHostKeyChecking ask'], { known: '' }],
  [
    ['NoHostAuthenticationForLocalhost yes'],
    { known: '', limit: 'host keys are checked on the loopback interface too' },
  ],
  [
    [
      `ProxyCommand %NODE -e "const s=require('net').connect(process.argv[2],process.argv[1]);process.stdin.pipe(s).pipe(process.stdout)" %h %p`,
    ],
    { limit: 'there is no ProxyCommand' },
  ],
  [['ProxyCommand none']],
  [
    ['KnownHostsCommand /bin/echo [127.0.0.1]:%ANY %HOST'],
    { known: '', limit: 'no command is asked for host keys' },
  ],
  [['BindInterface lo'], { limit: 'there is no binding to an interface' }],
  [['CheckHostIP no']],
  [['RevokedHostKeys none']],
  [['RevokedHostKeys %OWN/no-such-file']],
  [['RevokedHostKeys %OWN']],
  [
    ['CanonicalizeHostname yes', 'CanonicalDomains localhost'],
    { address: 'core0', known: '[core0.localhost]:%ANY %HOST' },
  ],
  [
    ['CanonicalizeHostname yes', 'CanonicalDomains invalid', 'CanonicalizeFallbackLocal no'],
    { address: 'core0' },
  ],
  [['CanonicalizeHostname yes', 'CanonicalDomains invalid'], { address: '127.0.0.1' }],
  [['ServerAliveInterval 5', 'ControlMaster auto', 'ControlPath none', 'ForwardAgent yes', 'LogLevel ERROR']],
  [['ConnectTimeout 5']],
  [['NoSuchKeyword yes']],
  [['IgnoreUnknown NoSuch*', 'NoSuchKeyword yes']],
]

const settingRows = settings.map(
  ([config, extra]): LoginRow => ({
    name: config.join(', '),
    config: [...config, 'Match all', ...SITE],
    known: KNOWN,
    ...extra,
  }),
)

const NAMES = [
  '%DIR/%%',
  '%d/../..%DIR/site',
  '${KEYS}/site',
  '%DIR/%n',
  '%DIR/%h-%p-%r',
  '%DIR/%k',
  '%DIR/%x',
  '${NO_SUCH}/site',
  '%DIR/%i-%u',
  '"%DIR/with blanks"',
  '%DIR/%L-%l',
]
const nameRows = NAMES.map(
  (file): LoginRow => ({
    name: `IdentityFile ${file}`,
    config: [`IdentityFile ${file}`, 'IdentitiesOnly yes'],
    known: KNOWN,
  }),
)

const AGENTS = [
  'none',
  'SSH_AUTH_SOCK',
  '$SITE_AGENT',
  '${SITE_AGENT}',
  '%DIR/agent-site',
  '%DIR/no-such-agent',
  '$NO_SUCH',
]
const agentRows = AGENTS.map(
  (agent): LoginRow => ({
    name: `IdentityAgent ${agent}`,
    config: [`IdentityAgent ${agent}`, 'IdentityFile none'],
    known: KNOWN,
    agent: 'others',
  }),
)

export const loginRows: readonly LoginRow[] = [
  ...hostRows,
  ...revokedRows,
  ...identityRows,
  ...settingRows,
  ...nameRows,
  ...agentRows,
]
