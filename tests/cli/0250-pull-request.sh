#!/bin/sh
# The draft pull request: opened once, brought up to date, on three kinds of code hosts; what they
# refuse leaves the branch pushed and says what to do.
. "${0%/*}/lib.sh"

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
# git's own transport, to a host that is this machine
cat >"$T/ssh" <<END
#!/bin/sh
for last; do :; done
exec \${last%% *} "$T/server.git"
END
chmod +x "$T/ssh"
GIT_SSH_COMMAND=$T/ssh GIT_SSH_VARIANT=simple
export GIT_SSH_COMMAND GIT_SSH_VARIANT
git remote add origin git@github.test:acme/shop.git
git push -q origin main && git fetch -q
git checkout -q -b preview/one && echo 1 >f && git add f && git commit -q -m 'Add a priority field' -m 'More words'
GH_ENTERPRISE_TOKEN=tok-0123456789
export GH_ENTERPRISE_TOKEN

# host <script>: the code host, played; its address is the user's setting
host() {
	start_model "$1"
	printf '[push]\napi = http://127.0.0.1:%s/api\nlabels = preview, customer\nreviewers = ann\n' \
		"$(cat "$T/port")" >"$XDG_CONFIG_HOME/codexflow/config.ini"
	no_proof
}
open_one='request
expect method GET
expect path "/api/repos/acme/shop/pulls?state=all&head=acme:preview%2Fone&base=main"
expect header Authorization "Bearer tok-0123456789"
expect header X-GitHub-Api-Version "2022-11-28"
expect header User-Agent
header Content-Type: application/json
body "[]"
request
expect method POST
expect path /api/repos/acme/shop/pulls
expect json title "Add a priority field"
expect json head preview/one
expect json base main
expect json draft true
status 201
header Content-Type: application/json
body {"number": 7, "html_url": "https://github.test/acme/shop/pull/7"}'
{
	printf '%s\n' "$open_one"
	cat <<'END'
request
expect path /api/repos/acme/shop/issues/7/labels
expect json labels.1 customer
header Content-Type: application/json
body "[]"
request
expect path /api/repos/acme/shop/pulls/7/requested_reviewers
expect json reviewers.0 ann
status 422
body {"message": "Reviews may only be requested from collaborators."}
END
} >"$T/script"
host "$T/script"
t "a draft pull request" git preview-push
is "... branch and address are the result" "preview/one https://github.test/acme/shop/pull/7" "$(xargs <"$T/out")"
has "... what could not be set is said" "$T/err" 'reviewers could not be set'
stop_model "... as GitHub wants it"
cat "$T/out" "$T/err" "$T/model.log" >"$T/all"
has_not "the token is in no message and no log" "$T/all" tok-0123456789

cat >"$T/script" <<'END'
request
body [{"number": 7, "html_url": "https://github.test/acme/shop/pull/7", "body": "<!-- git-preview: begin; what stands up to the end is renewed with each push --><!-- git-preview: end -->"}]
request
expect method PATCH
expect path /api/repos/acme/shop/pulls/7
expect json title "Add a priority field, better"
expect no-json draft
body {"number": 7}
request 2
body "[]"
END
host "$T/script"
git commit -q --amend -m 'Add a priority field, better'
t "again" git preview-push --json
has "... it is brought up to date" "$T/out" '"event":"pull".*"created":false,"number":7'
stop_model "... and no second one is opened"

cat >"$T/script" <<'END'
request
body "[]"
request
expect json draft true
status 422
body {"message": "Validation Failed", "errors": [{"message": "Draft pull requests are not supported in this repository."}]}
request
expect json draft false
status 201
body {"number": 8, "html_url": "https://github.test/acme/shop/pull/8"}
request 2
body "[]"
END
host "$T/script"
t "a host without drafts" git preview-push
has "... is told" "$T/err" 'has no drafts'
stop_model "... an ordinary one is opened"

refused() { # <status> <body> <what is said>
	printf 'request\nbody "[]"\nrequest\nstatus %s\nbody <<E\n%s\nE\n' "$1" "$2" >"$T/script"
	host "$T/script"
	snapshot | grep -v refs/remotes >"$T/before"
	t_status 1 "a host that answers $1" git preview-push
	has "... its words" "$T/err" "$3"
	has "... what to do" "$T/err" '^hint: '
	has "... where to open it by hand" "$T/err" 'https://github\.test/acme/shop/compare/main\.\.\.preview/one\?expand=1'
	is "... and the branch is pushed" "$(git rev-parse HEAD)" "$(git -C "$T/server.git" rev-parse preview/one)"
	snapshot | grep -v refs/remotes >"$T/after"
	same "... and nothing here has changed" "$T/before" "$T/after"
	stop_model "... asked once"
}
refused 401 '{"message": "Bad credentials"}' '401: Bad credentials'
refused 403 '{"message": "Resource not accessible by personal access token"}' '403: Resource not'
refused 404 '{"message": "Not Found"}' '404: Not Found'
printf 'request\nbody "[]"\nrequest\nstatus 500\nbody "<html>\\x1b[31moops"\n' >"$T/script"
host "$T/script"
t_status 1 "a host in trouble is not asked twice to open one" git preview-push
has_not "... nor does it paint" "$T/err" "$(printf '\033')"
stop_model "... really"
printf 'request 3\nstatus 503\nheader Retry-After: 0\nbody ""\n' >"$T/script"
host "$T/script"
t_status 1 "but three times whether there is one" git preview-push
stop_model "... really"
printf 'request\nbody "{}"\n' >"$T/script"
host "$T/script"
t_status 1 "an answer that is none" git preview-push
stop_model "... ends it"
printf 'request\nbody "[]"\nrequest\nstatus 201\nbody {"number": 9, "html_url": "javascript:alert(1)"}\n' >"$T/script"
host "$T/script"
t_status 1 "an address that is none" git preview-push
stop_model "... is not shown"

unset GH_ENTERPRISE_TOKEN
printf 'request 0\n' >"$T/empty"
printf '[push]\n' >"$XDG_CONFIG_HOME/codexflow/config.ini" && no_proof
t "without a token" git preview-push
has "... the page to open it by hand" "$T/err" 'https://github\.test/acme/shop/compare/main\.\.\.preview/one\?expand=1'
mkdir -p "$T/bin"
printf '#!/bin/sh\ntest "$*" = "auth token --hostname github.test" && echo tok-from-gh\n' >"$T/bin/gh"
chmod +x "$T/bin/gh"
printf 'request\nexpect header Authorization "Bearer tok-from-gh"\nstatus 401\nbody {}\n' >"$T/script"
host "$T/script"
PATH=$T/bin:$PATH t_status 1 "the token of gh" git preview-push
stop_model "... is used"
rm "$T/bin/gh"
git config credential.helper '!f() { test "$1" = get && echo username=u && echo password=tok-from-git; }; f'
printf 'request\nexpect header Authorization "Bearer tok-from-git"\nstatus 401\nbody {}\n' >"$T/script"
host "$T/script"
t_status 1 "the token of git's credential helpers" git preview-push
stop_model "... is used"
git config --unset credential.helper
GH_ENTERPRISE_TOKEN=tok
export GH_ENTERPRISE_TOKEN
printf '[push]\napi = http://host.invalid/api\n' >"$XDG_CONFIG_HOME/codexflow/config.ini" && no_proof
t_status 1 "no token goes to an address that is not https" git preview-push
has "... which is said" "$T/err" 'is not https'
printf '[push]\napi = http://127.0.0.1:1/\nhost = gitea\n' >.codexflow.ini
printf '[push]\npull-request = no\n' >"$XDG_CONFIG_HOME/codexflow/config.ini" && no_proof
t "a repository cannot say where tokens go" git preview-push
has "... and is told" "$T/err" 'codexflow\.ini:2:'
rm .codexflow.ini
is "push.pull-request = no opens none" preview/one "$(cat "$T/out")"
printf '[push]\n' >"$XDG_CONFIG_HOME/codexflow/config.ini" && no_proof
t "--no-pr opens none" git preview-push --no-pr
is "... really" preview/one "$(cat "$T/out")"
t "-n opens none" git preview-push -n
has "... and says what would be" "$T/err" "into 'main' would be opened at github\.test"

git remote set-url origin git@gitlab.test:acme/sub/shop.git
GITLAB_TOKEN=glt
export GITLAB_TOKEN
cat >"$T/script" <<'END'
request
expect method GET
expect path "/api/projects/acme%2Fsub%2Fshop/merge_requests?source_branch=preview%2Fone&target_branch=main"
expect header PRIVATE-TOKEN glt
expect no-header Authorization
body "[]"
request
expect path /api/users?username=ann
body [{"id": 42, "username": "ann"}]
request
expect method POST
expect path /api/projects/acme%2Fsub%2Fshop/merge_requests
expect json title "Draft: Add a priority field, better"
expect json source_branch preview/one
expect json target_branch main
expect json labels preview,customer
expect json reviewer_ids.0 42
status 201
body {"iid": 3, "web_url": "https://gitlab.test/acme/sub/shop/-/merge_requests/3"}
END
host "$T/script"
t "a draft merge request on GitLab" git preview-push
has "... with its address" "$T/out" '^https://gitlab\.test/acme/sub/shop/-/merge_requests/3$'
stop_model "... as GitLab wants it"

git remote set-url origin git@forgejo.test:acme/shop.git
GITEA_TOKEN=git
export GITEA_TOKEN
cat >"$T/script" <<'END'
request
expect path "/api/repos/acme/shop/pulls?state=open&limit=50&page=1"
expect header Authorization "token git"
body [{"number": 1, "html_url": "https://forgejo.test/x/1", "head": {"ref": "other"}, "base": {"ref": "main"}}]
request
expect method POST
expect path /api/repos/acme/shop/pulls
expect json title "WIP: Add a priority field, better"
status 201
body {"number": 2, "html_url": "https://forgejo.test/acme/shop/pulls/2"}
request
expect path /api/repos/acme/shop/labels?limit=50
body [{"id": 11, "name": "preview"}]
request
expect path /api/repos/acme/shop/issues/2/labels
expect json labels.0 11
body "[]"
request
expect path /api/repos/acme/shop/pulls/2/requested_reviewers
status 201
body "[]"
END
host "$T/script"
t "a draft on Gitea and Forgejo" git preview-push
has "... with its address" "$T/out" '^https://forgejo\.test/acme/shop/pulls/2$'
has "... what could not be set is said" "$T/err" "label 'customer' could not be set"
stop_model "... as Gitea wants it"

git remote set-url origin "$T/server.git"
t "on no code host there is none, and no word about it" git preview-push
is "... but the branch" preview/one "$(cat "$T/out")"
finish
