#!/bin/sh
# An engine on another machine: over TLS, and through ssh. Nothing of this machine is mounted; the
# main job goes as it does here.
. "${0%/*}/lib.sh"

command -v openssl >/dev/null || skip_all 'openssl is not installed'
mkdir "$T/ca" "$T/other" "$T/ssh"
cd "$T/ca" || exit 1
authority() { # <folder>
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=authority -keyout "$1/ca-key.pem" -out "$1/ca.pem" 2>/dev/null
}
sign() { # <name> <subject> <extension>
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" \
		-keyout "$1-key.pem" -out "$1.csr" 2>/dev/null &&
		echo "$3" >"$1.ext" &&
		openssl x509 -req -days 2 -in "$1.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial \
			-extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
authority . && authority "$T/other" && sign server localhost 'subjectAltName=IP:127.0.0.1' &&
	sign client client 'extendedKeyUsage=clientAuth' &&
	cp client.pem cert.pem && cp client-key.pem key.pem && cp cert.pem key.pem "$T/other" || exit 1
port=$(shuf -i 20000-30000 -n 1)
mkdir -p "$T/engines"
engine_start docker "$T/engines/tls" -H "tcp://127.0.0.1:$port" --tlsverify \
	--tlscacert="$T/ca/ca.pem" --tlscert="$T/ca/server.pem" --tlskey="$T/ca/server-key.pem" ||
	skip_all "NO TEST OF REMOTE ENGINES: $engine_why"
engine_image "$engine" full || skip_all "NO TEST OF REMOTE ENGINES: $engine_why"
make_repo small
echo 1 >file
commit first

# main_job <name> <address> [<variable>...]: the test of the main job, on that engine
main_job() {
	name=$1 host=$2
	shift 2
	run env TEST_SANDBOX=docker TEST_DOCKER="$engine" TEST_HOST="$host" "$@" \
		sh "$top/tests/cli/0100-proven.sh"
	grep '^not ok' "$T/out" >>"$T/err"
	report_run "$name" "$status"
}
# ask <address> <variable...>
ask() {
	host=$1
	shift
	run env "$@" git-preview-test --no-cache -c sandbox.kind=docker -c "sandbox.host=$host" \
		-c sandbox.image="$engine_image" -- sh -c 'echo 1..1; echo ok 1'
}

tls="DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$T/ca"
# shellcheck disable=SC2086 # two words
main_job "the main job over TLS" "tcp://127.0.0.1:$port" $tls
ask "tcp://127.0.0.1:$port" DOCKER_TLS_VERIFY=1 "DOCKER_CERT_PATH=$T/other"
report_run "an engine of another authority is refused" $((status != 8))
has "... and it is said why" "$T/err" '[Cc]ertificate|CAfile|SSL|TLS'
ask "tcp://127.0.0.1:$port" -u DOCKER_TLS_VERIFY -u DOCKER_CERT_PATH
report_run "nor is it spoken to without TLS" $((status != 8))

# what sshd does: the words behind the host, given to a shell
cat >"$T/ssh/ssh" <<-END
	#!/bin/sh
	echo "\$*" >>"$T/ssh/log"
	while [ \$# -gt 0 ]; do
		case \$1 in
		-o | -p | -l | -i | -F) shift 2 ;;
		-*) shift ;;
		*) break ;;
		esac
	done
	shift
	[ "\${1-}" != -- ] || shift
	DOCKER_HOST=$engine exec sh -c "\$*"
END
chmod +x "$T/ssh/ssh"
if docker system dial-stdio --help >/dev/null 2>&1; then
	main_job "the main job through ssh" ssh://dev@build.example:2222 PATH="$T/ssh:$PATH"
	has "... by ssh, to that host and port" "$T/ssh/log" '2222.*build.example|build.example.*2222'
	printf '#!/bin/sh\necho "ssh: connect to host build.example: Connection refused" >&2\nexit 255\n' \
		>"$T/ssh/ssh"
	ask ssh://build.example PATH="$T/ssh:$PATH"
	report_run "a host that cannot be reached" $((status != 8))
	has "... in the words of ssh" "$T/err" 'Connection refused'
	printf '#!/bin/sh\nexec sleep 1000\n' >"$T/ssh/ssh"
	ask ssh://build.example PATH="$T/ssh:$PATH"
	report_run "a host that does not answer" $((status != 8))
else
	skip "the main job through ssh" "no docker command that can dial"
fi
is "nothing is left" 0 "$(engine_api "$engine" '/containers/json?all=1' | grep -c '"Id"')"
finish
