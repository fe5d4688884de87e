#!/bin/sh
# make demo: the main job on the bundled sample, with a recorded model reply. The sandbox, the tests,
# git and the HTTP conversation are real; only the words of the model come from a file.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
: "${B:=$top/build}"
T=$(mktemp -d)
server=
clean() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	rm -rf "$T"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

say() { printf '\n\033[1m$ %s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }
show() { say "$@"; "$@"; }

for name in $(git rev-parse --local-env-vars); do unset "$name"; done
unset OPENAI_API_KEY ANTHROPIC_API_KEY GIT_CONFIG_GLOBAL
PATH=$B:$PATH HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_STATE_HOME=$T/home/state
GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat DEMO_KEY=sk-demo-not-a-real-key
export PATH HOME XDG_CONFIG_HOME XDG_STATE_HOME GIT_CONFIG_NOSYSTEM GIT_PAGER DEMO_KEY
mkdir -p "$XDG_CONFIG_HOME/codexflow" "$T/tasks"
git config --global user.name 'Sample Author'
git config --global user.email sample@example.com
git config --global init.defaultBranch main

cp -R "$top/tests/demo/sample/." "$T/tasks"
cd "$T/tasks"
git init -q
git add -A
git commit -q -m 'A list of things to do'

"$B/fake/replay" "$top/tests/demo/reply.script" --port-file "$T/port" &
server=$!
for _ in $(seq 100); do
	[ -s "$T/port" ] && break
	sleep 0.05
done
cat >"$XDG_CONFIG_HOME/codexflow/config.ini" <<END
[model]
url = http://127.0.0.1:$(cat "$T/port")/v1
name = gpt-6.2-sol
key-env = DEMO_KEY
END

say git preview '"add a priority field to tasks"'
git preview "add a priority field to tasks" >"$T/branch"
branch=$(cat "$T/branch")
echo "$branch"

show git log --stat "main..$branch"

echo
echo 'The same from the commits alone: the test without the implementation must fail ...'
say git preview-test --no-cache "$branch~1"
if git preview-test --no-cache "$branch~1"; then
	echo 'demo: red is not red' >&2
	exit 1
fi
echo '... and with it everything must pass.'
show git preview-test --no-cache "$branch"

status=$(git status --porcelain)
if [ -n "$status" ] || [ "$(git symbolic-ref --short HEAD)" != main ]; then
	echo "demo: the work tree was touched: $status" >&2
	exit 1
fi
echo
echo 'The work tree, the index and the current branch are as they were.'
