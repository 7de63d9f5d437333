#include "mgmt/writer.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "fabric/base/check.h"

/* How long after a fault it is tried again: at first, as most are over soon, and at most; twice as long each time. */
#define RETRY_LEAST_MS 20
#define RETRY_MOST_MS 1000

/* --- lists --- */

static void append(struct record_list *list, struct record *record)
{
    record->next = NULL;
    *(list->last != NULL ? &list->last->next : &list->first) = record;
    list->last = record;
}

static struct record *take_first(struct record_list *list)
{
    struct record *record = list->first;
    if (record == NULL)
        return NULL;
    list->first = record->next;
    if (list->first == NULL)
        list->last = NULL;
    return record;
}

static void append_all(struct record_list *list, struct record_list *more)
{
    for (struct record *record = take_first(more); record != NULL; record = take_first(more))
        append(list, record);
}

/* --- the thread --- */

static bool write_record(struct state *state, const struct record *record)
{
    for (const struct record_step *step = record->first; step != NULL; step = step->next)
        if (!state_write(state, step))
            return false;
    return true;
}

static bool write_batch(struct state *state, const struct record_list *batch)
{
    bool done = state_begin(state);
    for (const struct record *record = batch->first; record != NULL && done; record = record->next)
        done = write_record(state, record);
    if (done && state_commit(state))
        return true;
    state_undo(state);
    return false;
}

static void wake_loop(struct writer *writer)
{
    const uint64_t one = 1;
    CHECK(write(writer->signal, &one, sizeof one) == sizeof one);
}

/* BATCH could not be written: who may fail does, the others are the first of the queue again. */
static void give_back(struct writer *writer, struct record_list *batch)
{
    struct record_list kept = {0};
    append_all(batch, &writer->queue);
    for (struct record *record = take_first(batch); record != NULL; record = take_first(batch))
        append(record->may_fail ? &writer->failed : &kept, record);
    writer->queue = kept;
}

static void rest_a_while(struct writer *writer, int rest_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + rest_ms * INT64_C(1000000);
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    while (!writer->stopping && pthread_cond_timedwait(&writer->work, &writer->lock, &until) == 0)
        ;
}

/* Writes all that waits, in one transaction. False: it could not. LOCK is held, but for the writing. */
static bool write_queue(struct writer *writer)
{
    struct record_list batch = writer->queue;
    writer->queue = (struct record_list){0};
    writer->busy = true;
    pthread_mutex_unlock(&writer->lock);
    bool done = write_batch(writer->state, &batch);
    pthread_mutex_lock(&writer->lock);
    writer->busy = false;
    writer->trouble = !done;
    if (done) {
        append_all(&writer->written, &batch);
    } else {
        memcpy(writer->fault, writer->state->fault, sizeof writer->fault);
        give_back(writer, &batch);
    }
    wake_loop(writer);
    pthread_cond_broadcast(&writer->rest);
    return done;
}

static void *run(void *context)
{
    struct writer *writer = context;
    int rest_ms = RETRY_LEAST_MS;
    pthread_mutex_lock(&writer->lock);
    for (;;) {
        while (writer->queue.first == NULL && !writer->stopping)
            pthread_cond_wait(&writer->work, &writer->lock);
        if (writer->queue.first == NULL)
            break;
        bool done = write_queue(writer);
        if (!done && writer->stopping)
            break;
        if (!done)
            rest_a_while(writer, rest_ms);
        rest_ms = done ? RETRY_LEAST_MS : 2 * rest_ms < RETRY_MOST_MS ? 2 * rest_ms : RETRY_MOST_MS;
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* --- the loop --- */

static void call_done(struct writer *writer, struct record_list *list, bool written)
{
    for (struct record *record = take_first(list); record != NULL; record = take_first(list)) {
        writer->bytes -= record->bytes;
        record->done(record, written);
    }
}

static void tell_trouble(struct writer *writer, bool trouble, const char *fault)
{
    if (trouble == writer->told_trouble)
        return;
    writer->told_trouble = trouble;
    writer->on_trouble(writer->context, trouble ? fault : NULL);
}

/* Trouble is told before what failed by it, its end after what was written then. */
static void take_over(struct writer *writer)
{
    char fault[STATE_FAULT_BYTES];
    pthread_mutex_lock(&writer->lock);
    struct record_list written = writer->written, failed = writer->failed;
    bool trouble = writer->trouble;
    memcpy(fault, writer->fault, sizeof fault);
    writer->written = writer->failed = (struct record_list){0};
    pthread_mutex_unlock(&writer->lock);
    call_done(writer, &written, true);
    if (trouble || failed.first != NULL)
        tell_trouble(writer, true, fault);
    call_done(writer, &failed, false);
    tell_trouble(writer, trouble, fault);
}

static void on_wake(evutil_socket_t socket, short what, void *context)
{
    (void)what;
    uint64_t times;
    if (read(socket, &times, sizeof times) == sizeof times)
        take_over(context);
}

/* Signals are the loop's. */
static void start_thread(struct writer *writer)
{
    sigset_t all, before;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    CHECK(pthread_create(&writer->thread, NULL, run, writer) == 0);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

void writer_init(struct writer *writer, struct event_base *base, struct state *state)
{
    pthread_condattr_t monotonic;
    *writer = (struct writer){.state = state, .takes = true};
    writer->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    writer->wake = event_new(base, writer->signal, EV_READ | EV_PERSIST, on_wake, writer);
    CHECK(writer->signal >= 0 && writer->wake != NULL && event_add(writer->wake, NULL) == 0);
    CHECK(pthread_condattr_init(&monotonic) == 0 && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_mutex_init(&writer->lock, NULL) == 0 && pthread_cond_init(&writer->work, &monotonic) == 0);
    CHECK(pthread_cond_init(&writer->rest, NULL) == 0);
    pthread_condattr_destroy(&monotonic);
}

void writer_start(struct writer *writer)
{
    CHECK(writer->takes && !writer->runs && writer->state->db != NULL && writer->on_trouble != NULL);
    start_thread(writer);
    writer->runs = true;
}

void writer_add(struct writer *writer, struct record *record)
{
    CHECK(writer->takes && record->done != NULL);
    writer->bytes += record->bytes;
    pthread_mutex_lock(&writer->lock);
    if (writer->trouble && record->may_fail) {
        append(&writer->failed, record);
        wake_loop(writer);
    } else {
        append(&writer->queue, record);
        if (!writer->trouble)
            pthread_cond_signal(&writer->work);
    }
    pthread_mutex_unlock(&writer->lock);
}

bool writer_flush(struct writer *writer)
{
    CHECK(writer->runs);
    pthread_mutex_lock(&writer->lock);
    while ((writer->queue.first != NULL || writer->busy) && !writer->trouble)
        pthread_cond_wait(&writer->rest, &writer->lock);
    bool done = !writer->trouble;
    pthread_mutex_unlock(&writer->lock);
    take_over(writer);
    return done;
}

void writer_stop(struct writer *writer)
{
    if (!writer->takes)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    if (writer->runs)
        CHECK(pthread_join(writer->thread, NULL) == 0);
    writer->takes = writer->runs = false;
    append_all(&writer->failed, &writer->queue);
    take_over(writer);
    event_free(writer->wake);
    close(writer->signal);
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->work);
    pthread_cond_destroy(&writer->rest);
}
