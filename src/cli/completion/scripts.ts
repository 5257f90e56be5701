/** What each shell is to run: all ask the program itself, `istio-init __complete WORDS... =WORD`, for the word at the cursor. */

import { COMPLETE, FILES } from './protocol.ts';

const BASH = `# istio-init completion bash: source it, or put it into a folder of bash-completion.
_istio_init() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() cur behind candidate file
  local i c quote='' escaped='' begun=''
  # The words as the shell would read them, which keeps those with blanks whole.
  for ((i = 0; i < \${#line}; i++)); do
    c=\${line:i:1}
    if [[ -n $escaped ]]; then cur+=$c escaped=''
    elif [[ $c == \\\\ && $quote != "'" ]]; then escaped=1 begun=1
    elif [[ -n $quote ]]; then if [[ $c == "$quote" ]]; then quote=''; else cur+=$c; fi
    elif [[ $c == [\\'\\"] ]]; then quote=$c begun=1
    elif [[ $c == [[:space:]] ]]; then if [[ -n $cur$begun ]]; then words+=("$cur"); fi; cur='' begun=''
    else cur+=$c; fi
  done
  words+=("$cur")
  cur=\${words[\${#words[@]}-1]}
  # Bash replaces only what stands behind the last of these; of them an @ is replaced with it.
  behind=\${cur##*[\${COMP_WORDBREAKS//[[:space:]@]/}]}
  [[ $COMP_WORDBREAKS == *@* && $behind == *@* ]] && behind=@\${behind##*@}
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    if [[ $candidate == ${FILES} ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$behind")
    else
      COMPREPLY+=("\${candidate:\${#cur}-\${#behind}}")
    fi
  done < <("\${words[0]}" ${COMPLETE} "\${words[@]:1:\${#words[@]}-2}" "=$cur" 2>/dev/null)
  [[ \${#COMPREPLY[@]} == 1 && $COMPREPLY == *[=:/] ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _istio_init istio-init
`;

const ZSH = `#compdef istio-init
# istio-init completion zsh: source it, or put it as _istio-init into a folder of $fpath.
_istio_init() {
  local -a spaced open
  local line files= value
  for line in "\${(@f)$(\${words[1]} ${COMPLETE} "\${(@Q)words[2,CURRENT-1]}" "=\${(Q)words[CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    if [[ $line == ${FILES} ]]; then files=1; continue; fi
    value=\${\${line%%$'\\t'*}//:/\\\\:}
    [[ $line == *$'\\t'* ]] && value+=":\${line#*$'\\t'}"
    if [[ $line == *[=:/]($'\\t'*|) ]]; then open+=("$value"); else spaced+=("$value"); fi
  done
  (( $#spaced )) && _describe -V -t values value spaced
  (( $#open )) && _describe -V -t values value open -S ''
  [[ -n $files ]] && _files
  return 0
}
if [[ $funcstack[1] == _istio-init ]]; then _istio_init "$@"; else compdef _istio_init istio-init; fi
`;

const FISH = `# istio-init completion fish: put it into ~/.config/fish/completions/istio-init.fish.
function __istio_init_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in ($words[1] ${COMPLETE} $words[2..-1] "=$word" 2>/dev/null)
        if test "$line" = ${FILES}
            __fish_complete_path "$word"
        else
            echo $line
        end
    end
end
complete -c istio-init -f -a '(__istio_init_complete)'
`;

const POWERSHELL = `# istio-init completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName istio-init -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object {
    if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
  })
  $program, $before = $words
  & $program ${COMPLETE} @before "=$word" 2>$null | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    if ($value -eq '${FILES}') { [System.Management.Automation.CompletionCompleters]::CompleteFilename($word) }
    else {
      $tip = if ($about) { $about } else { $value }
      [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $tip)
    }
  }
}
`;

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL } as const satisfies Record<string, string>;

export type Shell = keyof typeof SCRIPTS;

export const SHELLS: readonly Shell[] = Object.keys(SCRIPTS) as Shell[];
