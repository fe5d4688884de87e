#!/bin/sh
# sandbox.cpus: how much processor time a run gets, in each kind of sandbox, and who says so.
. "${0%/*}/lib.sh"

make_repo cpus
cat >busy.py <<'EOF'
import os, resource, time
pids = []
for _ in range(4):
    pid = os.fork()
    if not pid:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            pass
        os._exit(0)
    pids.append(pid)
for pid in pids:
    os.waitpid(pid, 0)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("# used", round(used.ru_utime + used.ru_stime, 1))
print("# allowed", len(os.sched_getaffinity(0)), "seconds", resource.getrlimit(resource.RLIMIT_CPU)[1])
print("1..1\nok 1")
EOF
cat >busy.sh <<'EOF'
for _ in 1 2 3 4; do
	timeout 1.5 sh -c 'while :; do :; done' &
done
wait
times >times
awk 'NR == 2 { split($0, t, "[ms ]+"); print "# used", t[1] * 60 + t[2] + t[3] * 60 + t[4] }' times
echo 1..1
echo ok 1
EOF
commit first
all=$(nproc)

# busy <name> <argument...>: four processes that take what they get for 1.5 s
busy() {
	name=$1
	shift
	# shellcheck disable=SC2086 # words
	run "$@" --no-cache -v -- $busy
	report_run "$name" "$status"
}
value() { sed -n "s/.*# .*$1 \([0-9.]*\).*/\1/p" "$T/err"; }
# held <name> <seconds>: no more than that, and a little for the end of a period
held() {
	is "$1" held "$(awk -v used="$(value used)" -v most="$2" \
		'BEGIN { print used != "" && used < most + 0.45 ? "held" : used }')"
}

busy='python3 busy.py'
run git preview-test --sandbox-status -c sandbox.cpus=1
has "the limit is told" "$T/out" '^ +limit +cpus 1 (cgroup|affinity, rlimit)$'
if grep -q 'cpus 1 cgroup' "$T/out"; then grouped=1; else grouped=; fi
run git preview-test --sandbox-status
has_not "... and none when there is none" "$T/out" 'limit +cpus'
if [ -z "${TEST_SANDBOX-}" ]; then
	busy "one processor" git preview-test -c sandbox.cpus=1 --timeout 30
	held "... is not passed" 1.5
	[ -n "$grouped" ] && allowed=$all || allowed=1
	is "... by the limit that is told" "$allowed" "$(value allowed)"
	is "... nor the deadline, in a process alone" 32 "$(value seconds)"
	busy "all of them" git preview-test --timeout 30
	is "... are all there" "$all $((all * 32))" "$(value allowed) $(value seconds)"
	find /sys/fs/cgroup -maxdepth 3 -path '*cpu*' -name 'preview-n*' >"$T/left" 2>/dev/null
	is "... and no group is left of these" "" "$(grep -o "preview-n$(stat -Lc %i /proc/self/ns/pid).*" "$T/left")"
	if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
		# where the programs were built may be closed to others
		chmod 755 "$T"
		mkdir "$T/usersbin" && cp "$B/git-preview-test" "$T/usersbin"
		cp -R . "$T/mine" && mkdir "$T/usershome" && cp "$HOME/.gitconfig" "$T/usershome" &&
			chown -R 54321:54321 "$T/mine" "$T/usershome"
		cd "$T/mine" || exit 1
		busy "an ordinary user" setpriv --reuid 54321 --regid 54321 --clear-groups \
			env HOME="$T/usershome" "$T/usersbin/git-preview-test" -c sandbox.cpus=1
		is "... is put on one" 1 "$(value allowed)"
		held "... and gets no more" 1.5
		cd "$T/cpus" || exit 1
	else
		skip "an ordinary user" "only root becomes one"
	fi
fi
busy='sh busy.sh'
for kind in docker podman; do
	[ "${TEST_SANDBOX:-$kind}" = $kind ] || continue
	if ! have_engine $kind || ! engine_image "$engine" tiny; then
		skip "$kind" "$engine_why"
		continue
	fi
	on="-c sandbox.kind=$kind -c sandbox.host=$engine -c sandbox.image=$engine_image"
	# shellcheck disable=SC2086 # words
	busy "$kind: one processor" git preview-test $on -c sandbox.cpus=1
	held "... is not passed" 1.5
	# shellcheck disable=SC2086 # words
	busy "... more than there are" git preview-test $on -c sandbox.cpus=4000
done
finish
