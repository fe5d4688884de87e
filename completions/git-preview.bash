# bash completion for git preview: git's own completion calls these, and asks the programs.
_git_preview () { __gitcomp_builtin preview; }
_git_preview_test () { case "$cur" in -*) __gitcomp_builtin preview-test ;; *) __git_complete_refs ;; esac; }
_git_preview_push () { case "$cur" in -*) __gitcomp_builtin preview-push ;; *) __gitcomp_nl "$(__git_remotes; __git_heads)" ;; esac; }
