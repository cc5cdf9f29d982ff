/* functions_time: parts of dates and timestamps, and steps between them; the session's zone is UTC. */
#include "sandbox/sql/expr.h"
#include "base/str.h"

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)
#define DAY INT64_C(86400000000)

EVAL(f_date_part) {
    const char *what = x->fn->name;
    int64_t year;
    int month, day;
    (void)e;
    date_civil(v->i, &year, &month, &day);
    if (str_eq(what, "year")) return value_int(year);
    if (str_eq(what, "month")) return value_int(month);
    if (str_eq(what, "quarter")) return value_int((month + 2) / 3);
    if (str_eq(what, "dayofweek")) return value_int((v->i % 7 + 11) % 7 + 1); /* 1970-01-01 was a Thursday: 5 */
    if (str_eq(what, "weekday")) return value_int((v->i % 7 + 10) % 7);
    if (str_eq(what, "dayofyear")) return value_int(v->i - date_days(year, 1, 1) + 1);
    return value_int(day);
}

EVAL(f_time_part) {
    int64_t second = floor_div(v->i, 1000000) - floor_div(v->i, DAY) * 86400;
    (void)e;
    return value_int(*x->fn->name == 'h' ? second / 3600 : *x->fn->name == 'm' ? second / 60 % 60 : second % 60);
}

EVAL(f_date_step) {
    (void)e;
    return value_int(v[0].i + (str_eq(x->fn->name, "date_sub") ? -v[1].i : v[1].i));
}

EVAL(f_date_diff) {
    (void)e, (void)x;
    return value_int(v[0].i - v[1].i);
}

static int month_days(int64_t year, int month) {
    return (int)(date_days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - date_days(year, month, 1));
}

EVAL(f_add_months) {
    int64_t year, total;
    int month, day;
    (void)e, (void)x;
    date_civil(v[0].i, &year, &month, &day);
    total = year * 12 + month - 1 + v[1].i;
    year = floor_div(total, 12);
    month = (int)(total - year * 12) + 1;
    return value_int(date_days(year, month, day < month_days(year, month) ? day : month_days(year, month)));
}

EVAL(f_last_day) {
    int64_t year;
    int month, day;
    (void)e, (void)x;
    date_civil(v->i, &year, &month, &day);
    return value_int(date_days(year, month, month_days(year, month)));
}

/* date_trunc('unit', timestamp); an unknown unit gives NULL. */
EVAL(f_date_trunc) {
    static const struct { const char *name; int64_t size; } units[] = {
        {"microsecond", 1}, {"millisecond", 1000}, {"second", 1000000}, {"minute", 60000000}, {"hour", INT64_C(3600000000)}, {"day", DAY}, {"dd", DAY}};
    const char *unit = mem_text(e->a, v->s.p, v->s.n);
    int64_t days = floor_div(v[1].i, DAY), year;
    int month, day;
    (void)x;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_ieq(units[i].name, unit)) return value_int(floor_div(v[1].i, units[i].size) * units[i].size);
    date_civil(days, &year, &month, &day);
    if (str_ieq(unit, "week")) return value_int((days - (days % 7 + 10) % 7) * DAY);
    if (str_ieq(unit, "month") || str_ieq(unit, "mon") || str_ieq(unit, "mm")) return value_int(date_days(year, month, 1) * DAY);
    if (str_ieq(unit, "quarter")) return value_int(date_days(year, (month - 1) / 3 * 3 + 1, 1) * DAY);
    if (str_ieq(unit, "year") || str_ieq(unit, "yyyy") || str_ieq(unit, "yy")) return value_int(date_days(year, 1, 1) * DAY);
    return VALUE_NULL;
}

EVAL(f_unix_timestamp) {
    (void)x;
    return value_int(floor_div(x->count ? v->i : e->r->now_us, 1000000));
}

EVAL(f_from_seconds) {
    (void)e, (void)x;
    return value_int(v->i * (str_eq(x->fn->name, "timestamp_millis") ? 1000 : 1000000));
}

EVAL(f_unix_date) {
    (void)e, (void)x;
    return *v;
}

EVAL(f_make_date) {
    bool good = v[1].i >= 1 && v[1].i <= 12 && v[2].i >= 1 && v[2].i <= (v[1].i >= 1 && v[1].i <= 12 ? month_days(v[0].i, (int)v[1].i) : 0);
    if (!good) run_fail(e->r, "", "", x->pos, "java.time.DateTimeException: Invalid date: %lld-%lld-%lld", (long long)v[0].i, (long long)v[1].i, (long long)v[2].i);
    return value_int(date_days(v[0].i, (int)v[1].i, (int)v[2].i));
}

#define PART(name) {name, 1, 1, "D", 'i', f_date_part, NULL, false, false}
const struct function functions_time[] = {
    PART("year"), PART("month"), PART("day"), PART("dayofmonth"), PART("quarter"), PART("dayofweek"), PART("weekday"), PART("dayofyear"),
    {"hour", 1, 1, "t", 'i', f_time_part, NULL, false, false}, {"minute", 1, 1, "t", 'i', f_time_part, NULL, false, false}, {"second", 1, 1, "t", 'i', f_time_part, NULL, false, false},
    {"date_add", 2, 2, "Di", 'D', f_date_step, NULL, false, false}, {"dateadd", 2, 2, "Di", 'D', f_date_step, NULL, false, false},
    {"date_sub", 2, 2, "Di", 'D', f_date_step, NULL, false, false},
    {"datediff", 2, 2, "D", 'i', f_date_diff, NULL, false, false}, {"date_diff", 2, 2, "D", 'i', f_date_diff, NULL, false, false},
    {"add_months", 2, 2, "Di", 'D', f_add_months, NULL, false, false}, {"last_day", 1, 1, "D", 'D', f_last_day, NULL, false, false},
    {"date_trunc", 2, 2, "st", 't', f_date_trunc, NULL, false, false}, {"unix_timestamp", 0, 1, "t", 'l', f_unix_timestamp, NULL, false, false},
    {"timestamp_seconds", 1, 1, "l", 't', f_from_seconds, NULL, false, false}, {"timestamp_millis", 1, 1, "l", 't', f_from_seconds, NULL, false, false},
    {"unix_date", 1, 1, "D", 'i', f_unix_date, NULL, false, false}, {"date_from_unix_date", 1, 1, "i", 'D', f_unix_date, NULL, false, false},
    {"make_date", 3, 3, "i", 'D', f_make_date, NULL, false, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
