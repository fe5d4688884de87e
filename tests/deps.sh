#!/bin/sh
# Installs the packages named as arguments where they are missing (Debian, Ubuntu); elsewhere says
# what is needed. Those after "--" may be missing in the end. Quiet when there is nothing to do.
set -u
missing='' wanted='' list=missing

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "This is no Debian or Ubuntu. Install what your system calls:" >&2
	for p in "$@"; do [ "$p" = -- ] || echo "  $p" >&2; done
	exit 0
fi
for p in "$@"; do
	[ "$p" != -- ] || { list=wanted; continue; }
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" != installed ] || continue
	case $list in
	missing) missing="$missing $p" ;;
	wanted) wanted="$wanted $p" ;;
	esac
done
[ -n "$missing$wanted" ] || exit 0

# Ends with 0 when only what may be missing is.
give_up() {
	if [ -n "$missing" ]; then
		echo "$1; missing:$missing" >&2
		exit 1
	fi
	echo "$1; tests are skipped without:$wanted" >&2
	exit 0
}

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || give_up "cannot install without root or sudo"
	as_root=sudo
	[ -t 0 ] || as_root='sudo -n'
fi
echo "installing:$missing$wanted"
$as_root apt-get -qq update || give_up "cannot install"
install() {
	# shellcheck disable=SC2086 # lists of words
	[ -z "$1" ] || $as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y --no-install-recommends install $1 </dev/null >/dev/null
}
install "$missing" || give_up "cannot install"
missing=''
install "$wanted" || give_up "cannot install"
