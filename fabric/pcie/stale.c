#include "fabric/pcie/stale.h"

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

static void visit(void *object, void *context)
{
    struct tlp *tlp = object;
    struct sought *sought = context;
    if (!is_sought(sought, tlp))
        return;
    stale_condemn(tlp, STALE_REQUESTER);
    sought->count++;
}

uint32_t stale_condemn_requester(struct fabric *fabric, uint16_t vh, uint16_t id, bool reads_only)
{
    struct sought sought = {.vh = vh, .id = id, .reads_only = reads_only};
    pool_visit(&fabric->tlps, visit, &sought);
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
