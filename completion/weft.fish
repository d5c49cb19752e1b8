# Fish completion of weft: weft completion fish | source

function __weft_complete
    set -l typed (commandline -ct)
    set -l before (commandline -opc)
    set -e before[1]
    set -l lines (weft __complete $before "$typed" 2>/dev/null)
    # Fish takes whole words, so what stands before the value stands before each answer.
    set -l head ''
    if string match -q -- '--*=*' "$typed"
        set head (string replace -r '=.*' '=' -- "$typed")
    end
    if test (count $lines) -gt 1
        for line in $lines[1..-2]
            echo -- "$head$line"
        end
    else if test "$lines" = ':0'
        # 0 is Cobra's ShellCompDirectiveDefault: file names, where there is nothing else.
        for path in (__fish_complete_path (string replace -- "$head" '' "$typed"))
            echo -- "$head$path"
        end
    end
end

complete -c weft -e
complete -c weft -f -a '(__weft_complete)'
