import { delimiter } from 'node:path'
import type { RootTree } from './root-tree.ts'

// A stand-in for apt and dpkg in a root tree: /srv/dpkg/status has a line `NAME ARCH STATUS VERSION` for each package,
// /srv/repository a line `NAME VERSION`, /srv/dpkg/held a name per line, /srv/dpkg/needs a line `NAME NEEDED`, /srv/dpkg/provides what dpkg-query
// prints of all packages, /srv/dpkg/virtual a line `NAME PROVIDED`, /srv/dpkg/conffiles a line `NAME PATH`. A text in /srv/dead lets an update fail.

const dpkgQuery = `#!/bin/sh
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in --admindir="$CONVERGE_ROOT/var/lib/dpkg") asked=tree ;; esac
  shift
done
[ "\${asked-}" = tree ] || exit 2
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || {
  while read -r name provided; do
    sed -n "s/^$name [^ ]* installed \\(.*\\)/installed $name \\1 $provided/p" "$CONVERGE_ROOT/srv/dpkg/status"
  done <"$CONVERGE_ROOT/srv/dpkg/virtual"
  exec cat "$CONVERGE_ROOT/srv/dpkg/provides"
}
for name; do
  grep -E "^\${name%:*} $(case $name in *:*) echo "\${name#*:}" ;; *) echo '[^ ]*' ;; esac) " "$CONVERGE_ROOT/srv/dpkg/status" |
    while read -r package arch status version; do
      want=install
      ! grep -qx "$package" "$CONVERGE_ROOT/srv/dpkg/held" || want=hold
      echo "$package $arch $status $want $version"
    done
done
`

const aptGet = `#!/bin/sh
dpkg=$CONVERGE_ROOT/srv/dpkg
fails() { echo "E: $*" >&2; exit 100; }
simulated=
for word; do
  case $word in
    update | install | remove) action=$word ;;
    -s) simulated=yes ;;
  esac
done
if [ -n "$simulated" ]; then
  while [ "$1" != -- ]; do shift; done
  echo 'Reading package lists...'
  sed -n "s/^\\(.*\\) $2$/Remv \\1 [1.0]/p" "$dpkg/needs"
  echo "Remv $2 [1.0]"
  exit
fi
echo "$action" >>"$CONVERGE_ROOT/srv/apt.log"
if [ "$action" = update ]; then
  [ ! -s "$CONVERGE_ROOT/srv/dead" ] || {
    echo 'Ign:1 http://dead ./ InRelease'
    fails "The repository 'http://dead ./ Release' does not have a Release file."
  }
  cp "$CONVERGE_ROOT/srv/repository" "$dpkg/known"
  mkdir -p "$CONVERGE_ROOT/var/lib/apt/lists"
  : >"$CONVERGE_ROOT/var/lib/apt/lists/stand-in_Packages"
  exit
fi
while [ "$1" != -- ]; do shift; done
shift
if [ "$action" = install ]; then
  for word; do
    provider=$(sed -n "s/^\\(.*\\) $word$/\\1/p" "$dpkg/virtual")
    shift
    set -- "$@" "\${provider:-$word}"
  done
  for word; do
    grep -q "^\${word%%=*} " "$dpkg/known" || fails "Unable to locate package \${word%%=*}"
  done
fi
for word; do
  name=\${word%%=*}
  [ "$action" = install ] || grep -q "^$name " "$dpkg/known" "$dpkg/status" || fails "Unable to locate package $name"
  current=$(sed -n "s/^$name amd64 installed //p" "$dpkg/status")
  if [ "$action" = install ]; then
    grep -q "^$name " "$dpkg/known" || fails "Unable to locate package $name"
    case $word in
      *=*)
        version=\${word#*=}
        grep -qx "$name $version" "$dpkg/known" || fails "Version '$version' for '$name' was not found"
        ;;
      *) version=$(sed -n "s/^$name //p" "$dpkg/known" | tail -n 1) ;;
    esac
    [ -x "$CONVERGE_ROOT/usr/sbin/policy-rc.d" ] || echo "$name" >>"$CONVERGE_ROOT/srv/started"
  fi
  [ "\${version-}" = "$current" ] || ! grep -qx "$name" "$dpkg/held" || fails 'Held packages were changed'
  sed "/^$name amd64 /d" "$dpkg/status" >"$dpkg/status.new"
  case $action in
    install)
      echo "$name amd64 installed $version" >>"$dpkg/status.new"
      sed -n "s/^$name //p" "$dpkg/conffiles" | while read -r conffile; do
        [ -e "$CONVERGE_ROOT$conffile" ] || echo "default of $name" >"$CONVERGE_ROOT$conffile"
      done
      ;;
    remove) [ -z "$current" ] || echo "$name amd64 config-files $current" >>"$dpkg/status.new" ;;
  esac
  mv "$dpkg/status.new" "$dpkg/status"
done
`

const aptCache = `#!/bin/sh
if [ "$1" = policy ]; then
  for name; do
    versions=$(sed -n "s/^$name //p" "$CONVERGE_ROOT/srv/dpkg/known")
    [ -n "$versions" ] || {
      ! grep -q " $name$" "$CONVERGE_ROOT/srv/dpkg/virtual" || printf '%s:\\n  Installed: (none)\\n  Candidate: (none)\\n  Version table:\\n' "$name"
      continue
    }
    printf '%s:\\n  Installed: (none)\\n  Candidate: 1:1.1\\n  Version table:\\n' "$name"
    for version in $(echo "$versions" | tac); do printf '     %s 500\\n        500 http://x ./ Packages\\n' "$version"; done
  done
  exit
fi
while [ "$1" != -- ]; do shift; done
grep "^$2 " "$CONVERGE_ROOT/srv/dpkg/known" || :
`

const aptMark = `#!/bin/sh
held=$CONVERGE_ROOT/srv/dpkg/held
action=$1
shift
for name; do
  sed -i "/^$name$/d" "$held"
  [ "$name" = -- ] || [ "$action" = unhold ] || echo "$name" >>"$held"
done
`

/** Lets a root tree have apt. */
export function plantApt(tree: RootTree, status = ''): void {
  tree.write('/srv/bin/dpkg-query', dpkgQuery, 0o755)
  tree.write('/srv/bin/apt-get', aptGet, 0o755)
  tree.write('/srv/bin/apt-cache', aptCache, 0o755)
  tree.write('/srv/bin/apt-mark', aptMark, 0o755)
  tree.write('/srv/dpkg/status', status)
  for (const file of [
    '/srv/dpkg/held',
    '/srv/dpkg/provides',
    '/srv/dpkg/virtual',
    '/srv/dpkg/needs',
    '/srv/dpkg/conffiles',
    '/srv/dead',
    '/srv/dpkg/known',
    '/srv/repository',
    '/srv/apt.log',
    '/srv/started',
  ])
    tree.write(file, '')
  tree.write('/var/lib/dpkg/info/.keep', '')
  tree.write('/usr/sbin/.keep', '')
}

/** The first line of programs that find it. */
export function withApt(tree: RootTree): string {
  return `PATH=${tree.at('/srv/bin')}${delimiter}$PATH\n`
}
