/* Where pages of long lists begin. Reference clarifai §3.0 knows pages only by number; counting the rows before one would make each page dearer. */
#include "sandbox/clarifai_db.h"

int64_t clarifai_page_seek(struct clarifai_store *s, const char *list, int64_t of, int64_t start, int64_t *offset)
{
    const struct clarifai_page_mark *best = NULL;

    for (size_t i = 0; i < CLARIFAI_PAGE_MARKS; i++) {
        const struct clarifai_page_mark *m = &s->marks[i];
        if (m->list == list && m->of == of && m->writes == sqlite3_total_changes(s->db) && m->rows <= *offset
            && (best == NULL || m->rows > best->rows))
            best = m;
    }
    if (best == NULL)
        return start;
    *offset -= best->rows;
    return best->key;
}

void clarifai_page_mark(struct clarifai_store *s, const char *list, int64_t of, int64_t rows, int64_t key)
{
    struct clarifai_page_mark m = { .list = list, .of = of, .rows = rows, .key = key, .writes = sqlite3_total_changes(s->db) };

    s->marks[s->next_mark++ % CLARIFAI_PAGE_MARKS] = m;
}
