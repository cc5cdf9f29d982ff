#include "ui/actions.h"
#include "base/str.h"

#define ACTION_ROW(id, name, hint, need, help) [ACTION_##id] = { name, hint, NEED_##need, help },
static const struct action_row rows[ACTION_COUNT] = { [ACTION_NONE] = { "", "", NEED_NONE, "" }, ACTIONS(ACTION_ROW) };
#undef ACTION_ROW

#define NEED_REASON(id, reason) [NEED_##id] = reason,
static const char *const reasons[NEED_COUNT] = { ACTION_NEEDS(NEED_REASON) };
#undef NEED_REASON

const struct action_row *action_row(enum action a)
{
    return &rows[(unsigned)a < ACTION_COUNT ? a : ACTION_NONE];
}

enum action action_find(const char *name)
{
    for (int i = 1; i < ACTION_COUNT; i++)
        if (str_eq(rows[i].name, name))
            return (enum action)i;
    return ACTION_NONE;
}

const char *action_why_not(enum action a, uint32_t met)
{
    enum action_need need = action_row(a)->need;
    if (need == NEED_NONE || (met & NEED_BIT(need)))
        return NULL;
    return reasons[need];
}
