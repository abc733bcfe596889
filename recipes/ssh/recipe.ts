import {
  command,
  defineRecipe,
  directory,
  familyOf,
  file,
  type RecipeContext,
  type Resource,
  type Static,
  sshKey,
  sudoers,
  Type,
  unit,
  user,
} from 'converge'

const User = Type.Object({
  authorizedKeys: Type.Array(Type.String(), {
    description:
      'a list of public keys, as in .pub files; exactly these may log in, and the key of a shared login',
    default: [],
  }),
  groups: Type.Optional(
    Type.Array(Type.String(), { description: 'a list of supplementary groups; it is complete' }),
  ),
  shell: Type.String({
    description: 'an absolute path; the login shell',
    pattern: '^/',
    default: '/bin/bash',
  }),
  comment: Type.Optional(Type.String({ description: 'one line of text without a colon' })),
  sudo: Type.Boolean({
    description: 'true or false; whether the user may run everything as root, without a password',
    default: false,
  }),
  sharedLogin: Type.Boolean({
    description:
      'true or false; whether the user may log in from each host to each other, by a key that converge makes',
    default: false,
  }),
})

const Attributes = Type.Object({
  users: Type.Record(Type.String({ pattern: '^[a-z_][a-z0-9_-]*$' }), User, {
    description: 'a map of users who log in',
    default: {},
  }),
  hostKeys: Type.Boolean({
    description:
      'true or false; whether the host keys are secrets of the cluster, so that all hosts know each other',
    default: false,
  }),
  passwordAuthentication: Type.Boolean({
    description: 'true or false; whether passwords let users in',
    default: false,
  }),
  permitRootLogin: Type.Enum(['no', 'prohibit-password', 'yes'], {
    description: 'no, prohibit-password or yes; how root may log in',
    default: 'prohibit-password',
  }),
  ports: Type.Array(Type.Integer({ minimum: 1, maximum: 65535 }), {
    description: 'a list of ports; sshd listens on them',
    default: [22],
    minItems: 1,
  }),
  settings: Type.Record(
    Type.String({ pattern: '^[A-Z][A-Za-z0-9]*$' }),
    Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
    { description: 'a map of further settings of sshd_config(5), such as { MaxSessions: 20 }', default: {} },
  ),
})

type Context = RecipeContext<Static<typeof Attributes>>

/** Users who log in by keys, and an sshd that takes nothing else. */
export default defineRecipe({
  name: 'ssh',
  attributes: Attributes,
  offers: { ports: ({ attributes }) => attributes.ports.map((port) => ({ port, from: 'any' })) },
  resources(ctx) {
    const { attributes, platform } = ctx
    const users = Object.keys(attributes.users).flatMap((name) => loginOf(ctx, name))
    const keys = attributes.hostKeys ? hostKeysOf(ctx) : []
    const service = familyOf(platform) === 'debian' ? 'ssh.service' : 'sshd.service'
    const settings = file({
      // Of each setting sshd takes the first value that it reads.
      path: '/etc/ssh/sshd_config.d/00-converge.conf',
      content: settingsText(ctx),
      mode: '0600',
      validate: 'sshd -t -f {}',
    })
    // An older main file reads no other ones: without this nobody would know that nothing changed.
    const included = command({
      name: 'check that sshd_config includes sshd_config.d',
      command:
        "echo 'add `Include /etc/ssh/sshd_config.d/*.conf` to the top of /etc/ssh/sshd_config' >&2; exit 1",
      unless: "grep -Eqi '^[[:space:]]*Include[[:space:]]+(/etc/ssh/)?sshd_config[.]d/' /etc/ssh/sshd_config",
    })
    const sshd = unit({ name: service, enabled: true, reloadOn: [settings, ...keys] })
    return [...users, ...keys, included, directory({ path: '/etc/ssh/sshd_config.d' }), settings, sshd]
  },
})

function loginOf(ctx: Context, name: string) {
  const {
    authorizedKeys = [],
    groups,
    shell,
    comment,
    sudo,
    sharedLogin,
  } = ctx.attributes.users[name] ?? ctx.fail(name)
  const home = name === 'root' ? '/root' : `/home/${name}`
  const shared = sharedLogin ? [ctx.secret(`ssh/${name}`, sshKey())] : []
  const account = user({
    name,
    home,
    shell,
    createHome: true,
    authorizedKeys: [...authorizedKeys, ...shared.map((key) => key.public)],
    ...(groups !== undefined && { groups: [...groups] }),
    ...(comment !== undefined && { comment }),
  })
  const own = { owner: name, group: name }
  return [
    account,
    ...shared.flatMap((key) => [
      file({ path: `${home}/.ssh/id_ed25519`, content: key, mode: '0600', ...own }),
      file({ path: `${home}/.ssh/id_ed25519.pub`, content: `${key.public}\n`, mode: '0644', ...own }),
    ]),
    ...(sudo ? [sudoers({ name, content: `${name} ALL=(ALL:ALL) NOPASSWD: ALL\n` })] : []),
  ]
}

function hostKeysOf(ctx: Context): readonly Resource[] {
  const keyOf = (name: string) => ctx.secret(`ssh/host/${name}`, sshKey())
  const own = keyOf(ctx.host.name)
  const known = ctx.hosts({ recipe: 'ssh' }).flatMap(({ name, address }) => {
    const [type, key] = keyOf(name).public.split(' ')
    const names = [...new Set([name, address])]
    const { ports } = ctx.attributes
    return ports.map((port) => {
      const at = names.map((one) => (port === 22 ? one : `[${one}]:${port}`)).join(',')
      return `${at} ${type} ${key}\n`
    })
  })
  return [
    file({ path: '/etc/ssh/ssh_host_ed25519_key', content: own, mode: '0600' }),
    file({ path: '/etc/ssh/ssh_host_ed25519_key.pub', content: `${own.public}\n` }),
    file({ path: '/etc/ssh/ssh_known_hosts', content: known.join('') }),
  ]
}

function settingsText({ attributes, fail }: Context): string {
  const { passwordAuthentication, permitRootLogin, ports, settings } = attributes
  const own = {
    PasswordAuthentication: passwordAuthentication,
    KbdInteractiveAuthentication: false,
    PermitRootLogin: permitRootLogin,
    PermitEmptyPasswords: false,
    X11Forwarding: false,
  }
  const twice = Object.keys(settings).find((name) => Object.hasOwn(own, name) || name === 'Port')
  if (twice !== undefined) fail(`ssh.settings has ${twice}, which the recipe sets itself`, `remove ${twice}`)
  const lines = Object.entries({ ...own, ...settings }).map(([name, value]) => {
    const word = typeof value === 'boolean' ? (value ? 'yes' : 'no') : value
    return `${name} ${word}\n`
  })
  return [...ports.map((port) => `Port ${port}\n`), ...lines].join('')
}
