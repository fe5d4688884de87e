#!/bin/sh
# What registries and advisories know of new dependencies: asked only where the user allows it, at
# once, kept for a while, and never taken for well when nobody answers.
. "${0%/*}/lib.sh"

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
git remote add origin "$T/server.git"
printf '{\n  "dependencies": {\n    "express": "^4.17.0"\n  }\n}\n' >package.json
commit 'a manifest'
git push -q origin main
git checkout -q -b preview/one
sed -i 's/"express.*/&,\n    "fresh-thing": "^1.0.0",\n    "invented-thing": "^1.0.0",\n    "grown-thing": "2.0.0",\n    "zod": "3.0.0"/' \
	package.json
commit 'more of them'
git notes --ref=preview add -m '{"request": "use \"fresh-thing\", \"invented-thing\", \"grown-thing\" and \"zod\""}' HEAD

# the frozen clock is at 2023-11-14
cat >"$T/script" <<'END2'
expect no-header Authorization
route GET /npm/fresh-thing 1
header Content-Type: application/json
body {"versions": {"1.0.0": {}}, "time": {"created": "2023-11-10T10:00:00.000Z"}}
route GET /week/fresh-thing 1
header Content-Type: application/json
body {"downloads": 12, "package": "fresh-thing"}
route GET /npm/grown-thing 1
header Content-Type: application/json
body {"versions": {"1.0.0": {}}, "time": {"created": "2013-11-10T10:00:00.000Z"}}
route GET /week/grown-thing 1
header Content-Type: application/json
body {"downloads": 120000}
route GET /npm/invented-thing 3
status 404
body {"error": "Not found"}
route POST /osv/querybatch 1
expect json queries.0.package.name grown-thing
expect json queries.0.package.ecosystem npm
expect json queries.0.version 2.0.0
expect json queries.1.package.name zod
header Content-Type: application/json
body {"results": [{"vulns": [{"id": "GHSA-test-0001"}]}, {}]}
route GET /osv/vulns/GHSA-test-0001 1
header Content-Type: application/json
body {"id": "GHSA-test-0001", "database_specific": {"severity": "HIGH"}, "affected": [{"package": {"ecosystem": "npm", "name": "grown-thing"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.4"}]}]}]}
END2
start_model "$T/script"
at=http://127.0.0.1:$(cat "$T/port")
user() { # <more lines>
	printf '[vet]\nproof = off\nregistries = npm=%s/npm npm-downloads=%s/week osv=%s/osv/\n%s\n' \
		"$at" "$at" "$at" "$1" >"$XDG_CONFIG_HOME/codexflow/config.ini"
}
# shellcheck disable=SC2317
push() { git preview-push -n --no-pr "$@"; }

user ''
t "nobody is asked unless the user says so" push
t "... really" test ! -s "$T/model.log"
printf '[vet]\nonline = yes\n' >.codexflow.ini
t "... a repository cannot" push
has "... and is told" "$T/err" 'codexflow\.ini:2:'
t "... really" test ! -s "$T/model.log"
rm .codexflow.ini
user 'online = yes'
t_status 1 "what registries say blocks a preview" push
has "... a name that is not there" "$T/err" 'package\.json:5: does not exist in its registry, npm invented-thing \[dep-absent'
has "... one that is young" "$T/err" 'package\.json:4: first released 4 days ago, npm fresh-thing \[dep-young'
has "... and hardly used" "$T/err" 'downloaded 12 times in a week, npm fresh-thing \[dep-rare'
has "... a version with an advisory" "$T/err" \
	'package\.json:6: known advisory, npm grown-thing 2\.0\.0: GHSA-test-0001 \(high, fixed in 2\.0\.4\) \[dep-advisory'
has "... three findings" "$T/err" 'not to be pushed: 3 findings'
has_not "... and nothing of what is well" "$T/err" 'zod'
t_status 1 "answers are kept" push
has "... the same" "$T/err" 'first released 4 days ago, npm fresh-thing'
has "... all of it" "$T/err" 'GHSA-test-0001 \(high, fixed in 2\.0\.4\)'
has "... but for what was not there" "$T/err" 'npm invented-thing \[dep-absent'
t "elsewhere they only warn" git preview-push --check main..HEAD -c vet.online-hours=24 -c vet.dependencies=warn
stop_model "each was asked once"
t "as long as the user says; who does not answer stops nothing" push -c vet.online-hours=0
has "... but is said" "$T/err" 'could not be checked online: 127\.0\.0\.1:[0-9]*: .*\[dep-unchecked'
has "... with what it would have been asked" "$T/err" 'npm fresh-thing, npm invented-thing, npm grown-thing'
rm -f .git/preview/online.json

# unwell <name> <seen> <answer>: all that is asked gets this answer
unwell() {
	printf 'request *\n%s\n' "$3" >"$T/script"
	start_model "$T/script"
	at=http://127.0.0.1:$(cat "$T/port")
	user 'online = yes
online-time = 2'
	rm -f .git/preview/online.json
	t "$1 stops nothing" push
	has "... but is said" "$T/err" "could not be checked online: 127\\.0\\.0\\.1:[0-9]*: $2"
	kill "$model_pid"
	model_pid=
}
unwell "an answer that is none" "its answer cannot be read" 'header Content-Type: text/html
body "<html>sign in</html>"'
unwell "trouble" "it answers 503" 'status 503'
unwell "a redirect" "it answers 302" 'status 302
header Location: http://127.0.0.1:1/'
unwell "silence" "no answer within 2 seconds" 'hang'
unwell "half an answer" ".*" 'body {"versions": {}}
cut-after 5'
t_status 128 "an address that is none" push -c 'vet.registries=nowhere=http://x'
has "... is named" "$T/err" "vet\.registries: 'nowhere=http://x'"
finish
