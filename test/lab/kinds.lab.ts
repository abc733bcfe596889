import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { mustRun } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('kinds made of others, and parts of files, on a real host')
let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({ hosts: ['node0'], packages: ['git', 'openssl'] })
  project = await createProject(spec([]))
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

test('is in force after one run, differs after a change by hand, and leaves', async () => {
  await converges([
    'sysctl: { name: 90-lab, settings: { net.ipv4.ip_forward: 1, net.ipv4.ip_local_port_range: "2000 60000" } }',
    'hostname: { name: lab0.example.com }',
    'timezone: { name: Asia/Tokyo }',
    'sudoers: { name: kinds, content: "nobody ALL=(root) NOPASSWD: /usr/bin/true" }',
    'tmpfiles: { name: lab, content: "d /run/lab 0711 root root" }',
    'mount: { path: /srv/scratch, device: tmpfs, options: "size=8M" }',
    'timer: { name: tick, schedule: "*:*:0/2", command: "echo 100% >/run/ticked" }',
  ])
  assert.is(
    await output('cat /proc/sys/net/ipv4/ip_forward; hostname; date +%Z'),
    '1\nlab0.example.com\nJST\n',
  )
  assert.is(await output('stat -c %a /run/lab; findmnt -no FSTYPE /srv/scratch'), '711\ntmpfs\n')
  assert.match(await output('sudo -l -U nobody'), '/usr/bin/true')
  assert.is(await output('until [ -s /run/ticked ]; do sleep 0.2; done; cat /run/ticked'), '100%\n')
  await output('echo 0 >/proc/sys/net/ipv4/ip_forward; hostname other')
  const drift = await project.converge(['--dry-run'])
  assert.match(drift.stdout, 'command[load /etc/sysctl.d/90-lab.conf]')
  assert.match(drift.stdout, 'command[set the hostname lab0.example.com]')
  await converges(['timer: { name: tick, absent: true }'])
  assert.is(
    await output('ls /etc/sysctl.d/90-lab.conf /etc/sudoers.d/kinds 2>/dev/null; findmnt /srv/scratch; :'),
    '',
  )
  assert.is(await output('systemctl is-active tick.timer || :'), 'inactive\n')
})

test('has its parts in files of others, which stay as they are', async () => {
  await output(
    'printf "of others\\n" >/etc/lab.conf; chmod 640 /etc/lab.conf; setfacl -m u:nobody:r /etc/lab.conf 2>/dev/null || :',
  )
  const key = (await output('cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub')).trim()
  await output('ssh-keygen -q -t ed25519 -N "" -f /root/lab')
  const own = (await output('cut -d" " -f1,2 /root/lab.pub')).trim()
  const login = 'ssh -i /root/lab -o StrictHostKeyChecking=no -o BatchMode=yes admin@127.0.0.1'
  const before = await output(
    'getfacl -cp /etc/lab.conf 2>/dev/null; stat -c "%a %U:%G" /etc/lab.conf; cat /etc/hosts',
  )
  await converges([
    'block: { path: /etc/lab.conf, name: lab, content: "one", at: start }',
    'hostsEntry: { name: lab7.example.com, address: 192.0.2.7, aliases: [lab7] }',
    `knownHost: { name: lab7.example.com, keys: ["${key}"] }`,
    `authorizedKey: { name: lab, user: admin, key: "${own}" }`,
  ])
  assert.match(await output('ssh-keygen -F lab7.example.com -f /etc/ssh/ssh_known_hosts'), key)
  assert.is(await output('cat /etc/lab.conf'), '# BEGIN converge lab\none\n# END converge lab\nof others\n')
  assert.match(await output('getent hosts lab7'), '192.0.2.7')
  await output('echo "more of others" >>/etc/lab.conf')
  assert.is(await output(`${login} id -un`), 'admin\n')
  await converges(['block: { path: /etc/lab.conf, name: lab, content: "two" }'])
  await converges([])
  assert.is(await output('cat /etc/lab.conf'), 'of others\nmore of others\n')
  assert.is(
    await output('getfacl -cp /etc/lab.conf 2>/dev/null; stat -c "%a %U:%G" /etc/lab.conf; cat /etc/hosts'),
    before,
  )
  assert.is((await lab.run('node0', `${login} id -un`)).exitCode, 255)
})

test('has lines and settings in files of others, which the programs read that own them', async () => {
  const git = '[user]\n\tname = of others\n[url "x]y"]\n\tinsteadOf = z\n'
  const before = { git, env: '# of others\nexport A=0\nB=1', sshd: 'PermitRootLogin no\n#Port 1\n' }
  for (const [name, text] of Object.entries(before)) await output(`printf '%s' '${text}' >/etc/lab-${name}`)
  const unit = {
    Service: {
      Type: 'oneshot',
      EnvironmentFile: '/etc/lab-env',
      ExecStart: '/bin/sh -c "echo $B-$C >/run/lab-env"',
    },
  }
  await converges([
    'setting: { path: /etc/lab-git, section: user, key: name, value: \'"a \\"b\\" # & c"\' }',
    'setting: { path: /etc/lab-git, section: user, key: email, value: a@example.com, separator: " = " }',
    'setting: { path: /etc/lab-git, section: \'url "x]y"\', key: insteadOf, value: w }',
    'setting: { path: /etc/lab-git, section: core, key: bare, value: true }',
    'setting: { path: /etc/lab-env, key: A, value: \'"x y"\' }',
    'setting: { path: /etc/lab-env, key: B, value: 2 }',
    "setting: { path: /etc/lab-env, key: C, value: '\\&' }",
    'line: { path: /etc/lab-sshd, startsWith: "PermitRootLogin ", line: "PermitRootLogin prohibit-password", validate: "sshd -t -f {}" }',
    'setting: { path: /etc/lab-sshd, key: Port, value: 2222, separator: " " }',
    `unit: { name: lab-env.service, content: ${JSON.stringify(unit)} }`,
  ])
  const asked = 'user.name user.email url.x]y.insteadOf core.bare'.split(' ')
  const told = await output(asked.map((key) => `git config -f /etc/lab-git --get '${key}'`).join('; '))
  assert.is(told, 'a "b" # & c\na@example.com\nw\ntrue\n')
  await output('systemctl start lab-env.service')
  assert.is(await output('cat /run/lab-env'), '2-&\n')
  assert.is(await output('. /etc/lab-env; sh -c \'echo "$A"\''), 'x y\n')
  const sshd = await output('sshd -T -f /etc/lab-sshd | grep -E "^(port|permitrootlogin) "')
  assert.is(sshd, 'port 2222\npermitrootlogin without-password\n')
  await output('sed -i "s/^Port .*/Port 2223/" /etc/lab-sshd; git config -f /etc/lab-git user.name hand')
  const drift = await project.converge(['--dry-run'])
  assert.match(drift.stdout, 'setting[/etc/lab-git#[user] name]: the part will change (host changed)')
  assert.match(drift.stdout, 'setting[/etc/lab-sshd#Port]: the part will change (host changed)')
  await converges([])
  for (const [name, text] of Object.entries(before)) assert.is(await output(`cat /etc/lab-${name}`), text)
})

test('what other programs read is read by them: nftables, networkd, OpenSSL and locale', async () => {
  const key =
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=lab'
  await output(`cd /root && ${key} -keyout lab.key -out lab.crt 2>/dev/null`)
  const certificate = await output('cat /root/lab.crt')
  await converges([
    'nftables: { name: lab, content: "chain input { type filter hook input priority filter; tcp dport 9999 drop; }" }',
    'unit: { name: systemd-networkd.service, enabled: true, started: true }',
    'network: { name: 50-lab.netdev, content: { NetDev: { Name: lab9, Kind: bridge } } }',
    'network: { name: 50-lab.network, content: { Match: { Name: lab9 }, Network: { Address: 192.0.2.9/32, ConfigureWithoutCarrier: true } } }',
    `trustedCertificate: { name: lab, content: ${JSON.stringify(certificate)} }`,
    'locale: { lang: C.UTF-8, settings: { LC_TIME: C.UTF-8 } }',
  ])
  assert.match(await output('nft list table inet lab'), 'tcp dport 9999 drop')
  const address = 'ip -br address show lab9 | grep -o 192.0.2.9/32'
  assert.is(await output(`until ${address}; do sleep 0.2; done`), '192.0.2.9/32\n')
  const verify = 'openssl verify /root/lab.crt'
  assert.is(await output(verify), '/root/lab.crt: OK\n')
  assert.match(await output('. /etc/default/locale; echo $LANG $LC_TIME'), 'C.UTF-8 C.UTF-8')
  await output('nft flush table inet lab; systemctl stop nftables-lab.service')
  const drift = await project.converge(['--dry-run'])
  assert.match(drift.stdout, 'nftables-lab.service')
  await converges(['trustedCertificate: { name: lab, absent: true }'])
  assert.is(await output('nft list tables; ls /etc/systemd/network | grep lab'), '')
  assert.not.match((await lab.run('node0', verify)).stdout, 'OK')
})

test('a file is downloaded once, and what was there before comes back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'converge-lab-files-'))
  try {
    const tool = '#!/bin/sh\necho downloaded\n'
    await writeFile(join(folder, 'tool'), tool)
    const url = await lab.serve(folder)
    await output('echo found >/usr/local/bin/tool')
    const path = '/usr/local/bin/tool'
    await converges([
      `download: { path: ${path}, url: "${url}/tool", sha256: ${hash('sha256', tool)}, mode: "0755" }`,
    ])
    assert.is(await output('tool'), 'downloaded\n')
    await converges([])
    assert.is(await output(`cat ${path}`), 'found\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a commit is checked out for its owner, what is edited comes back, and it leaves', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'converge-lab-git-'))
  try {
    await writeFile(join(folder, 'app'), 'one\n')
    await mustRun(
      'sh',
      [
        '-c',
        'git init -q && git add app && git -c user.name=x -c user.email=x@example.com commit -q -m x && git update-server-info',
      ],
      { cwd: folder },
    )
    const commit = (await mustRun('git', ['rev-parse', 'HEAD'], { cwd: folder })).trim()
    const url = `${await lab.serve(folder)}/.git`
    const resources = [
      `gitCheckout: { path: /srv/app, url: "${url}", commit: ${commit}, owner: daemon, group: daemon }`,
    ]
    await converges(resources)
    assert.is(await output('cat /srv/app/app; stat -c %U /srv/app /srv/app/app'), 'one\ndaemon\ndaemon\n')
    const asOwner = 'setpriv --reuid daemon --regid daemon --clear-groups git -C /srv/app'
    assert.is(await output(`${asOwner} status --porcelain; ${asOwner} rev-parse HEAD`), `${commit}\n`)
    await output('echo by hand >/srv/app/app; echo x >/srv/app/upload')
    const drift = await project.converge(['--dry-run'])
    assert.match(drift.stdout, 'differs from the commit (app) and will be checked out again')
    await converges(resources)
    assert.is(await output('cat /srv/app/app; ls /srv/app'), 'one\napp\n')
    await converges([])
    assert.is(await output('ls -d /srv/app 2>/dev/null; :'), '')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a unit that fails when it is stopped is forgotten with its file', async () => {
  await converges([
    'unit: { name: stubborn.service, content: { Service: { ExecStart: /bin/sleep infinity, ExecStop: /bin/false } }, started: true }',
  ])
  await converges([])
  assert.is(await output('systemctl --failed --no-legend'), '')
})

/** Applies a spec of these resources, after which nothing is left to do. */
test('starts a unit again that has failed as often as systemd lets it', async () => {
  const unit =
    '{ Unit: { StartLimitIntervalSec: 1h, StartLimitBurst: 2 }, Service: { Type: oneshot, RemainAfterExit: true, ExecStart: test -e /run/good } }'
  const resources = [`unit: { name: flaky.service, content: ${unit}, started: true }`]
  await project.write('cluster.yaml', spec(resources))
  for (let run = 0; run < 3; run++) {
    const { exitCode, stdout } = await project.converge(['--yes', '--allow-prune'])
    assert.is(exitCode, 1, stdout)
  }
  await output('touch /run/good')
  await converges(resources)
  assert.is(await output('systemctl is-active flaky.service'), 'active\n')
})

async function converges(resources: readonly string[]): Promise<void> {
  await project.write('cluster.yaml', spec(resources))
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune'])
  assert.is(exitCode, 0, stdout + stderr)
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout + again.stderr)
}

async function output(command: string): Promise<string> {
  return (await lab.run('node0', command)).stdout
}

function spec(resources: readonly string[]): string {
  const listed = resources.map((one) => `      - ${one}\n`).join('')
  return `cluster: kinds
platform: { os: debian, release: "12" }
${labSsh(lab, 'root')}
hosts:
  node0:
    address: ${lab.address('node0')}
${listed === '' ? '' : `    resources:\n${listed}`}`
}

test.run()
