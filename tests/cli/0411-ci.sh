#!/bin/sh
# The jobs that git preview --init --ci writes: read as YAML, looked at by shellcheck, and their
# steps done as a runner does them, on a fresh machine as far as git is concerned.
. "${0%/*}/lib.sh"

# shellcheck source=tests/cli/proven.sh
. "$top/tests/cli/proven.sh"
make_proven tasks
t "a job for GitHub" git preview --init --ci github
t "a job for GitLab" git preview --init --ci gitlab
hub=.github/workflows/git-preview.yml lab=.gitlab/git-preview.yml
has_not "no action is used" $hub 'uses:'
has_not "no right but to read" $hub '(write|secrets\.|pull_request_target)'
has "... which is asked for" $hub '^  contents: read$'
has_not "no placeholder is left" $hub '@[A-Z]+@'
has_not "... in the other" $lab '@[A-Z]+@'
has "branches below the prefix" $hub "branches: \['preview/\*\*'\]"
has "... as a pattern" $lab '=~ /\^preview\\/'
# an expression in a script would be text that whoever names a branch writes
awk '/run: \|/ { on = 1; next } /^      - |^ *[a-z]+:/ { on = 0 } on' $hub >"$T/scripts"
has_not "no expression stands in a script" "$T/scripts" '\$\{\{'

# steps <file> <list>: the commands of each step, in $T/steps/<n>, without a reader of YAML
if python3 -c 'import yaml' 2>/dev/null; then
	cat >"$T/read.py" <<-'PY'
	import os, sys, yaml
	job = yaml.safe_load(open(sys.argv[1]))
	where = sys.argv[2]
	os.makedirs(where)
	if "jobs" in job:
	    assert job["permissions"] == {"contents": "read"}, job["permissions"]
	    assert list(job["jobs"]) == ["prove"]
	    steps = job["jobs"]["prove"]["steps"]
	    assert all(set(s) <= {"name", "env", "run"} for s in steps), steps
	    scripts = [s["run"] for s in steps]
	else:
	    assert list(job) == ["git-preview"], list(job)
	    job = job["git-preview"]
	    assert all(set(r) == {"if"} for r in job["rules"]), job["rules"]
	    scripts = job["script"]
	for n, script in enumerate(scripts, 1):
	    assert isinstance(script, str), script
	    with open(f"{where}/{n}", "w") as f:
	        f.write(script.rstrip("\n") + "\n")
	PY
	t "GitHub's is YAML" python3 "$T/read.py" $hub "$T/hub"
	t "GitLab's is YAML" python3 "$T/read.py" $lab "$T/lab"
else
	skip_all "no python3-yaml"
fi
if command -v shellcheck >/dev/null; then
	t "shellcheck: GitHub's steps" shellcheck -s bash "$T"/hub/*
	t "shellcheck: GitLab's steps" shellcheck -s sh "$T"/lab/*
else
	skip "shellcheck" "it is not on this machine"
fi

# In place of our source: its targets, and the programs as they are built here. That the real
# Makefile has these targets is looked at, what it installs is a test of its own.
targets=$(cat "$T"/hub/* "$T"/lab/* | sed -n 's/^make \(-s \)*\(-C [^ ]* \)*\([a-z-]*\).*/\3/p' | sort -u)
is "the targets that are asked for" "deps-build
install" "$targets"
for target in $targets; do
	has "the Makefile has $target" "$top/Makefile" "^$target:"
done
git init -q "$T/source"
cat >"$T/source/Makefile" <<END
deps-build:
install:
	mkdir -p \$(PREFIX)/bin
	for p in git-preview git-preview-test; do ln -s $B/\$\$p \$(PREFIX)/bin/; done
END
git -C "$T/source" add Makefile
git -C "$T/source" commit -q -m source
pinned=$(git -C "$T/source" rev-parse HEAD)
PATH=$(printf '%s' "$PATH" | sed "s,^$B:,,")
plain=$PATH

# prove_hub <commit>: each step a shell of its own, in one work folder, as the runner does it
prove_hub() {
	rm -rf "$T/runner"
	mkdir -p "$T/runner/temp" "$T/runner/work"
	(
		cd "$T/runner/work" || exit 1
		for s in "$T"/hub/*; do
			[ ! -f ../path ] || PATH=$(cat ../path):$plain
			env HOME="$T/runner" RUNNER_TEMP="$T/runner/temp" GITHUB_PATH="$T/runner/path" \
				GIT_PREVIEW_URL="file://$T/source" GIT_PREVIEW_COMMIT="${pin-$pinned}" \
				SERVER="file://" REPOSITORY="file://$T/bare.git" COMMIT="$1" TOKEN=t0ken \
				bash --noprofile --norc -eo pipefail "$s" || exit
		done
	)
}
# prove_lab <commit>: all of it in one shell, in a clone that the runner has made
prove_lab() {
	rm -rf "$T/runner"
	mkdir -p "$T/runner"
	git clone -q "file://$T/bare.git" "$T/runner/work"
	git -C "$T/runner/work" checkout -q "$1"
	cat "$T"/lab/* >"$T/script.sh"
	(
		cd "$T/runner/work" || exit 1
		env HOME="$T/runner" TMPDIR="$T/runner" CI_COMMIT_SHA="$1" \
			GIT_PREVIEW_URL="file://$T/source" GIT_PREVIEW_COMMIT="${pin-$pinned}" \
			sh -e "$T/script.sh"
	)
}

git init -q --bare "$T/bare.git"
git push -q "$T/bare.git" main "$branch" refs/notes/preview
tip=$(git rev-parse "$branch")
# the same commits with the change taken away; and with a claim that is too good
git log -1 --format=%B "$tip" >"$T/message"
void=$(git commit-tree "$tip~1^{tree}" -p "$tip~1" -F "$T/message")
forged=$(sed 's/^Preview-Suite: .*/Preview-Suite: 99 passed, 0 failed, 0 skipped (sh)/' "$T/message" |
	git commit-tree "$tip^{tree}" -p "$tip~1" -F -)
git push -q "$T/bare.git" "$void:refs/heads/preview/void" "$forged:refs/heads/preview/forged"
rm -rf "$XDG_CONFIG_HOME/codexflow"
for host in hub lab; do
	t "$host: a preview is proven again" prove_$host "$tip"
	has "... with its record" "$T/out" '^same +record '
	t_status 1 "$host: one without its change is not" prove_$host "$void"
	has "... and a row says so" "$T/out" '^fails +change '
	t_status 1 "$host: one that claims too much is not" prove_$host "$forged"
	has "... and a row says so" "$T/out" '^differs +suite '
	t_status 128 "$host: what is no preview is not" prove_$host "$(git rev-parse main)"
	pin=
	t_status 1 "$host: a job that is not filled in" prove_$host "$tip"
	has "... says so" "$T/out" 'fill in GIT_PREVIEW_URL'
	unset pin
done
git push -q "$T/bare.git" :refs/notes/preview
t "gitlab: without notes" prove_lab "$tip"
t "github: without notes" prove_hub "$tip"
is "the token is in no file" "" "$(grep -rl -e t0ken -e "$(printf 'x-access-token:t0ken' | base64)" "$T/runner")"
finish
