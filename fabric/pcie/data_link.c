#include "fabric/pcie/data_link.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/dllp.h"
#include "fabric/pcie/link_timing.h"
#include "fabric/pcie/operation.h"

static uint64_t now_of(const struct data_link *link)
{
    return fabric_now_ps(link->egress->fabric);
}

static bool bits_may_fail(const struct data_link *link)
{
    return link->buffer.entries != NULL;
}

static const struct receiver_step receiver_steps[RECEIVER_STATES][RECEIVED_KINDS] = {
    [RECEIVER_IN_ORDER] =
        {
            [RECEIVED_EXPECTED] = {RECEIVER_IN_ORDER, RECEIVER_TAKES},
            [RECEIVED_BAD] = {RECEIVER_NAKED, RECEIVER_NAKS},
            [RECEIVED_DUPLICATE] = {RECEIVER_IN_ORDER, RECEIVER_ACKS},
            [RECEIVED_AHEAD] = {RECEIVER_NAKED, RECEIVER_NAKS},
        },
    [RECEIVER_NAKED] =
        {
            [RECEIVED_EXPECTED] = {RECEIVER_IN_ORDER, RECEIVER_TAKES},
            [RECEIVED_BAD] = {RECEIVER_NAKED, RECEIVER_DISCARDS},
            [RECEIVED_DUPLICATE] = {RECEIVER_NAKED, RECEIVER_ACKS},
            [RECEIVED_AHEAD] = {RECEIVER_NAKED, RECEIVER_DISCARDS},
        },
};

struct receiver_step receiver_step(enum receiver_state state, enum received received)
{
    CHECK((unsigned)state < RECEIVER_STATES && (unsigned)received < RECEIVED_KINDS);
    return receiver_steps[state][received];
}

/* --- DLLPs --- */

/* While the link is down a DLLP is free and instant: what a receiver has free then it tells as the link comes up.
 *
 * Sends a DLLP as soon as the wire is free. Returns when it arrives; TIME_NEVER when it arrives with a wrong bit. */
static uint64_t send_next_dllp(struct data_link *link, uint64_t now)
{
    struct egress *egress = link->egress;
    if (link->state == LINK_INACTIVE)
        return now;
    uint64_t start_ps = link->trained_ps > now ? link->trained_ps : now;
    if (link->dllp_bytes > 0 && egress->wire_free_ps > start_ps)
        start_ps = egress->wire_free_ps;
    uint64_t end_ps = link->dllp_bytes > 0 ? egress_occupy(egress, link->dllp_bytes, start_ps) : start_ps;
    if (window_contains(&egress->fabric->window, start_ps))
        link->dllps++;
    uint64_t arrival_ps = wire_arrival_ps(&egress->wire, end_ps);
    return bit_errors_hit(&link->errors, DLLP_BYTES) ? TIME_NEVER : arrival_ps;
}

/* --- DLLPs that only repeat what is known --- */

/* How often all go before NOW and within one part of the window, with nothing else on the wire. */
static uint64_t rounds_by(const struct data_link *link, uint64_t now)
{
    const struct window *window = &link->egress->fabric->window;
    uint64_t from_ps = link->repeats.at_ps, until_ps = now;
    if (from_ps < window->from_ps && window->from_ps < until_ps)
        until_ps = window->from_ps;
    if (from_ps < window->to_ps && window->to_ps < until_ps)
        until_ps = window->to_ps;
    bool idle = link->egress->wire_free_ps <= from_ps && link->trained_ps <= from_ps;
    return idle && link->errors.rate == 0 ? update_fc_repeats_rounds(&link->repeats, until_ps) : 0;
}

static void repeat_rounds(struct data_link *link, uint64_t rounds)
{
    struct egress_counters *counters = &link->egress->counters;
    bool counts = window_contains(&link->egress->fabric->window, link->repeats.at_ps);
    for (const struct update_fc *update = link->repeats.first; update != NULL; update = update->next) {
        uint64_t bytes = link->dllp_bytes * rounds, busy_ps = wire_pass(&link->egress->wire, bytes);
        counters->busy_ps += counts ? busy_ps : 0;
        counters->wire_bytes += counts ? bytes : 0;
        link->dllps += counts ? rounds : 0;
    }
    update_fc_repeats_pass(&link->repeats, rounds);
}

/* A link in recovery or down sends none; when that is over, each goes once. */
static void repeat_first(struct data_link *link)
{
    struct update_fc *update = link->repeats.first;
    uint64_t due_ps = update->repeat_ps;
    if (due_ps + UPDATE_FC_REPEAT_PS > link->trained_ps)
        send_next_dllp(link, due_ps);
    update_fc_repeats_leave(&link->repeats, update);
    update_fc_repeats_join(&link->repeats, update, due_ps + UPDATE_FC_REPEAT_PS);
}

void data_link_settle(struct data_link *link, uint64_t now)
{
    while (link->repeats.at_ps <= now && link->trained_ps <= now && link->state != LINK_INACTIVE) {
        uint64_t rounds = rounds_by(link, now);
        if (rounds > 0)
            repeat_rounds(link, rounds);
        repeat_first(link);
    }
}

static inline uint64_t send_dllp(struct data_link *link, uint64_t now)
{
    if (__builtin_expect(link->repeats.at_ps <= now, 0))
        data_link_settle(link, now);
    return send_next_dllp(link, now);
}

/* --- as a receiver: Acks and Naks --- */

/* Of what the partner has sent and this end takes: those that have come by NOW. */
static uint64_t come_by(const struct data_link *link, uint64_t now)
{
    const struct replay_buffer *theirs = &link->partner->buffer;
    uint64_t come = link->ack_sent;
    while (come < theirs->taken && replay_buffer_tail_ps(theirs, come) <= now)
        come++;
    return come;
}

/* When the next Ack is due by the policy, of TLPs from ack_sent on; there is one. */
static uint64_t next_ack_ps(const struct data_link *link)
{
    const struct replay_buffer *theirs = &link->partner->buffer;
    if (link->ack_every == 0)
        return replay_buffer_tail_ps(theirs, link->ack_sent) + link->ack_limit_ps;
    if (theirs->taken - link->ack_sent >= link->ack_every)
        return replay_buffer_tail_ps(theirs, link->ack_sent + link->ack_every - 1);
    return replay_buffer_tail_ps(theirs, theirs->taken - 1) + link->ack_limit_ps;
}

/* The partner has sent a TLP that this end takes. */
static inline void expect_ack(struct data_link *link)
{
    /* By the limit, an event that is scheduled is that of an earlier TLP. */
    if (link->ack_every == 0 && event_is_scheduled(&link->due))
        return;
    event_schedule_before(&link->due, next_ack_ps(link));
}

static void wake_stalled(struct data_link *link, uint64_t at_ps)
{
    if (link->stalled)
        egress_wake_at(link->egress, at_ps);
}

/* Acknowledges all before END. Returns when the DLLP arrives. */
static uint64_t acknowledge(struct data_link *link, uint64_t end, uint64_t now)
{
    uint64_t arrival_ps = send_dllp(link, now);
    link->ack_sent = end;
    if (arrival_ps == TIME_NEVER)
        return arrival_ps;
    replay_buffer_ack(&link->partner->buffer, end, arrival_ps);
    wake_stalled(link->partner, arrival_ps);
    return arrival_ps;
}

static void send_nak(struct data_link *link, uint64_t now)
{
    link->nak_ps = TIME_NEVER;
    uint64_t arrival_ps = acknowledge(link, come_by(link, now), now);
    if (arrival_ps != TIME_NEVER)
        event_schedule_before(&link->partner->nak, arrival_ps);
}

static void on_due(struct event *event)
{
    struct data_link *link = CONTAINER_OF(event, struct data_link, due);
    uint64_t now = now_of(link);
    uint64_t taken = link->partner->buffer.taken;
    if (link->nak_ps <= now)
        send_nak(link, now);
    bool due = link->ack_sent < taken && next_ack_ps(link) <= now;
    if (due || link->ack_ps <= now) {
        link->ack_ps = TIME_NEVER;
        acknowledge(link, come_by(link, now), now);
    }
    uint64_t next_ps = link->ack_sent < taken ? next_ack_ps(link) : TIME_NEVER;
    next_ps = link->nak_ps < next_ps ? link->nak_ps : next_ps;
    next_ps = link->ack_ps < next_ps ? link->ack_ps : next_ps;
    if (next_ps != TIME_NEVER)
        event_schedule_before(&link->due, next_ps > now ? next_ps : now);
}

/* --- as a transmitter: sending, and sending again --- */

/* Whether a bit fails that decides on what has the wire for BYTES from START on: its own, or in flit mode all bits of
 * the flits that it is the first in. What else is in a bad flit comes after it, and is sent again with it. */
static inline bool is_hit(struct data_link *link, uint32_t bytes, uint64_t start)
{
    if (__builtin_expect(link->errors.rate == 0, 1))
        return false;
    if (link->egress->wire.flit_time != 0)
        bytes = LINK_FLIT_BYTES * wire_enter_flits(&link->egress->wire, start, bytes, &link->flits);
    return bit_errors_hit(&link->errors, bytes);
}

/* The switch at the other end has begun to forward a TLP before it sees that it is bad: what it forwards. */
static void send_nullified(struct data_link *link, const struct tlp *tlp, uint64_t start, uint64_t end)
{
    struct wire *wire = &link->egress->wire;
    if (!wire->delivery.at_head || wire_ready_ps(wire, tlp, start, end) >= wire_arrival_ps(wire, end))
        return;
    struct tlp *nullified = fabric_create_tlp(link->egress->fabric);
    *nullified = *tlp;
    nullified->operation = NULL;
    nullified->attributes = (uint8_t)((tlp->attributes & ~TLP_JOURNEY) | TLP_NULLIFIED);
    wire_deliver(wire, nullified, start, end);
}

/* TLP, which has been sent before, is taken this time: it has waited until its START. */
static void take(struct wire *wire, struct tlp *tlp, uint64_t start, uint64_t end)
{
    wire_deliver(wire, tlp, start, end);
    if ((tlp->attributes & TLP_JOURNEY) == 0)
        return;
    journey_wait(&tlp->operation->journey, start);
    wire_carry_journey(wire, tlp);
}

/* The TLP counted COUNT, which is in the buffer, is on the wire from START to END, with a wrong bit if BAD. */
static void receive(struct data_link *link, uint64_t count, bool bad, uint64_t start, uint64_t end)
{
    struct replay_buffer *buffer = &link->buffer;
    struct replay_entry *entry = replay_buffer_entry(buffer, count);
    struct data_link *partner = link->partner;
    uint64_t tail_ps = wire_arrival_ps(&link->egress->wire, end);
    enum received received = bad                     ? RECEIVED_BAD
                             : count < buffer->taken ? RECEIVED_DUPLICATE
                             : count > buffer->taken ? RECEIVED_AHEAD
                                                     : RECEIVED_EXPECTED;
    struct receiver_step step = receiver_step(partner->receiver, received);
    partner->receiver = (enum receiver_state)step.next;
    entry->sent_ps = end;
    if (bad && count == buffer->taken)
        send_nullified(link, entry->held, start, end);
    switch ((enum receiver_action)step.action) {
    case RECEIVER_TAKES:
        take(&link->egress->wire, replay_buffer_take(buffer, tail_ps), start, end);
        expect_ack(partner);
        break;
    case RECEIVER_NAKS:
        partner->nak_ps = tail_ps;
        event_schedule_before(&partner->due, tail_ps);
        break;
    case RECEIVER_ACKS:
        partner->ack_ps = tail_ps < partner->ack_ps ? tail_ps : partner->ack_ps;
        event_schedule_before(&partner->due, tail_ps);
        break;
    case RECEIVER_DISCARDS:
        break;
    }
}

static void start_timer(struct data_link *link, uint64_t from_ps)
{
    if (bits_may_fail(link) && !event_is_scheduled(&link->timer))
        event_schedule(&link->timer, from_ps + link->timer_ps);
}

uint64_t data_link_send(struct data_link *link, struct tlp *tlp, uint32_t bytes, uint64_t now)
{
    struct wire *wire = &link->egress->wire;
    struct replay_buffer *buffer = &link->buffer;
    bool bad = is_hit(link, bytes, now);
    link->stalled = false;
    uint64_t end_ps;
    if (__builtin_expect(!bad && buffer->taken == buffer->next, 1)) {
        end_ps = wire_send(wire, tlp, bytes, now);
        replay_buffer_push_taken(buffer, tlp->tail_ps, end_ps, bytes);
        link->partner->receiver = RECEIVER_IN_ORDER;
        expect_ack(link->partner);
        link->resend = buffer->next;
    } else {
        end_ps = wire_occupy(wire, bytes, now);
        uint64_t count = buffer->next;
        replay_buffer_push_held(buffer, tlp, bytes);
        receive(link, count, bad, now, end_ps);
        link->resend = buffer->next;
    }
    start_timer(link, end_ps);
    return end_ps;
}

/* The next of what is to be sent again. */
static void resend_one(struct data_link *link, uint64_t now)
{
    struct egress *egress = link->egress;
    uint64_t count = link->resend++;
    uint32_t bytes = replay_buffer_entry(&link->buffer, count)->bytes;
    bool bad = is_hit(link, bytes, now);
    uint64_t end_ps = egress_occupy(egress, bytes, now);
    if (window_contains(&egress->fabric->window, now))
        link->resends++;
    receive(link, count, bad, now, end_ps);
    start_timer(link, end_ps);
}

bool data_link_clear_way(struct data_link *link, uint64_t now)
{
    if (link->state != LINK_ACTIVE)
        return false; /* the end of recovery wakes the egress */
    data_link_settle(link, now);
    if (link->egress->free_ps > now) {
        egress_wake_at(link->egress, now);
        return false; /* a DLLP has the wire */
    }
    bool room = replay_buffer_mature(&link->buffer, now);
    if (link->resend < link->buffer.acked)
        link->resend = link->buffer.acked; /* an Ack overtook the replay */
    if (link->resend < link->buffer.next) {
        resend_one(link, now);
        egress_wake_at(link->egress, link->egress->free_ps);
        return false;
    }
    link->stalled = !room;
    if (!room && replay_buffer_room_at(&link->buffer) != TIME_NEVER)
        egress_wake_at(link->egress, replay_buffer_room_at(&link->buffer));
    return room;
}

static void step_state(struct data_link *link, enum link_event event)
{
    link->state = (enum link_state)link_state_step(link->state, event).next;
}

void data_link_retrain(struct data_link *link)
{
    uint64_t now = now_of(link);
    uint64_t until_ps = now + link->training_ps;
    link->retrains++;
    step_state(link, LINK_EVENT_RETRAIN);
    step_state(link->partner, LINK_EVENT_RETRAIN);
    link->trained_ps = until_ps;
    link->partner->trained_ps = until_ps;
    event_reschedule(&link->trained, until_ps);
}

static void on_trained(struct event *event)
{
    struct data_link *link = CONTAINER_OF(event, struct data_link, trained);
    uint64_t now = now_of(link);
    struct data_link *ends[] = {link, link->partner};
    for (int end = 0; end < 2; end++) {
        if (now < ends[end]->trained_ps || ends[end]->state != LINK_RECOVERY)
            continue; /* the other end has begun another one since, or the link has gone down */
        step_state(ends[end], LINK_EVENT_TRAINED);
        egress_wake_at(ends[end]->egress, now);
    }
}

/* Sends all again that is not acknowledged. */
static void replay(struct data_link *link, uint64_t now)
{
    struct replay_buffer *buffer = &link->buffer;
    replay_buffer_mature(buffer, now);
    if (buffer->acked == buffer->next)
        return;
    if (buffer->acked != link->replayed_from)
        link->replays = 0;
    link->replayed_from = buffer->acked;
    link->resend = buffer->acked;
    if (++link->replays == DATA_LINK_REPLAYS_MOST) {
        link->replays = 0;
        data_link_retrain(link);
        return;
    }
    egress_wake_at(link->egress, now);
}

static void on_nak(struct event *event)
{
    struct data_link *link = CONTAINER_OF(event, struct data_link, nak);
    replay(link, now_of(link));
}

/* The timer runs from the end of the oldest TLP's last transmission, and anew from each Ack that made progress. */
static uint64_t timer_end_ps(const struct data_link *link, uint64_t now)
{
    const struct replay_buffer *buffer = &link->buffer;
    if (link->resend == buffer->acked || link->state != LINK_ACTIVE)
        return now + link->timer_ps; /* the oldest is still to be sent again */
    uint64_t sent_ps = replay_buffer_entry(buffer, buffer->acked)->sent_ps;
    return (sent_ps > buffer->progress_ps ? sent_ps : buffer->progress_ps) + link->timer_ps;
}

static void on_timer(struct event *event)
{
    struct data_link *link = CONTAINER_OF(event, struct data_link, timer);
    struct replay_buffer *buffer = &link->buffer;
    uint64_t now = now_of(link);
    replay_buffer_mature(buffer, now);
    if (buffer->acked == buffer->next)
        return;
    uint64_t end_ps = timer_end_ps(link, now);
    if (end_ps <= now && link->resend < buffer->next)
        end_ps = now + link->timer_ps; /* a replay is under way, longer than the timer */
    if (end_ps > now)
        event_schedule(&link->timer, end_ps);
    else
        replay(link, now);
}

/* --- down and up --- */

static void forget(struct data_link *link)
{
    struct event *events[] = {&link->nak, &link->timer, &link->trained, &link->due};
    for (size_t index = 0; index < sizeof events / sizeof *events; index++)
        event_cancel(events[index]);
    link->stalled = false;
    link->replays = 0;
    link->resend = link->buffer.next;
    link->receiver = RECEIVER_IN_ORDER;
    link->nak_ps = TIME_NEVER;
    link->ack_ps = TIME_NEVER;
}

void data_link_down(struct data_link *link, void (*end)(void *owner, struct tlp *tlp), void *owner)
{
    struct replay_buffer *buffer = &link->buffer;
    data_link_settle(link, now_of(link));
    while (buffer->taken < buffer->next)
        end(owner, replay_buffer_take(buffer, now_of(link)));
    replay_buffer_forget(buffer, now_of(link));
    forget(link);
    link->partner->ack_sent = buffer->next;
    step_state(link, LINK_EVENT_DOWN);
}

void data_link_up(struct data_link *link)
{
    link->trained_ps = now_of(link);
    for (enum link_event event = LINK_EVENT_UP; event <= LINK_EVENT_PARTNER_READY; event++)
        step_state(link, event);
    CHECK(link->state == LINK_ACTIVE);
}

/* --- credits --- */

static uint64_t send_update(void *sender, struct update_fc *update, uint64_t now)
{
    struct data_link *link = sender;
    if (link->repeats.first == NULL)
        return send_dllp(link, now);
    if (link->repeats.at_ps < now)
        data_link_settle(link, now - 1);
    update_fc_repeats_leave(&link->repeats, update); /* one that would be due now is this one */
    uint64_t arrival_ps = send_dllp(link, now);
    update_fc_repeats_join(&link->repeats, update, now + UPDATE_FC_REPEAT_PS);
    return arrival_ps;
}

static void give_credits(void *sender, struct credits *credits, uint32_t headers, uint32_t data, uint64_t at_ps)
{
    struct data_link *link = sender;
    credits_return_many(credits, headers, data, at_ps);
    egress_wake_for_credits(link->partner->egress, at_ps);
}

void data_link_watch(struct data_link *link, struct credits *credits)
{
    struct update_fc *update = calloc(1, sizeof *update);
    link->updates = reallocarray(link->updates, link->update_count + 1, sizeof(struct update_fc *));
    CHECK(update != NULL && link->updates != NULL);
    link->updates[link->update_count++] = update;
    update_fc_init(update, &link->updates_policy, credits, &link->component);
    credits->updates = update;
    if (link->repeats_fc && (credits->headers_limit != CREDITS_INFINITE || credits->data_limit != CREDITS_INFINITE))
        update_fc_repeats_join(&link->repeats, update, now_of(link) + UPDATE_FC_FIRST_REPEAT_PS);
}

/* --- making --- */

/* DLLPs that are not charged tell each TLP at once, unless the scenario says how often. */
static uint32_t every_of(uint32_t every, const struct link_config *config)
{
    return every == 0 && config->dllp != LINK_DLLP_PHYSICAL ? 1 : every;
}

bool data_link_is_needed(const struct link_config *config)
{
    return config->dllp == LINK_DLLP_PHYSICAL || config->ber != 0 || config->ack_every > 1 ||
           config->updatefc_every > 1 || config->replay_buffer_tlps != 0;
}

/* As many of the smallest TLPs as can be sent from the start of one until its Ack has come, if no bit fails: the
 * latency limit, the way there and back, and a TLP of the largest size in the way at either end; and those of one Ack.
 */
static uint32_t buffer_tlps(const struct data_link *link, const struct link_config *config)
{
    if (config->replay_buffer_tlps != 0)
        return config->replay_buffer_tlps < REPLAY_BUFFER_MOST ? config->replay_buffer_tlps : REPLAY_BUFFER_MOST;
    const struct wire *wire = &link->egress->wire;
    uint32_t least = wire->overhead_bytes[TLP_CPL], most = wire->overhead_bytes[TLP_MWR] + config->mps_bytes;
    uint64_t round_ps = link->ack_limit_ps + 2 * config->propagation_ps + 2 * wire_duration_ps(wire, most) +
                        2 * wire_flit_ps(wire) + wire_duration_ps(wire, DLLP_BYTES);
    uint64_t tlps = round_ps / wire_duration_ps(wire, least) + 2 + 2 * (uint64_t)link->ack_every;
    return tlps < REPLAY_BUFFER_MOST ? (uint32_t)tlps : REPLAY_BUFFER_MOST;
}

/* The table's timer, and as much more as `ack_every` makes an Ack late. */
static uint64_t timer_ps(const struct data_link *link, const struct link_config *config)
{
    uint64_t timer_ps = link_replay_timer_ps(config);
    if (config->replay_timer_ps != 0 || link->ack_every <= 1)
        return timer_ps;
    const struct wire *wire = &link->egress->wire;
    uint32_t most = wire->overhead_bytes[TLP_MWR] + config->mps_bytes;
    return timer_ps + link->ack_every * (wire_duration_ps(wire, most) + link->ack_limit_ps);
}

void data_link_init(
    struct data_link *link, struct data_link *partner, struct egress *egress, const struct link_config *config)
{
    uint64_t limit_ps = link_latency_limit_ps(config);
    *link = (struct data_link){
        .egress = egress,
        .partner = partner,
        .dllp_bytes = config->dllp == LINK_DLLP_PHYSICAL && config->gen < LINK_FLIT_GEN ? DLLP_BYTES : 0,
        .repeats_fc = config->dllp == LINK_DLLP_PHYSICAL && config->gen < LINK_FLIT_GEN && config->updatefc_every == 0,
        .state = LINK_ACTIVE,
        .ack_every = every_of(config->ack_every, config),
        .ack_limit_ps = limit_ps,
        .nak_ps = TIME_NEVER,
        .ack_ps = TIME_NEVER,
        .training_ps = config->training_ps,
        .updates_policy =
            {
                .every = every_of(config->updatefc_every, config),
                .limit_ps = limit_ps,
                .most_data = (config->mps_bytes + CREDIT_DATA_BYTES - 1) / CREDIT_DATA_BYTES,
                .send = send_update,
                .give = give_credits,
                .sender = link,
            },
    };
    link->timer_ps = timer_ps(link, config);
    update_fc_repeats_init(&link->repeats);
    component_init(&link->component, &egress->fabric->simulation);
    event_init(&link->nak, &link->component, on_nak);
    event_init(&link->timer, &link->component, on_timer);
    event_init(&link->trained, &link->component, on_trained);
    event_init(&link->due, &link->component, on_due);
    replay_buffer_init(&link->buffer, buffer_tlps(link, config), config->ber != 0);
    bit_errors_init(&link->errors, 0, 0, "");
}

void data_link_set_errors(struct data_link *link, uint64_t rate, const char *name)
{
    if (rate != 0 && !bits_may_fail(link))
        replay_buffer_keep(&link->buffer, now_of(link), link->egress->wire.overhead_bytes[TLP_MWR]);
    bit_errors_init(&link->errors, rate, link->egress->fabric->simulation.seed, name);
}

void data_link_free(struct data_link *link)
{
    for (uint32_t index = 0; index < link->update_count; index++) {
        update_fc_free(link->updates[index]);
        free(link->updates[index]);
    }
    free(link->updates);
    replay_buffer_free(&link->buffer);
    *link = (struct data_link){0};
}

uint64_t data_link_held(const struct data_link *link)
{
    return link->buffer.next - link->buffer.taken;
}

bool data_link_is_valid(const struct data_link *link)
{
    for (uint32_t index = 0; index < link->update_count; index++)
        if (!update_fc_is_valid(link->updates[index]))
            return false;
    bool unacknowledged = link->ack_sent < link->partner->buffer.taken;
    return update_fc_repeats_is_valid(&link->repeats) && replay_buffer_is_valid(&link->buffer) &&
           link->resend <= link->buffer.next && (!unacknowledged || event_is_scheduled(&link->due)) &&
           link->ack_sent <= link->partner->buffer.taken &&
           (link->state == LINK_ACTIVE || link->state == LINK_RECOVERY || link->state == LINK_INACTIVE);
}
