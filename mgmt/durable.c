#include "mgmt/durable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "mgmt/call.h"
#include "mgmt/changes.h"
#include "mgmt/dispatch.h"
#include "mgmt/durable_rows.h"
#include "mgmt/handlers.h"
#include "mgmt/limits.h"
#include "mgmt/log.h"
#include "mgmt/mriovd.h"
#include "mgmt/restore.h"
#include "mgmt/saving.h"

/* Numbers of events that are set aside at a time: a write every half of it. */
#define EVENTS_AHEAD 65536

/* The end of an operation on its way to the disk. */
struct durable_end {
    struct durable_end *next;
    uint64_t hold_from; /* events from here on are not to be told before */
};

/* --- events --- */

static void on_events(struct saving *saving, bool written)
{
    struct mriovd *daemon = saving->daemon;
    if (!written)
        return;
    daemon->durable.events_end = saving->number;
    watch_tell(daemon);
}

/* Has the numbers up to END be this life's. */
static void ask_events(struct mriovd *daemon, uint64_t end)
{
    struct saving *saving = saving_new(daemon, NULL, on_events);
    saving->number = daemon->durable.events_asked = end;
    record_add(&saving->record, "INSERT OR REPLACE INTO meta VALUES('events', ?)", "i", end);
    saving_start(saving);
}

static void on_written(struct saving *saving, bool written)
{
    (void)saving;
    (void)written;
}

/* Faults that nobody repaired are over: they are not to be there after a restart. */
static void write_faults(struct mriovd *daemon)
{
    struct saving *saving = saving_new(daemon, NULL, on_written);
    durable_rows_faults(&saving->record, daemon);
    saving_start(saving);
}

void durable_event(struct mriovd *daemon, const struct pcim_event *event)
{
    if (!durable_is_on(&daemon->durable))
        return;
    if (event->sequence + EVENTS_AHEAD / 2 > daemon->durable.events_asked)
        ask_events(daemon, event->sequence + EVENTS_AHEAD);
    if (event->kind == PCIM_EVENT_FAULT && event->operation == 0)
        write_faults(daemon);
}

uint64_t durable_told_end(const struct mriovd *daemon)
{
    const struct durable *durable = &daemon->durable;
    uint64_t end = daemon->pcim->events.next_sequence;
    if (!durable_is_on(durable))
        return end;
    if (durable->first_end != NULL && durable->first_end->hold_from < end)
        end = durable->first_end->hold_from;
    return durable->events_end < end ? durable->events_end : end;
}

/* The first event of this moment of simulated time: what an operation has changed is told just before its end. */
static uint64_t first_of_now(const struct mriovd *daemon)
{
    const struct pcim_event_log *log = &daemon->pcim->events;
    const struct durable_end *before = daemon->durable.last_end;
    uint64_t sequence = log->next_sequence, least = before != NULL ? before->hold_from : 1;
    while (sequence > least) {
        const struct pcim_event *event = pcim_event_log_find(log, sequence - 1);
        if (event == NULL || event->at_ps != pcim_now_ps(daemon->pcim))
            break;
        sequence--;
    }
    return sequence;
}

/* --- trouble --- */

/* A record that may not fail is what is tried until the file can be written again. */
static void on_trouble(void *context, const char *fault)
{
    struct mriovd *daemon = context;
    struct durable *durable = &daemon->durable;
    durable->behind = fault != NULL;
    if (fault != NULL)
        snprintf(durable->fault, sizeof durable->fault, "%s", fault);
    if (!durable->serving)
        return;
    if (fault != NULL) {
        log_line(LOG_FAULT, "--state: cannot be written, changes are refused: %s", fault);
        ask_events(daemon, daemon->pcim->events.next_sequence + EVENTS_AHEAD);
    } else {
        log_line(LOG_NOTE, "--state: is written again");
    }
}

bool durable_is_full(const struct durable *durable)
{
    return durable_is_on(durable) && durable->writer.bytes > LIMIT_UNSAVED_BYTES;
}

/* Those who were let in when it was just not full are few; who comes anew each time is not. */
static bool is_overfull(const struct durable *durable)
{
    return durable->writer.bytes > 2 * (size_t)LIMIT_UNSAVED_BYTES;
}

static void refuse_unwritten(struct call *call, const char *what)
{
    char message[PCIM_TEXT + STATE_FAULT_BYTES + 100];
    snprintf(
        message, sizeof message, "%s: the state cannot be written: %s%s", call->method->name,
        call->daemon->durable.fault, what);
    call_refuse_with(
        call, &(struct call_status){
                  .code = STATUS_UNAVAILABLE,
                  .message = message,
                  .hint = "ask again when the disk of --state has room and works: it is tried every second",
              });
}

bool durable_admits(struct call *call)
{
    const struct durable *durable = &call->daemon->durable;
    if (!durable_is_on(durable))
        return true;
    if (durable->behind)
        refuse_unwritten(call, "");
    else if (is_overfull(durable))
        call_refuse(
            call, STATUS_UNAVAILABLE, "%s: too many changes wait for the disk of --state: ask again later",
            call->method->name);
    else
        return true;
    return false;
}

/* --- changes that are accepted --- */

/* OPERATION's record is not on disk, and never will be: it was not asked for. */
static void withdraw(struct mriovd *daemon, struct pcim_operation *operation, struct change *change)
{
    free(change->key);
    change->key = NULL;
    if (!pcim_operation_has_ended(operation))
        pcim_withdraw(operation, "the state cannot be written");
    log_line(
        LOG_CAUTION, "operation %" PRIu64 ": withdrawn: the state cannot be written: %s", operation->id,
        daemon->durable.fault);
}

static void on_accepted(struct saving *saving, bool written)
{
    struct mriovd *daemon = saving->daemon;
    struct change *change = changes_find(&daemon->changes, saving->operation);
    struct pcim_operation *operation = pcim_operation_find(daemon->pcim, saving->operation);
    CHECK(change != NULL && operation != NULL); /* fewer wait than are kept: LIMIT_UNSAVED_BYTES */
    if (!written) {
        withdraw(daemon, operation, change);
    } else {
        change->unlisted = change->unsaved = false;
        if (!pcim_operation_has_ended(operation))
            pcim_go(operation);
    }
    clock_let(&daemon->clock);
    if (saving->call == NULL)
        return;
    if (written)
        change_answer(saving->call, operation, saving->wait);
    else
        refuse_unwritten(saving->call, "");
}

void durable_accept(struct call *call, struct pcim_operation *operation, bool wait)
{
    struct mriovd *daemon = call->daemon;
    struct change *change = changes_find(&daemon->changes, operation->id);
    struct saving *saving = saving_new(daemon, call, on_accepted);
    CHECK(change != NULL);
    saving->record.may_fail = true;
    saving->operation = operation->id;
    saving->wait = wait;
    change->unlisted = true;
    change->audit = audit_accepted(&saving->record, call, operation->id, operation->subject);
    durable_rows_accepted(&saving->record, daemon, operation);
    if (pcim_operation_has_ended(operation)) {
        change->unsaved = true;
        durable_rows_ended(&saving->record, daemon, operation, true);
    } else {
        pcim_hold(operation);
    }
    clock_hold(&daemon->clock);
    saving_start(saving);
}

static void on_accepted_again(struct saving *saving, bool written)
{
    const struct pcim_operation *operation = pcim_operation_find(saving->daemon->pcim, saving->operation);
    if (saving->call == NULL)
        return;
    if (written && operation != NULL)
        change_answer(saving->call, operation, saving->wait);
    else
        refuse_unwritten(saving->call, "");
}

void durable_accept_again(struct call *call, const struct pcim_operation *operation, bool wait)
{
    struct saving *saving = saving_new(call->daemon, call, on_accepted_again);
    saving->record.may_fail = true;
    saving->operation = operation->id;
    saving->wait = wait;
    saving_start(saving);
}

static void on_cancelled(struct saving *saving, bool written)
{
    const struct pcim_operation *operation = pcim_operation_find(saving->daemon->pcim, saving->operation);
    if (saving->call == NULL)
        return;
    if (!written)
        refuse_unwritten(saving->call, "; the operation is cancelled all the same");
    else if (operation != NULL)
        change_answer(saving->call, operation, false);
    else
        call_refuse(saving->call, STATUS_NOT_FOUND, "id: the operation is no longer kept");
}

void durable_cancelled(struct call *call, const struct pcim_operation *operation)
{
    struct saving *saving = saving_new(call->daemon, call, on_cancelled);
    saving->record.may_fail = true;
    saving->operation = operation->id;
    audit_accepted(&saving->record, call, operation->id, operation->subject);
    saving_start(saving);
}

/* --- changes that are refused --- */

static void on_refused(struct saving *saving, bool written)
{
    const struct pcim_refusal *refusal = &saving->refusal;
    (void)written; /* then only the log has it */
    if (saving->call != NULL)
        call_refuse_with(
            saving->call, &(struct call_status){
                              .code = refusal->code,
                              .message = refusal->message,
                              .holder = refusal->holder,
                              .hint = refusal->hint,
                              .generation = refusal->generation,
                          });
}

static void keep_text(char *place, size_t size, const char *text)
{
    snprintf(place, size, "%s", text != NULL ? text : "");
}

bool durable_refuse(struct call *call, const struct call_status *status)
{
    const struct durable *durable = &call->daemon->durable;
    if (!durable_is_on(durable) || durable->behind || is_overfull(durable))
        return false;
    struct saving *saving = saving_new(call->daemon, call, on_refused);
    struct pcim_refusal *refusal = &saving->refusal;
    refusal->code = status->code;
    refusal->generation = status->generation;
    keep_text(refusal->message, sizeof refusal->message, status->message);
    keep_text(refusal->holder, sizeof refusal->holder, status->holder);
    keep_text(refusal->hint, sizeof refusal->hint, status->hint);
    saving->record.may_fail = true;
    audit_refused(&saving->record, call, status->code, refusal->message);
    if (call->binds)
        durable_rows_refused(&saving->record, call->daemon);
    saving_start(saving);
    return true;
}

/* --- the daemon's own, and ends --- */

void durable_own(struct mriovd *daemon, const struct pcim_operation *operation)
{
    struct change *change = changes_find(&daemon->changes, operation->id);
    struct saving *saving = saving_new(daemon, NULL, on_written);
    CHECK(change != NULL);
    change->audit =
        audit_own(&saving->record, daemon, pcim_method_name(operation->method), operation->id, operation->subject);
    durable_rows_accepted(&saving->record, daemon, operation);
    saving_start(saving);
    if (pcim_operation_has_ended(operation))
        durable_ended(daemon, operation);
}

/* Not written: the daemon ends. Who waits has been answered that it does. */
static void on_ended(struct saving *saving, bool written)
{
    struct mriovd *daemon = saving->daemon;
    struct durable *durable = &daemon->durable;
    struct durable_end *end = durable->first_end;
    CHECK(end != NULL);
    durable->first_end = end->next;
    if (end->next == NULL)
        durable->last_end = NULL;
    free(end);
    if (!written)
        return;
    struct change *change = changes_find(&daemon->changes, saving->operation);
    const struct pcim_operation *operation = pcim_operation_find(daemon->pcim, saving->operation);
    if (change != NULL)
        change->unsaved = false;
    if (operation != NULL)
        change_answer_all(daemon, operation);
    watch_tell(daemon);
}

static void hold_events(struct mriovd *daemon)
{
    struct durable *durable = &daemon->durable;
    struct durable_end *end = malloc(sizeof *end);
    CHECK(end != NULL);
    *end = (struct durable_end){.hold_from = first_of_now(daemon)};
    *(durable->last_end != NULL ? &durable->last_end->next : &durable->first_end) = end;
    durable->last_end = end;
}

bool durable_ended(struct mriovd *daemon, const struct pcim_operation *operation)
{
    if (!durable_is_on(&daemon->durable) || operation->dry_run)
        return true;
    struct change *change = changes_find(&daemon->changes, operation->id);
    if (change != NULL && change->unlisted) /* withdrawn: nobody knows of it */
        return true;
    if (change == NULL)
        change = changes_add(&daemon->changes, operation->id, "scenario", "", 0);
    change->unsaved = true;
    struct saving *saving = saving_new(daemon, NULL, on_ended);
    saving->operation = operation->id;
    durable_rows_ended(&saving->record, daemon, operation, !daemon->durable.restoring);
    hold_events(daemon);
    saving_start(saving);
    return false;
}

/* --- life --- */

struct beginning {
    struct mriovd *daemon;
    struct record *record;
};

static void visit_owned(void *context, struct pcim_function_id id, const struct pcim_function *function)
{
    struct beginning *beginning = context;
    if (function->state != PCIM_MANAGED && !pcim_owner_is_nobody(function->owner) && id.pf != PCIM_BF)
        durable_rows_function(beginning->record, beginning->daemon, id);
}

/* The ownership of time zero is where the first operations start from. */
static void begin_new(struct mriovd *daemon)
{
    struct saving *saving = saving_new(daemon, NULL, on_written);
    struct beginning beginning = {.daemon = daemon, .record = &saving->record};
    pcim_each_function(&daemon->pcim->inventory, &beginning, visit_owned);
    record_add(&saving->record, "INSERT INTO meta VALUES('began', '')", "");
    saving_start(saving);
}

/* All that the file says is read before the writer has it. */
static bool restore(struct mriovd *daemon, char *why, size_t why_size)
{
    struct durable *durable = &daemon->durable;
    if (!audit_open(&durable->audit, &durable->state) || (!durable->state.is_new && !restore_past(daemon))) {
        snprintf(why, why_size, "%s", durable->state.fault);
        return false;
    }
    writer_init(&durable->writer, daemon->base, &durable->state);
    durable->writer.on_trouble = on_trouble;
    durable->writer.context = daemon;
    ask_events(daemon, daemon->pcim->events.next_sequence + EVENTS_AHEAD);
    if (!durable->state.is_new)
        return restore_rack(daemon, why, why_size);
    begin_new(daemon);
    return true;
}

bool durable_open(struct mriovd *daemon, const char *file, char *why, size_t why_size)
{
    struct durable *durable = &daemon->durable;
    if (file == NULL)
        return true;
    if (!state_open(&durable->state, file, daemon->scenario->name, why, why_size) || !restore(daemon, why, why_size))
        return false;
    writer_start(&durable->writer);
    if (!writer_flush(&durable->writer)) {
        snprintf(why, why_size, "%s", durable->fault);
        return false;
    }
    return durable->serving = true;
}

void durable_flush(struct mriovd *daemon)
{
    if (daemon->durable.serving)
        writer_flush(&daemon->durable.writer);
}

void durable_close(struct mriovd *daemon)
{
    daemon->durable.serving = false;
    writer_stop(&daemon->durable.writer);
    if (daemon->durable.state.db != NULL)
        state_close(&daemon->durable.state);
}
