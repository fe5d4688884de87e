#!/bin/sh
# table.sh: makes every hostile attempt as an ordinary user and, when we are root, as root with and
# without control groups, and in containers of real engines; then, where they are installed, those
# attempts that one program can make under other tools' sandboxes; and prints what got through.
# Status 1 when something got through ours that may not, 2 when it is not known of something (?).
# $B is the build folder.
set -u
here=$(cd "${0%/*}" && pwd)
top=$(cd "$here/../.." && pwd)
: "${B:=$top/build}"
. "$top/tests/engine.sh"
D=$(mktemp -d) && peers_at=$(mktemp -d /var/tmp/preview-isolation.XXXXXX) || exit 2
trap 'engine_stop "$D/engine-docker"; engine_stop "$D/engine-podman"
	chmod -R u+rwx "$D" "$peers_at" 2>/dev/null; rm -rf "$D" "$peers_at"' EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$D"
mkdir "$D/tests" "$D/programs"
cp "$here"/run.sh "$here"/scenarios.sh "$here"/rows.tsv "$D/tests"
cp "$B"/git-preview "$B"/git-preview-test "$B"/*.tsv "$B"/fake/replay "$B"/isolation/attempts \
	"$B"/isolation/hold "$B"/isolation/bomb "$D/programs"

# attack <name> <command in front...>: results in $D/<name>.tsv
attack() {
	name=$1
	shift
	at=${attack_at:-$D}/$name
	mkdir -p "$at"
	[ "$name" != user ] || [ "$(id -u)" != 0 ] || chown 54321:54321 "$at"
	"$@" sh "$D/tests/run.sh" "$at" "$D/programs" >"$D/$name.tsv" 2>"$D/$name.err"
	[ -s "$D/$name.tsv" ] && ! grep -qv '^[A-Z0-9]* refused ' "$D/$name.tsv" ||
		sed "s/^/$name: /" "$D/$name.err" >&2
}

kinds=user
if [ "$(id -u)" = 0 ]; then
	attack root
	# shellcheck disable=SC2016 # for the inner shell
	attack bare unshare -m sh -c 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"' sh
	attack user setpriv --reuid 54321 --regid 54321 --clear-groups
	kinds="root bare user"
else
	attack user
fi

absent=
for k in docker podman; do
	if engine_start "$k" "$D/engine-$k" && engine_image "$engine" full; then
		ISO_OPTIONS="-c sandbox.kind=$k -c sandbox.host=$engine -c sandbox.image=$engine_image"
		export ISO_OPTIONS
		attack "$k"
		kinds="$kinds $k"
	else
		absent="$absent\n$k: $engine_why"
	fi
	unset ISO_OPTIONS
	engine_stop "$D/engine-$k"
done
peers=
peer() { # <name> <command in front>
	if ! command -v "$1" >/dev/null; then
		absent="$absent\n$1: not installed"
		return
	fi
	# not below /tmp, which they may give away with all that is in it
	ISO_PEER="$(command -v "$1") $2" attack_at=$peers_at attack "$1" 2>/dev/null
	if [ -s "$D/$1.tsv" ]; then
		kinds="$kinds $1" peers="$peers $1"
	else
		absent="$absent\n$1: no answer: $(tail -n 1 "$D/$1.err" | tr -d '\\\\"')"
	fi
}
peer codex 'sandbox -c sandbox_mode="workspace-write" --'
peer srt ''

for k in $kinds; do
	sed "s/^/$k /" "$D/$k.tsv"
done >"$D/all"
awk -F '\t' -v kinds="$kinds" -v peers="$peers " -v absent="$absent" '
	function peer(k) { return index(peers, " " k " ") }
	function sign(k, v) {
		return v == "refused" ? "+" : v == "through" ? "LEAK" : v == "" && peer(k) ? "-" : "?"
	}
	NR == FNR { split($0, f, " "); in_[f[1], f[2]] = f[3]; out[f[1], f[2]] = f[4]; next }
	FNR == 1 {
		m = split(kinds, k, " ")
		printf "%-5s %-42s %-30s", "row", "the code tries to", "must be"
		for (i = 1; i <= m; i++) printf " %-6s", k[i]
		print " outside"
	}
	{
		printf "%-5s %-42s %-30s", $1, $2, $3
		for (i = 1; i <= m; i++) {
			v = in_[k[i], $1]
			printf " %-6s", sign(k[i], v)
			if (peer(k[i]) && v == "") continue
			all[k[i]]++; good[k[i]] += v == "refused"
			if (v == "refused" || peer(k[i])) continue
			if (v == "through") { leak = 1; leaks[k[i]] = leaks[k[i]] " " $1 }
			else { blank = 1; blanks[k[i]] = blanks[k[i]] " " $1 }
		}
		c = ""
		for (i = 1; i <= m; i++) if (out[k[i], $1] == "through") c = c (c ? ", " : "") k[i]
		print " " (c ? "gets through (" c ")" : $4 ~ /^-/ ? "not tried" substr($4, 2) : "refused by this kernel")
	}
	END {
		printf "%-79s", "blocked"
		for (i = 1; i <= m; i++) printf " %-6s", good[k[i]] "/" all[k[i]]
		print ""
		for (n in blanks) print "NOT KNOWN, without an answer, under " n ":" blanks[n]
		for (n in leaks) print "LEAKS under " n ":" leaks[n]
		if (absent) print "absent:" absent
		exit leak ? 1 : blank ? 2 : 0
	}' "$D/all" "$here/rows.tsv"
