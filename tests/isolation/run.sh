#!/bin/sh
# run.sh <folder> <programs>: makes every attempt, in the sandbox and outside, and prints
# "<id> <in the sandbox> <outside>", each "refused", "through" or "unknown". The folder must be new
# or empty and ours: it becomes a home and a checkout with secrets in them. <programs> holds
# git-preview, git-preview-test, attempts, hold, bomb and replay. Ends with 1 when something on the
# host was changed. $ISO_OPTIONS are further options of ours (a kind, an engine); $ISO_PEER is
# another sandbox's command to put in front, which is tried with the attempts of one program alone.
# shellcheck disable=SC2034 # for the scenarios
set -u
T=$(cd "$1" && pwd) || exit 2
bin=$(cd "$2" && pwd) || exit 2
here=$(cd "${0%/*}" && pwd)
secret='planted-secret 4f0c2a'
tag=$$

for name in $(git rev-parse --local-env-vars) $(env | sed -n 's/^\([A-Za-z_]*_[Pp][Rr][Oo][Xx][Yy]\)=.*/\1/p'); do
	unset "$name"
done
HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_CACHE_HOME=$T/home/.cache
XDG_STATE_HOME=$T/home/.local/state XDG_DATA_HOME=$T/home/.local/share TMPDIR=$T/tmp
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1
export HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_DATA_HOME TMPDIR PATH LC_ALL \
	GIT_CONFIG_NOSYSTEM

say() { # <id> <refused, through or unknown, in the sandbox> [<outside>]
	printf '%s %s %s\n' "$1" "$2" "${3:--}"
}
# through <command...>: says whether the command succeeded, as an attempt that got through
through() {
	if "$@" >/dev/null 2>&1; then echo through; else echo refused; fi
}
now_ms() { date +%s%3N; }
# Whether a process has that word in its command line. grep is no job of its own here, so that the
# list of processes is made before it is one of them.
runs() {
	grep -qsF -e "$1" /proc/[0-9]*/cmdline
}
started() { # <word>: waits until a process has it
	for _ in $(seq 50); do
		runs "$1" && sleep 0.1 && return 0
		sleep 0.1
	done
	return 1
}
end() { # <word that only processes of ours have>
	for f in $(grep -lsF -e "$1" /proc/[0-9]*/cmdline); do
		f=${f#/proc/}
		kill -9 "${f%/cmdline}" 2>/dev/null
	done
}
gone() { # <word>: whether no process has them, a second from now at the latest
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		runs "$1" || return 0
		sleep 0.1
	done
	return 1
}

# What is there to be attacked, and where.
plant() {
	mkdir -p "$HOME/.ssh" "$HOME/.aws" "$HOME/.cache/pip" "$XDG_CONFIG_HOME" "$TMPDIR" \
		"$XDG_STATE_HOME/codexflow" "$T/outside" "$T/run" "$T/ran"
	for f in "$HOME/.ssh/id_ed25519" "$HOME/.aws/credentials" "$HOME/.netrc" \
		"$HOME/.git-credentials" "$HOME/.npmrc" "$HOME/.bashrc" "$HOME/.cache/pip/wheel" \
		"$XDG_STATE_HOME/codexflow/log" "$T/outside/diary" "$T/tmp/file"; do
		echo "$secret" >"$f"
	done
	shm=/dev/shm/preview-isolation-$tag
	echo "$secret" >"$shm"
	printf '[user]\n\tname = A U Thor\n\temail = author@example.com\n' >"$HOME/.gitconfig"
	git init -q -b main "$T/checkout" && cd "$T/checkout" || exit 2
	mkdir -p .husky hostile/bare/objects hostile/bare/refs tests
	cp "$bin/attempts" "$bin/bomb" hostile
	for h in post-checkout post-index-change reference-transaction post-commit pre-commit; do
		printf '#!/bin/sh\ntouch "%s/ran/hook"\n' "$T" >.husky/$h
	done
	chmod +x .husky/*
	# a repository within, whose configuration names a program
	echo 'ref: refs/heads/main' >hostile/bare/HEAD
	touch hostile/bare/objects/keep hostile/bare/refs/keep
	printf '[core]\n\tbare = true\n\tfsmonitor = touch %s/ran/bare\n' "$T" >hostile/bare/config
	printf '[submodule "x"]\n\tpath = sub\n\turl = ext::sh -c touch%% %s/ran/ext\n' "$T" >.gitmodules
	printf '*.never filter=evil\n' >.gitattributes
	# a project whose every program touches the host
	printf 'check:\n\ttouch %s/ran/project\n' "$T" >Makefile
	printf '{"scripts":{"test":"touch %s/ran/project","postinstall":"touch %s/ran/project"}}\n' \
		"$T" "$T" >package.json
	printf 'open("%s/ran/project", "w")\n' "$T" | tee setup.py >conftest.py
	touch "$(printf 'tests/new\nline')" "$(printf 'tests/esc\033]0;x\007')" \
		"$(printf 'tests/\342\200\256bidi')" "$(printf 'tests/bad\377')" tests/-n
	git add -A && git commit -q -m first && git branch other || exit 2
	echo "$secret" >.env
	git worktree add -q "$T/linked" other || exit 2
	touch .git/objects/info/alternates
	for p in fsmonitor filter other; do
		printf '#!/bin/sh\ntouch "%s/ran/%s"\n[ %s != filter ] || cat\n' "$T" $p $p >"$T/run/$p"
	done
	chmod +x "$T"/run/*
	git config core.hooksPath .husky
	git config core.fsmonitor "$T/run/fsmonitor"
	git config filter.evil.clean "$T/run/filter"
	git config filter.evil.smudge "$T/run/filter"
	git config diff.external "$T/run/other"
	git config core.sshCommand "$T/run/other"
	git config credential.helper "$T/run/other"
	git config core.alternateRefsCommand "$T/run/other"
	own=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m 1 '^[0-9.]*$')
	cat >"$T/targets" <<-END
		ssh=$HOME/.ssh/id_ed25519
		aws=$HOME/.aws/credentials
		netrc=$HOME/.netrc
		gitcredentials=$HOME/.git-credentials
		npmrc=$HOME/.npmrc
		diary=$T/outside/diary
		outside=$T/outside
		dotenv=$T/checkout/.env
		bashrc=$HOME/.bashrc
		gitconfig=$HOME/.gitconfig
		tmpfile=$T/tmp/file
		hooks=$T/checkout/.git/hooks
		config=$T/checkout/.git/config
		dotgit=$T/linked/.git
		cache=$HOME/.cache/pip/wheel
		shm=$shm
		log=$XDG_STATE_HOME/codexflow/log
		ref=$T/checkout/.git/refs/heads/main
		alternates=$T/checkout/.git/objects/info/alternates
		own=${own:-127.0.0.1}
	END
	mkfifo "$T/run/stop"
	"$bin/hold" "$T/run" "$T/targets" <"$T/run/stop" >"$T/held" &
	hold=$!
	exec 8>"$T/run/stop"
	for _ in $(seq 50); do
		grep -q ready "$T/targets" && break
		sleep 0.1
	done
	cp "$T/targets" "$T/linked/targets" && cd "$T/linked" && git add -A &&
		git -c core.hooksPath=/dev/null -c core.fsmonitor=false commit -q -m targets || exit 2
	rm -f "$T"/ran/*
}

# state: all that the host must find as it was
state() {
	(
		cd "$T" && find home outside checkout/.git/hooks checkout/.git/config linked/.git \
			checkout/.git/refs/heads checkout/.git/objects/info tmp/file checkout/.husky \
			"/dev/shm/preview-isolation-$tag" ! -path '*/.cache/*' -type f \
			-exec sha256sum {} + -exec stat -c '%n %a %U %h' {} + | sort
		sha256sum home/.cache/pip/wheel
		hostname
		ls "$T/ran"
	)
}

# The launcher's surroundings: secrets in the environment, descriptors left open. Never in ours.
launch() { # <command...>
	began=$(now_ms)
	OPENAI_API_KEY=$secret ANTHROPIC_API_KEY=$secret AWS_SECRET_ACCESS_KEY=$secret \
		https_proxy=http://127.0.0.1:1 SSH_AUTH_SOCK=$T/run/agent.sock \
		DOCKER_HOST=unix://$T/run/docker.sock GIT_EXTERNAL_DIFF=$T/run/other \
		GIT_SSH_COMMAND=$T/run/other GIT_ASKPASS=$T/run/other \
		"$@" >"$T/out" 2>"$T/err" </dev/null 7<"$T/outside/diary" 9<"$T/outside"
	status=$?
	took=$(($(now_ms) - began))
}
# git preview-test: its words in $T/out and $T/err, its status in $status. A run that the sandbox gave
# no answer to proves nothing of what was tried in it: $silent until the runs of the next row.
silent=0 told=0
pt() { # <arguments>
	[ $told = 0 ] || silent=0 told=0
	# shellcheck disable=SC2086 # words
	launch "$bin/git-preview-test" -C "$T/linked" --no-cache ${ISO_OPTIONS-} "$@"
	! unanswered || silent=1
}
unanswered() {
	[ "$status" = 128 ] || grep -qE '(infra: |"reason":"|run was stopped: )sandbox: |no engine answers|no sandbox works' \
		"$T/out" "$T/err"
}
within() { [ "$took" -le "$1" ]; }

# the attempts of one program, all in one run
make_attempts() {
	# shellcheck disable=SC2086 # words
	if [ -n "${ISO_PEER-}" ]; then
		launch $ISO_PEER hostile/attempts targets
	else
		pt -v -- hostile/attempts targets
	fi
	cp "$T/out" "$T/inside"
	cat "$T/err" >>"$T/inside"
	grep -q 'ISO END' "$T/inside" || { cat "$T/inside" >&2; exit 2; }
	state >"$T/after"
}
make_controls() {
	mkdir "$T/control" && cp -R "$T/checkout/hostile" "$T/targets" "$T/control" &&
		cd "$T/control" || exit 2
	# shellcheck disable=SC2046 # a list of names
	OPENAI_API_KEY=$secret https_proxy=http://127.0.0.1:1 \
		hostile/attempts targets $(awk -F '\t' '/^[A-Z]/ && $4 !~ /^-/ { print $1 }' \
		"$here/rows.tsv") 7<"$T/outside/diary" >"$T/controls" 2>&1
	cd "$T/linked" || exit 2
}
tell_attempts() {
	sed -n 's/^.*ISO \([A-Z][0-9]*\) \([a-z]*\).*/\1 \2/p' "$T/inside" >"$T/inside.tsv"
	sed -n 's/^ISO \([A-Z][0-9]*\) \([a-z]*\).*/\1 \2/p' "$T/controls" >"$T/controls.tsv"
	awk 'NR == FNR { c[$1] = $2; next } { print $1, $2, ($1 in c) ? c[$1] : "-" }' \
		"$T/controls.tsv" "$T/inside.tsv"
}

. "$here/scenarios.sh"

trap 'exec 8>&-; rm -f "/dev/shm/preview-isolation-$tag"' EXIT
plant
state >"$T/before"
make_attempts
if [ -z "${ISO_PEER-}" ]; then run_scenarios; else : >"$T/scenarios"; fi
state >"$T/later"
# what follows changes the host: that is its purpose
exec 8>&-
wait "$hold"
reached=$(cat "$T/held")
mkfifo "$T/run/stop2"
rm -f "$T/run/"*.sock
sed -n '1,/^own=/p' "$T/targets" >"$T/targets.new" && mv "$T/targets.new" "$T/targets"
"$bin/hold" "$T/run" "$T/targets" <"$T/run/stop2" >"$T/held2" &
exec 8>"$T/run/stop2"
for _ in $(seq 50); do
	grep -q ready "$T/targets" && break
	sleep 0.1
done
make_controls
tell_attempts
tell_controls
exec 8>&-
bad=0
cmp -s "$T/before" "$T/after" && cmp -s "$T/before" "$T/later" || {
	diff "$T/before" "$T/later" >&2
	bad=1
}
case $reached in
'reached 0 signals 0 memory same') ;;
*)
	echo "the host was reached: $reached" >&2
	bad=1
	;;
esac
say HOST "$([ $bad = 0 ] && echo refused || echo through)" \
	"$(wait; grep -q 'reached [1-9].* signals [1-9]' "$T/held2" && echo through || echo refused)"
exit $bad
