# For the script tests: `. check.sh` makes a folder of its own, where nothing of the user's is seen, and cleans up.
set -u
here=$(mktemp -d "${TMPDIR:-/tmp}/agentd-test.XXXXXX")
trap 'chmod -R u+w "$here"; rm -rf "$here"' EXIT
cd "$here" || exit 1
for name in $(env | sed -n 's/^\(AWS_[A-Z_]*\|[A-Z]*_API_KEY\|[A-Z]*_BASE_URL\|AGENTD_MEMORY\)=.*/\1/p'); do
  unset "$name"
done
export XDG_CONFIG_HOME="$here/config" XDG_DATA_HOME="$here/data" HOME="$here"
failures=0

# expect STATUS WORDS…: runs them; `out` and `err` hold what they said.
expect() {
  wanted=$1
  shift
  "$@" >out 2>err </dev/null
  status=$?
  [ "$status" = "$wanted" ] || report "exit status $status, not $wanted" "$*"
}

# says FILE TEXT: the last command's out or err has this text.
says() { grep -qF -- "$2" "$1" || report "$1 does not say '$2'" ""; }
is() { [ "$1" = "$2" ] || report "'$1' is not '$2'" ""; }

report() {
  failures=$((failures + 1))
  echo "FAILED: ${title:-}: $1 $2"
  sed 's/^/    out: /' out | head -20
  sed 's/^/    err: /' err | head -20
}

finish() {
  [ "$failures" = 0 ] || exit 1
  echo "all is well"
}
