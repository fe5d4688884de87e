#!/bin/sh
# -n: what was found and where from, what it would cost; nothing is sent.
. "${0%/*}/lib.sh"

cat >"$T/script" <<'END'
request
completed
END
start_model "$T/script"
make_repo tasks "$top/tests/demo/sample"
snapshot >"$T/before"
t "a dry run" git preview -n "add a priority field to tasks"
snapshot >"$T/after"
same "... changes nothing" "$T/before" "$T/after"
has "... shows the base" "$T/out" "^base +$(git rev-parse HEAD)"
has "... the suite and where it was found" "$T/out" '^suite +python3 -m unittest .*\(tests/\)'
has "... how a new test is run" "$T/out" '^new test +.*\{files\}'
has "... the sandbox" "$T/out" "^sandbox +${TEST_SANDBOX:-bwrap} "
has "... the model and its address" "$T/out" '^url +http://127\.0\.0\.1'
has "... where the key comes from, not the key" "$T/out" 'TEST_KEY'
has_not "... never the key" "$T/out" 'sk-test'
has "... the worst price" "$T/out" '^price +0\.[0-9]+ of 0\.50 USD'
has "... the files" "$T/out" 'tasks\.py +[0-9]+ bytes'
t "with -v" git preview -n -v "add a priority field to tasks"
has "... the body of the first call" "$T/out" '"prompt_cache_key"'
has_not "... in which is no key" "$T/out" 'sk-test'
t "as JSON" git preview -n --json "add a priority field to tasks"
has "... a plan" "$T/out" '"event":"plan"'
is "nothing was sent" 0 "$(grep -c '^[0-9]' "$T/model.log" 2>/dev/null || echo 0)"
is "nothing is kept" "" "$(ls .git/preview/runs)"

# who has no key may look all the same
mv "$XDG_CONFIG_HOME/codexflow/config.ini" "$T/config.ini"
t_status 7 "without a model" git preview -n -v "add a priority field to tasks"
has "... says so" "$T/err" '^error: no model is configured'
has "... with what to do" "$T/err" '^hint: set OPENAI_API_KEY'
has "... and shows the suite" "$T/out" '^suite +python3 -m unittest .*\(tests/\)'
has "... the sandbox" "$T/out" "^sandbox +${TEST_SANDBOX:-bwrap} "
has "... that there is no model" "$T/out" '^model +none$'
has "... and the files" "$T/out" 'tasks\.py +[0-9]+ bytes'
has_not "... but no price" "$T/out" '^(price|sends|url|key) '
t_status 7 "... as JSON" git preview -n --json "add a priority field to tasks"
has "... too" "$T/out" '"event":"plan".*"suite":"python3 -m unittest'
t_status 7 "a request without a model" git preview "add a priority field to tasks"
is "... starts nothing" "" "$(grep -vE '^(error|hint): ' "$T/err")"
mv "$T/config.ini" "$XDG_CONFIG_HOME/codexflow/config.ini"
t "a suite that is set, alone" git preview -n -c 'test.command=make check' "add a priority field to tasks"
has "... runs new tests, too" "$T/out" '^new test +the whole suite$'

# found <name> <pattern>: what is found in a project made of the files on stdin
found() {
	git init -q "$T/p" && cd "$T/p" || exit 1
	sh -e && commit first
	run git preview -n "add a field"
	grep -qE "$2" "$T/out"
	report_run "$1" $?
	cd "$T" && rm -rf "$T/p"
}
found "jest" '^suite +.*jest' <<'END'
echo '{"scripts":{"test":"jest"},"devDependencies":{"jest":"1"}}' >package.json; echo '{}' >package-lock.json
END
found "npm's setup" '^setup +npm ci' <<'END'
echo '{"scripts":{"test":"jest"},"devDependencies":{"jest":"1"}}' >package.json; echo '{}' >package-lock.json
END
found "a script of npm that is nobody's runner" '^suite +npm .*test' <<'END'
echo '{"scripts":{"test":"sh check.sh"}}' >package.json; touch package-lock.json
END
found "pnpm" '^setup +pnpm' <<'END'
echo '{"scripts":{"test":"vitest run"},"devDependencies":{"vitest":"1"}}' >package.json; touch pnpm-lock.yaml
END
found "yarn" '^setup +yarn' <<'END'
echo '{"scripts":{"test":"mocha"},"devDependencies":{"mocha":"1"}}' >package.json; touch yarn.lock
END
found "pytest" '^suite +python3? -m pytest' <<'END'
echo '[pytest]' >pytest.ini; mkdir tests; echo 'def test_a(): pass' >tests/test_a.py
END
found "go" '^suite +go test' <<'END'
echo 'module m' >go.mod; touch a_test.go
END
found "cargo" '^suite +cargo test' <<'END'
printf '[package]\nname = "a"\n' >Cargo.toml
END
found "cmake" 'ctest' <<'END'
printf 'enable_testing()\nadd_test(NAME a COMMAND a)\n' >CMakeLists.txt
END
found "make" '^suite +make.* check' <<'END'
printf 'check:\n\ttrue\n' >Makefile
END
found "meson" '^suite +.*meson test' <<'END'
echo "project('a', 'c')" >meson.build
END
found "maven" '^suite +mvn' <<'END'
echo '<project/>' >pom.xml
END
found "gradle" '^suite +.*gradle.* test' <<'END'
echo '' >build.gradle
END
found "rspec" '^suite +.*rspec' <<'END'
touch .rspec; mkdir spec; touch spec/a_spec.rb
END
found "phpunit" '^suite +.*phpunit' <<'END'
echo '<phpunit/>' >phpunit.xml
END
found "mix" '^suite +mix test' <<'END'
touch mix.exs
END
found "dotnet" '^suite +dotnet test' <<'END'
touch a.sln
END
found "prove" '^suite +prove' <<'END'
mkdir t; touch t/a.t
END
found "bats" '^suite +bats' <<'END'
mkdir test; touch test/a.bats
END
found "a setting wins" '^suite +make -C sub test .*\[test\] command' <<'END'
echo '{"scripts":{"test":"jest"}}' >package.json; printf '[test]\ncommand = make -C sub test\n' >.codexflow.ini
END
finish
