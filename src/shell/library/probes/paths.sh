# What is at paths.

# FOUND_MEMBERS: the sum of the file of members, which is asked for together with others.
MOUNTS= UNSTABLE= FOUND_MEMBERS=

# Sets MOUNTS to the paths that something is mounted on, each between blanks; the kernel writes a blank in one as \040.
read_mounts() {
  [ -z "$MOUNTS" ] || return 0
  MOUNTS=' '
  if [ -r /proc/self/mountinfo ]; then
    while read -r _ _ _ _ mount _; do MOUNTS="$MOUNTS$mount "; done </proc/self/mountinfo
  fi
}

# look_above DIRECTORY: sets REAL to where it is, if it or one above it is a link, and to // if that is out of the root
# tree; and BY, if others than root can change the way there, so that no apply takes it. Processes only then, and once for many paths in one directory.
look_above() {
  [ "$1" != "$LOOKED_ABOVE" ] || return 0
  LOOKED_ABOVE=$1 REAL= BY= above=$1
  while [ "$above" != "$R" ] && [ -n "$above" ]; do
    if [ -L "$above" ]; then
      REAL=$(cd -P -- "$above" 2>/dev/null && printf '%sx' "$PWD")
      [ -n "$REAL" ] || return 0
      REAL=${REAL%x} root=
      REAL=${REAL%/}
      [ -z "$R" ] || root=$(cd -P -- "$R" && printf '%sx' "$PWD")
      root=${root%x}
      case $REAL/ in
        "$root"/*)
          REAL=${REAL#"$root"}${1#"$above"}
          (walk_to "${above#"$R"}") >/dev/null 2>&1 || BY=theirs
          ;;
        *) REAL=/ ;;
      esac
      return 0
    fi
    above=${above%/*}
  done
}

# look_for_parents PATH: sets ABOVE to how many directories above it are missing, `-2`, or to x if something else is there, or
# to n if that is a link that leads to no directory.
look_for_parents() {
  ABOVE=0 above=${1%/*}
  while [ ! -d "$above/" ]; do
    if [ -L "$above" ]; then
      ABOVE=n
      return
    elif [ -e "$above" ]; then
      ABOVE=x
      return
    fi
    ABOVE=$((ABOVE + 1)) above=${above%/*}
  done
  case $ABOVE in 0) ABOVE=- ;; *) ABOVE=-$ABOVE ;; esac
}

# inspect_paths PATH WANTED-SUM-OR-DASH ... : what is at each path, in order. `kinds` says what each is (`m` is a mounted file, `-2`
# nothing, with two directories missing above it, `x` nothing, below something that is not a directory, `n` below a link
# that leads nowhere), `stats` begins the
# stat lines of those that exist, `sums` those of regular files, `link` a target, `content` one that differs, `tree` what
# is beside it. The lists
# are of the arguments' names, for `eval`: lists of the paths themselves would be copied whole for each path.
inspect_paths() {
  read_mounts
  kinds= existing= flags= links= listed= files= wanted= reals= LOOKED_ABOVE= REAL= BY= noted=$NL ways= at=1
  while [ "$at" -lt $# ]; do
    eval "path=\$R\${$at}"
    name="\"\$R\${$at}\""
    look_above "${path%/*}"
    if [ -n "$REAL" ]; then
      real=$REAL/${path##*/}
      reals="$reals${NL}real $((at / 2)) ${#real} $BY$NL$real"
    fi
    if [ -L "$path" ]; then
      kinds="$kinds l" existing="$existing $name" flags="$flags- " links="$links $name"
    elif [ -f "$path" ]; then
      case $MOUNTS in *" $path "*) kinds="$kinds m" ;; *) kinds="$kinds f" ;; esac
      existing="$existing $name" flags="${flags}f " files="$files $name"
      eval "wanted=\"\$wanted\${$((at + 1))} \""
      [ -n "$REAL" ] || note_way "${path%/*}" "\$R\${$at%"
    elif [ -d "$path" ]; then
      kinds="$kinds d" existing="$existing $name" flags="$flags- "
      eval "want=\${$((at + 1))}"
      [ "$want" != entries ] || listed="$listed $name"
    elif [ -e "$path" ]; then
      kinds="$kinds o" existing="$existing $name" flags="$flags- "
    else
      look_for_parents "$path"
      kinds="$kinds $ABOVE"
    fi
    at=$((at + 2))
  done
  say "kinds$kinds$reals"
  [ -n "$existing" ] || return 0
  remembered=
  [ -z "$files" ] || [ -z "${MEMBERS_SUM-}" ] || [ -n "$FOUND_MEMBERS" ] || [ ! -s "$CLUSTER/members" ] || {
    remembered='"$CLUSTER/members"' inside=$CLUSTER/
    note_way "$CLUSTER" "\${inside%"
  }
  look_at "$@"
  say "stats$NL$looked"
  found=$looked
  # shellcheck disable=SC2086
  [ -z "${PORTABLE-}" ] || expect_lines $existing
  read_sizes
  eval "inspect_links $links"
  eval "inspect_entries $listed"
  [ -n "$files" ] || return 0
  say sums
  eval "sums_of $total $files $remembered" || {
    eval "find_slow $files"
    say "slow $SLOW"
    UNSTABLE=$SLOW
    return 0
  }
  [ -z "$remembered" ] || FOUND_MEMBERS=${found##*"$NL"} found=${found%"$NL"*}
  say "$found"
  # shellcheck disable=SC2086
  [ -z "${PORTABLE-}" ] || expect_lines $files
  eval "inspect_contents $files"
}

# Sets `sizes` to those of the regular files in `looked`, and `total` to their sum.
read_sizes() {
  sizes= total=0
  while read -r _ _ _ size _; do
    [ "${flags%% *}" != f ] || sizes="$sizes$size " total=$((total + size))
    flags=${flags#* }
  done <<END
$looked
END
}

# expect_lines WORD ... : sets UNSTABLE unless `found` has a line for each, because what a portable program finds is kept, and must be
# complete; a controller sees that itself.
expect_lines() {
  lines=0
  while IFS= read -r line && [ -n "$line" ]; do lines=$((lines + 1)); done <<END
$found
END
  [ "$lines" -eq $# ] || UNSTABLE='files appeared or disappeared while the host was inspected; run this program again'
}

inspect_links() {
  for link; do
    target=$(readlink "$link" && printf x)
    target=${target%"${NL}x"}
    say "link ${#target}"
    printf '%s\n' "$target"
  done
}

# The names in directories, each list with an end.
inspect_entries() {
  for directory; do
    for inside in "$directory"/* "$directory"/.*; do
      name=${inside##*/}
      case $name in . | ..) continue ;; esac
      if [ -e "$inside" ] || [ -L "$inside" ]; then
        say "entry ${#name}"
        printf '%s\n' "$name"
      fi
    done
    say entries
  done
}

# The contents of the files whose sum, a line of `found`, is not the wanted one: those in directories that are root's alone
# together, and those in each other directory.
inspect_contents() {
  found=$found$NL file=0 ours= shown= theirs= their_place=
  for path; do
    sum=${found%% *} want=${wanted%% *} found=${found#*"$NL"} wanted=${wanted#* } size=${sizes%% *} sizes=${sizes#* }
    if [ "$want" != - ] && [ "$want" != "${sum#\\}" ]; then
      above=${path%/*}
      if only_roots "${above#"$R"}"; then
        [ "${size:-262145}" -gt 262144 ] || ours="$ours \"\${$((file + 1))}\"" shown="$shown $file $size"
      else
        [ "$above" = "$their_place" ] || eval "inspect_theirs $theirs"
        [ "$above" = "$their_place" ] || theirs= their_place=$above
        theirs="$theirs $file \"\${$((file + 1))}\""
      fi
      case $path in */.converge-archive) inspect_tree "$file" "${path%/*}" ;; esac
    fi
    file=$((file + 1))
  done
  eval "inspect_theirs $theirs"
  eval "inspect_ours $ours"
}

# inspect_theirs INDEX PATH ... : the contents of files in `their_place`, whose owner may put a link or a pipe in the place of one
# at any moment.
inspect_theirs() {
  [ $# -gt 0 ] || return 0
  find_timeout
  # shellcheck disable=SC2086
  (walk_to "${their_place#"$R"}" >/dev/null && ${CONVERGE_TIMEOUT:+$CONVERGE_TIMEOUT 10} /bin/sh -c "$read_theirs" sh "$@") 2>/dev/null || :
}

# Shows only what was opened, in its size even if it shrinks meanwhile, and if it is what has the name, and has no other one that somebody else may have given to it.
# shellcheck disable=SC2016
read_theirs='
while [ $# -gt 0 ]; do
  name=./${2##*/}
  if [ -f "$name" ] && exec 3<"$name"; then
    facts=$(stat -L -c "%d %i %u %h %s %F" /proc/self/fd/3 && stat -c "%d %i %u %h %s %F" -- "$name")
    opened=${facts%%"
"*}
    if [ "$facts" = "$opened
$opened" ]; then
      read -r _ _ owner links size kind <<END
$opened
END
      case $kind-$links in
        *regular*-1) ;;
        *regular*) [ "$(stat -c %u .)" = "$owner" ] || size=999999 ;;
        *) size=999999 ;;
      esac
      if [ "$size" -le 262144 ]; then
        printf "content %s %s\n" "$1" "$size"
        { head -c "$size" <&3 && head -c "$size" /dev/zero; } | head -c "$size"
        echo
      fi
    fi
    exec 3<&-
  fi
  shift 2
done'

# inspect_tree INDEX TREE: of the tree of an archive, which makes way: what is mounted in it, and the names that it did
# not have when it was extracted or that are newer.
inspect_tree() {
  say "tree $1"
  rest=$MOUNTS
  case $rest in *" $2 "*) say 'mount .' ;; esac
  while :; do
    case $rest in *" $2/"*) ;; *) break ;; esac
    rest=${rest#*" $2/"}
    say "mount ./${rest%% *}"
  done
  find_timeout
  (
    enter_tree "${2#"$R"}" >/dev/null || exit
    [ ! -d .git ] || tree_edits | head -n 1000 | sed 's/^/edit /'
    {
      # Names of the list twice and those of now once: what comes once is new. The list may be another file each time that it
      # is read.
      if [ -f .converge-files ]; then
        {
          say "./.converge-archive$NL./.converge-files"
          find .
          # shellcheck disable=SC2086
          ${CONVERGE_TIMEOUT:+$CONVERGE_TIMEOUT $READ_SECONDS} sed p .converge-files
        } | sort | uniq -u
      fi
      find . -type f -newer .converge-archive
    } 2>/dev/null | sort -u | head -n 1000 | head -c 65536
  )
  say "${NL}tree end"
}

enter_tree() { if only_roots "$1"; then cd "$R$1"; else walk_to "$1"; fi; }

# tree_edits: of the tree of a checkout, which is the current directory, what it had from the beginning and is newer, and how many
# names are gone. git keeps its own files as it likes, but for what is checked out. Of the list, which may be any file by now, only what
# else is a name in the tree is shown.
tree_edits() {
  {
    find . -path ./.git -prune -o \( -type f -o -type l \) -newer .converge-archive -print
    find ./.git/HEAD -newer .converge-archive
    tree_list
  } 2>/dev/null | sort | uniq -d
  gone=$({
    find .
    find .
    tree_list
  } 2>/dev/null | sort | uniq -u | grep -c -v '^\./\.git/')
  [ "$gone" -eq 0 ] || say "./$gone that are gone"
}

# shellcheck disable=SC2086
tree_list() { ${CONVERGE_TIMEOUT:+$CONVERGE_TIMEOUT $READ_SECONDS} cat .converge-files | sort -u; }

# inspect_ours PATH ... : a line with the index and size of each, which is `shown`, then the bytes of these.
inspect_ours() {
  [ $# -gt 0 ] || return 0
  say "contents$shown"
  cat -- "$@"
  say ''
}
