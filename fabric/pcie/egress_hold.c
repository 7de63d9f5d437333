#include "fabric/pcie/egress_hold.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"

static struct egress_queue *choose_none(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    (void)arbiter;
    (void)look;
    (void)type;
    return NULL;
}

static void sent_nothing(struct arbiter *arbiter, struct egress_queue *queue, uint32_t bytes)
{
    (void)arbiter;
    (void)queue;
    (void)bytes;
    CHECK(false);
}

static const struct arbiter_ops arbiter_held = {.name = "held", .choose = choose_none, .sent = sent_nothing};

void egress_hold(struct egress *egress, enum egress_hold why)
{
    if (egress->holds == 0) {
        egress->arbiter.released = egress->arbiter.ops;
        egress->arbiter.ops = &arbiter_held;
        egress_end_stalls(egress); /* it does not wait for credits */
    }
    egress->holds |= why;
}

void egress_release(struct egress *egress, enum egress_hold why)
{
    if ((egress->holds & why) == 0)
        return;
    egress->holds &= ~(uint32_t)why;
    if (egress->holds != 0)
        return;
    egress->arbiter.ops = egress->arbiter.released;
    egress->arbiter.released = NULL;
    egress_wake_at(egress, fabric_now_ps(egress->fabric));
}

/* Nobody is kept waiting for credits by a claim of QUEUE, which holds nothing. */
static void drop_claims(struct egress_queue *queue)
{
    for (int type = 0; type < CREDIT_TYPES; type++) {
        struct credits *credits = &queue->channel->credits[type];
        if (credits->claimant == egress_queue_claim(queue))
            credits->claimant = 0;
    }
}

/* Empties QUEUE into one list. */
static struct tlp *take_all(struct egress_queue *queue)
{
    struct tlp_fifo all = {0};
    int64_t count = 0;
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++)
        while (!tlp_fifo_is_empty(&queue->fifos[type])) {
            tlp_fifo_push(&all, egress_queue_pop(queue, type));
            count++;
        }
    arbiter_deactivate(&queue->egress->arbiter, queue);
    occupancy_change(&queue->egress->waiting, fabric_now_ps(queue->egress->fabric), (int)-count);
    drop_claims(queue);
    return all.first;
}

static void end_one(struct egress_queue *queue, struct tlp *tlp, egress_end *end)
{
    uint64_t now = fabric_now_ps(queue->egress->fabric);
    bool has_place = queue->back.sender != NULL && (tlp->attributes & TLP_NULLIFIED) == 0;
    if (has_place)
        credit_way_return(&queue->back, tlp_credit_type(tlp), tlp_data_credits(tlp), now);
    if (queue->on_sent != NULL)
        queue->on_sent(queue, tlp, now);
    end(queue, tlp);
}

void egress_queue_drain(struct egress_queue *queue, egress_end *end)
{
    if (queue->types == 0)
        return;
    struct egress *egress = queue->egress;
    egress_end_stalls(egress);
    struct tlp *tlp = take_all(queue);
    bool sending = egress->sending;
    egress->sending = true; /* what is queued meanwhile is looked at when this is over */
    while (tlp != NULL) {
        struct tlp *next = tlp->next;
        end_one(queue, tlp, end);
        tlp = next;
    }
    egress->sending = sending;
    if (!sending && egress->waiting.count > 0)
        egress_wake_at(egress, fabric_now_ps(egress->fabric));
}

void egress_drain(struct egress *egress, egress_end *end)
{
    for (uint32_t index = 0; index < egress->arbiter.count; index++)
        egress_queue_drain(egress->arbiter.queues[index], end);
}

/* One that never opens. */
static uint64_t never_ps[] = {TIME_NEVER};
static struct gate closed_gate = {.places = 1, .ends_ps = never_ps};

void egress_queue_hold(struct egress_queue *queue)
{
    CHECK(queue->gate == NULL || queue->gate == &closed_gate);
    egress_queue_set_gate(queue, &closed_gate);
}

void egress_queue_release(struct egress_queue *queue)
{
    if (queue->gate != &closed_gate)
        return;
    egress_queue_set_gate(queue, NULL);
    egress_wake_at(queue->egress, fabric_now_ps(queue->egress->fabric));
}
