/* Watch: MR-PCIM's events, as they come and from its log. */
#include <inttypes.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "mgmt/call.h"
#include "mgmt/handlers.h"
#include "mgmt/mriovd.h"
#include "proto/mriov.pb-c.h"

/* One who watches. */
struct watcher {
    struct watcher *previous, *next; /* the daemon's */
    struct call *call;
    uint64_t sequence; /* of the event that comes next */
    uint32_t kinds;    /* bits of Event.Kind; 0: all */
};

_Static_assert((int)PCIM_EVENT_GAP + 1 == (int)MRIOV__V1__EVENT__KIND__GAP, "kinds of events");

static void send_event(struct call *call, Mriov__V1__Event *event)
{
    Mriov__V1__WatchResponse response = MRIOV__V1__WATCH_RESPONSE__INIT;
    response.event = event;
    call_answer_more(call, &response.base);
}

/* Says that all before OLDEST is lost. */
static void send_gap(struct watcher *watcher, uint64_t oldest)
{
    Mriov__V1__Event event = MRIOV__V1__EVENT__INIT;
    event.sequence = event.gap_to = oldest - 1;
    event.gap_from = watcher->sequence;
    event.at_ns = mriovd_now_ns(watcher->call->daemon);
    event.kind = MRIOV__V1__EVENT__KIND__GAP;
    watcher->sequence = oldest;
    send_event(watcher->call, &event);
}

static void send_found(struct watcher *watcher, const struct pcim_event *found)
{
    Mriov__V1__Event event = MRIOV__V1__EVENT__INIT;
    uint32_t kind = (uint32_t)found->kind + 1;
    watcher->sequence++;
    if (watcher->kinds != 0 && (watcher->kinds >> kind & 1) == 0)
        return;
    event.sequence = found->sequence;
    event.at_ns = found->at_ps / PS_PER_NS;
    event.kind = (Mriov__V1__Event__Kind)kind;
    event.target = (char *)found->subject;
    event.detail = (char *)found->detail;
    event.generation = found->generation;
    event.operation = found->operation;
    send_event(watcher->call, &event);
}

/* Sends what there is, as far as the client has room: the log keeps the rest for it, as long as it can. */
static void send_on(struct call *call)
{
    struct watcher *watcher = call->context;
    const struct pcim_event_log *log = &call->daemon->pcim->events;
    uint64_t end = durable_told_end(call->daemon), oldest = pcim_event_log_oldest(log);
    while (watcher->sequence < end && call_has_room(call)) {
        if (watcher->sequence < oldest)
            send_gap(watcher, oldest < end ? oldest : end);
        else
            send_found(watcher, pcim_event_log_find(log, watcher->sequence));
    }
}

void watch_tell(struct mriovd *daemon)
{
    daemon->watched = daemon->pcim->events.next_sequence;
    for (struct watcher *watcher = daemon->watchers; watcher != NULL; watcher = watcher->next)
        send_on(watcher->call);
}

static void on_slice(void *context)
{
    struct mriovd *daemon = context;
    if (daemon->watched < daemon->pcim->events.next_sequence)
        watch_tell(daemon);
}

/* Within the simulation, which answers do not touch. With a state file, what an operation has changed is told with its
 * end, which is not known yet: after the slice, or when the log would lose it. */
static void on_event(void *context, const struct pcim_event *event)
{
    struct mriovd *daemon = context;
    const struct pcim_operation *operation =
        event->kind == PCIM_EVENT_OPERATION ? pcim_operation_find(daemon->pcim, event->operation) : NULL;
    if (operation != NULL && pcim_operation_has_ended(operation)) {
        change_ended(daemon, operation);
        advance_ended(daemon, operation);
    }
    durable_event(daemon, event);
    if (!durable_is_on(&daemon->durable) || !daemon->clock.in_slice ||
        event->sequence - daemon->watched > PCIM_EVENTS_KEPT / 2)
        watch_tell(daemon);
}

void watch_start(struct mriovd *daemon, struct pcim *pcim)
{
    daemon->pcim = pcim;
    pcim->events.listener = on_event;
    pcim->events.context = daemon;
    daemon->watched = pcim->events.next_sequence;
    daemon->clock.on_slice = on_slice;
}

static void end_watching(struct call *call)
{
    struct watcher *watcher = call->context;
    *(watcher->previous != NULL ? &watcher->previous->next : &call->daemon->watchers) = watcher->next;
    if (watcher->next != NULL)
        watcher->next->previous = watcher->previous;
    free(watcher);
}

void handle_watch(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__WatchRequest *request = (const Mriov__V1__WatchRequest *)message;
    struct mriovd *daemon = call->daemon;
    struct pcim_event_log *log = &daemon->pcim->events;
    if (request->from_sequence > log->next_sequence) {
        call_refuse(call, STATUS_INVALID_ARGUMENT, "from_sequence: the next event is %" PRIu64, log->next_sequence);
        return;
    }
    struct watcher *watcher = calloc(1, sizeof *watcher);
    CHECK(watcher != NULL);
    *watcher = (struct watcher){
        .next = daemon->watchers,
        .call = call,
        .sequence = request->from_sequence != 0 ? request->from_sequence : log->next_sequence,
    };
    for (size_t i = 0; i < request->n_kinds; i++)
        watcher->kinds |= UINT32_C(1) << request->kinds[i];
    if (watcher->next != NULL)
        watcher->next->previous = watcher;
    daemon->watchers = watcher;
    call->context = watcher;
    call->on_end = end_watching;
    call->on_room = send_on;
    send_on(call);
}
