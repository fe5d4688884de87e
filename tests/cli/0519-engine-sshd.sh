#!/bin/sh
# An engine behind a real sshd on the loopback: runs go through it, and it says no in its own words.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

PATH=$PATH:/usr/sbin:/sbin
sshd=$(command -v sshd) && command -v ssh ssh-keygen setpriv >/dev/null ||
	skip_all 'openssh-server and -client are not installed'
mkdir -m 700 "$T/ssh" "$T/bin"
for key in host user stranger; do
	ssh-keygen -q -t ed25519 -N '' -C $key -f "$T/ssh/$key" </dev/null || exit 1
done
cp "$T/ssh/user.pub" "$T/ssh/authorized_keys"
port=$(shuf -i 20000-30000 -n 1)
me=$(id -un)

# start_sshd <variable of the engine's address>...: of this user; root's asks for a folder in /run
start_sshd() {
	cat >"$T/ssh/sshd_config" <<-END_OF_FILE
		ListenAddress 127.0.0.1
		Port $port
		HostKey $T/ssh/host
		PidFile none
		AuthorizedKeysFile $T/ssh/authorized_keys
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		SetEnv $*
	END_OF_FILE
	if [ "$(id -u)" = 0 ]; then
		setpriv --pdeathsig TERM unshare --mount --propagation private sh -c \
			"mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec $sshd -D -e -f $T/ssh/sshd_config"
	else
		setpriv --pdeathsig TERM "$sshd" -D -e -f "$T/ssh/sshd_config"
	fi >"$T/ssh/log" 2>&1 </dev/null &
	model_pid=$! # ended by on_exit
	wait_until grep -q 'Server listening' "$T/ssh/log"
}
# What a user has in a home that is not this test's: ssh asks the password file, not $HOME
cat >"$T/ssh/config" <<-END_OF_FILE
	Host *
		IdentityFile $T/ssh/user
		IdentitiesOnly yes
		UserKnownHostsFile $T/ssh/known_hosts
		GlobalKnownHostsFile /dev/null
		StrictHostKeyChecking yes
END_OF_FILE
echo "[127.0.0.1]:$port $(cat "$T/ssh/host.pub")" >"$T/ssh/known_hosts"
printf '#!/bin/sh\nexec %s -F "${SSH_CONFIG:-%s}" "$@"\n' "$(command -v ssh)" "$T/ssh/config" >"$T/bin/ssh"
chmod +x "$T/bin/ssh"
PATH=$T/bin:$PATH

make_repo far
printf '[test]\ncommand = sh t.sh\nsetup = echo made there >made\n' >.codexflow.ini
printf 'cat made value\necho 1..1\necho ok 1\n' >t.sh
echo committed >value
commit first
echo changed >value

ask() { # <argument...>: through the sshd
	run git preview-test --no-cache -v -c sandbox.host="ssh://$me@127.0.0.1:$port" \
		-c sandbox.image="$engine_image" --sandbox "$kind" "$@"
}
no_ssh() { # <name>: none of ours goes on for long
	for _ in $(seq 50); do
		pgrep -f -- "-F $T/ssh/config" >"$T/why" || break
		sleep 0.1
	done
	report "$1" "$(pgrep -f -- "-F $T/ssh/config" >/dev/null; echo $((!$?)))"
}

for kind in docker podman; do
	if ! command -v $kind >/dev/null || ! have_engine $kind || ! engine_image "$engine" tiny; then
		skip "$kind behind sshd" "$engine_why"
		continue
	fi
	start_sshd "DOCKER_HOST=$engine" "CONTAINER_HOST=$engine"
	ask --worktree
	report_run "$kind: a run behind sshd" "$status"
	has "... with what setup made there" "$T/err" '^ *made there'
	has "... and what is changed here" "$T/err" '^ *changed'
	no_ssh "... no ssh is left"
	ask -- sh -c 'echo 1..1; echo not ok 1'
	report_run "... a test that fails" $((status != 1))
	sed "s,ssh/user,ssh/stranger," "$T/ssh/config" >"$T/ssh/config-stranger"
	SSH_CONFIG=$T/ssh/config-stranger
	export SSH_CONFIG
	ask
	unset SSH_CONFIG
	report_run "$kind: a user sshd does not know: status 8" $((status != 8))
	has "... in its words" "$T/err" 'Permission denied .publickey'
	cp "$T/ssh/known_hosts" "$T/ssh/known"
	echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 "$T/ssh/stranger.pub")" >"$T/ssh/known_hosts"
	ask
	cp "$T/ssh/known" "$T/ssh/known_hosts"
	report_run "$kind: a host that is another: status 8" $((status != 8))
	has "... is not spoken to" "$T/err" 'Host key verification failed'

	: >"$T/err"
	env --default-signal=INT git-preview-test --no-cache \
		-c sandbox.host="ssh://$me@127.0.0.1:$port" -c sandbox.image="$engine_image" \
		--sandbox $kind -v -- sh -c 'echo it begins; sleep 60' >"$T/out" 2>"$T/err" </dev/null &
	asked=$!
	wait_until grep -q 'it begins' "$T/err"
	began=$(now_ms)
	kill -INT $asked
	wait $asked
	status=$?
	took=$(($(now_ms) - began))
	report_run "$kind: interrupted: status 130" $((status != 130))
	echo "$took ms" >"$T/why"
	report "... within a second" $((took > 1000))
	for _ in $(seq 100); do
		left=$(engine_api "$engine" '/containers/json?all=1' | grep -o '/git-preview-[^"]*')
		[ -n "$left" ] || break
		sleep 0.1
	done
	is "... its container is removed, there" "" "$left"
	no_ssh "... no ssh is left"

	: >"$T/err"
	git-preview-test --no-cache -c sandbox.host="ssh://$me@127.0.0.1:$port" \
		-c sandbox.image="$engine_image" --sandbox $kind -v --timeout 30 -- \
		sh -c 'echo it begins; sleep 20' >"$T/out" 2>"$T/err" </dev/null &
	asked=$!
	wait_until grep -q 'it begins' "$T/err"
	began=$(now_ms)
	kill "$model_pid"
	pkill -KILL -f -- "-F $T/ssh/config"
	wait $asked
	status=$?
	took=$(($(now_ms) - began))
	wait "$model_pid" 2>/dev/null
	report_run "$kind: a connection that is lost: status 8" $((status != 8))
	has "... says so" "$T/out" '^infra: .*connection to .* was lost'
	echo "$took ms" >"$T/why"
	report "... at once" $((took > 5000))
	model_pid=
done
finish
