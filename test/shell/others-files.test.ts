import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planPortable } from '../../src/plan/host/plan-portable.ts'
import { file } from '../../src/resources/file.ts'
import { collectQuestions, readAnswer } from '../../src/shell/probes/index.ts'
import { inspectProgram } from '../../src/shell/programs/inspect-program.ts'
import { portableProgram } from '../../src/shell/programs/portable-program.ts'
import { catalogOf } from './catalogs.ts'
import { change, link, mkdir, run, textContent, write } from './changes.ts'
import { meddler } from './meddling-user.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { apply, inspect, launching, libraryFor, newRun, place } from './run-programs.ts'

const asRoot = process.getuid?.() === 0 ? test : test.skip

const ids = { owner: String(meddler.uid), group: String(meddler.gid) }

/** A tree in which another user owns /srv/app with `conf` in it. */
function withOwner(use: (tree: RootTree) => Promise<void>): Promise<void> {
  return inShellsByTurns(async (tree) => {
    mkdirSync(tree.at('/srv/app/conf'), { recursive: true })
    mkdirSync(tree.at('/root/.ssh'), { recursive: true })
    tree.write('/etc/ld.so.conf.d/libc.conf', 'SECRET')
    for (const path of ['/srv/app', '/srv/app/conf']) chownSync(tree.at(path), meddler.uid, meddler.gid)
    await use(tree)
  })
}

asRoot("what another user owns is changed as what is root's, and nothing is left there", () =>
  withOwner(async (tree) => {
    tree.write('/srv/app/conf/old', 'x')
    chownSync(tree.at('/srv/app/conf/old'), meddler.uid, meddler.gid)
    const lines = await apply(tree, [
      change({ ...write('/srv/app/conf/a.conf', 'a', { mode: '0640' }), ...ids }),
      change(write('/srv/app/conf/b.conf', 'b', { validate: 'grep -q b {}' })),
      change({ ...write('/srv/app/c.conf', 'c'), ...ids }),
      change(write('/etc/d.conf', 'd')),
      change({ ...mkdir('/srv/app/new/deep', '0750'), ...ids }),
      change(link('/srv/app/current', 'conf')),
      change({ op: 'attributes', path: '/srv/app/conf/old', mode: '4711', ...ids }),
      change({ op: 'attributes', path: '/srv/app/conf', mode: '0700', ...ids }),
    ])
    assert.is(lines.at(-1), 'end ok', lines.join('\n'))
    assert.equal(readdirSync(tree.at('/srv/app')).sort(), ['c.conf', 'conf', 'current', 'new'])
    assert.equal(readdirSync(tree.at('/srv/app/conf')).sort(), ['a.conf', 'b.conf', 'old'])
    const modes = ['conf', 'conf/a.conf', 'conf/b.conf', 'conf/old', 'new', 'new/deep'].map((name) => {
      const { mode, uid } = statSync(tree.at(`/srv/app/${name}`))
      return `${(mode & 0o7777).toString(8)} ${uid}`
    })
    const { uid } = meddler
    assert.equal(modes, [`700 ${uid}`, `640 ${uid}`, '644 0', `4711 ${uid}`, '755 0', `750 ${uid}`])
  }),
)

asRoot("a link that another user may have made is not followed, whoever owns it, and one of root's is", () =>
  withOwner(async (tree) => {
    symlinkSync('../../root/.ssh', tree.at('/srv/app/.ssh'))
    symlinkSync('srv/app', tree.at('/by-root'))
    mkdirSync(tree.at('/opt'))
    symlinkSync('../srv/app', tree.at('/opt/by-group'))
    // Users can be in root's group, and access control lists show there.
    chmodSync(tree.at('/opt'), 0o775)
    const keys = change(write('/srv/app/.ssh/authorized_keys', 'key'))
    const refused = await apply(tree, [keys])
    assert.match(refused.join('\n'), '/srv/app/.ssh is a symbolic link that converge does not follow')
    assert.equal(readdirSync(tree.at('/root/.ssh')), [])
    assert.is((await apply(tree, [change(write('/by-root/conf/x', 'x'))])).at(-1), 'end ok')
    assert.is(tree.read('/srv/app/conf/x'), 'x')
    const paths = [
      '/srv/app/.ssh/authorized_keys',
      '/by-root/conf/x',
      '/by-root/.ssh/x',
      '/opt/by-group/x',
      '/srv/app/x',
    ]
    const found = await inspect(
      tree,
      paths.map((path) => ({ probe: 'path', path })),
    )
    assert.equal(
      paths.map((path) => found.paths[path]?.isLedByOthers),
      [true, undefined, true, true, undefined],
    )
  }),
)

asRoot('a validator sees no path that another user could give to another file', () =>
  withOwner(async (tree) => {
    const validate = `case {} in ${tree.root}/var/lib/converge/*/x) cat {} | grep -q y ;; *) false ;; esac`
    const lines = await apply(tree, [change(write('/srv/app/x', 'y', { validate }))])
    assert.is(lines.at(-1), 'end ok', lines.join('\n'))
  }),
)

asRoot('only what a run has recorded is swept, and only where it is still private', () =>
  withOwner(async (tree) => {
    const made = (name: string, uid: number): void => {
      tree.write(`/srv/app/${name}/.converge`, '')
      tree.write(`/srv/app/${name}/.converge-old/dist/file`, 'x')
      chmodSync(tree.at(`/srv/app/${name}`), 0o700)
      chownSync(tree.at(`/srv/app/${name}`), uid, uid)
    }
    made('.converge-killed-1', 0)
    made('.converge-killed-2', meddler.uid)
    made('.converge-other-1', 0)
    tree.write('/srv/app/.converge-killed-1/.env', 'x')
    tree.write('/srv/app/.converge-killed-3', 'theirs')
    renameSync(
      tree.at('/srv/app/.converge-killed-1/.converge-old/dist'),
      tree.at('/srv/app/.converge-killed-1/.converge-old/first'),
    )
    tree.write('/var/lib/converge/temporaries', '/srv/app//killed\n')
    assert.is((await apply(tree, [change(write('/etc/x', 'x'))])).at(-1), 'end ok')
    assert.equal(readdirSync(tree.at('/srv/app')).sort(), [
      '.converge-killed-2',
      '.converge-killed-3',
      '.converge-other-1',
      'conf',
      'first',
    ])
  }),
)

/** Runs words of the host program, as part of an apply. */
async function words(tree: RootTree, text: string): Promise<string> {
  const { inspect: library, apply: more } = libraryFor(tree.shell)
  const settings = `STATE=$R/var/lib/converge CLUSTER=$STATE/clusters/test RUN=$R/var/run STAGING=$R/var/tmp
mkdir -p "$RUN" "$CLUSTER"; FAILED= QUEUED=0 OWED= RECORDS= NEXT_OWED= NEXT_RECORDS= OWED_SO_FAR= KEPT= PORTABLE= BELLS=0 NUMBER=1 ID=test; exec 9>/dev/null`
  const { stdout, stderr } = await tree.run(`${library}\n${more}\nread_uid\n${settings}\n${text}\n`)
  return `${stdout}${stderr}`
}

function closed(tree: RootTree): void {
  tree.write('/srv/app/secrets/key', 'SECRET', 0o600)
  chmodSync(tree.at('/srv/app/secrets'), 0o700)
}

asRoot("a directory of root's in the place of the private one is left as it is", () =>
  withOwner(async (tree) => {
    closed(tree)
    const exchange = 'mv ./.converge-test-1 ./away && mv ./secrets ./.converge-test-1'
    const meddling = `mkdir() { command mkdir "$@" && case $* in *.converge-*) ${exchange} ;; esac; }`
    await words(tree, `${meddling}\ndo_link /srv/app/current x; leave`)
    assert.is(tree.read('/srv/app/.converge-test-1/key'), 'SECRET')
    assert.equal(readdirSync(tree.at('/srv/app/.converge-test-1')), ['key'])
  }),
)

asRoot(
  'what root has closed is opened where the plan saw it, not by a name that it was given since then',
  () =>
    withOwner(async (tree) => {
      closed(tree)
      tree.write('/srv/app/key', 'SECRET', 0o600)
      tree.write('/srv/app/a.conf', 'a', 0o600)
      const open = async (name: string, meddling = ':') => {
        const path = `/srv/app/${name}`
        const { paths } = await inspect(tree, [{ probe: 'path', path }])
        const expects = Object.entries(paths).map(([at, state]) => ({ path: at, state }))
        const opening = change({ op: 'attributes', path, mode: '0755', ...ids }, { expects })
        return (await apply(tree, [change(run(`cd ${tree.at('/srv/app')} && ${meddling}`)), opening])).join(
          '\n',
        )
      }
      const refused = 'is not what the plan saw, but may be somebody else'
      assert.match(await open('a.conf', 'mv a.conf b.conf && mv key a.conf'), refused)
      assert.match(await open('conf', 'mv conf away && mv secrets conf'), refused)
      assert.match(await words(tree, 'do_mkdir /srv/app/conf 0755 61001 61001; leave'), refused)
      const kept = ['a.conf', 'conf'].map((name) => statSync(tree.at(`/srv/app/${name}`)))
      assert.equal(
        kept.map(({ mode, uid }) => `${(mode & 0o777).toString(8)} ${uid}`),
        ['600 0', '700 0'],
      )
      for (const name of ['a.conf', 'conf']) assert.match(await open(name), /\nend ok$/)
      assert.is(statSync(tree.at('/srv/app/conf')).uid, meddler.uid)
    }),
)

asRoot(
  'what a command of the same run has changed is given its attributes, unless it may be something else',
  () =>
    withOwner(async (tree) => {
      const { uid } = meddler
      const open = async (name: string, command: string, mode = '0640') => {
        for (const [file, text] of [
          ['a.conf', 'a'],
          ['key', 'SECRET'],
        ] as const) {
          rmSync(tree.at(`/srv/app/${file}`), { force: true })
          tree.write(`/srv/app/${file}`, text, file === 'key' ? 0o600 : 0o644)
        }
        chmodSync(tree.at('/srv/app/conf'), 0o755)
        chownSync(tree.at('/srv/app/conf'), 0, 0)
        const path = `/srv/app/${name}`
        const { paths } = await inspect(tree, [{ probe: 'path', path }])
        const expects = Object.entries(paths).map(([at, state]) => ({ path: at, state }))
        const opening = change({ op: 'attributes', path, mode, ...ids }, { expects })
        return (await apply(tree, [change(run(`cd ${tree.at('/srv/app')} && ${command}`)), opening])).join(
          '\n',
        )
      }
      const changes: readonly (readonly [string, string])[] = [
        ['a.conf', 'chmod 0600 a.conf'],
        ['a.conf', `chown ${uid} a.conf`],
        ['a.conf', 'cp -p a.conf b.conf && mv b.conf a.conf && chmod 0600 a.conf'],
        ['a.conf', 'echo more >>a.conf'],
        ['conf', 'chmod 0711 conf && chmod o+r conf'],
        ['conf', `chown -R ${uid}:${uid} conf && chmod 0700 conf`],
      ]
      for (const [name, command] of changes) {
        assert.match(await open(name, command), /\nend ok$/, command)
        const found = statSync(tree.at(`/srv/app/${name}`))
        assert.is(`${(found.mode & 0o7777).toString(8)} ${found.uid}`, `640 ${uid}`, command)
      }
      const exchanges: readonly (readonly [string, string, string?])[] = [
        ['a.conf', 'mv key a.conf'],
        ['a.conf', `echo theirs >a.conf && chown ${uid} a.conf`],
        ['a.conf', 'cp key a.conf && chmod 0622 a.conf'],
        ['a.conf', 'echo other >a.conf', '4755'],
        ['a.conf', 'chown 12345 a.conf'],
        ['conf', 'chmod 0700 conf'],
        ['conf', 'chown 12345 conf'],
      ]
      for (const [name, command, mode] of exchanges)
        assert.match(await open(name, command, mode), 'is not what the plan saw', command)
    }),
)

asRoot('a file in place is empty before anybody else may read it', () =>
  withOwner(async (tree) => {
    tree.write('/srv/app/a.conf', 'SECRET', 0o600)
    tree.write('/var/tmp/new', 'new')
    const { sha256 } = textContent('new')
    const watch =
      'point() { case $* in before*overwritten) ls -ln "$R/srv/app/a.conf"; cat "$R/srv/app/a.conf" ;; esac; }'
    const write = `do_write /srv/app/a.conf new ${sha256} 0644 61001 61001 '' file in-place && flush_writes`
    assert.match(await words(tree, `${watch}\n${write}`), /^-rw-r--r-- +2 61001 61001 +0 [^\n]*\n$/)
    assert.is(tree.read('/srv/app/a.conf'), 'new')
  }),
)

asRoot('a file that had another name when it was held, and no longer has one, is left as it is', () =>
  withOwner(async (tree) => {
    const stolen = tree.at('/etc/ld.so.conf.d/libc.conf')
    const gone = 'ln() { command ln "$@" && rm -f "$R/srv/app/a.conf"; }'
    const again = 'stat() { ln "$R/etc/ld.so.conf.d/libc.conf" "$R/srv/app/a.conf"; command stat "$@"; }'
    for (const [meddling, act] of [
      [gone, 'do_attributes /srv/app/a.conf 0666 61001 61001'],
      [`${gone}; ${again}`, 'do_attributes /srv/app/a.conf 0666 61001 61001'],
      [gone, 'overwrite() { rm "$2"; }; take_place x /srv/app/a.conf \'\' in-place'],
    ]) {
      linkSync(stolen, tree.at('/srv/app/a.conf'))
      const told = await words(tree, `place /srv/app/a.conf; ${meddling}; ${act}; leave`)
      assert.match(told, "a.conf has other names and may be somebody else's")
      rmSync(tree.at('/srv/app/a.conf'), { force: true })
    }
    tree.write('/srv/app/conf/key', 'SECRET', 0o600)
    chownSync(tree.at('/srv/app/conf/key'), meddler.uid, meddler.gid)
    linkSync(tree.at('/srv/app/conf/key'), tree.at('/srv/app/a.conf'))
    const open = 'do_attributes /srv/app/a.conf 0644 61001 61001 && echo opened; leave'
    chmodSync(tree.at('/srv/app'), 0o775)
    assert.match(await words(tree, open), 'others can write there')
    chmodSync(tree.at('/srv/app'), 0o755)
    assert.is(await words(tree, open), 'opened\n')
    const { mode, uid } = statSync(stolen)
    assert.is(`${(mode & 0o777).toString(8)} ${uid}`, '644 0')
  }),
)

asRoot('a link that takes the place of a directory while it is removed is not followed', () =>
  withOwner(async (tree) => {
    closed(tree)
    mkdirSync(tree.at('/srv/app/going'))
    // As where rm is not GNU's.
    const exchange = 'mv "$R/srv/app/going" "$R/srv/app/away"; ln -s secrets "$R/srv/app/going"'
    const meddling = `rm() { case $* in --version) ${exchange} ;; *) command rm "$@" ;; esac; }`
    await words(tree, `${meddling}\nrm_tree "$R/srv/app/going"`)
    assert.is(tree.read('/srv/app/secrets/key'), 'SECRET')
  }),
)

asRoot('hidden files that a killed run has staged in a directory of others are swept', () =>
  withOwner(async (tree) => {
    await words(tree, 'for name in .profile ..y z; do place "/srv/app/$name" && echo x >"$temporary"; done')
    const left = readdirSync(tree.at('/srv/app/.converge-test-1'))
    assert.equal(left.sort(), ['..y', '.converge', '.profile', 'z'])
    await words(tree, 'sweep_temporaries')
    assert.equal(readdirSync(tree.at('/srv/app')), ['conf'])
    assert.is(tree.read('/var/lib/converge/temporaries'), '')
  }),
)

asRoot('a file that gets its mode, or is written in place, gives nobody rights by a list that it had', () =>
  withOwner(async (tree) => {
    const list = 'user::rw-\nuser:61001:r--\ngroup::---\nmask::r--\nother::---'
    const plant = (path: string): void => {
      rmSync(tree.at(path), { force: true })
      tree.write(path, 'a', 0o640)
      const [archive, ...names] = [tree.at('/var/list.tar'), '-C', tree.root, `.${path}`]
      execFileSync('tar', ['--acls', `--pax-option=SCHILY.acl.access:=${list}`, '-cf', archive, ...names])
      execFileSync('tar', ['--acls', '-xpf', archive, ...names])
    }
    // setfacl is not everywhere.
    const standIn = `setfacl() { : >"$R/var/none" && cp --attributes-only --preserve=mode "$R/var/none" "$3"; }`
    const look = (path: string) => `leave; ls -ln "$R${path}"`
    tree.write('/var/tmp/new', 'new')
    const { sha256 } = textContent('new')
    for (const path of ['/srv/app/a.conf', '/etc/a.conf'])
      for (const act of [
        `do_attributes ${path} 0640 0 61001`,
        `do_write ${path} new ${sha256} 0640 0 61001 '' file in-place && flush_writes`,
      ]) {
        plant(path)
        assert.match(await words(tree, look(path)), /^-rw-r-----\+ 1 0 0 /)
        const seen = `WAS='file 0640 0 0 ${textContent('a').sha256}'`
        assert.match(
          await words(tree, `${standIn}\n${seen}; ${act}; ${look(path)}`),
          /^-rw-r----- 1 0 61001 /,
        )
      }
  }),
)

/** Gives the directory an access control list by tar, as setfacl is not everywhere. */
function handDown(tree: RootTree, directory: string): void {
  const list = 'user::rwx\nuser:61001:rwx\ngroup::r-x\nmask::rwx\nother::r-x'
  const tar = (...more: readonly string[]): void => {
    execFileSync('tar', ['--acls', '-C', tree.at(directory), '-f', tree.at('/var/list.tar'), ...more])
  }
  tar(`--pax-option=SCHILY.acl.default:=${list}`, '--no-recursion', '-c', '.')
  tar('-x')
}

asRoot('what is made in a directory of others takes no access control list from it', () =>
  withOwner(async (tree) => {
    handDown(tree, '/srv/app')
    const made = `do_mkdir /srv/app/new 0770 root root; leave; mkdir "$R/srv/app/as-before"; ls -ldn "$R/srv/app/"*`
    const told = await words(tree, made)
    assert.match(told, /^drwxrwx---[ .].*\/new$/m)
    assert.match(told, /^drwxrwxr-x\+.*\/as-before$/m)
  }),
)

asRoot("the content of a file that may be somebody else's is not shown", () =>
  withOwner(async (tree) => {
    tree.write('/srv/app/own', 'mine')
    chownSync(tree.at('/srv/app/own'), meddler.uid, meddler.gid)
    linkSync(tree.at('/srv/app/own'), tree.at('/srv/app/own-again'))
    linkSync(tree.at('/etc/ld.so.conf.d/libc.conf'), tree.at('/srv/app/hard'))
    symlinkSync('../../../etc/ld.so.conf.d', tree.at('/srv/app/conf/etc'))
    const { sha256 } = textContent('wanted')
    const paths = ['/srv/app/own', '/srv/app/own-again', '/srv/app/hard', '/srv/app/conf/etc/libc.conf']
    const facts = await inspect(
      tree,
      paths.map((path) => ({ probe: 'path', path, sha256 })),
    )
    const contents = paths.map((path) => {
      const found = facts.paths[path]
      return found?.type === 'file' ? found.content : found?.type
    })
    assert.equal(contents, ['mine', 'mine', undefined, undefined])
  }),
)

/** A pipe takes the place of a file after it was seen to be one. */
const pipeAppears = `READ_SECONDS=0.3
sum_them() {
  rm "$R/srv/app/a.conf" && mkfifo "$R/srv/app/a.conf"
  exec $WITHIN sha256sum -- "$@"
}
`

asRoot('a pipe in the place of a file is reported, and nobody waits for it', () =>
  withOwner(async (tree) => {
    const plant = (): void => {
      rmSync(tree.at('/srv/app/a.conf'), { force: true })
      tree.write('/srv/app/a.conf', 'a')
    }
    const questions = collectQuestions(
      ['/etc/passwd', '/srv/app/a.conf'].map((path) => ({ probe: 'path', path })),
    )
    const library = libraryFor(tree.shell)
    const piped = { ...library, inspect: `${library.inspect}${pipeAppears}` }
    plant()
    const { stdout } = await tree.run(inspectProgram(questions, place, piped))
    assert.throws(() => readAnswer(stdout, questions), '/srv/app/a.conf cannot be read within 0.3 s')
    const acts = {
      'expect_paths /etc/passwd other /srv/app/a.conf other; cat "$RUN/results"':
        '| /srv/app/a.conf cannot be read within 0.3 s\n',
      'has_attributes() { :; }; is_write /srv/app/a.conf x 0 0644 0 0 || echo is not': 'is not\n',
      'only_roots() { mv $R/srv/app/a.conf $at; mkfifo $at.pipe; mv $at.pipe $at; false; }; at=$R/srv/app/.converge-archive; : >$at; is_archive x x /srv/app || echo is not':
        'is not\n',
    }
    for (const [act, told] of Object.entries(acts)) {
      plant()
      assert.match(await words(tree, `${pipeAppears}${act}`), told)
    }
  }),
)

asRoot('a portable program keeps no answers that are incomplete, and changes nothing', () =>
  withOwner(async (tree) => {
    const library = libraryFor(tree.shell)
    const plan = planPortable(catalogOf(file({ path: '/srv/app/a.conf', content: 'new' })), [])
    for (const [tool, name] of [
      ['stat_them', 'exec stat -c "%a %u %g %s %U:%G"'],
      ['sum_them', 'exec sha256sum'],
    ]) {
      tree.write('/srv/app/a.conf', 'a')
      const vanishes = `${tool}() { rm -f "$R/srv/app/a.conf"; ${name} -- "$@" 2>/dev/null; }\n`
      const inspecting = { ...library, inspect: `${library.inspect}\n${vanishes}` }
      const { exitCode, stderr } = await tree.run(portableProgram(plan, place, inspecting))
      assert.is(exitCode, 70)
      assert.match(
        stderr,
        'files appeared or disappeared while the host was inspected; run this program again',
      )
      assert.is(existsSync(tree.at(`${place.stateDir}/clusters/${place.cluster}`)), false)
    }
  }),
)

asRoot("a home in somebody else's directory is not made by useradd, which goes by names", () =>
  withOwner(async (tree) => {
    const tools = `has_tools() { :; }
useradd() {
  echo "useradd $*"
  echo "bob:x:61002:61002::$R/none:/bin/sh" >>"$R/etc/passwd"
}
userdel() { echo "userdel $*"; }
`
    const make = 'do_user bob no yes 61002 : : /srv/app/homes/bob : :; leave'
    const made = await words(tree, `${tools}${make}`)
    assert.is(made, 'useradd -M -d /srv/app/homes/bob -u 61002 -- bob\n')
    const modes = ['homes', 'homes/bob'].map((name) => {
      const { mode, uid } = statSync(tree.at(`/srv/app/${name}`))
      return `${(mode & 0o777).toString(8)} ${uid}`
    })
    assert.is(modes[0], '755 0')
    assert.match(modes[1] ?? '', /^7[05][05] 61002$/)
    assert.equal(
      readdirSync(tree.at('/srv/app/homes/bob')).sort(),
      existsSync('/etc/skel') ? readdirSync('/etc/skel').sort() : [],
    )
    for (const name of readdirSync(tree.at('/srv/app/homes/bob')))
      assert.is(lstatSync(tree.at(`/srv/app/homes/bob/${name}`)).uid, 61002)
    rmSync(tree.at('/srv/app/homes'), { recursive: true })
    symlinkSync('../../etc', tree.at('/srv/app/homes'))
    rmSync(tree.at('/etc/passwd'))
    tree.write('/etc/passwd', 'root:x:0:0::/:/bin/sh\n')
    assert.match(await words(tree, `${tools}${make}`), /homes is a symbolic link .*userdel -- bob\n$/s)
    assert.match(
      await words(tree, `${tools}do_user eve no yes : : : /srv/eve : :; leave`),
      'useradd -m -d /srv/eve -- eve',
    )
  }),
)

asRoot('uploads of another account are relied on only once it can no longer exchange them', () =>
  withOwner(async (tree) => {
    const launch = async (
      id: string,
      meddleWith: (staging: string) => void,
      library = libraryFor(tree.shell),
    ): Promise<string> => {
      const run = newRun(id)
      const program = launching(tree, [change(write('/etc/x', id))], run, { library })
      const staging = tree.at(run.stagingDir)
      for (const name of ['.', ...readdirSync(staging)])
        chownSync(join(staging, name), meddler.uid, meddler.gid)
      meddleWith(staging)
      return (await tree.run(program)).stdout.toString()
    }
    assert.match(await launch('as-they-were', () => undefined), /\nend ok\n$/)
    assert.is(tree.read('/etc/x'), 'as-they-were')
    const library = libraryFor(tree.shell)
    // As between two file systems, by a mv that goes by names: what it moves must be out of the reach of others.
    const copying = `mv() {
  case $* in
    *"$RUN/staging")
      case $2 in /*) rm -rf "$2" && ln -s "$R/etc" "$2" ;; esac
      cp -R -p -- "$2/." "$3" && rm -rf -- "$2"/* "$2"
      ;;
    *) command mv "$@" ;;
  esac
}
`
    const between = { ...library, apply: `${library.apply}${copying}` }
    assert.match(await launch('between', () => undefined, between), /\nend ok\n$/)
    assert.ok(readdirSync(tree.at('/etc')).includes('passwd'))
    const exchanges: Readonly<Record<string, (staging: string) => void>> = {
      link: (staging) => symlinkSync('../../../etc/shadow', join(staging, 'more')),
      hard: (staging) => linkSync(tree.at('/etc/shadow'), join(staging, 'more')),
      folder: (staging) => mkdirSync(join(staging, 'more')),
      away: (staging) => {
        renameSync(staging, `${staging}-away`)
        symlinkSync('../../etc', staging)
      },
    }
    for (const [name, meddleWith] of Object.entries(exchanges)) {
      const told = await launch(name, meddleWith)
      assert.match(told, /\nend failed\n$/, name)
      assert.is(tree.read('/etc/x'), 'between')
    }
    assert.equal(readdirSync(tree.at('/var/tmp')), ['converge-test-away-away'])
  }),
)

test.run()
