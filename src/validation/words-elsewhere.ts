/** What other tools call a key: the first of these that is known is meant. Words have no capitals, hyphens or underscores. */
const keys: Readonly<Record<string, string>> = {
  extends: 'roles',
  inherits: 'roles',
  parents: 'roles',
  import: 'include',
  imports: 'include',
  includes: 'include',
  dest: 'path',
  destination: 'path',
  filename: 'path',
  src: 'source target url',
  body: 'content',
  text: 'content',
  perms: 'mode',
  permissions: 'mode',
  chmod: 'mode',
  checksum: 'sha256',
  sha256sum: 'sha256',
  notify: 'notifies',
  subscribe: 'restartOn',
  subscribes: 'restartOn',
  listen: 'restartOn',
  require: 'after',
  requires: 'after',
  dependson: 'after',
  needs: 'after',
  when: 'onlyIf',
  if: 'when onlyIf',
  loop: 'forEach',
  withitems: 'forEach',
  withdict: 'forEach',
  regexp: 'startsWith',
  regex: 'startsWith',
  match: 'startsWith',
  insertafter: 'at',
  insertbefore: 'at',
  option: 'key',
  keyvalseparator: 'separator',
  notif: 'unless',
  running: 'started',
  active: 'started',
  run: 'command',
  cmd: 'command',
  exec: 'command',
  execute: 'command',
  script: 'command',
  chdir: 'cwd',
  dir: 'cwd',
  workdir: 'cwd',
  workingdir: 'cwd',
  workingdirectory: 'cwd',
  runas: 'user',
  becomeuser: 'user',
  env: 'environment',
  timeout: 'timeoutSeconds',
  gid: 'group',
  ansiblehost: 'address',
  host: 'address',
  hostname: 'address',
  fqdn: 'address',
  ip: 'address',
  ipaddress: 'address',
  publicip: 'address',
  privateip: 'address',
  port: 'ssh.port',
  ansibleport: 'ssh.port',
  user: 'ssh.user',
  username: 'user ssh.user',
  remoteuser: 'user ssh.user',
  ansibleuser: 'user ssh.user',
  identityfile: 'ssh.identityFile',
  privatekey: 'identityFile ssh.identityFile',
  privatekeyfile: 'identityFile ssh.identityFile',
  sshkey: 'identityFile ssh.identityFile',
  keyfile: 'identityFile ssh.identityFile',
  key: 'identityFile',
  bastion: 'proxyJump ssh.proxyJump',
  jumphost: 'proxyJump ssh.proxyJump',
  ansiblesshprivatekeyfile: 'identityFile ssh.identityFile',
  ansiblebecome: 'sudo ssh.sudo',
  stricthostkeychecking: 'hostKeyChecking',
  become: 'sudo ssh.sudo',
  vars: 'variables attributes',
  variables: 'attributes',
  hostvars: 'attributes',
  groupvars: 'attributes',
  locals: 'attributes',
  defaults: 'attributes',
  params: 'attributes',
  parameters: 'attributes',
  version: 'release',
  distro: 'os',
  distribution: 'os',
  name: 'cluster',
  project: 'cluster',
  nodes: 'hosts',
  servers: 'hosts',
  machines: 'hosts',
  inventory: 'hosts',
  runlist: 'recipes',
  classes: 'recipes',
  tasks: 'resources',
  steps: 'resources',
}

const restarts = 'a change of its files restarts a unit; name what else does in restartOn or reloadOn'
const loops = 'only resources of a spec have forEach; a recipe has loops'
const wholeFile = 'the whole content of a file is declared; a block, line or setting is a part of one'
const presence = 'what is declared is there, and what is removed from the spec is removed from the host'
const handlers = 'a resource notifies units and commands by itself: notifies, restartOn, reloadOn'
const nested = 'hosts are not nested: give each its roles'
const belowHost = 'declare each below `resources:` of a role or host, such as - package: { name: nginx }'
const state = 'set started, enabled or masked to true or false'

/** What to do in place of a key that has no counterpart; some only beside another key. */
const ways: Readonly<Record<string, readonly (readonly [way: string, beside?: string])[]>> = {
  state: [[state, 'started'], [presence]],
  ensure: [[state, 'started'], [presence]],
  restart: [[restarts, 'restartOn']],
  restarted: [[restarts, 'restartOn']],
  reload: [[restarts, 'restartOn']],
  foreach: [[loops]],
  count: [[loops]],
  register: [['results of commands cannot be used elsewhere; guard with onlyIf or unless']],
  recurse: [['only the directory itself is managed: declare each file, or an archive']],
  recursive: [['only the directory itself is managed: declare each file, or an archive']],
  backup: [['what a change replaces is kept, and `converge rollback` brings it back']],
  line: [[wholeFile, 'content']],
  block: [[wholeFile, 'content']],
  regexp: [[wholeFile, 'content']],
  password: [['passwords of accounts are not managed', 'uid']],
  handlers: [[handlers, 'hosts']],
  hosts: [[nested, 'address']],
  children: [[nested, 'address']],
  ...Object.fromEntries(
    ['packages', 'files', 'writefiles', 'services', 'users', 'units', 'runcmd'].map((word) => [
      word,
      [[belowHost, 'hosts']] as const,
    ]),
  ),
  groups: [['name the roles of each host: web0: { roles: [web] }', 'hosts']],
}

const shapes: Readonly<Record<string, string>> = {
  notifies: '[{ resource: "unit[nginx.service]", action: restart }]',
  after: '["package[nginx]"]',
  restartOn: '["file[/etc/nginx/nginx.conf]"]',
}

/** What is meant by a key of another tool among the known ones, or what to do in its place. */
export function keyElsewhere(
  word: string,
  known: readonly string[],
): { readonly meant?: string; readonly hint: string } | undefined {
  const plain = word.toLowerCase().replaceAll(/[-_]/g, '')
  const candidates = Object.hasOwn(keys, plain) ? (keys[plain] ?? '').split(' ') : []
  const found = candidates.find((key) => known.includes(key.replace(/\..*/, '')))
  if (found !== undefined) {
    const [section = '', below] = found.split('.')
    if (below !== undefined) return { hint: `did you mean ${section}: { ${below}: ... }?` }
    const shape = shapes[found]
    return { meant: found, hint: `did you mean ${found}${shape ? `, such as ${shape}` : ''}?` }
  }
  const others = Object.hasOwn(ways, plain) ? ways[plain] : undefined
  const other = others?.find(([, beside]) => beside === undefined || known.includes(beside))
  return other && { hint: other[0] }
}

/** What other tools call kinds of resources. */
const kinds: Readonly<Record<string, string>> = {
  service: 'unit (a systemd service, such as nginx.service)',
  systemd: 'unit',
  systemd_unit: 'unit',
  cron: 'timer',
  cronjob: 'timer',
  cron_d: 'timer',
  systemd_timer: 'timer',
  template: 'file, with `template` in place of `content`',
  copy: 'file, with `source` in place of `content`',
  symlink: 'link',
  folder: 'directory',
  exec: 'command',
  execute: 'command',
  shell: 'command',
  script: 'command',
  unarchive: 'archive',
  get_url: 'download',
  remote_file: 'download',
  cookbook_file: 'file, with `source` in place of `content`',
  blockinfile: 'block',
  ...Object.fromEntries(
    ['lineinfile', 'file_line', 'append_if_no_line', 'replace_or_add', 'delete_lines'].map((name) => [
      name,
      'line',
    ]),
  ),
  ...Object.fromEntries(
    ['ini_file', 'ini_setting', 'ini_subsetting', 'augeas', 'shellvar', 'crudini'].map((name) => [
      name,
      'setting',
    ]),
  ),
  git: 'gitCheckout',
  vcsrepo: 'gitCheckout',
  apt_repository: 'packageRepository',
  deb822_repository: 'packageRepository',
  yum_repository: 'packageRepository',
  zypper_repository: 'packageRepository',
  apt_key: 'packageRepository',
  rpm_key: 'packageRepository',
  sysctls: 'sysctl',
  systemd_mount: 'mount',
  mounts: 'mount',
  fstab: 'mount',
  filesystem: 'mount',
  swap: 'swapFile',
  swapfile: 'swapFile',
  swap_file: 'swapFile',
  modprobe: 'kernelModule',
  kernel_module: 'kernelModule',
  kmod: 'kernelModule',
  systemd_hostname: 'hostname',
  hostsfile_entry: 'hostsEntry',
  ssh_known_hosts_entry: 'knownHost',
  known_hosts: 'knownHost',
  sudo: 'sudoers',
  sudo_rule: 'sudoers',
  tmpfile: 'tmpfiles',
  systemd_tmpfile: 'tmpfiles',
  locale_gen: 'locale, with `generate`',
  localectl: 'locale',
  timedatectl: 'timezone',
  time_zone: 'timezone',
  nft: 'nftables',
  firewall: 'nftables',
  iptables: 'nftables',
  networkd: 'network',
  systemd_network: 'network',
  ca_certificate: 'trustedCertificate',
  ca_cert: 'trustedCertificate',
  trusted_certificate: 'trustedCertificate',
  bash: 'command',
  runcmd: 'command',
  write_files: 'file',
  docker: 'container',
  docker_container: 'container',
  podman_container: 'container',
  podman: 'quadlet',
  ...Object.fromEntries(
    ['apt', 'apt_package', 'yum', 'dnf', 'apk', 'pacman', 'zypper'].map((name) => [name, 'package']),
  ),
}

/** The kind that another tool calls so, in words. */
export function kindElsewhere(word: string): string | undefined {
  return Object.hasOwn(kinds, word) ? kinds[word] : undefined
}

/** What other tools call the values of a host. */
const paths: Readonly<Record<string, string>> = {
  hostname: 'host.name',
  inventory_hostname: 'host.name',
  ansible_hostname: 'host.name',
  fqdn: 'host.name',
  ansible_host: 'host.address',
  ip: 'host.address',
  ipaddress: 'host.address',
}

/** The path that another tool calls so. */
export function pathElsewhere(word: string): string | undefined {
  return Object.hasOwn(paths, word) ? paths[word] : undefined
}

/** An identity as converge writes it: `unit[nginx.service]` of `Service[nginx]` and `unit[nginx]`. */
export function identityElsewhere(id: string): string {
  const [, written = '', name = ''] = /^([^[]+)\[(.*)\]$/.exec(id) ?? []
  const word = written.toLowerCase()
  const [kind = ''] = (kindElsewhere(word) ?? word).split(/\W/)
  return `${kind}[${kind === 'unit' && !name.includes('.') ? `${name}.service` : name}]`
}
