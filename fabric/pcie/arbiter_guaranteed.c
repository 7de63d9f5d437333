#include "fabric/pcie/arbiter_guaranteed.h"

#include "fabric/pcie/arbiter.h"
#include "fabric/pcie/egress.h"

static enum guarantee_direction direction_of(enum credit_type type)
{
    return type == CREDIT_NONPOSTED ? GUARANTEE_ASKED : GUARANTEE_SENT;
}

/* What the oldest TLP of TYPE in QUEUE moves, or asks for. */
static uint16_t bytes_of(const struct egress_queue *queue, enum credit_type type)
{
    const struct tlp *tlp = queue->fifos[type].first;
    return (uint16_t)(type == CREDIT_NONPOSTED ? tlp->length_dw * 4u : tlp_payload_bytes(tlp));
}

static bool is_owed(const struct egress_queue *queue, uint64_t now_ps)
{
    const struct rate_guarantee *guarantees = queue->guarantees;
    return guarantees != NULL && (rate_guarantee_is_owed(&guarantees[GUARANTEE_SENT], now_ps) ||
                                  rate_guarantee_is_owed(&guarantees[GUARANTEE_ASKED], now_ps));
}

/* The next queue in turn that is owed what it could send now; NULL when there is none. */
static struct egress_queue *choose_owed(const struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    uint32_t index = arbiter_next(arbiter, arbiter->owed_turn);
    for (uint32_t left = arbiter->active_count; left > 0; left--) {
        struct egress_queue *queue = arbiter->queues[index];
        if (is_owed(queue, look->now_ps)) {
            *type = egress_queue_sendable(queue, look);
            if (*type != EGRESS_NO_TYPE &&
                rate_guarantee_is_owed(&queue->guarantees[direction_of(*type)], look->now_ps))
                return queue;
        }
        index = arbiter_next(arbiter, index + 1);
    }
    return NULL;
}

static struct egress_queue *choose_guaranteed(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    struct egress_queue *queue = choose_owed(arbiter, look, type);
    arbiter->owed = queue != NULL;
    if (queue == NULL)
        queue = arbiter->plain->choose(arbiter, look, type);
    if (queue == NULL || queue->guarantees == NULL)
        return queue;
    arbiter->chosen_ps = look->now_ps;
    arbiter->chosen_bytes = bytes_of(queue, *type);
    arbiter->chosen = &queue->guarantees[direction_of(*type)];
    return queue;
}

static void give(struct arbiter *arbiter, struct egress_queue *queue, uint32_t bytes)
{
    if (arbiter->chosen != NULL)
        rate_guarantee_give(arbiter->chosen, arbiter->chosen_bytes, arbiter->chosen_ps);
    arbiter->chosen = NULL;
    if (arbiter->owed)
        arbiter->owed_turn = queue->index + 1;
    else
        arbiter->plain->sent(arbiter, queue, bytes);
}

static const struct arbiter_ops arbiter_guaranteed = {.name = "guaranteed", .choose = choose_guaranteed, .sent = give};

void egress_queue_guarantee(struct egress_queue *queue, struct rate_guarantee *guarantees)
{
    struct arbiter *arbiter = &queue->egress->arbiter;
    queue->guarantees = guarantees;
    /* Who is held for now goes by it later. */
    const struct arbiter_ops **ops = arbiter->released != NULL ? &arbiter->released : &arbiter->ops;
    if (*ops == &arbiter_guaranteed)
        return;
    arbiter->plain = *ops;
    *ops = &arbiter_guaranteed;
}
