#include "fabric/pcim/event_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"

void pcim_event_log_init(struct pcim_event_log *log, uint64_t first)
{
    CHECK(first > 0);
    *log = (struct pcim_event_log){.next_sequence = first, .first_sequence = first};
    log->events = calloc(PCIM_EVENTS_KEPT, sizeof *log->events);
    CHECK(log->events != NULL);
}

void pcim_event_log_free(struct pcim_event_log *log)
{
    free(log->events);
    *log = (struct pcim_event_log){0};
}

const struct pcim_event *pcim_event_log_add(
    struct pcim_event_log *log, uint64_t at_ps, enum pcim_event_kind kind, uint64_t operation, uint64_t generation,
    const char *subject, const char *format, ...)
{
    CHECK(kind < PCIM_EVENT_KINDS);
    struct pcim_event *event = &log->events[log->next_sequence % PCIM_EVENTS_KEPT];
    *event = (struct pcim_event){
        .sequence = log->next_sequence++,
        .at_ps = at_ps,
        .kind = kind,
        .operation = operation,
        .generation = generation,
    };
    snprintf(event->subject, sizeof event->subject, "%s", subject);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event->detail, sizeof event->detail, format, arguments);
    va_end(arguments);
    if (log->listener != NULL)
        log->listener(log->context, event);
    return event;
}

uint64_t pcim_event_log_oldest(const struct pcim_event_log *log)
{
    uint64_t kept = log->next_sequence - log->first_sequence;
    return log->next_sequence - (kept < PCIM_EVENTS_KEPT ? kept : PCIM_EVENTS_KEPT);
}

const struct pcim_event *pcim_event_log_find(const struct pcim_event_log *log, uint64_t sequence)
{
    if (sequence < pcim_event_log_oldest(log) || sequence >= log->next_sequence)
        return NULL;
    return &log->events[sequence % PCIM_EVENTS_KEPT];
}

const char *pcim_event_kind_name(enum pcim_event_kind kind)
{
    static const char *const names[PCIM_EVENT_KINDS] = {
        [PCIM_EVENT_LINK] = "LINK",         [PCIM_EVENT_SLOT] = "SLOT",   [PCIM_EVENT_ASSIGNED] = "ASSIGNED",
        [PCIM_EVENT_RELEASED] = "RELEASED", [PCIM_EVENT_MOVED] = "MOVED", [PCIM_EVENT_OPERATION] = "OPERATION",
        [PCIM_EVENT_ERROR] = "ERROR",       [PCIM_EVENT_FAULT] = "FAULT", [PCIM_EVENT_QOS] = "QOS",
        [PCIM_EVENT_GUEST] = "GUEST",       [PCIM_EVENT_CLOCK] = "CLOCK", [PCIM_EVENT_GAP] = "GAP",
    };
    CHECK(kind < PCIM_EVENT_KINDS);
    return names[kind];
}
