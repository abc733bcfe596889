# Whose the way to a path is. Root does nothing by name in a directory that somebody else can write, because its owner may
# give the name to something else between two acts.

# Directories that were found to be root's alone, or not, each with two slashes after it.
ROOTS=$NL THEIRS=$NL

# What look_at is to look at besides: directories in the same way, and their words.
noted=$NL ways=

# only_roots DIRECTORY: whether nobody but root can change what this name means: all on the way is root's, through its links. One
# process, once for each directory; a program that does not run as root has no more rights than whoever could deceive it.
only_roots() {
  [ "$UID_NUMBER" = 0 ] || return 0
  case $ROOTS in *"$NL$1//$NL"*) return 0 ;; esac
  case $THEIRS in *"$NL$1//$NL"*) return 1 ;; esac
  asked=$1 ahead=$1 so_far= hops=0
  set --
  while [ -n "$ahead" ]; do
    next_part
    case $part in
      '' | .) continue ;;
      ..)
        so_far=${so_far%/*}
        continue
        ;;
    esac
    so_far=$so_far/$part
    set -- "$@" "$R$so_far"
    if [ -L "$R$so_far" ]; then
      read_target "$R$so_far" || return 1
      so_far=${so_far%/*}
      [ -z "$from_root" ] || so_far=
      ahead=$target$ahead
    fi
  done
  [ $# -eq 0 ] || all_roots "$@" || {
    THEIRS=$THEIRS$asked//$NL
    return 1
  }
  ROOTS=$ROOTS$asked//$NL
}

next_part() {
  ahead=${ahead#/}
  part=${ahead%%/*}
  ahead=${ahead#"$part"}
}

# An act may have changed whose a directory is.
forget_ways() { ROOTS=$NL THEIRS=$NL; }

# read_target LINK: sets `target` to where it leads, and `from_root` if that is a whole path. Fails for links in a circle, and for
# those that lead out of a root tree.
read_target() {
  hops=$((hops + 1)) from_root=
  [ "$hops" -le 40 ] || return 1
  target=$(readlink "$1" && printf x)
  target=${target%"${NL}x"}
  case $target in
    "$R"/*) target=${target#"$R"} from_root=yes ;;
    /*) return 1 ;;
  esac
}

# all_roots NAME ... : the directories on a way, and its links.
all_roots() {
  read_stats "$@"
  looked=$looked$NL
  are_roots "$@"
}

# are_roots NAME ... : the same, whose lines `looked` begins with; it takes them away. In a directory that anybody may write, such as
# /tmp, what is root's stays where it is, but the last one is no such directory.
are_roots() {
  open= foreign=
  for way_name; do
    way_line=${looked%%"$NL"*} looked=${looked#*"$NL"}
    way_mode=${way_line%% *} way_line=${way_line#* }
    [ "${way_line%% *}" = 0 ] || foreign=yes
    if [ ! -L "$way_name" ]; then
      open=
      # The bits of the group also stand for an access control list. Users can be in the group root, too.
      case $way_mode in *[2367] | *[2367]?) open=yes ;; esac
      case $open$way_mode in yes[1357]??? | [!y]*) ;; *) foreign=yes ;; esac
    fi
  done
  [ -z "$foreign$open" ]
}

# note_way DIRECTORY WORD: has look_at look at the way to it as well, unless that is known, or has a link. WORD begins the words for
# `eval` that give the directory: `$R${3%` if that is the one above $3.
note_way() {
  [ "$UID_NUMBER" = 0 ] || return 0
  case $ROOTS$THEIRS$noted in *"$NL${1#"$R"}//$NL"*) return 0 ;; esac
  above=$1 way= cut='/*'
  while [ "$above" != "$R" ] && [ -n "$above" ]; do
    [ ! -L "$above" ] || return 0
    way="\"$2$cut}\" $way" cut="/*$cut" above=${above%/*}
  done
  noted=$noted${1#"$R"}//$NL ways="$ways $way"
}

# look_at ARGUMENT ... : sets `looked` to a line for each path of `existing`, words for `eval` that name the arguments. The same process
# looks at the ways that were noted.
look_at() {
  looked=
  [ -z "$ways" ] || looked=$(eval "stat_them $ways $existing") || looked=
  [ -n "$looked" ] || {
    looked=$(eval "stats $existing")
    return 0
  }
  looked=$looked$NL
  while [ "$noted" != "$NL" ]; do
    noted=${noted#"$NL"}
    way=${noted%%"//$NL"*} noted=$NL${noted#*"//$NL"}
    above=$way
    set --
    while [ -n "$above" ]; do
      set -- "$R$above" "$@"
      above=${above%/*}
    done
    if are_roots "$@"; then ROOTS=$ROOTS$way//$NL; else THEIRS=$THEIRS$way//$NL; fi
  done
  looked=${looked%"$NL"}
}

# walk_to DIRECTORY: changes to it, and to nothing that another user put in its place. A link is followed only where nobody
# but root can make one.
walk_to() {
  cd -P -- "$R/" || return 1
  ahead=$1 so_far= hops=0
  while [ -n "$ahead" ]; do
    next_part
    case $part in
      '' | .) continue ;;
      ..)
        cd -P .. || return 1
        so_far=${so_far%/*}
        continue
        ;;
    esac
    if [ -L "./$part" ]; then
      (only_roots "$so_far") && read_target "./$part" || {
        say "$so_far/$part is a symbolic link that converge does not follow: others than root can change it"
        return 1
      }
      [ -z "$from_root" ] || { cd -P -- "$R/" && so_far=; } || return 1
      ahead=$target$ahead
    else
      step_into "$part" || {
        say "$so_far/$part is not a directory, or was moved meanwhile"
        return 1
      }
      so_far=$so_far/$part
    fi
  done
}

# step_into NAME: changes to this directory in the current one, and to no other that a link has in its place.
step_into() {
  outside=${PWD%/}
  cd -P -- "./$1" 2>/dev/null && [ "$PWD" = "$outside/$1" ]
}
