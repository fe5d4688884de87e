#!/bin/sh
# What servers do wrong: bounded, said with the server's own words, status 7, never taken for an answer.
. "${0%/*}/lib.sh"
make_repo tasks "$top/tests/demo/sample"

# faulty <name> <requests> <pattern of the error>: the script is on stdin
faulty() {
	what=$1 requests=$2 pattern=$3
	cat >"$T/script"
	start_model "$T/script"
	printf 'idle-timeout = 1\n' >>"$XDG_CONFIG_HOME/codexflow/config.ini"
	t_status 7 "$what" git preview "add a priority"
	has "... says why" "$T/err" "$pattern"
	is "... after $requests requests" "$requests" "$(grep -c '^[0-9]' "$T/model.log")"
	is "... and makes no branch" "" "$(git for-each-ref refs/heads/preview)"
	has_not "... and shows no key" "$T/err" 'sk-test-'
	kill "$model_pid" && wait "$model_pid"
	model_pid=
}

faulty "401" 1 'TEST_KEY' <<'END'
request *
status 401
header Content-Type: application/json
body {"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}
END
faulty "500 always" 3 'upstream exploded' <<'END'
request *
status 500
header Content-Type: application/json
header retry-after-ms: 50
body {"error":{"message":"upstream exploded","type":"server_error"}}
END
faulty "429 for want of money" 1 'exceeded your current quota' <<'END'
request *
status 429
header Content-Type: application/json
body {"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}
END
faulty "a web page" 1 'a web page \(text/html\) instead of an event stream' <<'END'
request *
header Content-Type: text/html
body "<html><body>Log in to the network</body></html>"
END
faulty "an error in the stream" 1 'try a smaller prompt' <<'END'
request *
error invalid_prompt "try a smaller prompt"
END
faulty "response.failed" 1 'refused the request \(bio_policy\): not allowed' <<'END'
request *
failed bio_policy "not allowed"
END
faulty "silence" 3 '^error: .*silence for 1000 ms \(3 tries\)' <<'END'
request *
hang
END
faulty "a stream that ends early, before any call" 3 '^error: .*ended before its last event \(3 tries\)' <<'END'
request *
text "I am going to"
END
faulty "a call that is cut off is never run" 3 'broken off' <<'END'
request *
cut-after 900
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/test_x.py
+import unittest
+class X(unittest.TestCase):
+    def test_x(self):
+        self.assertTrue(False)
+# padding padding padding padding padding padding padding padding padding padding padding padding
+# padding padding padding padding padding padding padding padding padding padding padding padding
+# padding padding padding padding padding padding padding padding padding padding padding padding
*** End Patch
PATCH
completed
END
faulty "a model that refuses" 1 '^error: .*the model declined: I cannot help with that' <<'END'
request *
refusal "I cannot help with that"
completed
END
printf '[model]\nurl = http://127.0.0.1:1/v1\nkey-env = TEST_KEY\nname = test-model\n' \
	>"$XDG_CONFIG_HOME/codexflow/config.ini"
t_status 7 "nobody listens" git preview "add a priority"
has "... says where" "$T/err" "^error: .*cannot reach '127\.0\.0\.1': .*\(3 tries\)"
printf '[model]\nurl = http://models.example.com/v1\nkey-env = TEST_KEY\nname = test-model\n' \
	>"$XDG_CONFIG_HOME/codexflow/config.ini"
t_status 128 "a key is not sent in clear text" git preview "add a priority"
has "... and says so" "$T/err" 'https'

# after part of an answer was acted on nothing is asked for again by itself
cat >"$T/script" <<'END'
request
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/test_priority.py
+import unittest
+
+import tasks
+
+
+class PriorityTest(unittest.TestCase):
+    def test_normal_by_default(self):
+        self.assertEqual(tasks.new_task("a").get("priority"), "normal")
*** End Patch
PATCH
END
start_model "$T/script"
t_status 7 "a stream that ends early after a call" git preview "add a priority"
has "... can be resumed" "$T/err" 'git preview --resume'
stop_model "... and is not tried again"
finish
