#include "fabric/pcie/arbiter_guaranteed.h"

#include "fabric/base/check.h"
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

/* Of MR-PCIM's queues the one that may send now; NULL when there is none. */
static struct egress_queue *
choose_managed(const struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    for (struct egress_queue *queue = arbiter->managed; queue != NULL; queue = queue->next_managed) {
        if (queue->types == 0)
            continue;
        *type = egress_queue_sendable(queue, look);
        if (*type != EGRESS_NO_TYPE)
            return queue;
    }
    return NULL;
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
    struct egress_queue *queue = choose_managed(arbiter, look, type);
    arbiter->choice = ARBITER_MANAGED;
    if (queue != NULL)
        return queue;
    if (!rate_reserve_is_due(&arbiter->reserve))
        queue = choose_owed(arbiter, look, type);
    arbiter->choice = queue != NULL ? ARBITER_OWED : ARBITER_COMMON;
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
    switch (arbiter->choice) {
    case ARBITER_MANAGED:
        return;
    case ARBITER_OWED:
        arbiter->owed_turn = queue->index + 1;
        rate_reserve_owed(&arbiter->reserve, bytes);
        return;
    case ARBITER_COMMON:
        rate_reserve_common(&arbiter->reserve, bytes);
        arbiter->plain->sent(arbiter, queue, bytes);
    }
}

static const struct arbiter_ops arbiter_guaranteed = {.name = "guaranteed", .choose = choose_guaranteed, .sent = give};

/* --- who goes by it --- */

/* Where EGRESS has its discipline, also while it is held. */
static const struct arbiter_ops **place_of_ops(struct egress *egress)
{
    return egress->arbiter.released != NULL ? &egress->arbiter.released : &egress->arbiter.ops;
}

static void install(struct egress *egress)
{
    const struct arbiter_ops **ops = place_of_ops(egress);
    if (*ops == &arbiter_guaranteed)
        return;
    egress->arbiter.plain = *ops;
    *ops = &arbiter_guaranteed;
}

void egress_queue_guarantee(struct egress_queue *queue, struct rate_guarantee *guarantees)
{
    queue->guarantees = guarantees;
    install(queue->egress);
}

void egress_queue_weigh(struct egress_queue *queue, uint32_t weight)
{
    CHECK(weight >= 1);
    queue->weight = weight;
    if (weight == 1)
        return;
    install(queue->egress);
    struct arbiter *arbiter = &queue->egress->arbiter;
    if (arbiter->plain == &arbiter_round_robin)
        arbiter->plain = &arbiter_weighted;
}

/* Whether who waits under OPS may wait for as long as others please. */
static bool may_shut_out(const struct arbiter_ops *ops)
{
    return ops == &arbiter_weighted || ops == &arbiter_deficit || ops == &arbiter_strict;
}

void egress_queue_manage(struct egress_queue *queue)
{
    struct arbiter *arbiter = &queue->egress->arbiter;
    if (!queue->is_managed) {
        queue->is_managed = true;
        queue->next_managed = arbiter->managed;
        arbiter->managed = queue;
    }
    if (may_shut_out(*place_of_ops(queue->egress)))
        install(queue->egress);
}
