#!/bin/sh
# Money: what is reserved holds whatever the server does, and all of it is in the ledger.
. "${0%/*}/lib.sh"

make_repo tasks "$top/tests/demo/sample"
ledger=$XDG_STATE_HOME/codexflow/ledger.jsonl
ini=$XDG_CONFIG_HOME/codexflow/config.ini

# serve <script on stdin>
serve() {
	cat >"$T/script"
	start_model "$T/script"
}
asked() { # how many requests the server got
	grep -c ' POST ' "$T/model.log" 2>/dev/null || [ -s "$T/model.log" ] || echo 0
}
stop() {
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
}

serve <<'END'
request *
text "x"
completed
END
t_status 6 "a budget of nothing" git preview --budget 0 "add a priority field"
is "... asks nobody" 0 "$(asked)"
sed -i '/^price/d' "$ini"
t_status 6 "... also where the price is not known" git preview --budget 0 "add a priority field"
has "... and says so" "$T/err" "price of model 'test-model' is not known, so a budget of 0"
is "... asks nobody" 0 "$(asked)"
printf 'price-in = 0\nprice-out = 0\n' >>"$ini"
t_status 3 "... but what costs nothing may be had" git preview --budget 0 "add a priority field"
for value in -1 nan inf 1e99 0x10 "" 1,5 '$1'; do
	t_status 129 "--budget '$value' is no amount" git preview --budget "$value" "add a priority field"
done
stop

# an answer that breaks off is billed, and so would be the next try
serve <<'END'
request 1
text "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
close
request *
text "x"
completed
END
rm -f "$ledger"
t_status 6 "a try that could pass the budget is not made" git preview --budget 0.05 "add a priority field"
has "... and says why" "$T/err" 'answer broke off, and another try could cost'
is "... asks once" 1 "$(asked)"
is "... and the broken one is in the ledger" 1 "$(grep -c '"reported":false' "$ledger")"
stop

# what a server says of its usage
for usage in 'in=-5 out=-7' 'in=99999999999999 out=99999999999999' 'in=0 out=0 cached=500' no-usage; do
	serve <<END
request *
text "x"
completed $usage
END
	rm -f "$ledger"
	t_status "$(case $usage in *999*) echo 6 ;; *) echo 3 ;; esac)" "usage $usage" git preview "add a priority field"
	python3 - "$ledger" >"$T/why" 2>&1 <<'END'
import json, sys
for line in open(sys.argv[1]):
    e = json.loads(line)
    assert all(e[k] >= 0 for k in ("in", "out", "cached", "written", "reasoning", "usd", "reserved")), e
    assert e["schema"] == 1 and e["model"] == "test-model", e
END
	report "... the ledger has sane numbers" $?
	stop
done

# ids are data
serve <<'END'
request *
text "x"
completed
END
rm -f "$ledger"
odd=$(printf 'mo"del\\\n\033[31m\303\251\377 %%s')
t_status 128 "a model id that cannot be shown is refused" git preview --model "$odd" "add a priority field"
cat "$T/out" "$T/err" >"$T/said"
has_not "... is shown, not played" "$T/said" "$(printf '\033')"
t_status 3 "one of other odd characters" git preview --model 'mo"del\ %s é {}' -c model.price-in=1 "add a priority field"
python3 -c 'import json,sys; [json.loads(l) for l in open(sys.argv[1])]' "$ledger" 2>"$T/why"
report "... the ledger stays one object a line" $?

mkdir -p "$T/closed"
: >"$T/closed/codexflow"
XDG_STATE_HOME=$T/closed run git preview "add a priority field"
has "a ledger that cannot be kept is told" "$T/err" '^warning: cannot keep the ledger'
stop
finish
