/* completion: the script that lets a shell ask us (`lakeferry --complete`) what could stand at its cursor. */
#include "cli/complete.h"
#include "cli/verbs.h"

/* In each, %s stands for the options whose value is a file, in the shell's own way. */
static const char BASH[] =
    "# lakeferry for bash: put it into ~/.local/share/bash-completion/completions/lakeferry, or source it.\n"
    "_lakeferry() {\n"
    "    local IFS=$' \\t\\n' line=${COMP_LINE:0:COMP_POINT} before= candidate\n"
    "    local -a words\n"
    "    COMPREPLY=()\n"
    "    read -a words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    case ${words[${#words[@]} - 2]} in %s) compopt -o default 2>/dev/null; return ;; esac\n"
    "    local current=${words[${#words[@]} - 1]}\n"
    "    # readline takes : and = for ends of words; what stands before them stays as it is\n"
    "    [[ $current == *[:=]* ]] && before=${current%%\"${current##*[:=]}\"}\n"
    "    while IFS= read -r candidate; do\n"
    "        [[ $candidate == *[./=] ]] && compopt -o nospace 2>/dev/null\n"
    "        printf -v candidate %%q \"${candidate#\"$before\"}\"\n"
    "        COMPREPLY+=(\"$candidate\")\n"
    "    done < <(\"${words[0]}\" --complete \"${words[@]:1}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _lakeferry lakeferry\n";
static const char ZSH[] =
    "#compdef lakeferry\n"
    "# lakeferry for zsh: put it into a folder of $fpath as _lakeferry, or source it.\n"
    "_lakeferry() {\n"
    "    local -a found\n"
    "    case ${words[CURRENT-1]} in (%s) _files; return ;; esac\n"
    "    found=(\"${(@f)$(${words[1]} --complete \"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
    "    found=(${found:#})\n"
    "    compadd -S '' -- ${(M)found:#*[./=]}\n"
    "    compadd -- ${found:#*[./=]}\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _lakeferry ]; then _lakeferry \"$@\"; else compdef _lakeferry lakeferry; fi\n";
static const char FISH[] =
    "# lakeferry for fish: put it into ~/.config/fish/completions/lakeferry.fish\n"
    "function __lakeferry_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    $words[1] --complete $words[2..-1] \"$current\" 2>/dev/null\n"
    "end\n"
    "complete -c lakeferry -f -a '(__lakeferry_complete)'\n"
    "for name in %s\n"
    "    complete -c lakeferry -l $name -r -F\n"
    "end\n";
static const struct { const char *name, *script, *between, *before; } SHELLS[] = {
    { "bash", BASH, "|", "--" }, { "zsh", ZSH, "|", "--" }, { "fish", FISH, " ", "" },
};

char *complete_script(const char *shell)
{
    struct buf files = BUF_INIT, script = BUF_INIT;
    size_t at = 0;

    while (at < sizeof SHELLS / sizeof SHELLS[0] && !str_eq(SHELLS[at].name, shell))
        at++;
    if (at == sizeof SHELLS / sizeof SHELLS[0])
        return NULL;
    for (int i = 0; i < OPT_COUNT; i++)
        if (str_eq(option_table[i].value, "FILE") || str_eq(option_table[i].value, "DIR"))
            buf_printf(&files, "%s%s%s", files.len > 0 ? SHELLS[at].between : "", SHELLS[at].before, option_table[i].name);
    for (const char *p = SHELLS[at].script; *p != '\0'; p++) {
        if (*p != '%' || (p[1] != '%' && p[1] != 's'))
            buf_putc(&script, *p);
        else if (*++p == 's')
            buf_puts(&script, files.data != NULL ? files.data : "");
        else
            buf_putc(&script, '%');
    }
    buf_release(&files);
    return buf_take(&script);
}

int verb_completion(struct command *c)
{
    const char *shell = command_word(c, 0);
    char *script = complete_script(shell);
    struct err e = {0};

    if (script == NULL) {
        err_set(&e, ERR_USAGE, "\"%s\" is no shell that lakeferry can complete for: bash, zsh or fish", shell);
        return out_error(c->out, &e);
    }
    fputs(script, stdout);
    free(script);
    return out_flush();
}
