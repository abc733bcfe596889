import type { RootTree } from './root-tree.ts'

// Stand-ins for rpm with dnf or zypper, and for apk, in a root tree. They take the command lines and print the lines that the library relies on; the
// lab has the real dnf and zypper. /srv/pm/installed, /srv/pm/repository and /srv/pm/known (the lists) have a line `NAME VERSION` for each
// package, the oldest first; /srv/pm/provides a line `NAME PROVIDED`, /srv/pm/needs a line `NAME NEEDED`.

const engine = `pm=$CONVERGE_ROOT/srv/pm
fails() { echo "$*" >&2; exit 1; }
installed() { sed -n "s/^$1 //p" "$pm/installed"; }
known() { sed -n "s/^$1 //p" "$pm/known"; }
provider() { sed -n "s/^\\(.*\\) $1$/\\1/p" "$pm/provides" | head -n 1; }
# choose NAME [VERSION]: sets chosen, or fails.
choose() {
  chosen=
  for one in $(known "$1"); do
    case $one in \${2:-"$one"} | *:"\${2-}") chosen=$one ;; esac
    case $partly$one in yes"\${2-}"-* | yes*:"\${2-}"-*) chosen=$one ;; esac
  done
  [ -n "$chosen" ]
}
put() {
  if [ -n "$(installed "$1")" ] && [ -z "\${2-}" ]; then return; fi
  name=$1
  choose "$1" "\${2-}" || { name=$(provider "$1") && [ -n "$name" ] && choose "$name"; } || fails "no package $1 \${2-}"
  drop "$name"
  echo "$name $chosen" >>"$pm/installed"
}
drop() {
  sed "/^$1 /d" "$pm/installed" >"$pm/new"
  mv "$pm/new" "$pm/installed"
}
needing() { sed -n "s/^\\(.*\\) $1$/\\1/p" "$pm/needs"; }
refresh() {
  echo refresh >>"$pm/log"
  cp "$pm/repository" "$pm/known"
}
`

const rpm = `#!/bin/sh
${engine}
case $1 in
  -qa) while read -r name version; do echo "$name noarch 1 $version"; done <"$pm/installed"; exit ;;
  -e)
    while [ "$1" != -- ]; do shift; done
    shift
    for name; do
      for other in $(needing "$name"); do
        [ -z "$(installed "$other")" ] || echo "	$name is needed by (installed) $other-$(installed "$other").noarch"
      done
    done >&2
    exit
    ;;
esac
for word; do [ "$word" != --whatprovides ] || provided=yes; done
while [ "$1" != -- ]; do shift; done
shift
for name; do
  if [ -n "\${provided-}" ]; then
    other=$(provider "$name")
    if [ -n "$other" ] && [ -n "$(installed "$other")" ]; then echo "+ $name $(installed "$other") $other"; fi
  elif [ -n "$(installed "$name")" ]; then
    echo "+ $name noarch $(installed "$name")"
  else
    echo "package $name is not installed"
  fi
done
`

const dnf = `#!/bin/sh
${engine}
partly=yes
for word; do
  case $word in
    makecache | repoquery | install | remove | versionlock) action=$word && break ;;
  esac
done
locks=$CONVERGE_ROOT/etc/dnf/plugins/versionlock.list
case $action in
  makecache)
    refresh
    mkdir -p "$CONVERGE_ROOT/var/cache/dnf/lab/repodata" && : >"$CONVERGE_ROOT/var/cache/dnf/lab/repodata/repomd.xml"
    ;;
  repoquery)
    for word; do [ "$word" != --whatprovides ] || provided=yes; done
    if [ -n "\${provided-}" ]; then
      for name; do :; done
      other=$(provider "$name")
      [ -z "$other" ] || echo "$other noarch 0:1"
    else
      while [ "$1" != -- ]; do shift; done
      for name; do
        for version in $(known "$name"); do
          case $version in *:*) ;; *) version=0:$version ;; esac
          printf '%s noarch %s\\n\\n' "$name" "$version"
        done
      done
    fi
    ;;
  install)
    while [ "$1" != -- ]; do shift; done
    shift
    cp "$pm/installed" "$pm/before"
    for spec; do
      name=$spec version=
      while [ -z "$(known "$name")" ]; do
        case $name in *-*) name=\${name%-*} ;; *) name=$spec && break ;; esac
      done
      version=\${spec#"$name"}
      ! grep -qs "^$name-" "$locks" || fails 'excluded'
      (put "$name" "\${version#-}") || { cp "$pm/before" "$pm/installed"; fails "Error: Unable to find a match: $spec"; }
    done
    [ -n "\${SYSTEMD_OFFLINE-}" ] || echo "$*" >>"$pm/started"
    ;;
  remove)
    while [ "$1" != -- ]; do shift; done
    shift
    for name; do drop "$name"; done
    ;;
  versionlock)
    case " $* " in
      *' --help '*) ;;
      *' add '*) for name; do [ -z "$(installed "$name")" ] || echo "$name-0:$(installed "$name").*" >>"$locks"; done ;;
      *' delete '*) for name; do sed -i "/^$name-/d" "$locks"; done ;;
    esac
    ;;
esac
`

const zypper = `#!/bin/sh
${engine}
partly=yes
locks=$CONVERGE_ROOT/etc/zypp/locks
while [ $# -gt 0 ]; do
  action=$1
  shift
  case $action in -*) ;; *) break ;; esac
done
case $action in
  refresh)
    refresh
    mkdir -p "$CONVERGE_ROOT/var/cache/zypp/raw/lab/repodata" && : >"$CONVERGE_ROOT/var/cache/zypp/raw/lab/repodata/repomd.xml"
    ;;
  search)
    for name; do
      case $* in *--provides*) name=$(provider "$name") ;; esac
      for version in $(known "$name" | tac); do
        echo "<solvable status=\\"not-installed\\" name=\\"$name\\" kind=\\"package\\" edition=\\"$version\\" arch=\\"noarch\\" repository=\\"lab\\"/>"
      done
    done
    ;;
  install)
    cp "$pm/installed" "$pm/before"
    for word; do
      case $word in -*) continue ;; esac
      ! grep -qsx "solvable_name: \${word%%=*}" "$locks" || fails 'Problem: conflicting requests'
      version=\${word#"\${word%%=*}"}
      (put "\${word%%=*}" "\${version#=}") || { cp "$pm/before" "$pm/installed"; exit 104; }
    done
    [ -n "\${SYSTEMD_OFFLINE-}" ] || echo "$*" >>"$pm/started"
    ;;
  remove) for name; do drop "$name"; done ;;
  addlock) for name; do printf 'type: package\\nmatch_type: glob\\ncase_sensitive: on\\nsolvable_name: %s\\n\\n' "$name"; done >>"$locks" ;;
  removelock) for name; do sed -i "/^solvable_name: $name$/d" "$locks"; done ;;
esac
`

const apk = `#!/bin/sh
${engine}
partly=
world=$CONVERGE_ROOT/etc/apk/world
while [ $# -gt 0 ]; do
  action=$1
  shift
  case $action in --wait) shift ;; -*) ;; *) break ;; esac
done
database() {
  while read -r name version; do
    printf 'P:%s\\nV:%s\\nA:x86_64\\n' "$name" "$version"
    provided=$(sed -n "s/^$name //p" "$pm/provides")
    [ -z "$provided" ] || echo "p:$provided=1"
    echo
  done <"$pm/installed" >"$CONVERGE_ROOT/lib/apk/db/installed"
}
case $action in
  update)
    refresh
    mkdir -p "$CONVERGE_ROOT/var/cache/apk" && : >"$CONVERGE_ROOT/var/cache/apk/APKINDEX.1.tar.gz"
    ;;
  policy)
    for name; do
      [ -z "$(known "$name")" ] || echo "$name policy:"
      for version in $(known "$name"); do printf '  %s:\\n    http://x\\n' "$version"; done
    done
    ;;
  search) for name; do provider "$name"; done ;;
  add)
    cp "$pm/installed" "$pm/before"
    for word; do
      version=\${word#"\${word%%=*}"}
      (put "\${word%%=*}" "\${version#=}") || { cp "$pm/before" "$pm/installed"; fails 'ERROR: unable to select packages'; }
      sed -i "/^\${word%%=*}\\(=.*\\)*$/d" "$world"
      echo "$word" >>"$world"
    done
    database
    ;;
  del)
    if [ "$1" = -s ]; then
      for other in $(needing "$3") "$3"; do echo "(1/1) Purging $other (1.0)"; done
      exit
    fi
    shift
    for name; do drop "$name" && sed -i "/^$name\\(=.*\\)*$/d" "$world"; done
    database
    ;;
esac
`

const files = {
  dnf: {
    '/srv/bin/rpm': rpm,
    '/srv/bin/dnf': dnf,
    '/var/lib/rpm/.keep': '',
    '/etc/dnf/plugins/versionlock.list': '',
  },
  zypper: {
    '/srv/bin/rpm': rpm,
    '/srv/bin/zypper': zypper,
    '/var/lib/rpm/.keep': '',
    '/etc/products.d/baseproduct': '',
    '/etc/zypp/locks': '',
  },
  apk: { '/srv/bin/apk': apk, '/lib/apk/db/installed': '', '/etc/apk/world': '' },
} as const

export type StandIn = keyof typeof files
export const standIns = ['dnf', 'zypper', 'apk'] as const satisfies readonly StandIn[]

/** Lets a root tree have a package manager. */
export function plantPackageManager(tree: RootTree, manager: StandIn): void {
  for (const [path, text] of Object.entries(files[manager]))
    tree.write(path, text, path.startsWith('/srv/bin/') ? 0o755 : 0o644)
  for (const name of ['installed', 'repository', 'known', 'provides', 'needs', 'log', 'started'])
    tree.write(`/srv/pm/${name}`, '')
}
