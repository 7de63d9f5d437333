#include "fabric/pcie/egress.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

#define NO_QUEUE UINT32_MAX
#define NO_TYPE CREDIT_TYPES

static uint64_t now_ps(const struct egress *egress)
{
    return egress->fabric->simulation.now_ps;
}

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

static void begin_stall(uint64_t *since_ps, uint64_t now)
{
    if (*since_ps == TIME_NEVER)
        *since_ps = now;
}

/* Adds up TLPs waiting over the time in the window until now. What waits for no time at all is no queue. */
static void integrate_waiting(struct egress *egress)
{
    uint64_t now = now_ps(egress), to_ps = egress->fabric->window.to_ps;
    uint64_t until_ps = now < to_ps ? now : to_ps;
    if (until_ps <= egress->integrated_ps)
        return;
    egress->counters.queue_ps += (unsigned __int128)egress->waiting * (until_ps - egress->integrated_ps);
    if (egress->waiting > egress->counters.queue_max)
        egress->counters.queue_max = egress->waiting;
    egress->integrated_ps = until_ps;
}

static void set_active(struct egress *egress, uint32_t index)
{
    uint64_t bit = UINT64_C(1) << index % 64;
    egress->active_count += (egress->active[index / 64] & bit) == 0;
    egress->active[index / 64] |= bit;
}

static void clear_active(struct egress *egress, uint32_t index)
{
    egress->active[index / 64] &= ~(UINT64_C(1) << index % 64);
    egress->active_count--;
}

/* The first queue from FROM on that holds something, or NO_QUEUE. */
static uint32_t active_from(const struct egress *egress, uint32_t from)
{
    if (from >= egress->queue_count)
        return NO_QUEUE;
    uint32_t words = (egress->queue_count + 63) / 64;
    uint64_t bits = egress->active[from / 64] & ~UINT64_C(0) << from % 64;
    for (uint32_t word = from / 64;; bits = egress->active[word]) {
        if (bits != 0)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
        if (++word == words)
            return NO_QUEUE;
    }
}

/* What the arbiter found. */
struct choice {
    struct egress_queue *queue; /* NULL: nothing may go */
    enum credit_type type;
    uint32_t data;    /* credits that it takes */
    uint64_t wake_ps; /* when to look again */
    bool starved;     /* something was ready but for credits */
};

static void wake_no_later(struct choice *choice, uint64_t at_ps)
{
    if (at_ps < choice->wake_ps)
        choice->wake_ps = at_ps;
}

/* QUEUE as a claimant of credits. */
static uint32_t claim_of(const struct egress_queue *queue)
{
    return queue->index + 1;
}

/* True when HEAD, the oldest of TYPE in QUEUE, is ready and has credits; otherwise notes what it waits for. */
static bool
may_go(struct egress_queue *queue, enum credit_type type, const struct tlp *head, uint64_t now, struct choice *choice)
{
    if (head->ready_ps > now) {
        wake_no_later(choice, head->ready_ps);
        return false;
    }
    struct credits *credits = &queue->vh->credits[type];
    uint32_t data = tlp_data_credits(head);
    bool is_anothers = credits->claimant != 0 && credits->claimant != claim_of(queue);
    if (!is_anothers && credits_suffice(credits, data, now)) {
        choice->data = data;
        return true;
    }
    begin_stall(&queue->vh->stall_since_ps, now);
    choice->starved = true;
    if (is_anothers)
        return false; /* when the claimant may go, it wakes the egress */
    credits->claimant = claim_of(queue);
    wake_no_later(choice, credits_available_at(credits, data));
    return false;
}

/* Of a queue with TLPs of several types: the one whose oldest may leave now, the one that has waited longest first. */
static enum credit_type sendable_of_several(struct egress_queue *queue, uint64_t now, struct choice *choice)
{
    const struct tlp *posted = queue->fifos[CREDIT_POSTED].first;
    enum credit_type best = NO_TYPE;
    uint64_t best_ready_ps = TIME_NEVER;
    uint32_t best_data = 0;
    for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
        const struct tlp *head = queue->fifos[type].first;
        if (head == NULL || head->ready_ps >= best_ready_ps)
            continue;
        /* Nothing passes a posted TLP (2.4.1, column "posted"); of two that came together it is the older. */
        if (type != CREDIT_POSTED && posted != NULL && head->ready_ps >= posted->ready_ps)
            continue;
        if (!may_go(queue, type, head, now, choice))
            continue;
        best = type;
        best_ready_ps = head->ready_ps;
        best_data = choice->data;
    }
    choice->data = best_data;
    return best;
}

/* The type whose oldest TLP may leave QUEUE now; NO_TYPE when none may. */
static inline enum credit_type sendable_type(struct egress_queue *queue, uint64_t now, struct choice *choice)
{
    if (queue->gate != NULL && gate_free_at_ps(queue->gate) > now) {
        wake_no_later(choice, gate_free_at_ps(queue->gate));
        return NO_TYPE;
    }
    if ((queue->types & (queue->types - 1)) != 0)
        return sendable_of_several(queue, now, choice);
    enum credit_type type = (enum credit_type)__builtin_ctz(queue->types);
    return may_go(queue, type, queue->fifos[type].first, now, choice) ? type : NO_TYPE;
}

/* Asks the queues that hold something, from the one whose turn it is. */
static struct choice choose_round_robin(struct egress *egress, uint64_t now)
{
    struct choice choice = {.wake_ps = TIME_NEVER};
    uint32_t index = active_from(egress, egress->turn);
    for (uint32_t asked = 0; asked < egress->active_count; asked++) {
        if (index == NO_QUEUE)
            index = active_from(egress, 0);
        struct egress_queue *queue = egress->queues[index];
        choice.type = sendable_type(queue, now, &choice);
        if (choice.type != NO_TYPE) {
            choice.queue = queue;
            return choice;
        }
        index = active_from(egress, index + 1);
    }
    return choice;
}

static void
count_sent(struct egress *egress, struct egress_vh *vh, const struct tlp *tlp, uint32_t bytes, uint64_t wait_ps)
{
    uint32_t payload_bytes = tlp_payload_bytes(tlp);
    egress->counters.tlps++;
    egress->counters.payload_bytes += payload_bytes;
    egress->counters.wire_bytes += bytes;
    vh->payload_bytes += payload_bytes;
    histogram_record(&vh->wait, wait_ps);
}

/* Takes the chosen TLP out of its queue. */
static struct tlp *take(struct egress *egress, const struct choice *choice)
{
    struct egress_queue *queue = choice->queue;
    struct tlp *tlp = tlp_fifo_pop(&queue->fifos[choice->type]);
    integrate_waiting(egress);
    egress->waiting--;
    if (tlp_fifo_is_empty(&queue->fifos[choice->type]))
        queue->types &= (uint8_t) ~(1u << choice->type);
    if (queue->types == 0)
        clear_active(egress, queue->index);
    return tlp;
}

static void end_stalls(struct egress *egress, struct egress_vh *vh)
{
    if (egress->stall_since_ps != TIME_NEVER)
        egress->counters.stall_ps += end_stall_ps(egress, &egress->stall_since_ps);
    if (vh->stall_since_ps != TIME_NEVER)
        vh->stall_ps += end_stall_ps(egress, &vh->stall_since_ps);
}

static void send(struct egress *egress, const struct choice *choice, uint64_t now)
{
    struct egress_queue *queue = choice->queue;
    struct egress_vh *vh = queue->vh;
    struct tlp *tlp = take(egress, choice);
    egress->turn = queue->index + 1;
    egress->starved = false;
    end_stalls(egress, vh);

    uint32_t bytes = wire_bytes(&egress->wire, tlp);
    if (window_contains(&egress->fabric->window, now))
        count_sent(egress, vh, tlp, bytes, now - tlp->ready_ps);
    credits_spend(&vh->credits[choice->type], choice->data);
    vh->credits[choice->type].claimant = 0;
    uint64_t end_ps = wire_send(&egress->wire, tlp, bytes, now);
    egress->counters.busy_ps += window_overlap_ps(&egress->fabric->window, now, end_ps);
    egress->wire_free_ps = end_ps;
    egress->free_ps = end_ps > now + egress->interval_ps ? end_ps : now + egress->interval_ps;
    if (queue->gate != NULL)
        gate_pass(queue->gate, now, end_ps);
    if (queue->on_sent != NULL)
        queue->on_sent(queue, tlp, end_ps);
}

/* Nothing may go: looks again when that may have changed. */
static void sleep_until_change(struct egress *egress, const struct choice *choice, uint64_t now)
{
    egress->starved = choice->starved;
    if (choice->starved)
        begin_stall(&egress->stall_since_ps, now);
    if (choice->wake_ps != TIME_NEVER)
        event_schedule_before(&egress->wake, choice->wake_ps);
}

/* Looks again when the wire is free; or, with one queue in line, right when its next TLP may go: what it waits for
 * after that is known already, and a look in between would find nothing to send. */
static void sleep_until_free(struct egress *egress)
{
    uint64_t free_ps = egress->free_ps;
    if (egress->active_count != 1) {
        event_schedule_before(&egress->wake, free_ps);
        return;
    }
    struct choice choice = {.wake_ps = TIME_NEVER};
    struct egress_queue *queue = egress->queues[active_from(egress, 0)];
    if (sendable_type(queue, free_ps, &choice) != NO_TYPE)
        choice.wake_ps = free_ps;
    else
        egress->foreseen = queue->vh;
    sleep_until_change(egress, &choice, free_ps);
}

/* A stall that was foreseen from now on is not one yet: something else may have come that goes first. */
static void forget_foreseen(struct egress *egress, uint64_t now)
{
    if (egress->foreseen->stall_since_ps == now)
        egress->foreseen->stall_since_ps = TIME_NEVER;
    if (egress->stall_since_ps == now)
        egress->stall_since_ps = TIME_NEVER;
    egress->foreseen = NULL;
}

/* Sends if something may go, and sees to it that it is looked at again when that may change. */
static void pump(struct egress *egress)
{
    uint64_t now = now_ps(egress);
    if (now < egress->free_ps) {
        event_schedule_before(&egress->wake, egress->free_ps);
        return;
    }
    if (egress->foreseen != NULL)
        forget_foreseen(egress, now);
    struct choice choice = choose_round_robin(egress, now);
    if (choice.queue == NULL) {
        sleep_until_change(egress, &choice, now);
        return;
    }
    egress->sending = true;
    send(egress, &choice, now);
    egress->sending = false;
    if (egress->active_count > 0)
        sleep_until_free(egress);
}

static void on_wake(struct event *event)
{
    pump(CONTAINER_OF(event, struct egress, wake));
}

void egress_init(
    struct egress *egress, struct fabric *fabric, uint32_t vh_count, const struct credit_limits *limits, bool per_vh)
{
    *egress = (struct egress){
        .fabric = fabric,
        .stall_since_ps = TIME_NEVER,
        .per_vh = per_vh,
        .limits = *limits,
        .vhs = calloc(vh_count, sizeof(struct egress_vh *)),
        .vh_count = vh_count,
    };
    CHECK(egress->vhs != NULL);
    component_init(&egress->component, &fabric->simulation);
    event_init(&egress->wake, &egress->component, on_wake);
    egress->integrated_ps = fabric->window.from_ps;
    if (per_vh)
        return;
    for (int type = 0; type < CREDIT_TYPES; type++)
        credits_init(&egress->shared[type], limits->headers[type], limits->data[type]);
}

static void free_active(struct egress *egress)
{
    if (egress->active != &egress->few)
        free(egress->active);
}

void egress_free(struct egress *egress)
{
    for (uint32_t vh = 0; vh < egress->vh_count; vh++) {
        if (egress->vhs[vh] == NULL)
            continue;
        for (int type = 0; type < CREDIT_TYPES; type++)
            credits_free(&egress->vhs[vh]->own[type]);
        free(egress->vhs[vh]);
    }
    for (int type = 0; type < CREDIT_TYPES; type++)
        credits_free(&egress->shared[type]);
    free(egress->vhs);
    free(egress->queues);
    free_active(egress);
    *egress = (struct egress){0};
}

void egress_open_vh(struct egress *egress, uint16_t vh)
{
    CHECK(vh < egress->vh_count);
    if (egress->vhs[vh] != NULL)
        return;
    struct egress_vh *opened = calloc(1, sizeof *opened);
    CHECK(opened != NULL);
    opened->stall_since_ps = TIME_NEVER;
    opened->credits = egress->per_vh ? opened->own : egress->shared;
    if (egress->per_vh)
        for (int type = 0; type < CREDIT_TYPES; type++)
            credits_init(&opened->own[type], egress->limits.headers[type], egress->limits.data[type]);
    egress->vhs[vh] = opened;
}

static void make_room(struct egress *egress)
{
    if (egress->queue_count < egress->queue_capacity)
        return;
    uint32_t capacity = egress->queue_capacity == 0 ? 64 : egress->queue_capacity * 2;
    egress->queues = reallocarray(egress->queues, capacity, sizeof(struct egress_queue *));
    uint64_t *active = capacity <= 64 ? &egress->few : calloc(capacity / 64, sizeof(uint64_t));
    CHECK(egress->queues != NULL && active != NULL);
    for (uint32_t word = 0; word < egress->queue_capacity / 64; word++)
        active[word] = egress->active[word];
    free_active(egress);
    egress->active = active;
    egress->queue_capacity = capacity;
}

void egress_add_queue(
    struct egress *egress, struct egress_queue *queue, uint16_t vh,
    void (*on_sent)(struct egress_queue *, struct tlp *, uint64_t))
{
    egress_open_vh(egress, vh);
    make_room(egress);
    *queue = (struct egress_queue){
        .egress = egress, .vh = egress->vhs[vh], .index = egress->queue_count, .on_sent = on_sent};
    egress->queues[egress->queue_count++] = queue;
}

void egress_enqueue(struct egress_queue *queue, struct tlp *tlp, uint64_t ready_ps)
{
    struct egress *egress = queue->egress;
    enum credit_type type = tlp_credit_type(tlp);
    tlp->ready_ps = ready_ps;
    tlp_fifo_push(&queue->fifos[type], tlp);
    queue->types |= (uint8_t)(1u << type);
    set_active(egress, queue->index);
    integrate_waiting(egress);
    egress->waiting++;
    /* From within on_sent(): whoever is sending sees to the rest. */
    if (!egress->sending)
        pump(egress);
}

void egress_return_credits(
    struct egress *egress, struct egress_vh *vh, enum credit_type type, uint32_t data, uint64_t at_ps)
{
    credits_return(&vh->credits[type], data, at_ps);
    if (!egress->starved)
        return;
    uint64_t from_ps = egress->free_ps > now_ps(egress) ? egress->free_ps : now_ps(egress);
    event_schedule_before(&egress->wake, at_ps > from_ps ? at_ps : from_ps);
}

void egress_settle(struct egress *egress)
{
    integrate_waiting(egress);
    egress->counters.stall_ps += settle_stall_ps(egress, &egress->stall_since_ps);
    for (uint32_t vh = 0; vh < egress->vh_count; vh++)
        if (egress->vhs[vh] != NULL)
            egress->vhs[vh]->stall_ps += settle_stall_ps(egress, &egress->vhs[vh]->stall_since_ps);
}

uint64_t egress_busy_ps(const struct egress *egress)
{
    return egress->counters.busy_ps - window_overlap_ps(&egress->fabric->window, now_ps(egress), egress->wire_free_ps);
}

static uint32_t fifo_length(const struct tlp_fifo *fifo)
{
    uint32_t length = 0;
    for (const struct tlp *tlp = fifo->first; tlp != NULL; tlp = tlp->next)
        length++;
    return length;
}

bool egress_is_valid(const struct egress *egress)
{
    uint32_t waiting = 0, active = 0;
    for (uint32_t index = 0; index < egress->queue_count; index++) {
        const struct egress_queue *queue = egress->queues[index];
        for (int type = 0; type < CREDIT_TYPES; type++)
            if (tlp_fifo_is_empty(&queue->fifos[type]) != ((queue->types >> type & 1) == 0))
                return false;
        bool marked = (egress->active[index / 64] >> index % 64 & 1) != 0;
        if (queue->index != index || queue->egress != egress || marked == (queue->types == 0))
            return false;
        active += marked;
        for (int type = 0; type < CREDIT_TYPES; type++)
            waiting += fifo_length(&queue->fifos[type]);
    }
    for (uint32_t vh = 0; vh < egress->vh_count; vh++)
        for (int type = 0; egress->vhs[vh] != NULL && type < CREDIT_TYPES; type++)
            if (!credits_is_valid(&egress->vhs[vh]->credits[type]))
                return false;
    return waiting == egress->waiting && active == egress->active_count && wire_is_valid(&egress->wire);
}
