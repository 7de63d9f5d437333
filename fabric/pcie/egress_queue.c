#include "fabric/pcie/egress_queue.h"

void egress_queue_starves(
    struct egress_queue *queue, enum credit_type type, uint32_t data, bool is_anothers, struct egress_look *look)
{
    if (queue->channel->stall_since_ps == TIME_NEVER)
        queue->channel->stall_since_ps = look->now_ps;
    look->starved = true;
    if (is_anothers)
        return; /* when the claimant may go, it wakes the egress */
    struct credits *credits = &queue->channel->credits[type];
    credits->claimant = egress_queue_claim(queue);
    egress_look_wake(look, credits_available_at(credits, data));
}

/* What counts is who made it: of a completion, the completer. */
bool egress_queue_may_pass(const struct tlp *tlp, const struct tlp *posted)
{
    bool is_request = tlp_traits[tlp->type].is_request;
    if ((tlp->attributes & TLP_RELAXED_ORDERING) != 0 && !is_request)
        return true;
    uint16_t maker = is_request ? tlp->requester_id : tlp->completer_id;
    return (tlp->attributes & TLP_ID_BASED_ORDERING) != 0 && maker != posted->requester_id;
}

/* True when a posted TLP that came before HEAD, of another type, holds it back. Of two that came together the posted
 * one is the older. */
static bool is_held_back(const struct egress_queue *queue, const struct tlp *head)
{
    const struct tlp *posted = queue->fifos[CREDIT_POSTED].first;
    for (; posted != NULL && posted->ready_ps <= head->ready_ps; posted = posted->next)
        if (!egress_queue_may_pass(head, posted))
            return true;
    return false;
}

bool egress_queue_wants_credits(const struct egress_queue *queue, enum credit_type type, uint64_t now_ps)
{
    const struct tlp *head = queue->fifos[type].first;
    if (head == NULL || head->ready_ps > now_ps || (type != CREDIT_POSTED && is_held_back(queue, head)))
        return false;
    return queue->gate == NULL || gate_opens_ps(queue->gate, queue, now_ps) <= now_ps;
}

enum credit_type egress_queue_sendable_of_several(struct egress_queue *queue, struct egress_look *look)
{
    /* Of those that may go, the one that has waited longest. */
    enum credit_type best = EGRESS_NO_TYPE;
    uint64_t best_ready_ps = TIME_NEVER;
    uint32_t best_data = 0;
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
        const struct tlp *head = queue->fifos[type].first;
        if (head == NULL || head->ready_ps >= best_ready_ps)
            continue;
        if (type != CREDIT_POSTED && is_held_back(queue, head))
            continue;
        if (!egress_queue_may_go(queue, type, head, look))
            continue;
        best = type;
        best_ready_ps = head->ready_ps;
        best_data = look->data;
    }
    look->data = best_data;
    return best;
}

static bool fifo_is_valid(const struct tlp_fifo *fifo, enum credit_type type)
{
    for (const struct tlp *tlp = fifo->first; tlp != NULL; tlp = tlp->next) {
        if (tlp_credit_type(tlp) != type)
            return false;
        if (tlp->next == NULL && tlp != fifo->last)
            return false;
    }
    return true;
}

bool egress_queue_is_valid(const struct egress_queue *queue)
{
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
        const struct tlp_fifo *fifo = &queue->fifos[type];
        if (tlp_fifo_is_empty(fifo) != ((queue->types >> type & 1) == 0) || !fifo_is_valid(fifo, type))
            return false;
    }
    return queue->weight >= 1;
}
