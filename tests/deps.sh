#!/bin/sh
# make deps: installs the packages named as arguments where they are missing (Debian, Ubuntu);
# elsewhere says what is needed. Quiet when there is nothing to do.
set -u
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "This is no Debian or Ubuntu. Install what your system calls:" >&2
	printf '  %s\n' "$@" >&2
	exit 0
fi
missing=
for p in "$@"; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) in
	installed) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root=sudo
	[ -t 0 ] || as_root='sudo -n'
	command -v sudo >/dev/null || {
		echo "cannot install without root or sudo; missing:$missing" >&2
		exit 1
	}
fi
echo "installing:$missing"
# shellcheck disable=SC2086 # a list of words
if ! $as_root apt-get -qq update ||
	! $as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y --no-install-recommends install $missing </dev/null >/dev/null; then
	echo "cannot install:$missing" >&2
	exit 1
fi
