#!/bin/sh
# Pushing over what real servers speak: git-http-backend behind lighttpd, and ssh to a real sshd.
. "${0%/*}/lib.sh"

PATH=$PATH:/usr/sbin
backend=$(git --exec-path)/git-http-backend
[ -x "$backend" ] || skip_all "no git-http-backend"
command -v lighttpd >/dev/null || skip_all "no lighttpd"
sshd=$(command -v sshd) || skip_all "no sshd"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
up() { # <port> <log>: it answers
	for _ in $(seq 50); do
		python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2>/dev/null && return
		sleep 0.1
	done
	skip_all "no server: $(tail -n 1 "$2")"
}
servers=
trap 'kill $servers 2>/dev/null; on_exit' EXIT

mkdir "$T/srv"
git init -q --bare "$T/srv/shop.git"
git -C "$T/srv/shop.git" config http.receivepack true
web=$(free_port)
printf '#!/bin/sh\nprintf "Status: 500 Internal Server Error\\r\\nContent-Type: text/html\\r\\n\\r\\n<html>oops\\n"\n' >"$T/broken.cgi"
chmod +x "$T/broken.cgi"
echo 'ann:secret-of-ann' >"$T/users"
cat >"$T/lighttpd.conf" <<END
server.document-root = "$T/srv"
server.bind = "127.0.0.1"
server.port = $web
server.errorlog = "$T/web.log"
server.modules = ("mod_alias", "mod_setenv", "mod_auth", "mod_authn_file", "mod_cgi")
alias.url = ("/git/" => "$backend/", "/broken/" => "$T/broken.cgi/")
cgi.assign = ("" => "")
auth.backend = "plain"
auth.backend.plain.userfile = "$T/users"
\$HTTP["url"] =~ "^/git/" {
	setenv.set-environment = ("GIT_PROJECT_ROOT" => "$T/srv", "GIT_HTTP_EXPORT_ALL" => "1")
	auth.require = ("" => ("method" => "basic", "realm" => "git", "require" => "valid-user"))
}
END
lighttpd -D -f "$T/lighttpd.conf" >"$T/web.out" 2>&1 &
servers=$!
up "$web" "$T/web.out"

ssh=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f "$T/host.key" && ssh-keygen -q -t ed25519 -N '' -f "$T/user.key"
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
cat >"$T/sshd.conf" <<END
Port $ssh
ListenAddress 127.0.0.1
HostKey $T/host.key
AuthorizedKeysFile $T/user.key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
END
chmod 755 "$T"
"$sshd" -D -e -f "$T/sshd.conf" 2>"$T/ssh.log" &
servers="$servers $!"
up "$ssh" "$T/ssh.log"
GIT_SSH_COMMAND="ssh -F /dev/null -i $T/user.key -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=$T/known -o LogLevel=ERROR"
export GIT_SSH_COMMAND

no_proof
printf '[push]\nrecord = no\n' >>"$XDG_CONFIG_HOME/codexflow/config.ini"
make_repo work "$top/tests/demo/sample"
git config credential.helper '!f() { test "$1" != get || printf "username=ann\npassword=%s\n" "$PASSWORD"; }; f'
PASSWORD=secret-of-ann
export PASSWORD
bare=$T/srv/shop.git
there() { git -C "$bare" rev-parse -q --verify refs/heads/preview/one; }
stay() { # <name>: nothing here has changed
	snapshot | grep -v refs/remotes >"$T/after"
	same "$1" "$T/before" "$T/after"
}
over() { # <name> <address>
	git remote add "$1" "$2"
	git push -q "$1" main
	git checkout -q -B preview/one main && echo "$1" >f && commit "over $1"
	git fetch -q "$1"
	snapshot | grep -v refs/remotes >"$T/before"
	t "$1: a preview is pushed" git preview-push "$1"
	is "... it is there" "$(git rev-parse HEAD)" "$(there)"
	stay "... and nothing here has changed"
	git commit -q --amend -m "over $1, better"
	t "$1: a better one" git preview-push "$1"
	is "... replaces it" "$(git rev-parse HEAD)" "$(there)"

	git commit -q --amend -m "over $1, refused"
	snapshot | grep -v refs/remotes >"$T/before"
	printf '#!/bin/sh\necho "branches like this are protected" >&2\nexit 1\n' >"$bare/hooks/pre-receive"
	chmod +x "$bare/hooks/pre-receive"
	t_status 1 "$1: a server that refuses" git preview-push "$1"
	has "... is heard" "$T/err" 'branches like this are protected'
	has "... with what to do" "$T/err" '^hint: '
	stay "... and nothing here has changed"
	printf '#!/bin/sh\nsleep 60 >/dev/null 2>&1\n' >"$bare/hooks/pre-receive"
	t_status 128 "$1: a server that hangs after the pack" git preview-push -c push.deadline=2 "$1"
	has "... is told" "$T/err" '^error: git push did not end within 2 s'
	has "... with what to do" "$T/err" '^hint: .*git ls-remote'
	stay "... and nothing here has changed"
	git-preview-push "$1" >"$T/out" 2>"$T/err" </dev/null &
	pid=$!
	sleep 1
	from=$(date +%s%N)
	kill -INT $pid
	wait $pid
	status=$? took=$((($(date +%s%N) - from) / 1000000))
	good=0
	[ $status -eq 130 ] && [ $took -lt 3000 ] || good=1
	report_run "$1: Ctrl-C while it hangs ($took ms)" $good
	stay "... and nothing here has changed"
	rm "$bare/hooks/pre-receive"

	git clone -q "$bare" "$T/other-$1"
	(cd "$T/other-$1" && git checkout -q -b preview/one && echo theirs >g && commit 'somebody else' && git push -q -f origin preview/one)
	theirs=$(there)
	t_status 1 "$1: a lease that is stale" git preview-push "$1"
	is "... overwrites nothing" "$theirs" "$(there)"
	has "... with what to do" "$T/err" '^hint: .*git fetch'
	stay "... and nothing here has changed"
	git fetch -q "$1"

	git config push.pushOption ci.skip
	t "$1: push options, to a server that takes none" git preview-push "$1"
	has "... are left out" "$T/err" '^warning: .*takes no push options'
	git -C "$bare" config receive.advertisePushOptions true
	printf '#!/bin/sh\ncat >/dev/null\nprintf "%%s %%s\\n" "$GIT_PUSH_OPTION_COUNT" "$GIT_PUSH_OPTION_0" >"%s/options"\n' "$T" >"$bare/hooks/pre-receive"
	chmod +x "$bare/hooks/pre-receive"
	git commit -q --amend -m "over $1, with options"
	t "$1: to one that does" git preview-push "$1"
	is "... they go along" "1 ci.skip" "$(cat "$T/options")"
	rm "$bare/hooks/pre-receive"
	git config --unset push.pushOption
	git -C "$bare" config --unset receive.advertisePushOptions
	git push -q "$1" :preview/one
}
over http "http://127.0.0.1:$web/git/shop.git"
over ssh "ssh://$(id -un)@127.0.0.1:$ssh$T/srv/shop.git"

git commit -q --amend -m faults
snapshot | grep -v refs/remotes >"$T/before"
PASSWORD=secret-of-bob t_status 128 "http: a password that is wrong" git preview-push http
has "... with what to do" "$T/err" '^hint: '
has_not "... which is not shown" "$T/err" secret-of
stay "... and nothing here has changed"
git -C "$bare" config http.receivepack false
t_status 128 "http: no right to push" git preview-push http
has "... is told" "$T/err" '403'
stay "... and nothing here has changed"
git remote set-url http "http://127.0.0.1:$web/broken/shop.git"
snapshot | grep -v refs/remotes >"$T/before"
t_status 128 "http: a server that answers 500" git preview-push http
has "... is told" "$T/err" '500'
stay "... and nothing here has changed"
ssh-keygen -q -t ed25519 -N '' -f "$T/stranger.key"
GIT_SSH_COMMAND="ssh -F /dev/null -i $T/stranger.key -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=$T/known -o LogLevel=ERROR"
t_status 128 "ssh: a key that is not let in" git preview-push ssh
has "... is told" "$T/err" 'Permission denied'
stay "... and nothing here has changed"
finish
