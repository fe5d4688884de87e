#!/bin/sh
# Tokens: which one goes where, and that no process, file or line has it besides.
. "${0%/*}/lib.sh"

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
printf '#!/bin/sh\nfor last; do :; done\nsleep 0.3\nexec ${last%%%% *} "%s"\n' "$T/server.git" >"$T/ssh"
chmod +x "$T/ssh"
GIT_SSH_COMMAND=$T/ssh GIT_SSH_VARIANT=simple
export GIT_SSH_COMMAND GIT_SSH_VARIANT
git remote add origin git@github.test:acme/shop.git
git push -q origin main && git fetch -q
git checkout -q -b preview/one && echo 1 >f && commit 'Add a priority field'

host() { # [<setting>...]: the code host, played
	start_model "$T/script"
	printf '[push]\napi = http://127.0.0.1:%s/api\n' "$(cat "$T/port")" >"$XDG_CONFIG_HOME/codexflow/config.ini"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$XDG_CONFIG_HOME/codexflow/config.ini"
	no_proof
}
# sent <name> [<variable>...]: it is the one that goes to the host
sent() {
	name=$1
	shift
	t_status 1 "$name" env "$@" git preview-push
	stop_model "... is sent"
}
script() { # <header> <value>
	printf 'request\nexpect header %s "%s"\nstatus 401\nbody {}\n' "$1" "$2" >"$T/script"
}
printf '#!/bin/sh\necho tok-of-command\n' >"$T/print" && chmod +x "$T/print"
script Authorization 'Bearer tok-of-command'
host 'token-host = github.test' "token-command = $T/print" 'token-env = OTHER'
sent "what push.token-command prints" GH_ENTERPRISE_TOKEN=tok-env OTHER=tok-other
has "... and a refusal says so" "$T/err" '^hint: the token from the settings is not valid'
script Authorization 'Bearer tok-other'
host 'token-host = github.test' 'token-env = OTHER'
sent "what push.token-env names" GH_ENTERPRISE_TOKEN=tok-env OTHER=tok-other
script Authorization 'Bearer tok-env'
host "token-command = $T/print"
sent "the variable of its tools, where the setting is for another host" GH_ENTERPRISE_TOKEN=tok-env
script Authorization 'Bearer tok-env'
host
sent "the same, for the host that it is said to be for" GH_ENTERPRISE_TOKEN=tok-env GH_HOST=github.test
printf 'request 0\n' >"$T/script"
host
t "a variable for another host" env GH_ENTERPRISE_TOKEN=tok-env GH_HOST=github.acme.io git preview-push
has "... is none" "$T/err" '^open the pull request there: '
t_status 0 "one for github.com" env GITHUB_TOKEN=tok-env git preview-push
has "... is none either" "$T/err" '^open the pull request there: '
stop_model "... and nobody is asked"
host 'token-host = github.test' 'token-command = false'
t_status 1 "a command that gives none" env GH_ENTERPRISE_TOKEN=tok-env git preview-push
has "... is told" "$T/err" '^error: the command of push\.token-command gives no token'
stop_model "... and no other token is taken"
printf '[push]\ntoken-command = touch %s/ran\ntoken-env = HOME\n' "$T" >.codexflow.ini
printf '[push]\n' >"$XDG_CONFIG_HOME/codexflow/config.ini" && no_proof
t "a repository cannot name one" git preview-push
has "... which is said" "$T/err" 'codexflow\.ini:2:'
is "... and nothing of it ran" "" "$(ls "$T/ran" 2>/dev/null)"
rm .codexflow.ini

# every process there is, looked at again and again; what it finds is told with its words
cat >"$T/watch.py" <<'END'
import os, sys, time

token = open(sys.argv[1], "rb").read().strip()
found, own = set(), {os.getpid(), os.getppid()}
while not os.path.exists(sys.argv[2]):
    for p in filter(str.isdigit, os.listdir("/proc")):
        if int(p) in own:
            continue
        try:
            words = open(f"/proc/{p}/cmdline", "rb").read().replace(b"\0", b" ").decode(errors="replace")
            for name in ("cmdline", "environ"):
                if token in open(f"/proc/{p}/{name}", "rb").read():
                    found.add(f"{name} {words}")
        except OSError:
            pass
    open(sys.argv[3], "w").write("\n".join(sorted(found)) + "\n")
    time.sleep(0.01)
END
watch() { # <command...>
	rm -f "$T/over" "$T/found"
	python3 "$T/watch.py" "$T/token" "$T/over" "$T/found" &
	watcher=$!
	while [ ! -s "$T/found" ]; do sleep 0.1; done
	run "$@"
	: >"$T/over"
	wait $watcher
}
slow='request
delay 300
body "[]"
request
delay 300
status 201
body {"number": 7, "html_url": "https://github.test/acme/shop/pull/7"}
request *
delay 100
body {"check_runs": [], "statuses": []}'
tok=tok-$(printf z | sha256sum | cut -c1-20)
printf '%s\n' "$tok" >"$T/token"
printf '#!/bin/sh\ntest "$1" = get && echo username=u && printf password= && cat "%s"\n' "$T/token" >"$T/helper" && chmod +x "$T/helper"
git config credential.helper "$T/helper"
echo "$slow" >"$T/script"
host 'wait-grace = 1' 'wait-interval = 1'
watch git preview-push --wait -v
report_run "a push with a token of a credential helper" "$status"
is "... is in no process's arguments or environment" "" "$(cat "$T/found")"
stop_model "... but where it belongs"
cat "$T/out" "$T/err" "$T/model.log"* >"$T/all"
find . "$T/home" -type f -exec cat {} + >>"$T/all"
has_not "... nor in any message, log or file" "$T/all" "$tok"
git config --unset credential.helper

echo "$slow" >"$T/script"
host 'wait-grace = 1' 'wait-interval = 1'
git commit -q --amend -m better
watch env GH_ENTERPRISE_TOKEN="$tok" OPENAI_API_KEY="$tok" git preview-push --wait -v
report_run "a push with a token of the environment" "$status"
# ourselves, as we were started, and the user's own push with what that runs
grep -vE '^environ (git preview-push|git-preview-push|[^ ]*/git-preview-push|git -c push\.[^ ]* push|git push|/bin/sh .*/ssh|sleep|git-receive-pack|git receive-pack|git (pack|send|rev-list|unpack|index)|/[^ ]*/git-core/git|env |$)' \
	"$T/found" >"$T/why"
good=0
[ ! -s "$T/why" ] || good=1
report "... is in no other process than the user's own push" $good
has "... which is seen" "$T/found" '^environ .*git-preview-push'
has_not "... and in no argument" "$T/found" '^cmdline (git|/)'
stop_model "... but where it belongs"

# updates on the other hosts
marks='<!-- git-preview: begin; what stands up to the end is renewed with each push -->old words<!-- git-preview: end -->'
git remote set-url origin git@gitlab.test:acme/shop.git
cat >"$T/script" <<END
request
expect path "/api/projects/acme%2Fshop/merge_requests?source_branch=preview%2Fone&target_branch=main"
body [{"iid": 3, "state": "opened", "web_url": "https://gitlab.test/3", "description": "Ann's. $marks"}]
request
expect path /api/users?username=ann
body "[]"
request
expect method PUT
expect path /api/projects/acme%2Fshop/merge_requests/3
expect json add_labels preview
expect no-json title
expect no-json reviewer_ids
expect body "Ann's. "
expect no-body "old words"
body {"iid": 3, "web_url": "https://gitlab.test/3"}
END
host 'labels = preview' 'reviewers = ann'
t "a merge request that is there already" env GITLAB_TOKEN=glt git preview-push
has "... is brought up to date" "$T/err" 'pull request is up to date'
has "... who could not be asked is said" "$T/err" "reviewer 'ann' could not be set"
stop_model "... as GitLab wants it"
cat >"$T/script" <<'END'
request
body [{"iid": 2, "state": "merged", "web_url": "https://gitlab.test/2"}, {"iid": 1, "state": "opened", "web_url": "https://gitlab.test/1", "description": "by hand"}]
END
host
t "one of somebody else" env GITLAB_TOKEN=glt git preview-push
has "... is left as it is" "$T/err" '^warning: pull request 1 was not opened by git preview'
stop_model "... really"
t "without a token" env -u GITLAB_TOKEN git preview-push
has "... the page to open it by hand" "$T/err" 'https://gitlab\.test/acme/shop/-/merge_requests/new\?merge_request'
git remote set-url origin git@gitea.test:acme/shop.git
cat >"$T/script" <<END
request
body [{"number": 3, "html_url": "https://gitea.test/3", "body": "$marks", "head": {"ref": "preview/one"}, "base": {"ref": "main"}}]
request
expect method PATCH
expect path /api/repos/acme/shop/pulls/3
expect no-json title
expect no-body "old words"
status 201
body {"number": 3, "html_url": "https://gitea.test/3"}
request
expect path /api/repos/acme/shop/labels?limit=50
body [{"id": 11, "name": "preview"}]
request
status 403
body {}
END
host 'labels = preview'
t "one that is there already" env GITEA_TOKEN=git git preview-push
has "... is brought up to date" "$T/err" 'pull request is up to date'
has "... and labels that may not be set are said" "$T/err" '^warning: labels could not be set'
stop_model "... as Gitea wants it"
t "without a token" git preview-push
has "... the page to open it by hand" "$T/err" 'https://gitea\.test/acme/shop/compare/main\.\.\.preview/one'
finish
