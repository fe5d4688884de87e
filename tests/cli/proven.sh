# proven.sh - make_proven <folder> [<option>...]: a repository with a preview of its own, proven by
# git preview with these options, and the shell in it; $branch is its name.
# shellcheck shell=sh disable=SC2034

make_proven() {
	make_repo "$1"
	shift
	mkdir tests
	printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\n' >.codexflow.ini
	echo 'value=old' >value.sh
	# shellcheck disable=SC2016
	echo '[ -n "$value" ]' >tests/old.t
	cat >run.sh <<-'SH'
		echo "1..$#"
		for t; do
			if (. ./value.sh; . "./$t"); then echo "ok - $t"; else echo "not ok - $t"; bad=1; fi
		done
		exit ${bad:-0}
	SH
	commit first
	cat >"$T/script" <<-'SCRIPT'
		request
		text "Renew the value"
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
		completed in=2000 out=400
	SCRIPT
	start_model "$T/script"
	t "a preview" git preview "$@" "renew the value"
	branch=$(cat "$T/out")
	stop_model "the model was asked once"
}
