# shellcheck shell=bash
# Bash completion of weft: source <(weft completion bash)
#
# Bash takes --flag=value and a:b apart (COMP_WORDBREAKS). They are put together for weft, and of an answer only what
# follows the last such sign is given back. macOS has Bash 3.2, so there is no mapfile here, and compopt may be missing.

_weft() {
  local -a words=()
  local word glued='' line directive='' value head=''
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word =~ ^[=:]+$ && ${#words[@]} -gt 0 ]]; then
      words[${#words[@]} - 1]+=$word
      glued=yes
    elif [[ $glued ]]; then
      words[${#words[@]} - 1]+=$word
      glued=''
    else
      words+=("$word")
    fi
  done
  value=${words[${#words[@]} - 1]}
  [[ $value == --*=* ]] && value=${value#*=}
  [[ $COMP_WORDBREAKS == *:* ]] && head=${value%"${value##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :* ]]; then
      directive=$line
    else
      line=${line%%$'\t'*}
      COMPREPLY+=("${line#"$head"}")
    fi
  done < <(weft __complete "${words[@]}" 2>/dev/null)
  # 0 is Cobra's ShellCompDirectiveDefault: file names, where there is nothing else.
  [[ $directive == :0 ]] && compopt -o default 2>/dev/null
  return 0
}
complete -F _weft weft
