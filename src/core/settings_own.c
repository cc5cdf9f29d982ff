/* settings_own: the table of our own settings: defaults, config.ini, what each may hold. */
#include "core/settings_inner.h"
#include "base/file.h"
#include "base/url.h"
#include "core/settings_ini.h"

#define MS_MAX ((int64_t)30 * 24 * 3600 * 1000)
#define BYTES_MIN ((uint64_t)1 << 20)
#define BYTES_MAX ((uint64_t)1 << 40)

static const char *const KEYS[SETTING_COUNT] = {
#define SETTING_KEY(id, key, otherwise, help) [SETTING_##id] = key,
    SETTINGS(SETTING_KEY)
#undef SETTING_KEY
};
static const char *const DEFAULTS[SETTING_COUNT] = {
#define SETTING_DEFAULT(id, key, otherwise, help) [SETTING_##id] = otherwise,
    SETTINGS(SETTING_DEFAULT)
#undef SETTING_DEFAULT
};

/* --- texts to numbers --- */

struct unit { const char *name; double factor; };
static const struct unit TIMES[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { NULL, 0 } };
static const struct unit SIZES[] = { { "", 1 }, { "K", 1024 }, { "M", 1048576 }, { "G", 1073741824 }, { NULL, 0 } };

/* A decimal number without sign; *end behind it. Independent of the locale's decimal point. */
static bool read_number(const char *text, double *out, const char **end)
{
    double value = 0, place = 1;
    const char *p = text;

    for (; *p >= '0' && *p <= '9'; p++)
        value = value * 10 + (*p - '0');
    if (p == text || p - text > 15)
        return false;
    if (*p == '.' && p[1] >= '0' && p[1] <= '9')
        for (p++; *p >= '0' && *p <= '9'; p++)
            value += (*p - '0') * (place /= 10);
    *out = value;
    *end = p;
    return true;
}

static bool read_with_unit(const char *text, const struct unit *units, double *out)
{
    const char *end;
    double number;

    if (!read_number(text, &number, &end))
        return false;
    while (*end == ' ')
        end++;
    for (const struct unit *u = units; u->name; u++)
        if (str_ieq(end, u->name)) {
            *out = number * u->factor;
            return true;
        }
    return false;
}

int64_t settings_ms(const struct settings *s, enum setting which)
{
    double ms;

    return read_with_unit(settings_text(s, which), TIMES, &ms) ? (int64_t)ms : 0;
}

uint64_t settings_bytes(const struct settings *s, enum setting which)
{
    double bytes;

    return read_with_unit(settings_text(s, which), SIZES, &bytes) ? (uint64_t)bytes : 0;
}

double settings_number(const struct settings *s, enum setting which)
{
    const char *end;
    double number;

    return read_number(settings_text(s, which), &number, &end) ? number : 0;
}

const char *settings_text(const struct settings *s, enum setting which)
{
    return s->own[which].text ? s->own[which].text : DEFAULTS[which];
}

/* --- what each may hold --- */

static int check_time(const char *text, struct err *e)
{
    double ms;

    if (read_with_unit(text, TIMES, &ms) && ms <= (double)MS_MAX)
        return 0;
    return err_set(e, ERR_CONFIG, "\"%s\" is not a time like 500ms, 60s, 15m or 2h", text);
}

/* Between two questions or tries: none would be a question without end. */
static int check_pause(const char *text, struct err *e)
{
    double ms;

    if (check_time(text, e))
        return -1;
    return read_with_unit(text, TIMES, &ms) && ms >= 1 ? 0 : err_set(e, ERR_CONFIG, "\"%s\" is no pause: 1ms is the shortest", text);
}

static int check_bytes(const char *text, struct err *e)
{
    double bytes;

    if (read_with_unit(text, SIZES, &bytes) && bytes >= (double)BYTES_MIN && bytes <= (double)BYTES_MAX)
        return 0;
    return err_set(e, ERR_CONFIG, "\"%s\" is not a number of bytes like 32M (at least 1M)", text);
}

static int check_rate(const char *text, struct err *e)
{
    const char *end;
    double number;

    if (!read_number(text, &number, &end) || *end != '\0' || !(number > 0))
        return err_set(e, ERR_CONFIG, "\"%s\" is not a number above 0", text);
    return number <= 100000 ? 0 : err_set(e, ERR_CONFIG, "\"%s\" is more than 100000, the most there may be", text);
}

static int check_count(const char *text, struct err *e)
{
    int64_t n;

    if (str_i64(text, &n) && n >= 1 && n <= SETTINGS_FILES_IN_FLIGHT_MAX)
        return 0;
    return err_set(e, ERR_CONFIG, "\"%s\" is not a whole number from 1 to %d", text, SETTINGS_FILES_IN_FLIGHT_MAX);
}

static int check_url(const char *text, struct err *e)
{
    struct url_parts parts;

    if (!url_parse(text, &parts) || (*parts.rest && !str_eq(parts.rest, "/")))
        return err_set(e, ERR_CONFIG, "\"%s\" is not an address like https://host", text);
    if (!str_eq(parts.scheme, "https") && !url_is_loopback(parts.host))
        return err_set(e, ERR_CONFIG, "\"%s\" would send the token without encryption; only https is allowed", text);
    return 0;
}

static int check_word(const char *text, const char *const *words, struct err *e)
{
    struct buf all = BUF_INIT;

    for (const char *const *w = words; *w; w++) {
        if (str_eq(text, *w)) {
            buf_release(&all);
            return 0;
        }
        buf_printf(&all, "%s%s", w == words ? "" : w[1] ? ", " : " or ", *w);
    }
    err_set(e, ERR_CONFIG, "\"%s\" is not %s", text, all.data);
    buf_release(&all);
    return -1;
}

static int check_theme(const char *text, struct err *e)
{
    return check_word(text, (const char *const[]){ "auto", "dark", "light", "mono", NULL }, e);
}

static int check_switch(const char *text, struct err *e)
{
    return check_word(text, (const char *const[]){ "on", "off", NULL }, e);
}

static int (*const CHECKS[SETTING_COUNT])(const char *text, struct err *e) = {
    [SETTING_GIVE_UP] = check_time, [SETTING_RETRY_FIRST] = check_pause, [SETTING_RETRY_CAP] = check_pause, [SETTING_POLL_FIRST] = check_pause,
    [SETTING_CLARIFAI_RATE] = check_rate, [SETTING_FILES_RATE] = check_rate, [SETTING_FILES_IN_FLIGHT] = check_count,
    [SETTING_PICTURE_MEMORY] = check_bytes, [SETTING_CLARIFAI_API_BASE] = check_url, [SETTING_CLARIFAI_IMAGE_HOST] = check_url,
    [SETTING_THEME] = check_theme, [SETTING_MOUSE] = check_switch,
};

int settings_check_own(enum setting which, const char *text, struct err *e)
{
    return CHECKS[which] ? CHECKS[which](text, e) : 0;
}

/* --- config.ini --- */

static int find_key(const char *key)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        if (str_eq(KEYS[i], key))
            return i;
    return -1;
}

/* The key that shares the longest beginning with a wrong one, for the sentence. */
static const char *similar_key(const char *key)
{
    const char *best = NULL;
    size_t longest = 3;

    for (int i = 0; i < SETTING_COUNT; i++) {
        size_t n = 0;
        while (key[n] && key[n] == KEYS[i][n])
            n++;
        if (n > longest) {
            longest = n;
            best = KEYS[i];
        }
    }
    return best;
}

static int take_entry(struct value own[SETTING_COUNT], const struct settings_ini_entry *en, const char *path, struct err *e)
{
    char where[128];
    int i = find_key(en->key);

    if (i < 0) {
        const char *near = similar_key(en->key);
        err_set(e, ERR_CONFIG, "line %d names a setting \"%s\" that does not exist", en->line, en->key);
        if (near)
            err_remedy(e, "did you mean %s?", near);
        else
            err_remedy(e, "remove the line; the manual lists the settings");
        return err_about(e, "cannot use", path);
    }
    if (settings_check_own((enum setting)i, en->value, e)) {
        snprintf(where, sizeof where, "%s in line %d of config.ini", en->key, en->line);
        return err_about(e, "cannot use", where);
    }
    snprintf(where, sizeof where, "config.ini line %d", en->line);
    return value_set(&own[i], en->value, FROM_CONFIG, where, e);
}

static int take_file(struct value own[SETTING_COUNT], const struct settings_ini *t, const char *path, struct err *e)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct settings_ini_entry *en = &t->entries[i];
        if (str_eq(en->section, "keys"))   /* the screens' own */
            continue;
        if (!str_eq(en->section, "") && !str_eq(en->section, "lakeferry")) {
            err_set(e, ERR_CONFIG, "line %d is in a section [%s] that does not exist", en->line, en->section);
            err_remedy(e, "settings stand above all sections or in [lakeferry], key bindings in [keys]");
            return err_about(e, "cannot use", path);
        }
        if (take_entry(own, en, path, e))
            return -1;
    }
    return 0;
}

/* config.ini, empty where there is none; *path is the caller's. */
static int read_config(struct settings_ini *out, char **path, struct err *e)
{
    struct err why = { 0 };
    char *dir = file_dir_config(e);

    *path = dir ? str_printf("%s/config.ini", dir) : NULL;
    int rc = *path ? 0 : dir ? err_no_memory(e) : -1;
    if (!rc && settings_ini_read(*path, out, &why)) {
        rc = why.code == ERR_NOT_FOUND ? 0 : -1;
        if (rc && e)
            *e = why;
    }
    free(dir);
    return rc;
}

int settings_load_own(struct value own[SETTING_COUNT], struct err *e)
{
    struct settings_ini t = { 0 };
    char *path;

    for (int i = 0; i < SETTING_COUNT; i++)
        if (value_set(&own[i], DEFAULTS[i], FROM_DEFAULT, "", e))
            return -1;
    int rc = read_config(&t, &path, e);
    if (!rc)
        rc = take_file(own, &t, path, e);
    settings_ini_release(&t);
    free(path);
    return rc;
}

int settings_each_key(int (*each)(void *ctx, const char *name, const char *value, struct err *e), void *ctx, struct err *e)
{
    struct settings_ini t = { 0 };
    char *path, where[160];
    int rc = read_config(&t, &path, e);

    for (size_t i = 0; i < t.count && !rc; i++) {
        const struct settings_ini_entry *en = &t.entries[i];
        if (!str_eq(en->section, "keys") || each(ctx, en->key, en->value, e) == 0)
            continue;
        snprintf(where, sizeof where, "%s in line %d of config.ini", en->key, en->line);
        rc = err_about(e, "cannot use", where);
    }
    settings_ini_release(&t);
    free(path);
    return rc;
}
