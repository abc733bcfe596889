# Where operations work. Where every directory on the way is root's alone, names are safe. Elsewhere the program walks in step by
# step, without following a link, makes a directory there that is closed to others, works in that and ends in one rename, which
# follows nothing.

# PINNED: the directory in which the program is private, with two slashes after it. MARKED: those that may have temporaries. WAS: what
# the plan saw at the path of the step. RAN: whether an earlier step may have changed that. UNNOTED: whether what MARKED has is to be
# made durable.
UNNOTED= PINNED= MARKED=$NL HELDS=0 WAS= RAN=

# place PATH: sets HERE to the path, BESIDE to its directory and `temporary` to a free name on the same file system, as the
# operation is to name them: by the whole path, or from within a private directory beside it.
place() {
  note_temporary "${1%/*}" || return 1
  if only_roots "${1%/*}"; then
    leave
    at "$1"
    BESIDE=$R${1%/*}/ temporary=$R${1%/*}/.converge-$ID-$NUMBER
  else
    pin "${1%/*}" || return 1
    at "$1"
    BESIDE=../ temporary=./${1##*/}
  fi
}

at() { if [ -n "$PINNED" ]; then HERE=../${1##*/}; else HERE=$R$1; fi; }

# pin DIRECTORY: changes to a private directory in it.
pin() {
  [ "$PINNED" != "$1//" ] || return 0
  leave
  walk_to "$1" && step_into_private ".converge-$ID-$NUMBER" || {
    cd / || :
    return 1
  }
  PINNED=$1// PRIVATE=.converge-$ID-$NUMBER HELDS=0
}

# step_into_private NAME: makes it, and is in no other one that somebody has moved to its place, not even in one of root's,
# which has something in it. By the mark the next run knows it again.
step_into_private() {
  mkdir -m 0700 -- "./$1" && step_into "$1" && here_is_private && ! holds_entries . && shed_list && printf '' >./.converge
}

here_is_private() {
  read -r way_mode _ way_uid _ <<END
$(ls -ldn .)
END
  case $way_mode in drwx--[-S]---*) [ "$way_uid" = "$UID_NUMBER" ] ;; *) return 1 ;; esac
}

# shed_list: takes from the current directory the access control list that the one above hands down, by which what is made here
# would give rights to others once it has its mode.
shed_list() {
  case $way_mode in *+) ;; *) return 0 ;; esac
  mkdir -p -- "$RUN/plain" && cp -R -p -- "$RUN/plain/." . && here_is_private
  case $?$way_mode in 0*[!+]) return 0 ;; esac
  say 'the directory hands down an access control list; remove that first (setfacl -k)'
  return 1
}

# leave: removes the private directory.
leave() {
  [ -n "$PINNED" ] || return 0
  PINNED=
  # The mark goes last.
  set --
  for inside in ./* ./.[!.]* ./..?*; do [ "$inside" = ./.converge ] || set -- "$@" "$inside"; done
  rm -f -- "$@" ./.converge 2>/dev/null
  cd -P .. && rmdir -- "./$PRIVATE" 2>/dev/null
  cd / || :
}

# hold_file: sets HELD to a name of the file at HERE that nobody else can give to another one; it stays until `leave`.
hold_file() {
  HELD=$HERE
  [ -n "$PINNED" ] || return 0
  HELDS=$((HELDS + 1))
  HELD=./.converge-held-$HELDS
  ln -P -- "$HERE" "$HELD" 2>/dev/null || ln -- "$HERE" "$HELD" || return 1
  [ -f "$HELD" ] && [ ! -L "$HELD" ] || {
    say "${HERE#../} is no file"
    return 1
  }
}

# hold_own_file: the same of a file that will change. What has other names, too, may be somebody else's.
hold_own_file() {
  hold_file || return 1
  [ -z "$PINNED" ] || has_no_other_name || belongs_to_owner_of_directory || {
    say "${HERE#../} has other names and may be somebody else's: its directory has another owner, or others can write there"
    return 1
  }
}

# has_no_other_name: whether HERE is the only name of the file besides those by which it is held. On a host that lets users link the
# files of others (fs.protected_hardlinks=0) the one at HERE may come and go: it would have to be there whenever HERE is looked up
# and gone right after that, eight times.
has_no_other_name() {
  set -- "$HELD" "$HERE" "$HERE" "$HERE" "$HERE" "$HERE" "$HERE" "$HERE" "$HERE"
  looked=$(stat -c '%d %i %h' -- "$@" 2>/dev/null || stat -f '%d %i %l' -- "$@" 2>/dev/null) || return 1
  first=${looked%%"$NL"*}
  while IFS= read -r look; do [ "$look" = "$first" ] || return 1; done <<END
$looked
END
  names=1 hold=0
  while [ "$hold" -lt "$HELDS" ]; do
    hold=$((hold + 1))
    [ ! "./.converge-held-$hold" -ef "$HELD" ] || names=$((names + 1))
  done
  [ "${first##* }" = "$names" ]
}

# belongs_to_owner_of_directory: whether HELD belongs to the only user who can make names in its directory.
belongs_to_owner_of_directory() {
  read_stats ..
  read -r way_mode way_uid _ <<END
$looked
END
  case $way_mode in *[2367] | *[2367]?) return 1 ;; esac
  [ -n "$(find "$HELD" -user "$way_uid")" ]
}

# set_attributes MODE OWNER GROUP: of the file or directory at HERE.
set_attributes() {
  if [ -n "$PINNED" ] && [ -d "$HERE" ]; then
    (cd -P .. && step_into "${HERE#../}" && may_open . "$@" && own "$2" "$3" . && set_mode "$1" . && durable .)
  else
    hold_own_file && may_open "$HELD" "$@" && shed_entries "$HELD" && own "$2" "$3" "$HELD" && set_mode "$1" "$HELD" && durable "$HELD"
  fi
}

# may_open NAME MODE OWNER GROUP: whether it is what the plan saw, or else is not closed to the owner of its directory, who may have
# given it the name only now.
may_open() {
  [ -n "$PINNED" ] || return 0
  read_stats "$1"
  read -r mode uid gid _ names <<END
$looked
END
  pad_mode
  read -r kind _ was_uid _ was_sum <<END
$WAS
END
  sum=
  [ "$kind" != file ] || { sums_in_time "$1" && sum=${found%% *} && sum=${sum#\\}; } || return 1
  case $WAS in
    "file $mode $uid $gid $sum" | "directory $mode $uid $gid") ;;
    'file '* | 'directory '*) [ -n "$RAN" ] && resolve_owner "$3" "$4" && may_open_changed "$2" ;;
    *) stands_open ;;
  esac || {
    say "${HERE#../} is not what the plan saw, but may be somebody else's that the owner of its directory has moved there"
    return 1
  }
}

# may_open_changed MODE: whether what differs may be the work of an earlier step of this run, such as a command, and cannot be that of
# the owner of its directory: a directory that is not closed, a file with the content that the plan saw, or one that only root can
# write and all can read. It belongs to no one whom neither the plan saw nor the spec names.
may_open_changed() {
  case " 0 $was_uid $OWNER " in *" $uid "*) ;; *) [ "${names%%:*}" = "$OWNER" ] || return 1 ;; esac
  case $kind in
    directory) stands_open ;;
    *) [ "$sum" = "$was_sum" ] || case $uid-$mode-$1 in 0-??[0145][45]-0*) ;; *) false ;; esac ;;
  esac
}

# stands_open: whether the owner of the directory can read it already.
stands_open() {
  read_stats ..
  read -r _ way_uid _ <<END
$looked
END
  case $mode-$uid in *[4567]-* | *-"$way_uid") ;; *) return 1 ;; esac
}

# put NAME: in one rename from there to HERE, in place of a file or a link, even one to a directory.
put() {
  if [ -n "$PINNED" ]; then
    mv -f -- "$1" ..
  elif [ -L "$HERE" ]; then
    mv -f -T -- "$1" "$HERE" 2>/dev/null || { rm -f -- "$HERE" && mv -f -- "$1" "$HERE"; }
  else
    mv -f -- "$1" "$HERE"
  fi
}

# take_tree_away: the tree at HERE, which then is nowhere.
take_tree_away() {
  if [ -z "$PINNED" ]; then
    rm_tree "$HERE"
  else
    mkdir -- ./.converge-gone && mv -- "$HERE" ./.converge-gone/ && rm_tree ./.converge-gone
  fi
}

# rm_tree NAME: GNU rm is not deceived by links that appear in it meanwhile; others go by name.
rm_tree() {
  if [ -L "$1" ] || [ ! -d "$1" ]; then
    rm -f -- "$1"
  elif [ "$UID_NUMBER" != 0 ] || rm_is_of_gnu; then
    rm -rf -- "${1:?}"
  else
    (cd -P -- "${1%/*}/" && step_into "${1##*/}" && rm_all) && rmdir -- "$1"
  fi
}

rm_is_of_gnu() { case $(rm --version 2>/dev/null) in *GNU*) ;; *) return 1 ;; esac; }

# rm_all: what is in the current directory, which is made root's alone before.
rm_all() {
  chown -h 0:0 . && chmod 0700 . && find . -maxdepth 1 ! -type d -exec rm -f -- {} + || return 1
  for inside in ./* ./.[!.]* ./..?*; do
    [ ! -d "$inside" ] || { (step_into "${inside#./}" && rm_all) && rmdir -- "$inside"; } || return 1
  done
}

# temporaries_in DIRECTORY ... : notes where temporary names of this run will be; on disk before there are any, so that the next run
# can clean up after a power loss. Before the id two slashes, because a path may contain line breaks.
temporaries_in() {
  [ -z "$FAILED" ] || return 0
  noted=
  for directory in "$@"; do
    noted=$noted$directory//$ID$NL
    MARKED=$MARKED$directory//$NL
  done
  printf '%s' "$noted" >>"$STATE/temporaries" 2>"$RUN/output" || {
    fail 0 "cannot write to $STATE" "$RUN/output"
    return 0
  }
  UNNOTED=yes
  point 'temporaries noted'
}

# temporaries_durable: unless the generation was opened since.
temporaries_durable() {
  [ -z "$FAILED" ] && [ -n "$UNNOTED" ] || return 0
  UNNOTED=
  durable "$STATE/temporaries" "$STATE" 2>"$RUN/output" || fail 0 "cannot write to $STATE" "$RUN/output"
}

# note_temporary DIRECTORY: likewise for one, unless it is noted.
note_temporary() {
  case $MARKED in *"$NL$1//$NL"*) return 0 ;; esac
  say "$1//$ID" >>"$STATE/temporaries" && durable "$STATE/temporaries" "$STATE" || return 1
  MARKED=$MARKED$1//$NL
}

# What cannot be removed stays noted for the next run, in STUCK.
sweep_temporaries() {
  STUCK=
  if [ -s "$STATE/temporaries" ]; then
    directory=
    while IFS= read -r line; do
      directory=$directory$line
      case $directory in
        *//*)
          sweep "${directory%//*}" "${directory##*//}" || case $NL$STUCK in *"$NL$directory$NL"*) ;; *) STUCK=$STUCK$directory$NL ;; esac
          directory=
          ;;
        *) directory=$directory$NL ;;
      esac
    done <"$STATE/temporaries"
    printf '%s' "$STUCK" >"$STATE/temporaries"
  fi
}

# sweep DIRECTORY ID: removes the temporary names of an ended run. An old tree whose replacement was interrupted is moved
# back. Fails if something stays, as in an append-only directory.
sweep() {
  [ -d "$R$1/" ] || return 0
  if only_roots "$1"; then
    (cd -P -- "$R$1/" && sweep_here "$2" '')
  else
    (walk_to "$1" >/dev/null && sweep_here "$2" private)
  fi
}

# sweep_here ID WHAT: in the current directory; only what is private, if others can write there.
sweep_here() {
  stays=0
  for stale in "./.converge-$1-"*; do
    if [ -d "$stale" ] && [ ! -L "$stale" ]; then
      (step_into "${stale#./}" && here_is_private && clear_private "$2") 2>/dev/null && rmdir -- "$stale" 2>/dev/null || stays=1
    elif [ -z "$2" ]; then
      rm -f -- "$stale" 2>/dev/null || stays=1
    fi
  done
  return "$stays"
}

# clear_private WHAT: what was made in it. Where others can write, it is known by its mark; it may have been left before it was marked,
# or after all else was gone.
clear_private() {
  [ -z "$1" ] || [ -f ./.converge ] || return 0
  for old in ./.converge-old/* ./.converge-old/.[!.]* ./.converge-old/..?*; do
    [ ! -e "$old" ] || [ -e "../${old##*/}" ] || mv -- "$old" ..
  done
  for inside in ./* ./.[!.]* ./..?*; do [ "$inside" = ./.converge ] || rm_tree "$inside" || return 1; done
  rm -f -- ./.converge
}
