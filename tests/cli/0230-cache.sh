#!/bin/sh
# What is kept between runs: the setup and what it built, results, previews; and how it goes.
. "${0%/*}/lib.sh"
unset GP_NOW # ages of files are looked at
if [ -n "${TEST_SANDBOX-}" ]; then
	make_repo images
	printf '[test]\ncommand = cat made; echo 1..1; echo ok 1 - it\nsetup = echo set >made; echo setup runs\n' \
		>.codexflow.ini
	commit first
	git preview --prune >/dev/null 2>&1
	t "a layer" git preview-test --no-cache -v
	has "... is set up" "$T/err" 'setup runs'
	t "... as an image" git preview --prune -n
	has "... that would go" "$T/out" '^would free .* [1-9][0-9]* images$'
	t "... and stays" git preview-test --no-cache -v
	has_not "... for the next run" "$T/err" 'setup runs'
	t "--prune" git preview --prune
	has "... removes it" "$T/out" '^freed .* [1-9][0-9]* images$'
	t "... and all of them" git preview --prune
	has "... at once" "$T/out" '^freed .* 0 images$'
	t "the next run" git preview-test --no-cache -v
	has "... makes another" "$T/err" 'setup runs'
	finish
fi

# ran <name> <how often>: "setup runs" came up in what the last run showed
ran() {
	is "$1" "$2" "$(grep -c 'setup runs' "$T/err")"
}
slots() { # how many base layers are laid out
	find .git/preview/layers -mindepth 2 -maxdepth 2 -name tree | wc -l
}
tested() { # <name> <arguments...>: a run that shows the output of the setup
	tested_name=$1
	shift
	t "$tested_name" git preview-test --no-cache -v "$@"
}

make_repo setup
printf '[test]\ncommand = sh run.sh\nsetup = sh setup.sh\n' >.codexflow.ini
cat >setup.sh <<'END'
echo setup runs
cat value >made
python3 reach.py setup >>made
END
cat >run.sh <<'END'
echo 1..1
echo "# made: $(cat made)"
echo "# test: $(python3 reach.py test)"
echo more >>made
echo "ok 1 - one"
END
cat >reach.py <<'END'
import os, socket, sys
try:
    socket.create_connection(("127.0.0.1", int(open("port").read())), 5).close()
    print(sys.argv[1], "reached the host")
except OSError as e:
    print(sys.argv[1], "did not:", e.strerror)
END
cat >"$T/serve.py" <<'END'
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1], "w") as f:
    f.write(str(s.getsockname()[1]))
while True:
    s.accept()[0].close()
END
python3 "$T/serve.py" "$T/served" &
model_pid=$! # ended by on_exit
for _ in $(seq 50); do
	[ -s "$T/served" ] && break
	sleep 0.1
done
cp "$T/served" port
echo one >value
echo 1 >requirements.txt
commit first
git tag first
echo two >value
commit second
echo 2 >requirements.txt
commit third
echo 'echo a comment' >>setup.sh
commit fourth
echo dirty >value

tested "the first run" first
ran "... sets up, and says so with -v" 1
has "... on the content of the base" "$T/err" '# made: one'
has "... with the network, by default" "$T/err" 'setup reached the host'
has "... which the tests do not have" "$T/err" '# test: test did not'
tested "the second one" first
ran "... does not" 0
has_not "... and finds nothing of the first" "$T/err" '# made: .*more'
tested "another base with the same lock files" HEAD~2
ran "... neither" 0
has "... its setup is the one there was" "$T/err" '# made: one'
tested "one with other lock files" HEAD~1
ran "... sets up anew" 1
has "... there" "$T/err" '# made: two'
tested "one where the command's own file is another" HEAD
ran "... too" 1
git checkout -q value
tested "back to where we were" first
ran "... still there" 0
mkdir -p "$XDG_CONFIG_HOME/codexflow"
printf '[sandbox]\nnetwork = false\n' >"$XDG_CONFIG_HOME/codexflow/config.ini"
printf '[sandbox]\nnetwork = true\n' >>.codexflow.ini
echo 'echo again' >>setup.sh
commit fifth
tested "a user without network" HEAD
has "... is heard, not the repository" "$T/err" 'sandbox.network.*a repository may not set it'
has "... in the setup" "$T/err" 'setup did not'
rm "$XDG_CONFIG_HOME/codexflow/config.ini"
t_status 8 "a setup that fails" git preview-test -c 'test.setup=echo no luck; exit 4'
has "... is infra" "$T/out" '^infra: .*failed with status 4'
has "... with its output" "$T/err" 'no luck'
t_status 8 "... again, for it is not kept" git preview-test -c 'test.setup=echo no luck; exit 4'

# two at a time wait for nobody and share what there is afterwards
git preview-test --no-cache -v first >"$T/a" 2>&1 &
pid=$!
t "one beside it" git preview-test --no-cache first
wait "$pid"
is "... both pass" 0 $?

make_repo built
mkdir obj
cat >Makefile <<'END'
OBJ = obj/a.o obj/b.o obj/main.o
obj/prog: $(OBJ)
	$(CC) -o $@ $(OBJ)
obj/%.o: %.c
	@echo "compiles $<"
	@$(CC) -c -o $@ $<
test: obj/prog
	@echo 1..1; obj/prog && echo "ok 1 - it" || { echo "not ok 1 - it"; exit 1; }
END
echo 'int a(void) { return 1; }' >a.c
echo 'int b(void) { return 1; }' >b.c
echo 'int a(void), b(void); int main(void) { return a() == b() ? 0 : 1; }' >main.c
touch obj/.keep
printf '[test]\ncommand = make -s test\nsetup = make -s obj/prog\n' >.codexflow.ini
commit first
tested "a project that is compiled"
is "... is so once, in the setup" 3 "$(grep -c compiles "$T/err")"
tested "a run on it"
is "... compiles nothing" 0 "$(grep -c compiles "$T/err")"
echo 'int b(void) { return 2; }' >b.c
run git preview-test --no-cache -v --worktree
is "with one file changed, that file" "compiles b.c" "$(grep -o 'compiles.*' "$T/err" | sort -u)"
is "... and the change is seen" 1 "$status"
git checkout -q b.c

# --prune: nothing but the cache here
snapshot >"$T/before"
t "--prune -n" git preview --prune -n
has "... tells what would go" "$T/out" '^would free [0-9.]+ MiB: [1-9] layers, [0-9]+ results, 0 images$'
is "... and leaves it" yes "$([ "$(slots)" -gt 0 ] && echo yes)"
git preview-test --no-cache -- sh -c 'sleep 3; echo 1..1; echo ok 1 - alive' >"$T/long" 2>&1 &
pid=$!
for _ in $(seq 50); do
	[ -n "$(find .git/preview/layers/*/runs -mindepth 1 -maxdepth 1 -name 'run-*')" ] && break
	sleep 0.1
done
t "--prune beside a run" git preview --prune
has "... says that something is in use" "$T/err" '^kept [0-9.]+ MiB that are in use$'
is "... a layer" 1 "$(slots)"
wait "$pid"
has "... and the run ends well" "$T/long" '^pass: '
t "--prune" git preview --prune
is "... empties all layers" 0 "$(slots)"
is "... and all results" "" "$(ls .git/preview/cache)"
has "... and says how much that was" "$T/out" '^freed (0\.[1-9]|[1-9]).* MiB: 1 layers, [0-9]+ results, 0 images$'
t "... again" git preview --prune
is "... there is nothing" "freed 0.0 MiB: 0 layers, 0 results, 0 images" "$(cat "$T/out")"
snapshot >"$T/after"
same "... nothing of the user's has changed" "$T/before" "$T/after"
tested "the next run makes again what it needs"
is "... the setup too" 3 "$(grep -c compiles "$T/err")"

# limits without being asked: by what is unused for longest, never what is in use
old() { # <slot>: unused for 40 days
	touch -d '-40 days' ".git/preview/layers/$1/lock"
}
gone() { # <name> <slot>: waits for it
	for _ in $(seq 50); do
		[ -e ".git/preview/layers/$2/tree" ] || break
		sleep 0.1
	done
	is "$1" gone "$([ -e ".git/preview/layers/$2/tree" ] || echo gone)"
}
cd "$T/setup" || exit 1
git preview --prune >/dev/null 2>&1
tested "a slot" first
tested "and another" HEAD
is "... are two" 2 "$(slots)"
first=$(dirname "$(grep -l "$(git rev-parse 'first^{tree}')" .git/preview/layers/*/state)")
first=${first##*/}
old "$first"
tested "within the hour" HEAD
is "... nobody looks" 2 "$(slots)"
touch -d '-2 hours' .git/preview/pruned
tested "later" HEAD
gone "... what is too old goes" "$first"
is "... and the other stays" 1 "$(slots)"
tested "the old one again" first
is "... are two again" 2 "$(slots)"
touch -d '-1 hour' ".git/preview/layers/$first/lock"
touch -d '-2 hours' .git/preview/pruned
tested "with little room" -c sandbox.cache-size=1k HEAD
gone "... the longest unused goes" "$first"
is "... but not the one in use" 1 "$(slots)"
touch -d '-2 hours' .git/preview/pruned
old 1
old 2
tested "without limits" -c sandbox.cache-size=0 -c sandbox.cache-days=0 first
sleep 0.5
is "... all stays" 2 "$(slots)"

# previews: made by hand, for their dates
make_repo previews
echo one >value
commit first
git init -q --bare "$T/there.git" && git remote add origin "$T/there.git"
preview() { # <name> <days old>
	tree=$(git rev-parse 'HEAD^{tree}')
	when="@$(($(date +%s) - $2 * 86400)) +0000"
	c=$(printf 'add %s\n\nPreview-Id: bcdfghjk\nPreview-Role: test\n' "$1" |
		GIT_AUTHOR_DATE=$when GIT_COMMITTER_DATE=$when git commit-tree -p HEAD "$tree")
	git update-ref "refs/heads/preview/$1" "$c"
	git notes --ref=preview add -m '{"schema":1}' "$c"
}
for p in young:1 merged:1 old:40 pushed:40 fresh-pushed:1 used:40; do
	preview "${p%:*}" "${p#*:}"
done
git push -q origin preview/pushed preview/fresh-pushed
git branch preview/mine && git branch topic preview/merged
git worktree add -q "$T/used" preview/used
mkdir -p .git/preview/runs/bcdfghjk .git/preview/runs/kmnpqrst .git/preview/runs/vwxz2345 .git/preview/runs/notes
for id in bcdfghjk vwxz2345; do
	echo '{}' >".git/preview/runs/$id/state.json"
	git update-ref "refs/preview/runs/$id" HEAD
done
touch -d '-40 days' .git/preview/runs/bcdfghjk/state.json
list() {
	git for-each-ref --format='%(refname:lstrip=2)' refs/heads refs/preview | tr '\n' ' '
	ls .git/preview/runs | tr '\n' ' '
}
all='main preview/fresh-pushed preview/merged preview/mine preview/old preview/pushed preview/used preview/young topic runs/bcdfghjk runs/vwxz2345 bcdfghjk kmnpqrst notes vwxz2345 '
is "as it is" "$all" "$(list)"
t "--prune -n" git preview --prune -n
has "... would drop what is merged" "$T/out" '^would drop preview preview/merged: merged$'
has "... and what is old and pushed" "$T/out" '^would drop preview preview/pushed: old, and pushed$'
has "... and what was killed" "$T/out" '^would drop run kmnpqrst: killed$'
has "... not what is old alone" "$T/err" '^kept preview preview/old: old, but neither pushed nor merged \(-f drops it\)$'
has "... or can be resumed" "$T/err" '^kept run bcdfghjk: old, but not resumed yet \(-f drops it\)$'
has "... or is checked out" "$T/err" '^kept preview preview/used: it is checked out$'
is "... and does nothing" "$all" "$(list)"
merged=$(git rev-parse preview/merged)
t "--prune" git preview --prune
is "... drops these" "main preview/fresh-pushed preview/mine preview/old preview/used preview/young topic runs/bcdfghjk runs/vwxz2345 bcdfghjk notes vwxz2345 " "$(list)"
is "... but not the record" '{"schema":1}' "$(git notes --ref=preview show "$merged")"
t "--prune -f" git preview --prune -f
is "... drops the old ones too" "main preview/fresh-pushed preview/mine preview/used preview/young topic runs/vwxz2345 notes vwxz2345 " "$(list)"
t "days of one's own" git preview --prune -f -c preview.keep-days=100000
is "... no older" "main preview/fresh-pushed preview/mine preview/used preview/young topic runs/vwxz2345 notes vwxz2345 " "$(list)"
git config preview.unrelated x
t "0 days are no limit" git preview --prune -f -c preview.keep-days=0
is "... either" "main preview/fresh-pushed preview/mine preview/used preview/young topic runs/vwxz2345 notes vwxz2345 " "$(list)"
t_status 129 "--prune takes no request" git preview --prune "do something"
t_status 129 "-f goes with --prune" git preview -f "do something"
finish
