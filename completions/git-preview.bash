# bash completion for git preview: git's own completion calls these, and asks the programs.
__git_preview_names () {
	git for-each-ref --format='%(refname:lstrip=2)' "refs/heads/$(git preview --settings 2>/dev/null |
		sed -n 's/^preview\.prefix *= \([^ ]*\)  #.*/\1/p')"
}
_git_preview () {
	case "$cur,${words[*]}" in
	--show=*) __gitcomp_nl "$(__git_preview_names)" "" "${cur#--show=}" ;;
	-*) __gitcomp_builtin preview ;;
	*' -d '* | *' --delete '* | *' -l '* | *' --list '* | *' --show '*) __gitcomp_nl "$(__git_preview_names)" ;;
	esac
}
_git_preview_test () { case "$cur" in -*) __gitcomp_builtin preview-test ;; *) __git_complete_refs ;; esac; }
_git_preview_push () { case "$cur" in -*) __gitcomp_builtin preview-push ;; *) __gitcomp_nl "$(__git_remotes; __git_heads)" ;; esac; }
