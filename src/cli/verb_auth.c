/* auth: storing and forgetting tokens, and what both platforms say about us. Secrets come from a prompt without echo or from stdin, never from a flag. */
#include "cli/patience.h"
#include "cli/verbs.h"
#include "core/compute.h"
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX 4096

/* NAME=value lines a login takes. STORE=file puts the tokens in a 0600 file where no keyring answers. */
enum login_line { LOGIN_TOKEN, LOGIN_PAT, LOGIN_HOST, LOGIN_STORE, LOGIN_LINES };
static const char *const LOGIN_NAMES[LOGIN_LINES] = { "DATABRICKS_TOKEN", "CLARIFAI_PAT", "DATABRICKS_HOST", "STORE" };
struct login { char *value[LOGIN_LINES]; };

static void login_release(struct login *l)
{
    for (int i = 0; i < LOGIN_LINES; i++)
        if (l->value[i] != NULL) {
            explicit_bzero(l->value[i], strlen(l->value[i]));
            free(l->value[i]);
        }
}

static int take_line(struct login *l, char *line, int number, struct err *e)
{
    char *equals = strchr(line, '=');

    if (str_blank(line) || line[0] == '#')
        return 0;
    if (equals == NULL)
        return err_set(e, ERR_USAGE, "line %d of standard input is not NAME=value", number);
    *equals = '\0';
    for (int i = 0; i < LOGIN_LINES; i++)
        if (str_eq(str_trim(line), LOGIN_NAMES[i]))
            return str_set(&l->value[i], str_trim(equals + 1)) != 0 ? err_no_memory(e) : 0;
    /* The name is not shown: of a bare token that ends in "=" it would be the token. */
    return err_set(e, ERR_USAGE, "line %d of standard input has another name than DATABRICKS_TOKEN, CLARIFAI_PAT, DATABRICKS_HOST or STORE", number);
}

static int read_lines(struct login *l, struct err *e)
{
    char line[SECRET_MAX];
    int number = 0, result = 0;

    while (result == 0 && fgets(line, sizeof line, stdin) != NULL)
        result = take_line(l, line, ++number, e);
    explicit_bzero(line, sizeof line);
    return result;
}

static volatile sig_atomic_t prompt_signal;

static void on_signal(int number)
{
    prompt_signal = number;
}

/* A line without echo. A signal ends the wait, and only once the echo is back it does what it is for. */
static bool read_quietly(const struct termios *old, char *line, int size)
{
    static const int ENDING[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
    struct sigaction action = { .sa_handler = on_signal }, before[sizeof ENDING / sizeof ENDING[0]];
    struct termios quiet = *old;
    bool got;

    prompt_signal = 0;
    for (size_t i = 0; i < sizeof ENDING / sizeof ENDING[0]; i++)
        sigaction(ENDING[i], &action, &before[i]);
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    got = fgets(line, size, stdin) != NULL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, old);
    for (size_t i = 0; i < sizeof ENDING / sizeof ENDING[0]; i++)
        sigaction(ENDING[i], &before[i], NULL);
    if (prompt_signal != 0)
        raise(prompt_signal);
    return got;
}

static int prompt_secret(struct out *o, const char *label, char **out, struct err *e)
{
    struct termios old;
    char line[SECRET_MAX];
    int result = 0;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &old) != 0)
        return err_set(e, ERR_USAGE, "there is no terminal to ask for the %s; give NAME=value lines with --stdin", label);
    out_say(o, "%s (not shown; empty to leave as it is):", label);
    if (read_quietly(&old, line, sizeof line) && !str_blank(line) && str_set(out, str_trim(line)) != 0)
        result = err_no_memory(e);
    explicit_bzero(line, sizeof line);
    return result;
}

static int choose_store(struct command *c, const struct login *l, enum credential_store *store, struct err *e)
{
    struct err why = {0};

    if (str_eq(l->value[LOGIN_STORE], "file")) {
        *store = STORE_FILE;
        return 0;
    }
    if (credentials_keyring_opens(&why)) {
        *store = STORE_KEYRING;
        return 0;
    }
    out_say(c->out, "no keyring answers here (%s)", why.cause);
    if (out_ask(c->out, "Store the tokens in a file that only you can read?")) {
        *store = STORE_FILE;
        return 0;
    }
    err_set(e, ERR_CONFIG, "no keyring answers");
    return err_remedy(e, "add the line STORE=file, or set DATABRICKS_TOKEN and CLARIFAI_PAT in the environment for this session only");
}

static int store_all(struct command *c, const struct login *l, const struct settings *s, struct err *e)
{
    const char *host = l->value[LOGIN_HOST] != NULL ? l->value[LOGIN_HOST] : s->host.text;
    enum credential_store store = STORE_KEYRING;

    if (l->value[LOGIN_TOKEN] != NULL && host == NULL)
        return err_set(e, ERR_CONFIG, "the Databricks host is not known: add DATABRICKS_HOST=https://... or a profile");
    if (choose_store(c, l, &store, e) != 0)
        return -1;
    if (l->value[LOGIN_TOKEN] != NULL) {
        if (credentials_store(store, CREDENTIAL_DATABRICKS_TOKEN, host, l->value[LOGIN_TOKEN], e) != 0)
            return -1;
        out_say(c->out, "stored the Databricks token of %s in the %s", host, store == STORE_KEYRING ? "keyring" : "credentials file");
    }
    if (l->value[LOGIN_PAT] != NULL) {
        if (credentials_store(store, CREDENTIAL_CLARIFAI_PAT, "clarifai", l->value[LOGIN_PAT], e) != 0)
            return -1;
        out_say(c->out, "stored the Clarifai access token in the %s", store == STORE_KEYRING ? "keyring" : "credentials file");
    }
    return 0;
}

int verb_auth_login(struct command *c)
{
    const struct settings_flags flags = { .profile = c->args->value[OPT_PROFILE] };
    struct settings s = {0};
    struct login l = {0};
    struct err e = {0};
    int result = settings_load(&flags, &s, &e);

    if (result == 0 && command_has(c, OPT_STDIN)) {
        result = read_lines(&l, &e);
    } else if (result == 0) {
        result = prompt_secret(c->out, "Databricks token", &l.value[LOGIN_TOKEN], &e);
        if (result == 0)
            result = prompt_secret(c->out, "Clarifai access token", &l.value[LOGIN_PAT], &e);
    }
    if (result == 0 && l.value[LOGIN_TOKEN] == NULL && l.value[LOGIN_PAT] == NULL)
        out_say(c->out, "nothing to store");
    else if (result == 0)
        result = store_all(c, &l, &s, &e);
    login_release(&l);
    settings_release(&s);
    return result == 0 ? 0 : out_error(c->out, &e);
}

int verb_auth_logout(struct command *c)
{
    const struct settings_flags flags = { .profile = c->args->value[OPT_PROFILE] };
    struct settings s = {0};
    struct err e = {0};
    int result = settings_load(&flags, &s, &e);

    if (result == 0 && s.host.text != NULL)
        result = credentials_forget(CREDENTIAL_DATABRICKS_TOKEN, s.host.text, &e);
    if (result == 0)
        result = credentials_forget(CREDENTIAL_CLARIFAI_PAT, "clarifai", &e);
    settings_release(&s);
    if (result != 0)
        return out_error(c->out, &e);
    out_say(c->out, "stored tokens are forgotten; those of the environment and of profiles are not ours to remove");
    return 0;
}

/* --- status --- */

static void show_value(struct out *o, const char *side, const char *label, const struct value *v, bool secret)
{
    const char *text = v->text == NULL ? "not found" : secret ? "set" : v->text;
    char origin[200] = "";

    if (v->text != NULL)
        value_origin(v, origin, sizeof origin);
    if (o->json) {
        cJSON *line = out_object("value");
        json_put_str(line, "side", side);
        json_put_str(line, "name", label);
        json_put_str(line, "value", text);
        json_put_str(line, "from", origin);
        out_json(o, line);
        cJSON_Delete(line);
    } else {
        out_text(o, "  %-14s %-48s %s", label, text, origin);
    }
}

static int show_side(struct out *o, const char *side, const char *who, const struct err *e)
{
    char sentence[1600];

    if (o->json) {
        cJSON *line = out_object("side");
        json_put_str(line, "side", side);
        json_put_bool(line, "ok", e->code == ERR_NONE);
        if (e->code == ERR_NONE)
            json_put_str(line, "user", who);
        out_json(o, line);
        cJSON_Delete(line);
    } else if (e->code == ERR_NONE) {
        out_text(o, "  you are         %s", who);
    }
    if (e->code == ERR_NONE)
        return 0;
    if (!o->json)
        out_text(o, "  %s", err_sentence(e, sentence, sizeof sentence));
    return o->json ? out_error(o, e) : err_exit_status(e);
}

static int show_compute(struct command *c, struct session *s)
{
    struct compute *compute = NULL;
    struct err e = {0};
    char state[32] = "", sentence[1600];
    bool running = false;
    int result = compute_open(s, NULL, NULL, &compute, &e);

    if (result == 0)
        result = compute_state(compute, state, &running, &e);
    if (c->out->json) {
        cJSON *line = out_object("compute");
        json_put_str(line, "name", compute != NULL ? compute_label(compute) : "");
        json_put_str(line, "state", result == 0 ? state : err_code_name(e.code));
        if (result != 0) {
            json_put_str(line, "cause", e.cause);
            json_put_str(line, "remedy", err_remedy_text(&e));
        }
        out_json(c->out, line);
        cJSON_Delete(line);
    } else if (result == 0) {
        out_text(c->out, "  compute         %s, %s", compute_label(compute), state);
    } else {
        out_text(c->out, "  compute         %s", err_sentence(&e, sentence, sizeof sentence));
    }
    compute_close(compute);
    return result == 0 || e.code == ERR_CONFIG ? 0 : err_exit_status(&e);
}

int verb_auth_status(struct command *c)
{
    struct err e = {0}, databricks = {0}, clarifai = {0};
    struct session s = {0};
    struct patience p;
    int left, right, compute = 0;

    if (command_session(c, false, false, true, &s, &e) != 0)
        return out_error(c->out, &e);
    patience_begin(&p, &s);
    session_identify(&s, &databricks, &clarifai);
    patience_end(&p);
    if (!c->out->json)
        out_text(c->out, "Databricks");
    show_value(c->out, "databricks", "profile", &s.settings.profile, false);
    show_value(c->out, "databricks", "host", &s.settings.host, false);
    show_value(c->out, "databricks", s.settings.client_id.text != NULL ? "client secret" : "token",
               s.settings.client_id.text != NULL ? &s.settings.client_secret : &s.settings.token, true);
    left = show_side(c->out, "databricks", s.databricks_user, &databricks);
    if (left == 0)
        compute = show_compute(c, &s);
    if (!c->out->json)
        out_text(c->out, "Clarifai");
    show_value(c->out, "clarifai", "address", &s.settings.clarifai_base, false);
    show_value(c->out, "clarifai", "access token", &s.settings.clarifai_pat, true);
    right = show_side(c->out, "clarifai", s.clarifai_user, &clarifai);
    session_close(&s);
    return left != 0 ? left : right != 0 ? right : compute;
}
