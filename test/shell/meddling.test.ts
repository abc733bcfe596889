import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { figure } from '../figure.ts'
import { meddler, startMeddling } from './meddling-user.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { libraryFor } from './run-programs.ts'

const asRoot = process.getuid?.() === 0 ? test : test.skip
const rounds = Math.min(Number(process.env.CONVERGE_FUZZ ?? 200), 10_000)
/** In one program, which has a minute. */
const atOnce = 250

const content = 'the content of the spec\n'
const sum = createHash('sha256').update(content).digest('hex')
const owned = `${meddler.uid} ${meddler.gid}`

/** One round of each operation, in a directory of another user and in one below it; failures are as they come. */
const operations: Readonly<Record<string, string>> = {
  write: `attempt do_write /srv/app/a.conf content ${sum} 0640 ${owned} ''; flush_writes`,
  write_below: `attempt do_write /srv/app/conf/app.conf content ${sum} 0644 root root ''; flush_writes`,
  write_in_place: `attempt do_write /srv/app/a.conf content ${sum} 0666 root root '' file in-place; flush_writes`,
  attributes: `attempt do_attributes /srv/app/a.conf 4777 ${owned}`,
  attributes_of_directory: `attempt do_attributes /srv/app/conf 0777 ${owned}`,
  mkdir: `attempt do_mkdir /srv/app/conf 0777 ${owned}; attempt do_mkdir /srv/app/new/deep/er 0777 ${owned}`,
  link: `attempt do_link /srv/app/current ../else`,
  remove: `attempt do_remove /srv/app/conf yes; attempt do_remove /srv/app/a.conf no`,
  restore: `attempt do_restore /srv/app/a.conf kept ${sum} 0644 ${owned}`,
  keep: `keep 1 originals/x /srv/app/a.conf; attempt do_write /srv/app/a.conf content ${sum} 0644 ${owned} ''; flush_writes; leave`,
  archive: `attempt do_archive http://example.com/ "$ARCHIVE" /srv/app/dist 0 ''`,
  download: `attempt do_download /srv/app/a.conf http://example.com/ "$ARCHIVE" 0644 ${owned} ''`,
  checkout: `attempt do_checkout /srv/app/clone "file://$R/var/repository" "$COMMIT" ${owned}; is_checkout /srv/app/clone x "$COMMIT" ${owned} || :`,
  home: `old_uid=${meddler.uid} old_gid=${meddler.gid}; attempt make_home /srv/app/home`,
  sweep: `ID=test-1; forget_ways; note_temporary /srv/app; note_temporary /srv/app/conf; attempt sweep_temporaries; MARKED=$NL`,
}

/** All that is not the meddling user's: kinds, modes, owners and contents. */
function rootsThings(tree: RootTree): string {
  const lines: string[] = []
  const visit = (path: string): void => {
    const { mode, uid, gid, ino } = lstatSync(path)
    const is = lstatSync(path)
    const shown = is.isFile() ? readFileSync(path, 'utf8') : is.isSymbolicLink() ? readlinkSync(path) : ''
    lines.push([path, mode.toString(8), uid, gid, ino, shown].join(' '))
    if (is.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name))
  }
  for (const name of ['etc', 'root']) visit(tree.at(`/${name}`))
  return lines.join('\n')
}

function settings(tree: RootTree): string {
  const { inspect, apply } = libraryFor(tree.shell)
  return `${inspect}
${apply}
read_uid
STATE=$R/var/lib/converge CLUSTER=$R/var/lib/converge/clusters/test RUN=$R/var/run STAGING=$R/var/staging PORTABLE= BELLS=0
QUEUED=0 PACKAGES=0 FAILED= OWED= NEXT_OWED= OWED_SO_FAR= RECORDS= NEXT_RECORDS= KEPT= NUMBER=0 GENERATION=$CLUSTER
download() { cp "$R/var/packed.tar" "$2"; }
attempt() { if "$@" >/dev/null 2>"$R/var/told"; then DONE=$((DONE + 1)); fi; leave; }
exec 9>/dev/null
: >"$R/var/told"
`
}

/** Repeats these acts beside a user who owns /srv/app and meddles with it; fails if that gets or changes anything of root's. */
async function besideMeddler(
  tree: RootTree,
  acts: Readonly<Record<string, string>>,
  options: { readonly pipes: boolean },
): Promise<number> {
  tree.write('/root/.ssh/authorized_keys', 'SECRET', 0o600)
  tree.write('/etc/shadow', 'SECRET')
  tree.write('/etc/ld.so.conf.d/libc.conf', '/usr/local/lib\n')
  chmodSync(tree.at('/etc/shadow'), 0o600)
  chmodSync(tree.at('/root'), 0o700)
  chmodSync(tree.root, 0o755)
  tree.write('/var/staging/content', content)
  tree.write('/var/lib/converge/clusters/test/kept', content)
  for (const path of ['/var/run', '/var/lib/converge/clusters/test/originals', '/srv/app/conf'])
    mkdirSync(tree.at(path), { recursive: true })
  tree.write('/srv/app/a.conf', 'old')
  for (const path of ['/srv/app', '/srv/app/conf', '/srv/app/a.conf'])
    chownSync(tree.at(path), meddler.uid, meddler.gid)
  tree.write('/var/packed/bin/tool', 'tool', 0o755)
  execFileSync('tar', ['-cf', tree.at('/var/packed.tar'), '-C', tree.at('/var/packed'), '.'])
  const archive = createHash('sha256')
    .update(readFileSync(tree.at('/var/packed.tar')))
    .digest('hex')
  const git = ['-C', tree.at('/var/repository'), '-c', 'user.name=x', '-c', 'user.email=x@example.com']
  execFileSync('git', ['init', '-q', tree.at('/var/repository')])
  execFileSync('git', [...git, 'commit', '-q', '--allow-empty', '-m', 'x'])
  const commit = execFileSync('git', [...git, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
  const before = rootsThings(tree)
  const meddling = startMeddling(tree.at('/srv/app'), tree.root, { seed: rounds, ...options })
  let [done, tried] = [0, 0]
  let told = ''
  try {
    while (tried < rounds) {
      const { stdout, stderr } = await tree.run(`${settings(tree)}
${Object.entries(acts)
  .map(([name, words]) => `act_${name}() { ${words}; }\n`)
  .join('')}
ARCHIVE=${archive} COMMIT=${commit} DONE=0 round=${tried}
while [ "$round" -lt ${Math.min(tried + atOnce, rounds)} ]; do
  for act in ${Object.keys(acts).join(' ')}; do
    round=$((round + 1)) NUMBER=$round ID=test-$round FAILED= QUEUED=0
    "act_$act"
  done
done
echo "$DONE of $round"
`)
      assert.not.match(stdout.toString(), 'SECRET')
      const counts = /^(\d+) of (\d+)\n$/m.exec(stdout.toString())
      assert.ok(counts !== null, `the program died: ${stderr} ${tree.read('/var/told')}`)
      done += Number(counts?.[1])
      tried = Number(counts?.[2])
    }
  } finally {
    told = await meddling.end()
  }
  assert.is(told, '')
  assert.ok(done > 0, 'nothing at all was done')
  assert.is(rootsThings(tree), before)
  return tried
}

asRoot('nothing of root is read, written or changed, whatever the owner of a directory does meanwhile', () =>
  inShellsByTurns(async (tree) => {
    figure('acts of root beside a user who meddles', await besideMeddler(tree, operations, { pipes: true }))
  }),
)

asRoot('nothing of root is shown in a plan, whatever the owner of a directory does meanwhile', () =>
  inShellsByTurns(async (tree) => {
    const look =
      'inspect_paths /srv/app/a.conf 0 /srv/app/conf/shadow 0 /srv/app/conf/a.conf 0; DONE=$((DONE + 1))'
    // Each pipe in the place of a file costs an inspection its time limit.
    figure('looks of root beside a user who meddles', await besideMeddler(tree, { look }, { pipes: false }))
  }),
)

test.run()
