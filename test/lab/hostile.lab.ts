import { mkdir, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { operatorPassword } from '../../src/lab/base-tree.ts'
import type { CommandResult } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { figure } from '../figure.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'
import { slowNetwork } from './slow-network.ts'

const test = labSuite('hostile surroundings on real hosts')
const names = ['alpha', 'beta', 'gamma'] as const
type Name = (typeof names)[number]

let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({ hosts: names, packages: ['fish', 'csh', 'libfaketime'] })
  project = await createProject('')
})

/** What was tried, for the count at the end. */
const tried = new Set<string>()

test.after(async () => {
  figure(`kinds of hostile surroundings (${[...tried].join(', ')})`, tried.size)
  await project?.remove()
  await lab?.close()
})

interface Surroundings {
  readonly user?: string
  readonly hosts?: readonly Name[]
  /** Further lines of the spec. */
  readonly lines?: string
  /** Further settings of a host, as YAML within a map. */
  readonly host?: (name: Name) => string
  readonly password?: string
}

let runs = 0

/** A file of 20 KB, 30 small ones, a unit and a user: what an upload, a notification and systemd take part in. */
function spec(
  { user = 'root', hosts = names, lines = '', host = () => '' }: Surroundings,
  mark: string,
): string {
  const small = Array.from(
    { length: 30 },
    (_, index) => `    - file: { path: /etc/hostile/${index}, content: "${mark} ${index}\\n" }`,
  )
  return `cluster: hostile
${labSsh(lab, user)}
${lines}
roles:
  all:
    resources:
    - directory: { path: /etc/hostile }
    - file: { path: /etc/hostile/large, content: "${mark}${'x'.repeat(20_000)}" }
${small.join('\n')}
    - user: { name: hostile, system: true }
    - unit:
        name: hostile.service
        content: { Service: { ExecStart: /bin/sleep infinity }, Install: { WantedBy: multi-user.target } }
        enabled: true
        started: true
        restartOn: ["file[/etc/hostile/large]"]
hosts:
${hosts.map((name) => `  ${name}: { address: ${lab.address(name)}, roles: [all]${host(name)} }`).join('\n')}
`
}

/** One run that changes things on each host. */
async function run(surroundings: Surroundings): Promise<CommandResult & { readonly tookMs: number }> {
  runs += 1
  await project.write('cluster.yaml', spec(surroundings, `run ${runs} `))
  return again(surroundings, ['--yes'])
}

async function again(surroundings: Surroundings, options: readonly string[]) {
  const started = performance.now()
  const { password } = surroundings
  // The test runner asks its children for colours.
  const environment = {
    FORCE_COLOR: '0',
    ...(password === undefined ? {} : { CONVERGE_SUDO_PASSWORD: password }),
  }
  const result = await project.converge(options, environment)
  return { ...result, tookMs: performance.now() - started }
}

/** A run comes out well, the hosts have what it brought, and the next one is empty. */
async function converges(surroundings: Surroundings): Promise<number> {
  const applied = await run(surroundings)
  assert.is(applied.exitCode, 0, told(applied))
  for (const name of surroundings.hosts ?? names) {
    const { stdout } = await lab.run(name, 'cat /etc/hostile/29; systemctl is-active hostile.service')
    assert.is(stdout, `run ${runs}  29\nactive\n`)
  }
  const empty = await again(surroundings, ['--dry-run', '--exit-code'])
  assert.is(empty.exitCode, 0, told(empty))
  assert.match(empty.stdout, `${(surroundings.hosts ?? names).length} unchanged`)
  return applied.tookMs
}

/** A run fails on one host with that message and remedy. */
async function fails(
  surroundings: Surroundings,
  message: string | RegExp,
  remedy: string | RegExp,
): Promise<void> {
  const failed = await run(surroundings)
  assert.is(failed.exitCode, 1, told(failed))
  const [name = ''] = surroundings.hosts ?? names
  assert.match(failed.stdout, new RegExp(`^${name}\\b`, 'm'), told(failed))
  assert.match(failed.stdout, message, told(failed))
  assert.match(failed.stdout, remedy, told(failed))
  assert.ok(failed.tookMs < 60_000, `${failed.tookMs} ms`)
}

async function on(host: Name, ...lines: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.run(host, lines.join('\n'))
  assert.is(exitCode, 0, `${lines.join('; ')}\n${stdout}${stderr}`)
  return stdout
}

/** Settings of sshd that come before all others. */
async function sshd(host: Name, ...settings: readonly string[]): Promise<void> {
  await writeFile(lab.path(host, '/etc/ssh/sshd_config.d/00-hostile.conf'), `${settings.join('\n')}\n`)
  await on(host, 'systemctl restart ssh.service')
}

test('200 ms of round trip and 1 % of loss cost time and nothing else', async () => {
  tried.add('latency').add('loss')
  const network = await slowNetwork(lab, project.directory, { roundTripMs: 200, losesOneIn: 100 })
  const surroundings: Surroundings = {
    host: (name) => `, ssh: { port: ${network.ports[name]}, knownHostsFile: ${network.knownHostsFile} }`,
  }
  // Peers would use the real address; converge itself goes through the proxies.
  const through = (text: string): string =>
    names.reduce((all, name) => all.replaceAll(lab.address(name), '127.0.0.1'), text)
  runs += 1
  await project.write('cluster.yaml', through(spec(surroundings, `run ${runs} `)))
  const [applied, empty] = await Promise.resolve()
    .then(
      async () =>
        [
          await again(surroundings, ['--yes']),
          await again(surroundings, ['--dry-run', '--exit-code']),
        ] as const,
    )
    .finally(network.close)
  assert.is(applied.exitCode, 0, told(applied))
  assert.is(empty.exitCode, 0, told(empty))
  assert.ok(applied.tookMs < 60_000 && empty.tookMs < 20_000, `${applied.tookMs} ms, ${empty.tookMs} ms`)
  console.log(
    `slow network: ${seconds(applied.tookMs)} from nothing, ${seconds(empty.tookMs)} without change`,
  )
})

test('fish, csh and bash as login shells that print banners are as good as sh', async () => {
  for (const shell of ['fish', 'csh', 'bash with a banner']) tried.add(shell)
  const banner = `echo Welcome to this host; printf '\\033[1mconverge-shel'; echo; echo warning >&2`
  await on(
    'alpha',
    'usermod -s /usr/bin/fish admin',
    'mkdir -p /home/admin/.config/fish',
    `echo ${quoted(banner)} >/home/admin/.config/fish/config.fish`,
  )
  await on(
    'beta',
    'usermod -s /bin/csh admin',
    `echo ${quoted("echo Welcome; printf '[1m'")} >/home/admin/.cshrc`,
  )
  await on('gamma', 'usermod -s /bin/bash admin', `echo ${quoted(banner)} >/home/admin/.bashrc`)
  // sshd starts its sftp-server by the login shell, whose output is read as SFTP.
  await fails(
    { user: 'admin', hosts: ['alpha'] },
    'failed at upload: instead of SFTP the server sent text that begins with "Welc"',
    /remedy: Let the start-up files of the user's shell print on terminals only, or set `Subsystem sftp internal-sftp`/,
  )
  for (const name of names) {
    await on(
      name,
      "sed -i 's,^Subsystem.*,Subsystem sftp internal-sftp,' /etc/ssh/sshd_config",
      'systemctl restart ssh.service',
    )
  }
  await converges({ user: 'admin' })
})

test('nologin as login shell is named', async () => {
  tried.add('nologin')
  await on('alpha', 'usermod -s /usr/sbin/nologin admin')
  await fails(
    { user: 'admin', hosts: ['alpha'] },
    'failed at exec: the login shell of admin did not start /bin/sh: This account is currently not available.',
    'remedy: Give admin a shell that runs commands, such as `chsh -s /bin/sh admin`, and no forced command.',
  )
  for (const name of names) await on(name, 'usermod -s /bin/sh admin')
})

test('sudo that wants a terminal, a password or says a lecture', async () => {
  for (const kind of ['requiretty', 'wrong password', 'no password', 'lecture']) tried.add(kind)
  await on('alpha', 'echo "Defaults:admin requiretty" >/etc/sudoers.d/hostile')
  await fails(
    { user: 'admin', hosts: ['alpha'] },
    'refused at exec: sudo refuses to run without a terminal (requiretty)',
    "remedy: Add `Defaults:admin !requiretty` to the host's sudoers.",
  )
  await on('alpha', 'rm /etc/sudoers.d/hostile')
  await on(
    'beta',
    `printf 'Defaults:operator lecture=always, badpass_message="No. converge-password: converge-shell"\\n' >/etc/sudoers.d/hostile`,
  )
  await fails(
    { user: 'operator', hosts: ['beta'], password: 'wrong' },
    'refused at exec: sudo refused the password',
    'remedy: Enter the password of operator on this host.',
  )
  await fails(
    { user: 'operator', hosts: ['beta'] },
    'refused at exec: sudo requires a password for operator',
    'pass --ask-sudo-password, or set CONVERGE_SUDO_PASSWORD.',
  )
  await converges({ user: 'operator', hosts: ['beta'], password: operatorPassword })
  await on('beta', 'rm /etc/sudoers.d/hostile')
})

test('noexec and full directories for temporary files do not matter', async () => {
  tried.add('noexec /tmp').add('full /tmp')
  await on(
    'alpha',
    'for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o noexec,nosuid,size=2m,mode=1777 tmpfs "$d"; done',
  )
  await on(
    'beta',
    'mount -t tmpfs -o size=64k,mode=1777 tmpfs /tmp',
    'dd if=/dev/zero of=/tmp/fill bs=1k count=200 2>/dev/null || :',
  )
  await converges({ hosts: ['alpha', 'beta'] })
  await on('alpha', 'umount /tmp /var/tmp /dev/shm')
  await on('beta', 'umount /tmp')
})

test('a full staging directory is named, and another one may be set', async () => {
  tried.add('full staging directory')
  await on(
    'beta',
    'mount -t tmpfs -o size=64k,mode=1777 tmpfs /var/tmp',
    'dd if=/dev/zero of=/var/tmp/fill bs=1k count=200 2>/dev/null || :',
  )
  await fails(
    { hosts: ['beta'] },
    /failed at upload: cannot (write|create) \/var\/tmp\/converge-\S+: no space left on device/,
    'remedy: Free space there, or set `stagingDir` under `platform` to a file system that has some.',
  )
  assert.is(await on('beta', 'ls -A /var/tmp'), 'fill\n')
  await on('beta', 'mkdir -p -m 1777 /srv/staging')
  await converges({ hosts: ['beta'], lines: 'platform: { stagingDir: /srv/staging }' })
  await on('beta', 'umount /var/tmp')
})

test('one session at a time, another locale and a clock ten years off do not matter', async () => {
  for (const kind of ['MaxSessions 1', 'locale', 'clock']) tried.add(kind)
  const preload = (await on('gamma', 'ls /usr/lib/*/faketime/libfaketime.so.1')).trim()
  // All hosts and this machine share one clock: the host's programs are told a wrong one. The monotonic one stays right.
  const clock = `LD_PRELOAD=${preload} FAKETIME=-10y FAKETIME_DONT_FAKE_MONOTONIC=1`
  await on('gamma', `systemctl set-environment ${clock} LANG=de_DE.ISO-8859-1`)
  await sshd('gamma', 'MaxSessions 1', `SetEnv ${clock} LC_ALL=de_DE.ISO-8859-1`)
  const year = new Date().getFullYear() - 10
  await project.write(
    'cluster.yaml',
    `cluster: clock
${labSsh(lab, 'root')}
hosts:
  gamma:
    address: ${lab.address('gamma')}
    resources: [{ command: { name: year, command: "date +%Y >/root/year", creates: /root/year } }]
`,
  )
  const applied = await again({}, ['--yes'])
  assert.is(applied.exitCode, 0, told(applied))
  const asked = await again({}, ['exec', 'gamma', '--', 'date +%Y; cat /root/year'])
  assert.match(asked.stdout, new RegExp(`${year}\\s+${year}`), told(asked))
  await converges({ hosts: ['gamma'] })
  await on(
    'gamma',
    'systemctl unset-environment LD_PRELOAD FAKETIME FAKETIME_DONT_FAKE_MONOTONIC LANG',
    'rm /etc/ssh/sshd_config.d/00-hostile.conf',
    'systemctl restart ssh.service',
  )
})

test('a userland of busybox only is enough for files, directories and links', async () => {
  tried.add('busybox only')
  const tree = '/srv/busybox'
  for (const folder of ['bin', 'etc', 'dev', 'proc', 'root', 'tmp', 'var/tmp', 'var/lib']) {
    await mkdir(lab.path('gamma', `${tree}/${folder}`), { recursive: true })
  }
  await on(
    'gamma',
    'usermod -s /bin/sh root',
    `cd ${tree}`,
    'cp /bin/busybox bin/busybox',
    `ldd /bin/busybox | grep -o '/[^ ]*' | while read -r lib; do mkdir -p ".\${lib%/*}"; cp "$lib" ".$lib"; done`,
    'for applet in $(busybox --list); do ln -sf busybox "bin/$applet"; done',
    'cp /etc/passwd /etc/group /etc/os-release etc/',
    'chmod 1777 tmp var/tmp',
    'mount --bind /dev dev',
    'mount -t proc proc proc',
  )
  await writeFile(
    lab.path('gamma', '/etc/ssh/sshd_config.d/zz-chroot.conf'),
    `Match User root\n  ChrootDirectory ${tree}\n`,
  )
  await on('gamma', 'systemctl restart ssh.service')
  const text = (mark: string): string => `cluster: busybox
${labSsh(lab, 'root')}
platform: { init: none }
hosts:
  gamma:
    address: ${lab.address('gamma')}
    resources:
    - directory: { path: /etc/app, mode: "0750" }
    - file: { path: /etc/app/conf, content: "${mark}", mode: "0640", validate: "grep -q ${mark} {}" }
    - file: { path: "/etc/app/it's \\"quoted\\" ü", content: "${mark}\\n" }
    - link: { path: /etc/app/link, target: conf }
    - command: { name: once, command: "echo ran >>/var/lib/ran", creates: /var/lib/ran, after: ["link[/etc/app/link]"] }
`
  for (const mark of ['one', 'two']) {
    await project.write('cluster.yaml', text(mark))
    const applied = await again({}, ['--yes'])
    assert.is(applied.exitCode, 0, told(applied))
    const empty = await again({}, ['--dry-run', '--exit-code'])
    assert.is(empty.exitCode, 0, told(empty))
  }
  const listed = await on(
    'gamma',
    `cd ${tree}/etc/app && cat conf && stat -c '%a %U %n' conf . && readlink link && cat ../../var/lib/ran`,
  )
  assert.is(listed, 'two640 root conf\n750 root .\nconf\nran\n')
  await on(
    'gamma',
    `umount ${tree}/dev ${tree}/proc`,
    'rm /etc/ssh/sshd_config.d/zz-chroot.conf',
    'systemctl restart ssh.service',
  )
})

test('a host whose power fails in the middle of an apply is named, and the next run finishes', async () => {
  tried.add('power cut')
  const text = `cluster: reboot
${labSsh(lab, 'root')}
hosts:
  alpha:
    address: ${lab.address('alpha')}
    resources:
    - file: { path: /etc/reboot-before, content: x, notifies: [{ resource: "command[after]", action: run }] }
    - command: { name: long, command: "[ -e /root/begun ] || { : >/root/begun; sleep 100; }; : >/root/done", creates: /root/done, after: ["file[/etc/reboot-before]"] }
    - command: { name: after, command: "echo ran >>/root/after" }
`
  await project.write('cluster.yaml', text)
  const running = again({}, ['--yes'])
  while ((await lab.run('alpha', 'test -e /root/begun')).exitCode !== 0) await delay(100)
  await lab.cutPower('alpha')
  await lab.start('alpha')
  const cut = await running
  assert.is(cut.exitCode, 1, told(cut))
  assert.match(cut.stdout, /^alpha failed/m)
  assert.match(
    cut.stdout,
    'remedy: Nothing is lost: run converge again; it continues from what the host has recorded.',
  )
  assert.ok(cut.tookMs < 90_000, `${cut.tookMs} ms`)
  const next = await again({}, ['--yes'])
  assert.is(next.exitCode, 0, told(next))
  assert.is(await on('alpha', 'cat /root/after'), 'ran\n', 'the owed notification is carried out once')
  assert.is((await again({}, ['--dry-run', '--exit-code'])).exitCode, 0)
  const left = await on('alpha', 'ls -A /etc /root /var/tmp | grep converge- || :')
  assert.is(left, '', 'nothing staged is left')
})

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function told({ stdout, stderr }: CommandResult): string {
  return `${stdout}\n${stderr}`
}

test.run()
