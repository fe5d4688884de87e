# fish completion for git preview: the options come from the programs themselves.
function __git_preview_options
    set -l typed (commandline -ct)
    string match -q -- '-*' $typed; or return
    set -l words (string split ' ' -- (command git-$argv[1] --git-completion-helper 2>/dev/null))
    # as with git's own: what takes an option back is offered when asked for
    if not string match -q -- '--no-*' $typed; and set -l end (contains -i -- -- $words)
        set words $words[1..$end]
    end
    string match -- '--?*' $words
end

function __git_preview_branches
    command git for-each-ref --format='%(refname:short)' refs/heads 2>/dev/null
end

function __git_preview_names
    set -l prefix (command git preview --settings 2>/dev/null | string replace -rf '^preview\.prefix *= (\S*)  #.*' '$1')
    command git for-each-ref --format='%(refname:lstrip=2)' refs/heads/$prefix 2>/dev/null
end

for sub in preview preview-test preview-push
    complete -c git -n "__fish_seen_subcommand_from $sub" -a "(__git_preview_options $sub)"
    complete -c git-$sub -a "(__git_preview_options $sub)"
end
for sub in preview-test preview-push
    complete -c git -n "__fish_seen_subcommand_from $sub" -f -a "(__git_preview_branches)"
    complete -c git-$sub -f -a "(__git_preview_branches)"
end
complete -c git -n "__fish_seen_subcommand_from preview; and __fish_contains_opt -s d -s l delete list show" -f -a "(__git_preview_names)"
complete -c git-preview -n "__fish_contains_opt -s d -s l delete list show" -f -a "(__git_preview_names)"
complete -c git -n "__fish_seen_subcommand_from preview-push" -f -a "(command git remote 2>/dev/null)"
complete -c git-preview-push -f -a "(command git remote 2>/dev/null)"
complete -c git -n __fish_use_subcommand -f -a preview -d "Turn a request into a branch with a proven change"
complete -c git -n __fish_use_subcommand -f -a preview-test -d "Run the tests of a revision in a sandbox"
complete -c git -n __fish_use_subcommand -f -a preview-push -d "Push a preview branch"
