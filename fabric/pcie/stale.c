#include "fabric/pcie/stale.h"

#include <stdlib.h>

#include "fabric/base/check.h"

void stale_condemn(struct tlp *tlp, enum stale why)
{
    tlp->generation = (uint8_t)why;
}

/* What is looked for: all of a requester, or its reads only. */
struct sought {
    uint16_t vh, id;
    bool reads_only;
    uint32_t count;
};

static bool is_sought(const struct sought *sought, const struct tlp *tlp)
{
    if (tlp->vh != sought->vh || tlp->requester_id != sought->id || stale_is_condemned(tlp))
        return false;
    return !sought->reads_only || tlp_credit_type(tlp) != CREDIT_POSTED;
}

static void condemn_if_sought(struct tlp *tlp, void *context)
{
    struct sought *sought = context;
    if (!is_sought(sought, tlp))
        return;
    stale_condemn(tlp, STALE_REQUESTER);
    sought->count++;
}

uint32_t stale_condemn_requester(struct fabric *fabric, uint16_t vh, uint16_t id, bool reads_only)
{
    struct sought sought = {.vh = vh, .id = id, .reads_only = reads_only};
    stale_visit_all(fabric, condemn_if_sought, &sought);
    return sought.count;
}

static void visit_list(struct tlp *first, void (*visit_tlp)(struct tlp *tlp, void *context), void *context)
{
    for (struct tlp *tlp = first; tlp != NULL; tlp = tlp->next)
        visit_tlp(tlp, context);
}

void stale_visit_egress(struct egress *egress, void (*visit_tlp)(struct tlp *tlp, void *context), void *context)
{
    for (uint32_t index = 0; index < egress->arbiter.count; index++)
        for (int type = 0; type < CREDIT_TYPES; type++)
            visit_list(egress->arbiter.queues[index]->fifos[type].first, visit_tlp, context);
    visit_list(egress->wire.first, visit_tlp, context);
    if (egress->data_link == NULL)
        return;
    const struct replay_buffer *buffer = &egress->data_link->buffer;
    for (uint64_t count = buffer->taken; count < buffer->next; count++)
        visit_tlp(replay_buffer_entry(buffer, count)->held, context);
}

/* --- all --- */

void stale_add_native(struct fabric *fabric, struct port *port)
{
    fabric->native = reallocarray(fabric->native, fabric->natives + 1, sizeof(struct port *));
    CHECK(fabric->native != NULL);
    fabric->native[fabric->natives++] = port;
}

static void pass_over(struct tlp *tlp, void *context)
{
    (void)context;
    if (tlp->generation == 0)
        tlp->generation = STALE_PASSED_OVER;
}

static void take_back(struct tlp *tlp, void *context)
{
    (void)context;
    if (tlp->generation == STALE_PASSED_OVER)
        tlp->generation = 0;
}

static void visit_natives(struct fabric *fabric, void (*visit_tlp)(struct tlp *tlp, void *context))
{
    for (uint32_t index = 0; index < fabric->natives; index++) {
        stale_visit_egress(&fabric->native[index]->egress, visit_tlp, NULL);
        stale_visit_egress(&fabric->native[index]->peer->egress, visit_tlp, NULL);
    }
}

/* What a visitor wants to be called with. */
struct visit {
    void (*visit_tlp)(struct tlp *tlp, void *context);
    void *context;
};

static void visit_object(void *object, void *context)
{
    const struct visit *visit = context;
    const struct tlp *tlp = object;
    if (tlp->generation != STALE_PASSED_OVER)
        visit->visit_tlp(object, visit->context);
}

void stale_visit_all(struct fabric *fabric, void (*visit_tlp)(struct tlp *tlp, void *context), void *context)
{
    struct visit visit = {visit_tlp, context};
    visit_natives(fabric, pass_over);
    pool_visit(&fabric->tlps, visit_object, &visit);
    visit_natives(fabric, take_back);
}
