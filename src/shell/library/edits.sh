# The operation `edit`: a part of a file that others own. What it makes of a text is what `edit-text.ts` makes of it.

# The text from stdin with the part as it is in the file EDIT_PART, without it if that is empty; with EDIT_SHOW
# only what is in it. Exit code 3: there is nothing to change or to show; 4: nobody can tell what the part is, in words.
# shellcheck disable=SC2016
edit_program='
function bare(text) { sub(/\r$/, "", text); return text "" }
function unended(text) { sub(/\r+$/, "", text); return text "" }
function trim(text) { sub(/^[ \t]+/, "", text); return text "" }
function put(text) { out[++count] = text }
function fail(problem) { print problem; exit 4 }
function take(at, inside) {
  own[at] = 1
  inner[++inners] = inside
  if (inners == 1) from = at
  if (inners <= 6) numbers = numbers (inners > 1 ? ", " : "") (inners == 6 ? "..." : at)
}

function find_block(  at, plain, begins, ends, to) {
  for (at = 1; at <= lines; at++) {
    plain = unended(line[at])
    if (plain == first) { begins++; from = at }
    if (plain == last) { ends++; to = at }
  }
  if (begins + ends == 0) return
  if (begins != 1 || ends != 1 || from > to)
    fail("the lines `" first "` and `" last "` are not there once each, in this order")
  there = 1
  for (at = from; at <= to; at++) own[at] = 1
  for (at = from + 1; at < to; at++) inner[++inners] = unended(line[at])
}

function find_line(  at, plain) {
  for (at = 1; at <= lines; at++) {
    plain = bare(line[at])
    if (how == "whole" ? plain != text : index(trim(plain), text) != 1) continue
    there = 1
    take(at, plain)
    if (plain != inner[1]) differs = 1
  }
  several = "lines " numbers " begin with `" text "`"
  if (differs) fail(several)
}

# Whether it begins a section: `name` is that of the section, or none can have it.
function is_header(plain,  text, end) {
  text = trim(plain)
  if (substr(text, 1, 1) != "[") return 0
  name = "\n"
  for (end = 2; end <= length(text); end++) {
    if (substr(text, end, 1) != "]" || substr(text, end + 1) !~ /^[ \t]*([#;]|$)/) continue
    name = substr(text, 2, end - 2)
    break
  }
  return 1
}
# Whether it sets the key: `value` is what it sets, `lead` what is before that.
function sets(plain,  round, rest, behind) {
  for (round = 1; round <= 2; round++) {
    rest = trim(plain)
    if (round == 2) {
      if (section != "" || sign != "=" || rest !~ /^export[ \t]/) return 0
      rest = trim(substr(rest, 7))
    }
    if (index(rest, key) != 1) continue
    rest = substr(rest, length(key) + 1)
    behind = trim(rest)
    if (sign == "" ? behind == rest : index(behind, sign) != 1) continue
    value = trim(substr(behind, length(sign) + 1))
    lead = substr(plain, 1, length(plain) - length(value))
    return 1
  }
  return 0
}
function find_setting(  at, plain, inside, starts, header, others) {
  inside = is_section = (section == "")
  place = inside ? 1 : lines + 1
  for (at = 1; at <= lines; at++) {
    plain = bare(line[at])
    starts = is_header(plain)
    if (starts) { inside = section != "" && name == section; header = at; others = 0 }
    if (trim(plain) == "") continue
    if (!starts) others++
    if (there && header == alone) besides = others
    if (!inside) continue
    is_section = 1
    place = at + 1
    if (starts || !sets(plain)) continue
    there = 1
    take(at, value)
    before = lead
    alone = header
    besides = others
  }
  if (inners > 1) fail("lines " numbers " set `" key "`")
  if (bare(line[from]) ~ /\\$/) fail("line " from " goes on in the next one")
}

function put_part(  at, cr) {
  cr = there && kind != "block" ? (line[from] ~ /\r$/ ? "\r" : "") : first_cr
  if (kind == "block") put(first cr)
  if (kind == "setting" && !is_section) put("[" section "]" cr)
  if (kind == "setting") put((there ? before : key separator) wanted[1] cr)
  else for (at = 1; at <= wants; at++) put(wanted[at] cr)
  if (kind == "block") put(last cr)
}
BEGIN {
  kind = ENVIRON["EDIT_KIND"]; source = ENVIRON["EDIT_PART"] ""; ended = ENVIRON["EDIT_ENDED"]
  if (kind == "setting") {
    section = ENVIRON["EDIT_A"] ""; key = ENVIRON["EDIT_B"] ""; separator = ENVIRON["EDIT_C"] ""
    goes = ENVIRON["EDIT_D"]
    sign = trim(separator); sub(/[ \t]+$/, "", sign)
  } else {
    at_start = ENVIRON["EDIT_A"] == "start"; text = first = ENVIRON["EDIT_B"] ""; how = last = ENVIRON["EDIT_C"] ""
  }
}
{ line[NR] = $0 }
END {
  lines = NR
  if (index(line[1], "\357\273\277") == 1) {
    mark = "\357\273\277"
    line[1] = substr(line[1], length(mark) + 1)
    if (lines == 1 && line[1] == "" && ended == "") { lines = 0; ended = "yes" }
  }
  first_cr = line[1] ~ /\r$/ ? "\r" : ""
  # The last line, which has no end, gets the carriage return that it would have before one.
  cut = first_cr != "" && ended == "" && line[lines] !~ /\r$/
  if (cut) line[lines] = line[lines] "\r"
  if (kind == "block") find_block()
  else if (kind == "line") find_line()
  else find_setting()
  if (ENVIRON["EDIT_SHOW"] != "") {
    for (at = 1; at <= inners; at++) print inner[at]
    exit there ? 0 : 3
  }
  if (there) place = from
  else if (kind != "setting") place = at_start ? 1 : lines + 1
  if (source != "") {
    while ((getline got < source) > 0) wanted[++wants] = got ""
    if (kind == "line" && inners > 1) {
      for (at = 1; at <= wants; at++) if (at > inners || wanted[at] != inner[at]) fail(several)
      keeps = 1
    }
  } else if (goes != "" && alone && besides == 1) own[alone] = 1
  for (at = 1; at <= lines + 1; at++) {
    if (at == place && source != "" && !keeps) put_part()
    if (at <= lines && (keeps || !(at in own))) put(line[at])
  }
  same = count == lines
  for (at = 1; at <= lines; at++) same = same && out[at] "" == line[at] ""
  if (cut) sub(/\r$/, "", out[count])
  printf "%s", mark
  for (at = 1; at <= count; at++) printf "%s%s", (at > 1 ? "\n" : ""), out[at]
  if (count && ended != "") printf "\n"
  exit same ? 3 : 0
}'

# edit PATH SOURCE SUM MODE OWNER GROUP VALIDATE EMPTY-GOES KIND A B C D: SOURCE is a staged content (SUM is `staged`), a kept
# file in which the part has the SUM, or nothing if the part leaves. Owner, group and mode are for a new file. A to D are
# AT BEGIN END of a block, AT TEXT MATCH of a line, and SECTION KEY SEPARATOR SECTION-GOES of a setting.
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
  edit_path=$1 edit_source=$2 edit_sum=$3 edit_validate=$7 edit_empty=$8
  shift 8
  edit_kind=$1 edit_a=$2 edit_b=$3 edit_c=$4 edit_d=$5
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
      cat <"$RUN/edited"
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
  EDIT_PART=$1 EDIT_SHOW=$2 EDIT_ENDED=$ended EDIT_KIND=$edit_kind \
    EDIT_A=$edit_a EDIT_B=$edit_b EDIT_C=$edit_c EDIT_D=$edit_d \
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
