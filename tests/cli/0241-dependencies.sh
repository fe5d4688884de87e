#!/bin/sh
# What a push adds to what others provide: blocks in a preview, warns elsewhere, is quiet otherwise.
. "${0%/*}/lib.sh"

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
git remote add origin "$T/server.git"
printf '{\n  "dependencies": {\n    "express": "^4.17.0"\n  }\n}\n' >package.json
commit 'a manifest'
git push -q origin main

no_proof
git checkout -q -b preview/one
sed -i 's/4\.17\.0/4.18.2/' package.json && commit 'a bump'
t "a bump is quiet" git preview-push --check main..HEAD
is "... wholly" "" "$(grep dep- "$T/out" "$T/err")"

sed -i 's/"express.*/&,\n    "lodahs": "^4.0.0"/' package.json && commit 'add lodahs as you asked'
snapshot >"$T/before"
t_status 1 "a new name blocks a preview, whatever the commit says" git preview-push
has "... with its place" "$T/err" 'package\.json:4: .*npm lodahs'
has "... the rule" "$T/err" 'dep-new'
has "... and which it looks like" "$T/err" "'lodash'"
has "... and what to do" "$T/err" '^hint: .*vet\.allow-dependencies'
is "... and nothing was pushed" "" "$(git -C "$T/server.git" branch --list 'preview/*')"
snapshot >"$T/after"
same "... and nothing here has changed" "$T/before" "$T/after"

t "vet.allow-dependencies lets it go" git preview-push -n --no-pr \
	-c vet.allow-dependencies=npm:lodahs
t "vet.dependencies = warn only says it" git preview-push -n --no-pr -c vet.dependencies=warn
has "... it does" "$T/err" 'dep-'
t "vet.dependencies = off says nothing" git preview-push -n --no-pr -c vet.dependencies=off
has_not "... it does not" "$T/err" 'dep-'

git checkout -q -b preview/two main
sed -i 's/"express.*/&,\n    "zod": "^3.0.0"/' package.json && commit 'validate with zod'
t_status 1 "a popular name blocks too" git preview-push -n --no-pr
git notes --ref=preview add -m '{"request": "Validate the form with zod"}' HEAD
t "what the recorded request names may come" git preview-push -n --no-pr
git notes --ref=preview add -f -m '{"request": "Validate the form"}' HEAD 2>"$T/err"
t_status 1 "... and nothing else" git preview-push -n --no-pr

git checkout -q -b work main
sed -i 's/"express.*/&,\n    "lodahs": "^4.0.0"/' package.json && commit 'add it'
t "elsewhere it warns" git preview-push --check main..HEAD
has "... in words" "$T/out" 'dep-new'

finish
