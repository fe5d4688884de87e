# fish completion for git preview: the options come from the programs themselves.
function __git_preview_options
    for word in (string split ' ' -- (command git-$argv[1] --git-completion-helper 2>/dev/null))
        string match -q -- '--?*' $word; and echo $word
    end
end

for sub in preview preview-test preview-push
    complete -c git -n "__fish_seen_subcommand_from $sub" -f -a "(__git_preview_options $sub)"
    complete -c git-$sub -f -a "(__git_preview_options $sub)"
end
for sub in preview-test preview-push
    complete -c git -n "__fish_seen_subcommand_from $sub" -f -a "(git for-each-ref --format='%(refname:short)' refs/heads 2>/dev/null)"
end
