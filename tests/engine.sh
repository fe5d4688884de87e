#!/bin/sh
# engine.sh <docker|podman> <command...>: runs a command beside a private, real engine, whose kind
# and address it finds in $ENGINE_KIND and $ENGINE, whose images are $ENGINE_FULL and $ENGINE_TINY,
# and whose own command line begins with $ENGINE_CLIENT; for a shell: tests/engine.sh docker sh.
# Status 77 and the reason when none can be had here.
#
# For scripts: . tests/engine.sh, with the build folder in $B, then
#   engine_start <kind> <new folder> [<argument of dockerd>...]   sets $engine; 1: see $engine_why
#   engine_image <address> <full|tiny>                            sets $engine_image
#   engine_api <address> <path> [<argument of curl>...]           what the engine answers
#   engine_stop <folder>
# An engine keeps all it has in its folder, listens on a socket there, has no network and no
# registry, and ends with the shell that started it, even one that is killed; engine_stop takes away
# its containers, processes, mounts and control groups.
#
# Images are made of what is installed here: "full" of the packages below with all they need, "tiny"
# of busybox. They are kept as tar files in $B/engine until a package changes.
# shellcheck shell=sh

engine_packages='bash dash util-linux coreutils findutils diffutils procps tar gzip sed grep gawk mawk git nodejs python3
	perl make gcc libc6-dev bats'

# The engine a command of ours would need, on a machine that may have it elsewhere
PATH=$PATH:/usr/sbin:/sbin

engine_api() { # <address> <path> [<argument of curl>...]
	_address=$1 _path=$2
	shift 2
	curl -sS --max-time 120 --unix-socket "${_address#unix://}" "$@" "http://engine$_path"
}

# engine_up <folder> <process>: waits until it answers
engine_up() {
	for _ in $(seq 200); do
		[ "$(engine_api "unix://$1/sock" /_ping 2>/dev/null)" != OK ] || return 0
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# engine_try <folder> <command...>: starts it, to end with us
engine_try() {
	_d=$1
	shift
	setpriv --pdeathsig TERM "$@" >"$_d/log" 2>&1 </dev/null &
	echo $! >"$_d/process"
	engine_up "$_d" "$!" && return 0
	engine_why="$(grep -aiE 'error|failed|fatal|cannot' "$_d/log" | tail -n 1 | cut -c 1-300)"
	engine_stop "$_d"
	return 1
}

engine_docker() { # <folder> <storage driver> [<argument>...]
	_f=$1 _s=$2
	shift 2
	mkdir -p "$_f"
	engine_try "$_f" dockerd --iptables=false --ip6tables=false --bridge=none \
		--storage-driver="$_s" --data-root="$_f/data" --exec-root="$_f/exec" \
		--cgroup-parent="/preview-test-${_f##*/}-$$" --pidfile="$_f/pid" \
		--group="$(id -gn)" -H "unix://$_f/sock" "$@"
}

# podman's own answers for a folder: set by engine_start, used by tests of its command line too
engine_podman() { # <folder> <storage driver> <command...>
	_f=$1 _s=$2
	shift 2
	mkdir -p "$_f/run" "$_f/home"
	# a root that may not raise limits cannot give podman's own, which are the host's
	cat >"$_f/containers.conf" <<-'END'
		[containers]
		default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
		[engine]
		events_logger = "file"
	END
	CONTAINERS_CONF=$_f/containers.conf XDG_RUNTIME_DIR=$_f/run HOME=$_f/home "$@" podman \
		--root="$_f/data" --runroot="$_f/run" --tmpdir="$_f/run" --storage-driver="$_s" \
		--cgroup-manager=cgroupfs --runtime=runc system service --time=0 "unix://$_f/sock"
}

engine_start() { # <kind> <folder> [<argument of dockerd>...]
	_kind=$1 _folder=$2
	shift 2
	engine_why=
	for _need in curl setpriv "$_kind"; do
		command -v "$_need" >/dev/null || { engine_why="$_need is not installed"; return 1; }
	done
	[ "$_kind" != docker ] || [ "$(id -u)" = 0 ] || {
		engine_why='only root can start dockerd'
		return 1
	}
	for _driver in overlay vfs; do
		case $_kind:$_driver in
		docker:overlay) engine_docker "$_folder" overlay2 "$@" ;;
		docker:vfs) engine_docker "$_folder" vfs "$@" ;;
		*) engine_podman "$_folder" "$_driver" engine_try "$_folder" ;;
		esac && {
			engine=unix://$_folder/sock
			return 0
		}
		rm -rf "$_folder"
	done
	engine_why="${engine_why:-no answer within 10 s}"
	return 1
}

engine_stop() { # <folder>
	[ -s "$1/process" ] || return 0
	_pid=$(cat "$1/process")
	if kill -0 "$_pid" 2>/dev/null; then
		for _id in $(engine_api "unix://$1/sock" '/containers/json?all=1' 2>/dev/null |
			grep -o '"Id":"[0-9a-f]*"' | cut -d '"' -f 4); do
			engine_api "unix://$1/sock" "/containers/$_id?force=1" -X DELETE >/dev/null 2>&1
		done
		kill "$_pid" 2>/dev/null
		for _ in $(seq 100); do
			kill -0 "$_pid" 2>/dev/null || break
			sleep 0.05
		done
	fi
	grep -lasF -e "$1/" /proc/[0-9]*/cmdline | cut -d / -f 3 | while read -r _p; do
		[ "$_p" = $$ ] || kill -9 "$_p" 2>/dev/null
	done
	# none of ours is waited for by anybody else
	wait "$_pid" 2>/dev/null
	awk -v at="$1/" 'index($2, at) == 1 { print $2 }' /proc/mounts | sort -r |
		while read -r _m; do umount -l "$_m" 2>/dev/null; done
	for _g in /sys/fs/cgroup/preview-test-"${1##*/}-$$" \
		/sys/fs/cgroup/*/preview-test-"${1##*/}-$$"; do
		[ ! -d "$_g" ] || find "$_g" -depth -type d -exec rmdir {} + 2>/dev/null
	done
	chmod -R u+rwx "$1" 2>/dev/null
	rm -rf "$1"
}

# The files of packages and of what they depend on, as they are seen here.
engine_files() {
	{
		engine_package_files
		for _p in bin sbin lib lib64 etc/ld.so.cache etc/nsswitch.conf; do
			[ ! -e "/$_p" ] || echo "$_p"
		done
		find /usr/bin /etc/alternatives -type l \( -path '/etc/*' -o -lname '/etc/alternatives/*' \) \
			-printf '%p\n' | cut -c 2-
	} | sort -u
}
engine_package_files() {
	# shellcheck disable=SC2046,SC2086 # lists of words
	dpkg -L $(apt-cache depends --recurse --installed --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces --no-enhances $engine_packages 2>/dev/null |
		grep '^[a-z0-9]' | sort -u) 2>/dev/null |
		grep -vE '^/usr/share/(doc|man|info|locale|lintian|icons|bug|zoneinfo)/' |
		grep -vE '/(cc1plus|lto1|[^/]*(lto-dump|gold|dwp)[^/]*|(lib.*san\.|libgprofng).*|lib(c|m-.*|mvec)\.a)$' |
		grep -vE '^/usr/include/node/|/(gconv|CORE|Encode|Collate|git-core/git-(http|imap).*)/' |
		sed -E 's,^/(bin|sbin|lib|lib32|lib64|libx32)/,/usr/\1/,' | sort -u |
		while read -r _p; do
			[ -d "$_p" ] && [ ! -L "$_p" ] || printf '%s\n' "${_p#/}"
		done
}

# The tree of small things both images have.
engine_skeleton() { # <folder>
	mkdir -p "$1/etc" "$1/tmp" "$1/root" "$1/proc" "$1/dev" "$1/sys" "$1/run" "$1/home" \
		"$1/var/tmp" && chmod 1777 "$1/tmp" "$1/var/tmp"
	echo root:x:0:0:root:/root:/bin/sh >"$1/etc/passwd"
	echo root:x:0: >"$1/etc/group"
	echo '127.0.0.1 localhost' >"$1/etc/hosts"
}

engine_make_full() { # <folder> <tar file>
	engine_skeleton "$1" &&
		tar -C "$1" -cf "$2" . &&
		engine_files >"$1/list" &&
		tar -C / --no-recursion --ignore-failed-read --owner=0 --group=0 --append -f "$2" \
			-T "$1/list" 2>/dev/null
	[ -s "$2" ]
}

engine_make_tiny() { # <folder> <tar file>
	engine_skeleton "$1" && mkdir "$1/bin" && cp "$(command -v busybox)" "$1/bin/busybox" &&
		for _p in $(busybox --list); do
			[ "$_p" = busybox ] || ln -s busybox "$1/bin/$_p"
		done
	tar -C "$1" --owner=0 --group=0 -cf "$2" .
}

# The tar file of an image, made when there is none of these packages yet; its name.
engine_tar() { # <full|tiny>
	_key=$( (dpkg-query -W; echo "$engine_packages"; cat "$engine_own") 2>/dev/null |
		sha256sum | cut -c 1-16)
	_tar=$B/engine/$1-$_key.tar
	mkdir -p "$B/engine"
	(
		flock 9
		[ -s "$_tar" ] && exit 0
		rm -f "$B/engine/$1"-*.tar
		_tree=$(mktemp -d) || exit 1
		"engine_make_$1" "$_tree" "$_tar.new" && mv "$_tar.new" "$_tar"
		rm -rf "$_tree"
		[ -s "$_tar" ]
	) 9>"$B/engine/lock" && echo "$_tar"
}

engine_image() { # <address> <full|tiny>
	engine_image=localhost/preview-test-$2:latest
	engine_api "$1" "/images/$engine_image/json" -f -o /dev/null 2>/dev/null && return 0
	_from=$(engine_tar "$2") || { engine_why="no image could be made"; return 1; }
	# an image may have a language of its own
	engine_api "$1" "/images/create?fromSrc=-&repo=localhost/preview-test-$2&tag=latest&changes=ENV%20LC_ALL%3DPOSIX" \
		-X POST -H 'Content-Type: application/x-tar' -H 'Expect:' -T "$_from" >/dev/null
	engine_api "$1" "/images/$engine_image/json" -f -o /dev/null 2>/dev/null
}

case ${0##*/} in
engine.sh)
	engine_own=$0
	: "${B:=${0%/*}/../build}"
	[ $# -ge 2 ] || { echo 'engine.sh <docker|podman> <command...>' >&2; exit 2; }
	kind=$1
	shift
	D=$(mktemp -d) || exit 2
	trap 'engine_stop "$D/engine"; rm -rf "$D"' EXIT
	trap 'exit 130' INT TERM HUP
	if ! engine_start "$kind" "$D/engine"; then
		echo "no $kind: $engine_why" >&2
		exit 77
	fi
	if ! engine_image "$engine" tiny || ! ENGINE_TINY=$engine_image ||
		! engine_image "$engine" full; then
		echo "no image: $engine_why" >&2
		exit 77
	fi
	ENGINE_CLIENT="docker -H $engine"
	if [ "$kind" = podman ]; then
		ENGINE_CLIENT="podman --root=$D/engine/data --runroot=$D/engine/run"
		ENGINE_CLIENT="$ENGINE_CLIENT --tmpdir=$D/engine/run --cgroup-manager=cgroupfs"
		ENGINE_CLIENT="$ENGINE_CLIENT --runtime=runc"
		export CONTAINERS_CONF="$D/engine/containers.conf"
	fi
	export ENGINE="$engine" ENGINE_FULL="$engine_image" ENGINE_TINY ENGINE_CLIENT
	export ENGINE_KIND="$kind"
	"$@"
	;;
*) engine_own=${top:-.}/tests/engine.sh ;;
esac
