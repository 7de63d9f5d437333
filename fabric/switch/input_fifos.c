#include "fabric/switch/input_fifos.h"

#include "fabric/base/check.h"

bool input_fifos_enter(struct input_fifos *fifos, struct tlp *tlp)
{
    enum credit_type type = tlp_credit_type(tlp);
    if (!fifos->lines[type].has_head) {
        fifos->lines[type].has_head = true;
        return true;
    }
    tlp_fifo_push(&fifos->lines[type].behind, tlp);
    return false;
}

struct tlp *input_fifos_next(struct input_fifos *fifos, enum credit_type type)
{
    CHECK(fifos->lines[type].has_head);
    if (!tlp_fifo_is_empty(&fifos->lines[type].behind))
        return tlp_fifo_pop(&fifos->lines[type].behind);
    fifos->lines[type].has_head = false;
    return NULL;
}

uint64_t input_fifos_count(const struct input_fifos *fifos)
{
    uint64_t count = 0;
    for (int type = 0; type < CREDIT_TYPES; type++)
        count += tlp_list_count(fifos->lines[type].behind.first);
    return count;
}

bool input_fifos_is_valid(const struct input_fifos *fifos)
{
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
        const struct tlp *first = fifos->lines[type].behind.first;
        if (first != NULL && !fifos->lines[type].has_head)
            return false;
        for (const struct tlp *tlp = first; tlp != NULL; tlp = tlp->next)
            if (tlp_credit_type(tlp) != type)
                return false;
    }
    return true;
}
