#include "fabric/switch/input_fifos.h"

#include "fabric/base/check.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/egress_queue.h"
#include "fabric/switch/switch.h"

/* Whether both take the same way out of the hierarchy's virtual switch. Only what goes by an address or an ID says so
 * before it is routed. */
static bool go_together(const struct switch_port *input, const struct tlp *one, const struct tlp *other)
{
    const struct virtual_switch *virtual_switch = input->owner->virtual_switches[one->vh];
    if (config_access_is(one->type) || virtual_switch == NULL)
        return true;
    int from = virtual_switch->bridge_of_port[input->index];
    return from == VIRTUAL_SWITCH_NOWHERE ||
           virtual_switch_route(virtual_switch, from, one) == virtual_switch_route(virtual_switch, from, other);
}

/* True when a posted TLP that waits behind its head came before HEAD, and is not to be passed. */
static bool is_held(const struct input_fifos *fifos, const struct tlp *head)
{
    const struct tlp *posted = fifos->lines[CREDIT_POSTED].behind.first;
    if (tlp_credit_type(head) == CREDIT_POSTED)
        return false;
    for (; posted != NULL && posted->ready_ps <= head->ready_ps; posted = posted->next)
        if (posted->vh == head->vh && !egress_queue_may_pass(head, posted) && go_together(fifos->input, head, posted))
            return true;
    return false;
}

/* HEAD is that of its line from now on. NULL: it is held. */
static struct tlp *lead(struct input_fifos *fifos, struct tlp *head)
{
    enum credit_type type = tlp_credit_type(head);
    fifos->lines[type].has_head = true;
    if (!is_held(fifos, head))
        return head;
    head->next = NULL;
    fifos->lines[type].held = head;
    return NULL;
}

bool input_fifos_enter(struct input_fifos *fifos, struct tlp *tlp)
{
    enum credit_type type = tlp_credit_type(tlp);
    if (tlp->ready_ps < fifos->latest_ps)
        tlp->ready_ps = fifos->latest_ps; /* latencies that are drawn put nothing before what came in first */
    fifos->latest_ps = tlp->ready_ps;
    if (!fifos->lines[type].has_head)
        return lead(fifos, tlp) != NULL;
    tlp_fifo_push(&fifos->lines[type].behind, tlp);
    return false;
}

struct tlp *input_fifos_next(struct input_fifos *fifos, enum credit_type type)
{
    CHECK(fifos->lines[type].has_head && fifos->lines[type].held == NULL);
    if (!tlp_fifo_is_empty(&fifos->lines[type].behind))
        return lead(fifos, tlp_fifo_pop(&fifos->lines[type].behind));
    fifos->lines[type].has_head = false;
    return NULL;
}

struct tlp *input_fifos_release(struct input_fifos *fifos, uint64_t ready_ps)
{
    if (ready_ps > fifos->posted_ps)
        fifos->posted_ps = ready_ps;
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
        struct tlp *held = fifos->lines[type].held;
        if (held == NULL || is_held(fifos, held))
            continue;
        fifos->lines[type].held = NULL;
        return held;
    }
    return NULL;
}

uint64_t input_fifos_count(const struct input_fifos *fifos)
{
    uint64_t count = 0;
    for (int type = 0; type < CREDIT_TYPES; type++)
        count += tlp_list_count(fifos->lines[type].behind.first) + (fifos->lines[type].held != NULL);
    return count;
}

bool input_fifos_is_valid(const struct input_fifos *fifos)
{
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
        const struct tlp *first = fifos->lines[type].behind.first, *held = fifos->lines[type].held;
        if ((first != NULL || held != NULL) && !fifos->lines[type].has_head)
            return false;
        if (held != NULL && (tlp_credit_type(held) != type || type == CREDIT_POSTED))
            return false;
        for (const struct tlp *tlp = first; tlp != NULL; tlp = tlp->next)
            if (tlp_credit_type(tlp) != type)
                return false;
    }
    return true;
}
