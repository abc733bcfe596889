/** Lower-case keyword -> its values, as `ssh -G` prints them. */
export type SshConfig = ReadonlyMap<string, readonly string[]>

/** What converge does with a keyword of ssh_config(5). */
export type Treatment =
  | { readonly is: 'kept' }
  /** Kept, but only a key that is about to be recorded needs it. */
  | { readonly is: 'kept for records' }
  /** A way to log in that converge does not have: it is named if the login is refused. */
  | { readonly is: 'unused' }
  | { readonly is: 'harmless'; readonly because: string }
  | {
      readonly is: 'refused'
      readonly refuses: (value: string) => boolean
      readonly because: string
      readonly remedy: string
    }

const always = () => true
const isNo = (value: string) => /^(?:no|false)$/.test(value)

function harmless(because: string, words: string): readonly (readonly [string, Treatment])[] {
  return words.split(' ').map((word) => [word, { is: 'harmless', because }])
}

function kept(words: string): readonly (readonly [string, Treatment])[] {
  return words.split(' ').map((word) => [word, { is: 'kept' }])
}

/** Every keyword of OpenSSH up to 10.2 and of Debian's, Red Hat's and Apple's patches, aliases included. */
export const keywords: ReadonlyMap<string, Treatment> = new Map([
  ...kept('hostname user port addressfamily bindaddress connecttimeout proxyjump'),
  ...kept('canonicalizehostname canonicaldomains canonicalizefallbacklocal canonicalizemaxdots'),
  ...kept('canonicalizepermittedcnames hostkeyalias hostkeyalgorithms revokedhostkeys stricthostkeychecking'),
  ...kept('userknownhostsfile globalknownhostsfile ciphers kexalgorithms macs requiredrsasize'),
  ...kept('identityfile identityfile2 identityagent identitiesonly'),
  ...kept('pubkeyacceptedalgorithms pubkeyacceptedkeytypes'),
  ['hashknownhosts', { is: 'kept for records' }],
  ['certificatefile', { is: 'unused' }],
  ['pkcs11provider', { is: 'unused' }],
  ['smartcarddevice', { is: 'unused' }],
  [
    'proxycommand',
    {
      is: 'refused',
      refuses: always,
      because: 'converge cannot connect by a command',
      remedy: 'Use ProxyJump instead, in ssh_config or under `ssh` in the spec.',
    },
  ],
  [
    'knownhostscommand',
    {
      is: 'refused',
      refuses: always,
      because: 'converge does not ask a command for host keys',
      remedy: 'Write what the command prints into a file, and name that as UserKnownHostsFile.',
    },
  ],
  [
    'bindinterface',
    {
      is: 'refused',
      refuses: always,
      because: 'converge cannot bind to an interface',
      remedy: "Set BindAddress to the interface's address instead.",
    },
  ],
  [
    'checkhostip',
    {
      is: 'refused',
      refuses: (value) => value === 'yes',
      because: 'converge checks the key of the name only',
      remedy: 'Remove it from ssh_config; `no` is the default of OpenSSH since 8.5.',
    },
  ],
  ...['pubkeyauthentication', 'dsaauthentication', 'rsaauthentication'].map(
    (word): readonly [string, Treatment] => [
      word,
      {
        is: 'refused',
        refuses: isNo,
        because: 'converge logs in with public keys only',
        remedy: 'Allow public keys for this host in ssh_config.',
      },
    ],
  ),
  [
    'preferredauthentications',
    {
      is: 'refused',
      refuses: (value) => !value.split(',').includes('publickey'),
      because: 'converge logs in with public keys only',
      remedy: 'Add publickey to it.',
    },
  ],
  [
    'refuseconnection',
    {
      is: 'refused',
      refuses: always,
      because: 'it forbids the connection',
      remedy: 'Remove it from ssh_config, or leave the host out.',
    },
  ],
  ...harmless('ssh itself resolves it', 'host match include ignoreunknown tag'),
  ...harmless(
    'converge makes connections of its own',
    'controlmaster controlpath controlpersist connectionattempts proxyusefdpass versionaddendum',
  ),
  ...harmless(
    'converge has limits of its own for what hangs',
    'serveralivecountmax serveraliveinterval tcpkeepalive channeltimeout keepalive protocolkeepalives setuptimeout',
  ),
  ...harmless('it changes only how bytes travel', 'compression compressionlevel ipqos rekeylimit'),
  ...harmless(
    'converge forwards nothing',
    'clearallforwardings dynamicforward exitonforwardfailure forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports localforward permitremoteopen remoteforward streamlocalbindmask streamlocalbindunlink tunnel tunneldevice xauthlocation',
  ),
  ...harmless(
    'converge runs its own programs without a terminal',
    'enableescapecommandline escapechar forkafterauthentication localcommand obscurekeystroketiming permitlocalcommand remotecommand requesttty sendenv sessiontype setenv stdinnull',
  ),
  ...harmless(
    'it changes only what ssh prints or asks',
    'askpassgui batchmode fingerprinthash loglevel logverbose numberofpasswordprompts syslogfacility visualhostkey warnweakcrypto',
  ),
  ...harmless('converge adds no key to an agent', 'addkeystoagent usekeychain'),
  ...harmless('converge never accepts a certificate', 'casignaturealgorithms'),
  ...harmless(
    'converge accepts no host key without known_hosts, and records none but a new one',
    'nohostauthenticationforlocalhost updatehostkeys verifyhostkeydns',
  ),
  ...harmless(
    'converge logs in with public keys only',
    'challengeresponseauthentication enablesshkeysign gssapiauthentication gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes kbdinteractiveauthentication kbdinteractivedevices passwordauthentication securitykeyprovider skeyauthentication tisauthentication',
  ),
  ...harmless(
    'OpenSSH itself passes it over',
    'afstokenpassing cipher fallbacktorsh globalknownhostsfile2 kerberosauthentication kerberostgtpassing protocol rhostsauthentication rhostsrsaauthentication useblacklistedkeys userknownhostsfile2 useprivilegedport useroaming usersh',
  ),
] satisfies readonly (readonly [string, Treatment])[])

/** What is for `login`, or also for `records`, in the text of a configuration file. */
export function isRelevant(text: string, needed: 'login' | 'records'): boolean {
  return linesOf(text).some(({ keyword, rest }) => {
    // The system's snippets are read as well; any other Include may include anything.
    if (keyword === 'include') return !/^\/etc\/ssh\/ssh_config\.d\/\S*$/.test(rest)
    const treatment = keywords.get(keyword)?.is
    return treatment !== 'harmless' && (treatment !== 'kept for records' || needed === 'records')
  })
}

/** The keywords of a configuration file with their lines. */
export function linesOf(
  text: string,
): readonly { readonly keyword: string; readonly rest: string; readonly line: number }[] {
  return text.split('\n').flatMap((raw, index) => {
    const [, keyword, rest = ''] = /^\s*"?([a-z0-9]+)"?\s*=?\s*(.*?)\s*$/i.exec(raw) ?? []
    return keyword === undefined ? [] : [{ keyword: keyword.toLowerCase(), rest, line: index + 1 }]
  })
}

/** The settings that converge must not pass over, with the reason and the way out. */
export function obstacles(config: SshConfig): readonly {
  readonly keyword: string
  readonly because: string
  readonly remedy: string
}[] {
  return [...config].flatMap(([keyword, [value = '']]) => {
    const treatment = keywords.get(keyword)
    if (treatment === undefined) {
      const remedy = 'Remove it from ssh_config for this host, or update converge.'
      return [{ keyword, because: 'converge does not know this setting', remedy }]
    }
    if (treatment.is !== 'refused' || value === 'none' || !treatment.refuses(value)) return []
    return [{ keyword, because: treatment.because, remedy: treatment.remedy }]
  })
}
