import * as assert from 'uvu/assert'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { figure } from '../figure.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('users of a real host who meddle')
const applies = 12
let lab: Lab
let project: Project

test.before(async () => {
  lab = await startLab({ hosts: ['node0'] })
  project = await createProject('')
  await output(`useradd --uid 2001 --create-home app
install -d -o app -g app /srv/app /srv/app/conf /srv/app/bag
echo SECRET >/root/secret; chmod 600 /root/secret /etc/shadow`)
})

test.after(async () => {
  await project?.remove()
  await lab?.close()
})

/** Exchanges names in its directory, and those of whatever appears there, until it is stopped. */
const meddling = `cd /srv/app || exit
while :; do
  for name in conf a.conf dist .converge-*; do
    mv "$name" bag/away && ln -s /etc "$name"
    [ ! -e "$name/shadow" ] || { cat "$name/shadow" && echo read; } >>bag/told
    ln -s /root/secret "$name/archive"; ln -sfn /root "$name/tree"; echo mine >"$name/a.conf"
    rm -rf "$name"; mv bag/away "$name"
    mkdir conf; mkfifo "$name"; rm -f a.conf; ln -s /etc/ld.so.conf a.conf; rm -f a.conf
    ln -s /root bag/away; rm -f bag/away
  done
done >/dev/null 2>&1`

test('the owner of a directory gets nothing of root by what it does during applies', async () => {
  const before = await everything()
  await output(
    `systemd-run --quiet --unit=meddling --uid=app --property=KillMode=control-group /bin/sh -c '${meddling.replaceAll("'", `'\\''`)}'`,
  )
  const outcomes: string[] = []
  for (let round = 1; round <= applies; round += 1) {
    await project.write('cluster.yaml', spec(round))
    const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune', '--release'])
    assert.ok(exitCode === 0 || exitCode === 1, stdout + stderr)
    outcomes.push(/node0 (\w+)/.exec(stdout)?.[1] ?? '')
  }
  await output('systemctl stop meddling')
  assert.is(await output('cat /srv/app/bag/told 2>/dev/null || :'), '')
  assert.is(await everything(), before)
  assert.is(await output('find /srv /tmp /var/tmp /home -perm /6000 -user root'), '')
  figure('applies on a real host beside a user who meddles', applies)
})

test('once it stops, the host converges as declared, and nothing is left behind', async () => {
  await output(
    'rm -rf /srv/app/* && install -d -o app -g app /srv/app/conf && find /srv/app -name ".converge-*" -user app -exec rm -rf {} +',
  )
  await project.write('cluster.yaml', spec(0))
  const { exitCode, stdout, stderr } = await project.converge(['--yes', '--allow-prune', '--release'])
  assert.is(exitCode, 0, stdout + stderr)
  assert.is(
    await output('cd /srv/app && stat -c "%n %U %a" conf conf/app.conf a.conf logs current'),
    'conf app 750\nconf/app.conf root 644\na.conf app 640\nlogs app 2770\ncurrent root 777\n',
  )
  const again = await project.converge(['--dry-run', '--exit-code'])
  assert.is(again.exitCode, 0, again.stdout)
  assert.is(await output('ls -A /srv/app | grep converge || :'), '')
})

/** What of root's is there to be changed: kinds, modes, owners, links and contents. */
function everything(): Promise<string> {
  return output(
    `find /etc /root -xdev \\( -path /etc/converge -o -name '*.cache' \\) -prune -o -printf '%p %y %m %U %G %l\\n' | sort
find /etc /root -xdev -type f -exec sha256sum {} + | sort`,
  )
}

async function output(command: string): Promise<string> {
  return (await lab.run('node0', command)).stdout
}

function spec(round: number): string {
  return `cluster: others
${labSsh(lab, 'root')}
hosts:
  node0:
    address: ${lab.address('node0')}
    resources:
      - directory: { path: /srv/app/conf, owner: app, group: app, mode: "0750" }
      - file: { path: /srv/app/conf/app.conf, content: "${round}\\n" }
      - file: { path: /srv/app/a.conf, content: "${round}\\n", owner: app, group: app, mode: "0640" }
      - directory: { path: /srv/app/logs, owner: app, group: app, mode: "2770" }
      - link: { path: /srv/app/current, target: conf${round % 2} }
${round % 2 === 0 ? '' : '      - file: { path: /srv/app/conf/odd, content: x, owner: app, group: app, mode: "4755" }'}
`
}

test.run()
