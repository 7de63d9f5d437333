#include "fabric/pcie/egress.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/data_link.h"
#include "fabric/pcie/operation.h"

static uint64_t now_ps(const struct egress *egress)
{
    return egress->fabric->simulation.now_ps;
}

/* --- stalls --- */

/* What was in the window of a stall that began at *SINCE_PS, if there was one. It goes on from now. */
static uint64_t settle_stall_ps(const struct egress *egress, uint64_t *since_ps)
{
    if (*since_ps >= now_ps(egress))
        return 0;
    uint64_t stall_ps = window_overlap_ps(&egress->fabric->window, *since_ps, now_ps(egress));
    *since_ps = now_ps(egress);
    return stall_ps;
}

/* Likewise, and it ends. */
static uint64_t end_stall_ps(const struct egress *egress, uint64_t *since_ps)
{
    uint64_t stall_ps = settle_stall_ps(egress, since_ps);
    *since_ps = TIME_NEVER;
    return stall_ps;
}

static void end_stalls(struct egress *egress, struct egress_channel *channel)
{
    if (egress->stall_since_ps != TIME_NEVER)
        egress->stall_ps += end_stall_ps(egress, &egress->stall_since_ps);
    if (channel->stall_since_ps != TIME_NEVER)
        channel->stall_ps += end_stall_ps(egress, &channel->stall_since_ps);
}

/* A stall that was foreseen from now on is not one yet: something else may have come that goes first. */
static void forget_foreseen(struct egress *egress, uint64_t now)
{
    if (egress->foreseen_channel->stall_since_ps == now)
        egress->foreseen_channel->stall_since_ps = TIME_NEVER;
    if (egress->stall_since_ps == now)
        egress->stall_since_ps = TIME_NEVER;
    egress->foreseen = false;
}

void egress_end_stalls(struct egress *egress)
{
    if (egress->foreseen)
        forget_foreseen(egress, now_ps(egress));
    egress->starved = false;
    for (uint32_t i = 0; i < egress->vh_count * egress->vc_count; i++)
        if (egress->channels[i] != NULL)
            end_stalls(egress, egress->channels[i]);
}

/* --- sleeping --- */

/* Nothing may go at look->now_ps: looks again when that may have changed. */
static void sleep_until_change(struct egress *egress, const struct egress_look *look)
{
    egress->starved = look->starved;
    if (look->starved && egress->stall_since_ps == TIME_NEVER)
        egress->stall_since_ps = look->now_ps;
    if (look->wake_ps != TIME_NEVER)
        event_schedule_before(&egress->wake, look->wake_ps);
}

/* Looks again when the wire is free; or, with one queue in line, right when its next TLP may go: what it waits for
 * after that is known already, and a look in between would find nothing to send. */
static void sleep_until_free(struct egress *egress)
{
    if (egress->arbiter.active_count != 1) {
        event_schedule_before(&egress->wake, egress->free_ps);
        return;
    }
    struct egress_look look = {.now_ps = egress->free_ps, .wake_ps = TIME_NEVER};
    struct egress_queue *queue = egress->arbiter.queues[arbiter_next(&egress->arbiter, 0)];
    if (egress_queue_sendable(queue, &look) != EGRESS_NO_TYPE) {
        event_schedule_before(&egress->wake, egress->free_ps);
        return;
    }
    egress->foreseen = true;
    egress->foreseen_channel = queue->channel;
    sleep_until_change(egress, &look);
}

/* --- sending --- */

/* A TLP that was ready at READY_PS and has the wire from NOW to END_PS, at an edge of the window. */
static void count_at_edge(
    struct egress *egress, struct egress_channel *channel, uint32_t payload_bytes, uint32_t bytes, uint64_t ready_ps,
    uint64_t now, uint64_t end_ps)
{
    const struct window *window = &egress->fabric->window;
    egress->counters.busy_ps += window_overlap_ps(window, now, end_ps);
    if (!window_contains(window, now))
        return;
    egress->counters.tlps++;
    egress->counters.payload_bytes += payload_bytes;
    egress->counters.wire_bytes += bytes;
    if (ready_ps < window->from_ps)
        egress->counters.waited_before_ps += window->from_ps - ready_ps;
    channel->payload_bytes += payload_bytes;
    histogram_record(&channel->wait, now - ready_ps);
}

static inline void count_sent(
    struct egress *egress, struct egress_channel *channel, uint32_t payload_bytes, uint32_t bytes, uint64_t ready_ps,
    uint64_t now, uint64_t end_ps)
{
    const struct window *window = &egress->fabric->window;
    if (__builtin_expect(ready_ps < window->from_ps || end_ps > window->to_ps, 0)) {
        count_at_edge(egress, channel, payload_bytes, bytes, ready_ps, now, end_ps);
        return;
    }
    egress->counters.tlps++;
    egress->counters.payload_bytes += payload_bytes;
    egress->counters.wire_bytes += bytes;
    egress->counters.busy_ps += end_ps - now;
    channel->payload_bytes += payload_bytes;
    histogram_record(&channel->wait, now - ready_ps);
}

/* Something that was forwarded too early takes the wire and nothing else: whoever receives it drops it, and its place
 * in the buffer that it came through is the one of the good TLP that is still to come. */
static void send_nullified(struct egress *egress, struct egress_queue *queue, struct tlp *tlp, uint64_t now)
{
    uint32_t bytes = wire_bytes(&egress->wire, tlp);
    uint64_t end_ps = egress_occupy(egress, bytes, now);
    if (queue->gate != NULL)
        gate_pass(queue->gate, queue, now, end_ps);
    if (queue->on_sent != NULL)
        queue->on_sent(queue, tlp, end_ps);
    fabric_drop_tlp(egress->fabric, tlp, DROP_NULLIFIED);
    egress->arbiter.ops->sent(&egress->arbiter, queue, bytes);
}

/* TLP, which was ready at READY_PS and has had no credits since STALLED_PS, has started now: what that means for the
 * journey that it carries. */
static void
carry_journey(const struct egress_queue *queue, struct tlp *tlp, uint64_t ready_ps, uint64_t stalled_ps, uint64_t now)
{
    const struct wire *wire = &queue->egress->wire;
    struct journey *journey = &tlp->operation->journey;
    journey_pass(journey, JOURNEY_SERIALISATION, ready_ps); /* of the one before it, or of its own tail coming in */
    journey_wait(journey, stalled_ps < now ? stalled_ps : now);
    journey_pass(journey, JOURNEY_CREDITS, now);
    bool at_issuer = queue->back.sender == NULL;
    if (at_issuer && !tlp->operation->all_issued) {
        tlp->attributes &= (uint8_t)~TLP_JOURNEY;                  /* the next one carries it on */
        fabric_end_carrier(queue->egress->fabric, tlp->operation); /* a read may have timed out while it waited */
        if (tlp_credit_type(tlp) != CREDIT_POSTED)
            tlp->operation = NULL;
        return;
    }
    if (tlp->ready_ps > now) /* otherwise it was hit by a bit error, and stays for another try */
        wire_carry_journey(wire, tlp);
}

/* Sends the oldest TLP of TYPE of QUEUE, which takes DATA credits. */
static inline void
send(struct egress *egress, struct egress_queue *queue, enum credit_type type, uint32_t data, uint64_t now)
{
    struct egress_channel *channel = queue->channel;
    struct tlp *tlp = egress_queue_pop(queue, type);
    if (queue->types == 0)
        arbiter_deactivate(&egress->arbiter, queue);
    occupancy_change(&egress->waiting, now, -1);
    egress->starved = false;
    uint64_t stalled_ps = channel->stall_since_ps;
    end_stalls(egress, channel);
    channel->credits[type].claimant = 0;
    if (__builtin_expect((tlp->attributes & TLP_NULLIFIED) != 0, 0)) {
        send_nullified(egress, queue, tlp, now);
        return;
    }
    credits_spend(&channel->credits[type], data);

    uint64_t ready_ps = tlp->ready_ps;
    uint32_t payload_bytes = tlp_payload_bytes(tlp);
    uint32_t bytes = egress->wire.overhead_bytes[tlp->type] + payload_bytes;
    uint64_t end_ps = egress->data_link == NULL ? wire_send(&egress->wire, tlp, bytes, now)
                                                : data_link_send(egress->data_link, tlp, bytes, now);
    egress->free_ps = end_ps;
    if (egress->interval_ps > 0 || egress->data_link != NULL) {
        egress->wire_free_ps = end_ps;
        egress->free_ps = end_ps > now + egress->interval_ps ? end_ps : now + egress->interval_ps;
    }
    count_sent(egress, channel, payload_bytes, bytes, ready_ps, now, end_ps);
    if ((tlp->attributes & TLP_JOURNEY) != 0)
        carry_journey(queue, tlp, ready_ps, stalled_ps, now);
    if (queue->gate != NULL)
        gate_pass(queue->gate, queue, now, end_ps);
    if (queue->back.sender != NULL)
        credit_way_return(&queue->back, type, data, end_ps);
    if (queue->on_sent != NULL)
        queue->on_sent(queue, tlp, end_ps);
    egress->arbiter.ops->sent(&egress->arbiter, queue, bytes);
}

/* Sends if something may go, and sees to it that it is looked at again when that may change. Something waits, or a data
 * link may have to send again. */
static void pump(struct egress *egress, uint64_t now)
{
    if (now < egress->free_ps) {
        event_schedule_before(&egress->wake, egress->free_ps);
        return;
    }
    if (egress->foreseen)
        forget_foreseen(egress, now);
    if (egress->data_link != NULL && (!data_link_is_clear(egress->data_link, now) || egress->waiting.count == 0))
        return;
    struct egress_look look = {.now_ps = now, .wake_ps = TIME_NEVER};
    enum credit_type type;
    struct egress_queue *queue = egress->arbiter.ops->choose(&egress->arbiter, &look, &type);
    if (queue == NULL) {
        sleep_until_change(egress, &look);
        return;
    }
    egress->sending = true;
    send(egress, queue, type, look.data, now);
    egress->sending = false;
    if (egress->waiting.count > 0)
        sleep_until_free(egress);
}

static void on_wake(struct event *event)
{
    struct egress *egress = CONTAINER_OF(event, struct egress, wake);
    if (egress->waiting.count > 0 || egress->data_link != NULL)
        pump(egress, event->time_ps);
}

void egress_enqueue(struct egress_queue *queue, struct tlp *tlp, uint64_t ready_ps)
{
    struct egress *egress = queue->egress;
    tlp->ready_ps = ready_ps;
    egress_queue_push(queue, tlp);
    arbiter_activate(&egress->arbiter, queue);
    uint64_t now = now_ps(egress);
    occupancy_change(&egress->waiting, now, 1);
    /* From within on_sent(): whoever is sending sees to the rest. */
    if (!egress->sending)
        pump(egress, now);
}

void egress_return_credits(
    struct egress *egress, struct egress_channel *channel, enum credit_type type, uint32_t data, uint64_t at_ps)
{
    struct credits *credits = &channel->credits[type];
    if (credits->updates != NULL) {
        update_fc_add(credits->updates, data, at_ps - egress->wire.propagation_ps);
        return;
    }
    credits_return(credits, data, at_ps);
    egress_wake_for_credits(egress, at_ps);
}

void egress_wake_for_credits(struct egress *egress, uint64_t at_ps)
{
    if (egress->starved)
        egress_wake_at(egress, at_ps);
}

void egress_wake_at(struct egress *egress, uint64_t at_ps)
{
    uint64_t from_ps = egress->free_ps > now_ps(egress) ? egress->free_ps : now_ps(egress);
    event_schedule_before(&egress->wake, at_ps > from_ps ? at_ps : from_ps);
}

uint64_t egress_occupy(struct egress *egress, uint32_t bytes, uint64_t start_ps)
{
    uint64_t end_ps = wire_occupy(&egress->wire, bytes, start_ps);
    egress->counters.busy_ps += window_overlap_ps(&egress->fabric->window, start_ps, end_ps);
    if (window_contains(&egress->fabric->window, start_ps))
        egress->counters.wire_bytes += bytes;
    egress->wire_free_ps = end_ps;
    if (end_ps > egress->free_ps)
        egress->free_ps = end_ps;
    return end_ps;
}

/* --- making --- */

static void init_credits(struct credits *credits, const struct credit_limits *limits)
{
    for (int type = 0; type < CREDIT_TYPES; type++)
        credits_init(&credits[type], limits->headers[type], limits->data[type]);
}

static void free_credits(struct credits *credits)
{
    for (int type = 0; type < CREDIT_TYPES; type++)
        credits_free(&credits[type]);
}

void egress_init(struct egress *egress, struct fabric *fabric, const struct egress_config *config)
{
    CHECK(config->vc_count >= 1 && config->vc_count <= TRAFFIC_CLASSES);
    *egress = (struct egress){
        .fabric = fabric,
        .stall_since_ps = TIME_NEVER,
        .limits = config->limits,
        .vh_count = config->vh_count,
        .vc_count = config->vc_count,
        .channels = calloc((size_t)config->vh_count * config->vc_count, sizeof(struct egress_channel *)),
    };
    CHECK(egress->channels != NULL);
    component_init(&egress->component, &fabric->simulation);
    event_init(&egress->wake, &egress->component, on_wake);
    occupancy_init(&egress->waiting, &fabric->window);
    arbiter_init(&egress->arbiter, config->arbiter, &egress->wire, fabric->simulation.seed, config->stream);
    if (config->per_vh)
        return;
    egress->shared = calloc(config->vc_count, CREDIT_TYPES * sizeof(struct credits));
    CHECK(egress->shared != NULL);
    for (uint32_t vc = 0; vc < config->vc_count; vc++)
        init_credits(&egress->shared[vc * CREDIT_TYPES], &config->limits);
}

void egress_free(struct egress *egress)
{
    for (uint32_t i = 0; i < egress->vh_count * egress->vc_count; i++) {
        if (egress->channels[i] != NULL)
            free_credits(egress->channels[i]->own);
        free(egress->channels[i]);
    }
    for (uint32_t vc = 0; egress->shared != NULL && vc < egress->vc_count; vc++)
        free_credits(&egress->shared[vc * CREDIT_TYPES]);
    free(egress->shared);
    free(egress->channels);
    arbiter_free(&egress->arbiter);
    *egress = (struct egress){0};
}

/* Of a hierarchy's own credits the partner's DLLPs tell; but for MR-PCIM's, which has a request at a time under way. */
static struct egress_channel *open_channel(const struct egress *egress, uint16_t vh, uint32_t vc)
{
    struct egress_channel *channel = cache_line_calloc(1, sizeof *channel);
    channel->stall_since_ps = TIME_NEVER;
    channel->credits = channel->own;
    if (egress->shared != NULL)
        channel->credits = &egress->shared[vc * CREDIT_TYPES];
    else
        init_credits(channel->own, &egress->limits);
    bool watched = egress->shared == NULL && egress->data_link != NULL && vh != EGRESS_MANAGEMENT_VH;
    for (int type = 0; watched && type < CREDIT_TYPES; type++)
        data_link_watch(egress->data_link->partner, &channel->own[type]);
    return channel;
}

void egress_open_vh(struct egress *egress, uint16_t vh)
{
    CHECK(vh < egress->vh_count);
    struct egress_channel **channels = &egress->channels[vh * egress->vc_count];
    for (uint32_t vc = 0; vc < egress->vc_count; vc++)
        if (channels[vc] == NULL)
            channels[vc] = open_channel(egress, vh, vc);
}

void egress_add_queue(
    struct egress *egress, struct egress_queue *queue, uint16_t vh, uint32_t vc,
    void (*on_sent)(struct egress_queue *, struct tlp *, uint64_t))
{
    CHECK(vc < egress->vc_count);
    egress_open_vh(egress, vh);
    *queue = (struct egress_queue){
        .egress = egress, .channel = egress->channels[vh * egress->vc_count + vc], .on_sent = on_sent};
    arbiter_add(&egress->arbiter, queue);
}

void egress_move_queue(struct egress_queue *queue, uint16_t vh, uint32_t vc)
{
    CHECK(queue->types == 0 && vc < queue->egress->vc_count);
    egress_open_vh(queue->egress, vh);
    queue->channel = queue->egress->channels[vh * queue->egress->vc_count + vc];
    queue->deficit = 0;
}

/* --- counting --- */

void egress_settle(struct egress *egress)
{
    if (egress->data_link != NULL)
        data_link_settle(egress->data_link, now_ps(egress));
    egress->stall_ps += settle_stall_ps(egress, &egress->stall_since_ps);
    for (uint32_t i = 0; i < egress->vh_count * egress->vc_count; i++)
        if (egress->channels[i] != NULL)
            egress->channels[i]->stall_ps += settle_stall_ps(egress, &egress->channels[i]->stall_since_ps);
}

uint64_t egress_busy_ps(const struct egress *egress)
{
    bool kept = egress->interval_ps > 0 || egress->data_link != NULL;
    uint64_t wire_free_ps = kept ? egress->wire_free_ps : egress->free_ps;
    return egress->counters.busy_ps - window_overlap_ps(&egress->fabric->window, now_ps(egress), wire_free_ps);
}

/* Those that have not started yet. */
static uint64_t present_integral_ps(const struct egress *egress)
{
    uint64_t integral_ps = 0;
    for (uint32_t index = 0; index < egress->arbiter.count; index++)
        for (int type = 0; type < CREDIT_TYPES; type++) {
            const struct tlp *tlp = egress->arbiter.queues[index]->fifos[type].first;
            for (; tlp != NULL; tlp = tlp->next)
                integral_ps += window_overlap_ps(&egress->fabric->window, tlp->ready_ps, now_ps(egress));
        }
    return integral_ps;
}

uint64_t egress_ready_integral_ps(const struct egress *egress)
{
    uint64_t integral_ps = present_integral_ps(egress) - egress->counters.waited_before_ps;
    for (uint32_t i = 0; i < egress->vh_count * egress->vc_count; i++)
        if (egress->channels[i] != NULL)
            integral_ps += (uint64_t)egress->channels[i]->wait.sum;
    return integral_ps;
}

bool egress_is_valid(const struct egress *egress)
{
    uint64_t waiting = 0;
    for (uint32_t index = 0; index < egress->arbiter.count; index++) {
        const struct egress_queue *queue = egress->arbiter.queues[index];
        if (queue->egress != egress || !egress_queue_is_valid(queue))
            return false;
        for (int type = 0; type < CREDIT_TYPES; type++)
            waiting += tlp_list_count(queue->fifos[type].first);
    }
    for (uint32_t i = 0; i < egress->vh_count * egress->vc_count; i++)
        for (int type = 0; egress->channels[i] != NULL && type < CREDIT_TYPES; type++)
            if (!credits_is_valid(&egress->channels[i]->credits[type]))
                return false;
    return waiting == egress->waiting.count && arbiter_is_valid(&egress->arbiter) && wire_is_valid(&egress->wire) &&
           (egress->data_link == NULL || data_link_is_valid(egress->data_link));
}
