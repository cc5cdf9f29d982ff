/* Clarifai: address, token, who we are, whose apps, quota. */
#include "core/doctor.h"
#include "net/clarifai_apps.h"

#define GROUP "clarifai"

static int see_app(void *ctx, const struct clarifai_app *a, struct err *e)
{
    (void)a, (void)e;
    ++*(int64_t *)ctx;
    return 0;
}

static void check_apps(struct doctor *d, struct session *s)
{
    const char *owner = s->clarifai_user;
    int64_t count = 0;
    struct err e = {0};

    if (clarifai_apps_list(&s->clarifai, owner, see_app, &count, &e) != 0)
        doctor_say_err(d, GROUP, "apps", DOCTOR_FAIL, &e);
    else if (count == 0)
        doctor_say(d, GROUP, "apps", DOCTOR_WARN, "apps of an organisation belong to its own user id: set CLARIFAI_USER_ID", "%s has no app that this token may see", owner);
    else
        doctor_say(d, GROUP, "apps", DOCTOR_OK, NULL, "%lld of %s", (long long)count, owner);
}

void doctor_clarifai(struct doctor *d, struct session *s)
{
    struct err who = {0}, e = {0};
    int64_t clock_us = 0;
    char origin[200];
    int result = session_identify(s, NULL, &who);    /* looks into the secret scope, too */

    doctor_say(d, GROUP, "address", DOCTOR_OK, NULL, "%s (%s)", s->settings.clarifai_base.text, value_origin(&s->settings.clarifai_base, origin, sizeof origin));
    if (str_blank(s->settings.clarifai_pat.text)) {
        doctor_say_err(d, GROUP, "credential", DOCTOR_FAIL, &who);
        return;
    }
    doctor_say(d, GROUP, "credential", DOCTOR_OK, NULL, "from %s", value_origin(&s->settings.clarifai_pat, origin, sizeof origin));
    if (!doctor_say_connection(d, GROUP, s->settings.clarifai_base.text, &who))
        return;
    clarifai_clock_get(&s->clarifai, &clock_us, &e);
    doctor_say_clock(d, GROUP, clock_us);
    if (result != 0) {
        doctor_say_err(d, GROUP, "identity", DOCTOR_FAIL, &who);
        return;
    }
    doctor_say(d, GROUP, "identity", DOCTOR_OK, NULL, "you are %s", s->clarifai_user);
    check_apps(d, s);
    doctor_say(d, GROUP, "quota", DOCTOR_OK, NULL, "%s requests a second, shared by all processes (setting clarifai_rate)",
               settings_text(&s->settings, SETTING_CLARIFAI_RATE));
}
