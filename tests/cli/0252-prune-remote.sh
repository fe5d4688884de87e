#!/bin/sh
# --prune --remote: old pull requests of ours are closed and their branches deleted, no others.
. "${0%/*}/lib.sh"

openapi=$top/tests/cases/github/openapi.py
python3 -c 'import jsonschema' 2>/dev/null || skip_all "no python3-jsonschema"
git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
printf '#!/bin/sh\nfor last; do :; done\nexec ${last%%%% *} "%s"\n' "$T/server.git" >"$T/ssh"
chmod +x "$T/ssh"
GIT_SSH_COMMAND=$T/ssh GIT_SSH_VARIANT=simple GH_ENTERPRISE_TOKEN=tok-0123456789
export GIT_SSH_COMMAND GIT_SSH_VARIANT GH_ENTERPRISE_TOKEN
git remote add origin git@github.test:acme/shop.git
git push -q origin main
old='1690000000 +0000'
made() { # <name> <date> [<no record>]
	git checkout -q -B "preview/$1" main
	GIT_AUTHOR_DATE=$2 GIT_COMMITTER_DATE=$2 git commit -q --allow-empty -m "$1" -m "Preview-Id: $1"
	[ $# -gt 2 ] || git notes --ref=preview add -m '{}'
	git push -q origin "preview/$1"
}
made old "$old"
made moved "$old"
made theirs "$old" without
made merged "$old"
git push -q origin preview/merged:release
made foreign "$old"
made alone "$old"
made young '1699999000 +0000'
git clone -q -b preview/moved "$T/server.git" "$T/other"
(cd "$T/other" && git commit -q --allow-empty -m "somebody else" && git push -q origin preview/moved)
git checkout -q main
for b in $(git for-each-ref --format='%(refname:short)' refs/heads/preview); do git branch -qD "$b"; done
git fetch -q origin release

there() { git -C "$T/server.git" for-each-ref --format='%(refname:lstrip=2)' refs/heads/preview | xargs; }
all="preview/alone preview/foreign preview/merged preview/moved preview/old preview/theirs preview/young"
is "what stands there" "$all" "$(there)"
python3 "$openapi" answer 'GET /repos/{owner}/{repo}/pulls' 200 >"$T/example"
python3 "$openapi" answer 'PATCH /repos/{owner}/{repo}/pulls/{pull_number}' 200 'state="closed"' 'requested_teams=[]' >"$T/closed"
# open_pulls: one for every branch but one; that of `alone` comes from a fork
cat >"$T/pulls.py" <<'END'
import copy, json, subprocess, sys
example = json.load(open(sys.argv[1]))[0]
marks = "Words.\n<!-- git-preview: begin; what stands up to the end is renewed with each push -->\n<!-- git-preview: end -->"
out = []
for n, name in enumerate(sys.argv[3:], 1):
    p = copy.deepcopy(example)
    p["number"], p["state"], p["requested_teams"] = n, "open", []
    p["html_url"] = f"https://github.test/acme/shop/pull/{n}"
    p["body"] = "by hand" if name == "foreign" else marks
    p["head"]["ref"] = "preview/" + name
    p["head"]["sha"] = subprocess.run(["git", "-C", sys.argv[2], "rev-parse", "preview/" + name],
                                      capture_output=True, text=True, check=True).stdout.strip()
    p["head"]["repo"]["full_name"] = "fork/shop" if name == "alone" else "acme/shop"
    out.append(p)
print(json.dumps(out))
END
python3 "$T/pulls.py" "$T/example" "$T/server.git" old moved theirs merged foreign alone young >"$T/pulls"
list='request
expect method GET
expect path "/api/repos/acme/shop/pulls?state=open&per_page=100&page=1"
header Content-Type: application/json
body @pulls'
close() { # <number>
	printf 'request\nexpect method PATCH\nexpect path /api/repos/acme/shop/pulls/%s\nexpect json state closed\nexpect no-json body\n' "$1"
	printf 'header Content-Type: application/json\nbody @closed\n'
}
host() {
	start_model "$T/script"
	printf '[push]\napi = http://127.0.0.1:%s/api\n' "$(cat "$T/port")" >"$XDG_CONFIG_HOME/codexflow/config.ini"
}
played() {
	stop_model "$1"
	python3 "$openapi" check "$T/model.log" /api >"$T/why" 2>&1
	report "... as GitHub describes it" $?
}

t_status 129 "--remote goes with --prune" git preview --remote "a request"
printf 'request 0\n' >"$T/script"
host
t "--prune alone" git preview --prune
stop_model "... asks no host"
is "... and touches no remote" "$all" "$(there)"
echo "$list" >"$T/script"
host
t "-n" git preview --prune --remote -n
has "... tells what would go" "$T/out" '^would drop remote origin/preview/old: old, pull request 1$'
is "... alone" 1 "$(grep -c remote "$T/out")"
has "... and what stays: where somebody pushed" "$T/err" '^kept remote origin/preview/moved: old, but somebody pushed there since'
has "... what was made elsewhere" "$T/err" '^kept remote origin/preview/theirs: old, but its last commit was not made here'
has "... what another branch has" "$T/err" '^kept remote origin/preview/merged: old, but another branch has it'
has "... whose request is by somebody else" "$T/err" '^kept remote origin/preview/foreign: old, but its pull request is not ours'
has_not "... and no word of others" "$T/err" 'alone|young'
is "... and deletes nothing" "$all" "$(there)"
played "... and closes nothing"

{
	echo "$list"
	close 1
} >"$T/script"
host
t "without -n" git preview --prune --remote --json
has "... it is told" "$T/out" '"event":"prune","what":"remote","name":"origin/preview/old","dropped":true,"reason":"old, pull request 1"'
is "... the branch is deleted" "preview/alone preview/foreign preview/merged preview/moved preview/theirs preview/young" "$(there)"
played "... and its request closed"

python3 "$T/pulls.py" "$T/example" "$T/server.git" theirs >"$T/pulls"
printf '#!/bin/sh\nexit 1\n' >"$T/server.git/hooks/pre-receive" && chmod +x "$T/server.git/hooks/pre-receive"
echo "$list" >"$T/script"
host
snapshot >"$T/before"
t_status 1 "a remote that lets nothing go" git preview --prune --remote -f
has "... is told" "$T/err" "cannot delete 'preview/theirs' on 'origin': .*pre-receive hook declined"
has "... with what to do" "$T/err" '^hint: its pull request is left open'
snapshot >"$T/after"
same "... and nothing here has changed" "$T/before" "$T/after"
played "... and the request is not closed"
rm "$T/server.git/hooks/pre-receive"
(cd "$T/other" && git fetch -q && git checkout -q preview/theirs && git commit -q --allow-empty -m "late" && git push -q origin preview/theirs)
host
t_status 1 "a push between looking and deleting" git preview --prune --remote -f
has "... is not lost" "$T/err" 'stale info'
played "... and the request is not closed"

{
	python3 "$T/pulls.py" "$T/example" "$T/server.git" moved merged foreign >"$T/pulls"
	echo "$list"
	close 2
	close 1
} >"$T/script"
host
t "-f takes what others have, too" git preview --prune --remote -f
is "... but not what is by somebody else" "preview/alone preview/foreign preview/theirs preview/young" "$(there)"
played "... and closes both"
printf 'request\nstatus 401\nbody {"message": "Bad credentials"}\n' >"$T/script"
host
t_status 1 "an expired token" git preview --prune --remote
has "... is told" "$T/err" '^error: cannot look for old pull requests: .*401: Bad credentials'
has "... the rest is done" "$T/out" '^freed '
stop_model "... asked once"

git fetch -q origin
git remote set-url origin git@gitlab.test:acme/shop.git
GITLAB_TOKEN=glt GITEA_TOKEN=git
export GITLAB_TOKEN GITEA_TOKEN
git checkout -q --detach && made lab "$old" && git checkout -q main
marks='<!-- git-preview: begin; what stands up to the end is renewed with each push --><!-- git-preview: end -->'
cat >"$T/script" <<END
request
expect path "/api/projects/acme%2Fshop/merge_requests?state=opened&per_page=100&page=1"
body [{"iid": 4, "web_url": "https://gitlab.test/4", "description": "$marks", "source_branch": "preview/lab", "sha": "$(git rev-parse preview/lab)", "source_project_id": 1, "target_project_id": 1}]
request
expect method PUT
expect path /api/projects/acme%2Fshop/merge_requests/4
expect json state_event close
body {}
END
host
t "on GitLab" git preview --prune --remote
has "... it goes" "$T/out" '^dropped remote origin/preview/lab: old, pull request 4'
stop_model "... as GitLab wants it"
git remote set-url origin git@gitea.test:acme/shop.git
made tea "$old" && git checkout -q main
cat >"$T/script" <<END
request
expect path "/api/repos/acme/shop/pulls?state=open&limit=50&page=1"
body [{"number": 4, "html_url": "https://gitea.test/4", "body": "$marks", "head": {"ref": "preview/tea", "sha": "$(git rev-parse preview/tea)", "repo": {"full_name": "acme/shop"}}}]
request
expect method PATCH
expect path /api/repos/acme/shop/pulls/4
expect json state closed
status 201
body {}
END
host
t "on Gitea and Forgejo" git preview --prune --remote
has "... it goes" "$T/out" '^dropped remote origin/preview/tea: old, pull request 4'
stop_model "... as Gitea wants it"
finish
