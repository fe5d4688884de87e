#!/bin/sh
# The record of a preview: what its schema and its manual say of it.
. "${0%/*}/lib.sh"

make_repo tasks
mkdir tests
printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\nsetup = true\n' >.codexflow.ini
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
preview='text "Renew the value"
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/new.t
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
completed in=2000 out=400'
for _ in 1 2 3; do printf 'request\n%s\n' "$preview"; done >"$T/script"
start_model "$T/script"
t "a preview" git preview "renew the value"
branch=$(cat "$T/out")
git notes --ref=preview show "$branch" >"$T/record"
is "its record is one line" 1 "$(wc -l <"$T/record")"

cat >"$T/validate.py" <<'END'
import json, sys
import jsonschema

def close(s):
    if isinstance(s, dict):
        if "properties" in s:
            s["additionalProperties"] = False
        for v in s.values():
            close(v)
    elif isinstance(s, list):
        for v in s:
            close(v)

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
close(schema)
jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))
END
schema=$B/preview-record.schema.json
if python3 -c 'import jsonschema' 2>/dev/null; then
	t "the record is as the schema says, and has nothing more" \
		python3 "$T/validate.py" "$schema" "$T/record"
	sed 's/"verdict":"assertion"/"verdict":"sure"/' "$T/record" >"$T/other"
	t_status 1 "another verdict is not" python3 "$T/validate.py" "$schema" "$T/other"
	sed 's/"base_tree":"/"base_tree":"x/' "$T/record" >"$T/other"
	t_status 1 "nor is another id" python3 "$T/validate.py" "$schema" "$T/other"
else
	skip "the record is as the schema says" "no python3-jsonschema"
fi
cat >"$T/members.py" <<'END'
import json, sys
def members(s):
    if isinstance(s, dict):
        for k, v in s.get("properties", {}).items():
            yield k
        for v in s.values():
            yield from members(v)
    elif isinstance(s, list):
        for v in s:
            yield from members(v)
print("\n".join(sorted(set(members(json.load(open(sys.argv[1])))))))
END
python3 "$T/members.py" "$schema" >"$T/members"
sed -n 's/^\.\(It \)\{0,1\}Va \([^)]*\).*$/\2/p' "$top/man/git-preview-record.5" |
	tr -d '();' | tr ' ,' '\n\n' | sed '/^$/d' | sort -u >"$T/documented"
same "the manual has every member of the schema, and no other" "$T/members" "$T/documented"
finish
