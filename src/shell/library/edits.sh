# The operation `edit`: a part of a file that others own. What it makes of a text is what `edit-text.ts` makes of it.

# The text from stdin with the part as it is in the file EDIT_PART, without it if that is empty; with EDIT_SHOW
# only what is in it. Exit code 3: there is nothing to change or to show; 4: the part is damaged.
# shellcheck disable=SC2016
edit_program='
function bare(text) { sub(/\r$/, "", text); return text "" }
function put(text) { out[++count] = text }
function put_part() {
  if (source == "") return
  put(first cr)
  while ((getline text < source) > 0) put(text cr)
  put(last cr)
}
BEGIN {
  source = ENVIRON["EDIT_PART"] ""; first = ENVIRON["EDIT_BEGIN"] ""; last = ENVIRON["EDIT_END"] ""
}
{
  line[NR] = $0
  plain = bare($0)
  if (plain == first) { begins++; from = NR }
  if (plain == last) { ends++; to = NR }
}
END {
  if (begins + ends > 0 && !(begins == 1 && ends == 1 && from < to)) exit 4
  if (ENVIRON["EDIT_SHOW"] != "") {
    for (at = from + 1; at < to; at++) print bare(line[at])
    exit begins ? 0 : 3
  }
  cr = line[1] ~ /\r$/ ? "\r" : ""
  if (!begins && ENVIRON["EDIT_AT"] == "start") put_part()
  for (at = 1; at <= NR; at++) {
    if (begins && at == from) put_part()
    if (!begins || at < from || at > to) put(line[at])
  }
  if (!begins && ENVIRON["EDIT_AT"] == "end") put_part()
  same = count == NR
  for (at = 1; at <= count; at++) {
    same = same && out[at] "" == line[at] ""
    printf "%s%s", (at > 1 ? "\n" : ""), out[at]
  }
  if (count && ENVIRON["EDIT_ENDED"] != "") printf "\n"
  exit same ? 3 : 0
}'

# edit PATH SOURCE SUM MODE OWNER GROUP VALIDATE EMPTY-GOES AT BEGIN END: SOURCE is a staged content (SUM is `staged`), a kept
# file in which the part has the SUM, or nothing if the part leaves. Owner, group and mode are for a new file.
is_edit() {
  read_edit "$@"
  [ ! -L "$R$1" ] || return 1
  if [ -e "$R$1" ]; then [ -f "$R$1" ] && edit_file "$R$1" && [ "$edit_result" = same ]; else [ -z "$2" ]; fi
}
do_edit() {
  read_edit "$@"
  [ -n "$2" ] || [ -d "$R${1%/*}/" ] || return 0
  has_directory "${1%/*}" && place "$1" || return 1
  [ ! -L "$HERE" ] || {
    say "a symbolic link is at $1; converge does not write through links"
    return 1
  }
  HELD=
  if [ ! -e "$HERE" ]; then
    [ -n "$2" ] || return 0
    edit_file '' && install_file "$RUN/edited" "$temporary" "$4" "$5" "$6" || return 1
  else
    [ -f "$HERE" ] || {
      say "something that is not a regular file is at $1"
      return 1
    }
    hold_own_file && edit_file "$HELD" || return 1
    [ "$edit_result" != same ] || return 0
    if [ ! -s "$RUN/edited" ] && [ -n "$edit_empty" ]; then
      still_unedited && rm -f -- "$HERE" && durable "$BESIDE"
      return
    fi
    copy_edited || {
      rm -f -- "$temporary"
      return 1
    }
  fi
  [ -z "$edit_validate" ] || validate_staged "$edit_validate" || {
    rm -f -- "$temporary"
    say "validation failed: $edit_validate"
    return 1
  }
  durable "$temporary" || return 1
  point 'before the edited file takes its place'
  still_unedited && take_place "$temporary" "$1" && relabel "$1" && durable "$BESIDE" || {
    rm -f -- "$temporary"
    return 1
  }
}

read_edit() {
  edit_path=$1 edit_source=$2 edit_sum=$3 edit_validate=$7 edit_empty=$8 edit_at=$9
  shift 9
  edit_begin=$1 edit_end=$2
}

# edit_file FILE: makes $RUN/edited of it, or of nothing, and sets `edit_result` to `same` or `changed`.
edit_file() {
  part=
  case $edit_sum in
    '') ;;
    staged)
      part=$STAGING/$edit_source
      [ "$(sum_of "$part")" = "$edit_source" ] || {
        say 'the uploaded bytes do not match the checksum in the plan'
        return 1
      }
      ;;
    *)
      part=$RUN/part
      read_text "$CLUSTER/$edit_source" && edit_text '' show && [ "$(sum_of "$RUN/edited")" = "$edit_sum" ] &&
        mv -f -- "$RUN/edited" "$part" || {
        say "the kept content of $edit_path is gone or damaged"
        return 1
      }
      ;;
  esac
  if [ -n "$1" ]; then read_text "$1" || return 1; else : >"$RUN/text"; fi
  edit_text "$part" ''
  case $? in
    0)
      edit_result=changed
      [ "$(($(wc -c <"$RUN/edited")))" -le 262144 ] || {
        say 'the file would be larger than 256 KiB, and converge changes a part of smaller ones only'
        return 1
      }
      ;;
    3) edit_result=same ;;
    4)
      say "the lines \`$edit_begin\` and \`$edit_end\` are not there once each, in this order"
      return 1
      ;;
    *) return 1 ;;
  esac
}

# read_text FILE: a copy in $RUN/text; prints why it cannot be changed. A pipe that somebody put there has no end.
read_text() {
  find_timeout
  # shellcheck disable=SC2086
  ${CONVERGE_TIMEOUT:+$CONVERGE_TIMEOUT 10} head -c 262145 "$1" >"$RUN/text" || return 1
  size=$(($(wc -c <"$RUN/text")))
  if [ "$size" -gt 262144 ]; then
    say 'the file is larger than 256 KiB, and converge changes a part of smaller ones only'
  elif [ "$(($(tr -d '\000' <"$RUN/text" | wc -c)))" -ne "$size" ]; then
    say 'the file is not text'
  else
    return 0
  fi
  return 1
}

# edit_text PART SHOW: from $RUN/text to $RUN/edited.
edit_text() {
  ended=yes
  [ ! -s "$RUN/text" ] || [ -z "$(tail -c 1 "$RUN/text")" ] || ended=
  EDIT_PART=$1 EDIT_SHOW=$2 EDIT_ENDED=$ended EDIT_AT=$edit_at EDIT_BEGIN=$edit_begin EDIT_END=$edit_end \
    awk "$edit_program" <"$RUN/text" >"$RUN/edited"
}

# copy_edited: makes the temporary a copy of the file, with all that it has besides its content, and gives it the new content.
copy_edited() {
  cp -p -- "$HELD" "$temporary" || return 1
  case $(ls -ldn -- "$HELD" "$temporary") in
    ??????????+*"$NL"??????????[!+]*)
      say 'its access control list cannot be kept: the host has no cp that does'
      return 1
      ;;
  esac
  read -r mode _ <<END
$(stats "$temporary")
END
  pad_mode
  chmod u+w -- "$temporary" && cat <"$RUN/edited" >"$temporary" && set_mode "$mode" "$temporary"
}

# still_unedited: whether the file still is what was read, or still is not there.
still_unedited() {
  if [ -n "$HELD" ]; then
    [ "$HERE" -ef "$HELD" ] && [ "$(sum_of "$HELD")" = "$(sum_of "$RUN/text")" ]
  else
    [ ! -e "$HERE" ] && [ ! -L "$HERE" ]
  fi || {
    say 'the file was changed meanwhile by something else; run converge again'
    return 1
  }
}

sum_of() {
  sum=$(sums "$1")
  sum=${sum%% *}
  say "${sum#\\}"
}
