#!/bin/sh
# git preview --show: the report of a preview as text, HTML and Markdown, whatever is in it.
. "${0%/*}/lib.sh"

make_repo tasks
mkdir tests
printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\n' >.codexflow.ini
echo 'value=old' >value.sh
# shellcheck disable=SC2016
echo '[ -n "$value" ]' >tests/old.t
cat >run.sh <<'END'
echo "1..$#"
for t; do
	if (. ./value.sh; . "./$t"); then echo "ok - $t"; else echo "not ok - $t"; bad=1; fi
done
exit ${bad:-0}
END
commit first
cat >"$T/script" <<'END'
request
text "Renew the value"
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/new.t
+# </pre><script>alert(1)</script> ```
+[ "$value" = new ]
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: value.sh
-value=old
+value=new
*** End Patch
PATCH
completed in=2000 out=400
END
start_model "$T/script"
evil=$(printf 'renew <script>document.title=1</script> </pre>\n````\n# no heading @all #1 [x](y)\n\033[31mred \342\200\256back')
t "a preview of a hostile request" git preview -c preview.strength=off "$evil"
branch=$(cat "$T/out")

t "the report as text" git preview --show "$branch"
has "... begins with the outcome" "$T/out" "^proven: $branch\$"
has "... has the request" "$T/out" 'renew <script>'
has "... its control characters visible" "$T/out" '\\x1b\[31mred \\u202eback'
is "... and none else" "" "$(LC_ALL=C tr -d '\n\t -~' <"$T/out")"
has "... what was seen" "$T/out" "^  red +assertion: .*'tests/new.t'"
has "... the test that failed" "$T/out" '^  - tests/new\.t$'
has "... the test itself" "$T/out" '^    \+\[ "\$value" = new \]$'
has "... what it changes" "$T/out" '^  - value\.sh  \+1 -1$'
has "... what is not proven" "$T/out" '^  - how strong the test is$'
has "... what it cost" "$T/out" '^  money +0\.0060 USD$'
has "... and how to check it" "$T/out" "git preview-test --prove $branch\$"
has_not "nothing is said beside it" "$T/err" .

# the record as other versions and other people may write it
put_record() { # <python statements over n>
	git notes --ref=preview show "$branch" >"$T/note" 2>/dev/null
	python3 -c "
import json
n = json.load(open('$T/note'))
$1
print(json.dumps(n))" >"$T/note.new"
	git notes --ref=preview add -f -F "$T/note.new" "$branch" 2>/dev/null
}
put_record '
e = "<img src=x onerror=alert(1)> `` @all #1 [x](y) \\ & \" \x27"
n["strength"] = {"hunks": 3, "noticed": 2, "broken": 1, "mutants": 8, "killed": 7,
	"unnoticed": [{"path": e, "first": 3, "last": 4}, {"path": "a.py", "first": 7, "last": 7}]}
n["findings"] = [{"kind": "skip", "path": "tests/old.t", "line": 12, "text": e}]
n["not_proven"] = [e]
n["red"]["tests"] = [{"id": e, "state": "fail"}]
n["outcome"] = "weak"'
t "a record with strength and findings" git preview --show "$branch"
has "... that is weak" "$T/out" '^weak: '
has "... tells the parts" "$T/out" '^  parts +2 of 3 are noticed'
has "... the mutants" "$T/out" '^  mutants +7 of 8'
has "... the lines" "$T/out" '^  - a\.py:7$'
has "... the findings" "$T/out" '^  - skip  tests/old\.t:12  <img'

t "the report as HTML" git preview --show "$branch" --html
cp "$T/out" "$T/page.html"
cat >"$T/form.py" <<'END'
import sys
from html.parser import HTMLParser

tags = set("html head meta title style body main h1 h2 p dl dt dd ul li pre code span".split())
class Page(HTMLParser):
    open, text = [], ""
    def handle_starttag(self, tag, attrs):
        assert tag in tags, tag
        assert {a for a, _ in attrs} <= {"lang", "charset", "name", "content", "http-equiv", "class"}, attrs
        if tag != "meta":
            self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
    def handle_data(self, data):
        self.text += data
page = Page(convert_charrefs=True)
page.feed(open(sys.argv[1], encoding="utf-8").read())
page.close()
assert not page.open, page.open
for s in sys.argv[2:]:
    assert s in page.text, s
END
python3 "$T/form.py" "$T/page.html" '<script>document.title=1</script>' \
	'<img src=x onerror=alert(1)> `` @all' '</pre><script>alert(1)</script>' 2>"$T/why"
report "... is well formed, and hostile strings are text" $?
has_not "... loads nothing" "$T/page.html" 'url\(|@import|src *= *"|href'
t "the report as Markdown" git preview --show "$branch" --markdown
# what stands in code spans and fences is text to every reader of Markdown
perl -0777 -pe 's/^(`{3,}).*?^\1\s*$//msg; s/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)//g' "$T/out" >"$T/rest"
has_not "... has no hostile string out of code" "$T/rest" '[<@&\[\\`]|script|alert'
has "... but headings" "$T/rest" '^### What is not proven$'
t "--json" git preview --json --show "$branch"
has "... is an event" "$T/out" '"event":"show".*"form":"text","report":"weak: '

git notes --ref=preview remove "$branch" "$branch^{tree}" 2>/dev/null
t "without a record" git preview --show "$branch"
has "... the commits speak" "$T/out" 'no record of this preview here'
has "... by their trailers" "$T/out" '^  red +assertion \(sh run\.sh'
git log -1 --format=%B "$branch" |
	sed 's/^Preview-Strength: .*/Preview-Strength: 2 of 3 hunks noticed/' >"$T/message"
measured=$(git commit-tree "$branch^{tree}" -p "$branch~1" -F "$T/message")
t "strength that only a trailer tells" git preview --show "$measured"
has "... is said" "$T/out" '^  said +2 of 3 hunks noticed$'
has_not "... and not called unknown" "$T/out" 'how strong the test is'
git checkout -q -b squash "$branch"
git reset -q --soft main
git commit -q -m "all of it

Preview-Id: whole"
git notes --ref=preview add -m '{"schema": 9}' squash
t "a single commit, with a note that is none" git preview --show squash
has "... shows its test" "$T/out" '^    \+\[ "\$value" = new \]$'
has "... and warns" "$T/err" 'no record'
git branch "a;\$(x)&b" squash
t "a branch whose name a shell would run" git preview --show "a;\$(x)&b"
has "... is not in the line to copy" "$T/out" "--prove $(git rev-parse squash)\$"
t_status 128 "what is no preview" git preview --show main
has "... is told so" "$T/err" 'no Preview-Id'
t_status 128 "nor is a range" git preview --show main..squash
t_status 129 "--html alone" git preview --html
t_status 129 "two forms" git preview --show squash --html --markdown
finish
