#!/bin/sh
# Layers of a real engine: a tree is laid over the layer of another where the setup is the same, and
# nothing but the difference is; whose they are, and what --prune takes.
. "${0%/*}/lib.sh"
unset GP_NOW # what is younger than what is looked at

# tested <name> <revision>: a run that shows the output of the setup
tested() {
	run git preview-test --no-cache -v -c sandbox.kind="$kind" -c sandbox.host="$engine" \
		-c sandbox.image="$engine_image" "$2"
	report_run "$1" "$status"
}
ran() { # <name> <how often the last run's setup ran>
	is "$1" "$2" "$(grep -c 'setup runs' "$T/err")"
}
# seen <name> <lines>: the files of the layer, as the tests saw them
seen() {
	is "$1" "$2" "$(sed -n 's/^.*# //p' "$T/err" | tr '\n' ' ')"
}
images() { # <name of the repository>: how many tags it has
	engine_api "$engine" /images/json | grep -o "git-preview/$1:[^\"]*" | sort -u | wc -l
}

for kind in docker podman; do
	if ! have_engine $kind own || ! engine_image "$engine" tiny; then
		skip "layers of $kind" "$engine_why"
		continue
	fi
	make_repo "$kind"
	printf '[test]\ncommand = sh run.sh\nsetup = sh setup.sh\n' >.codexflow.ini
	cat >setup.sh <<'EOF'
echo setup runs
sleep 1
mkdir -p modules/in way
cp value modules/in/made
echo a file >way/file
ln -s modules link
echo setup >generated
EOF
	cat >run.sh <<'EOF'
find . -path ./.git -prune -o ! -type d -print | grep -v '\.sh$\|\.ini$' | sort |
	while read -r f; do echo "# ${f#./}=$(cat "$f")"; done
[ ! value -ot modules/in/made ] || echo "# value is older"
echo 1..1
echo ok 1 - one
EOF
	mkdir -p deep/er/still
	echo one >value
	echo 1 >requirements.txt
	echo gone >deep/er/still/gone
	echo gone >"it's gone"
	echo stays >stays
	commit first
	git tag first
	echo two >value
	rm -r deep "it's gone"
	mkdir -p new link
	echo new >new/file
	echo ours >way.txt
	echo ours >generated
	echo ours >link/file
	echo ours >way
	chmod +x stays
	commit second
	git tag second
	echo 2 >requirements.txt
	commit third
	git tag third
	tested "$kind: a first base" first
	ran "... is set up" 1
	seen "... and has what setup made" "deep/er/still/gone=gone generated=setup it's gone=gone link= modules/in/made=one requirements.txt=1 stays=stays value=one way/file=a file value is older "
	tested "... another base with the same lock files" second
	ran "... is not" 0
	seen "... but has its own files, and what setup left" "generated=ours link/file=ours modules/in/made=one new/file=new requirements.txt=1 stays=stays value=two way=ours way.txt=ours "
	is "... is a layer of its own" "2 1" "$(images layer) $(images setup)"
	tested "... one with other lock files" third
	ran "... is set up anew" 1
	has "... on its own files" "$T/err" 'modules/in/made=two'
	tested "... back to the second" second
	ran "... is not" 0
	echo 'fi' >>setup.sh
	commit broken
	run git preview-test --no-cache -c sandbox.kind=$kind -c sandbox.host="$engine" \
		-c sandbox.image="$engine_image" HEAD
	report_run "... a setup that fails" $((status != 8))
	has "... is infra" "$T/out" '^infra: .*setup .* failed with status'
	has "... with its output" "$T/err" 'setup runs|syntax error'
	is "... and leaves no layer" "3 2" "$(images layer) $(images setup)"
	prune() {
		run git preview --prune "$@" -c sandbox.kind=$kind -c sandbox.host="$engine" \
			-c sandbox.image="$engine_image"
	}
	git clone -q . "$T/$kind-other"
	cd "$T/$kind-other" || exit 1
	tested "$kind: another repository" second
	ran "... shares the layers" 0
	prune
	has "... which --prune there leaves" "$T/out" '^freed .* 0 images$'
	is "... all of them" "3 2" "$(images layer) $(images setup)"
	tested "... one of its own" second~1
	git commit -q --allow-empty -m empty
	echo more >value
	commit more
	run git preview-test --no-cache -c sandbox.kind=$kind -c sandbox.host="$engine" \
		-c sandbox.image="$engine_image" -c test.setup='echo other setup' HEAD
	is "... is made" "4 3" "$(images layer) $(images setup)"
	prune -n
	has "... would go" "$T/out" '^would free .* 1 images$'
	prune
	has "... and goes, alone" "$T/out" '^freed .* 1 images$'
	is "... under all of its names" "3 2" "$(images layer) $(images setup)"
	cd "$T/$kind" || exit 1
	prune
	has "$kind: --prune in the first repository" "$T/out" '^freed .* 3 images$'
	is "... takes the rest" "0 0" "$(images layer) $(images setup)"
	is "... and nothing is left of it" "" "$(engine_api "$engine" '/images/json?all=1' | grep -o 'git-preview.tree')"
	tested "... the next run" second
	ran "... sets up anew" 1
	prune
done
finish
