#include "mgmt/saving.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "mgmt/call.h"
#include "mgmt/connection.h"
#include "mgmt/mriovd.h"

/* The call ends before its record is on disk. */
static void forget_call(struct call *call)
{
    struct saving *saving = call->context;
    call->connection->saving--;
    saving->call = NULL;
}

static void on_done(struct record *record, bool written)
{
    struct saving *saving = CONTAINER_OF(record, struct saving, record);
    if (saving->call != NULL) {
        saving->call->on_end = NULL;
        saving->call->context = NULL;
        saving->call->connection->saving--;
    }
    saving->done(saving, written);
    record_clear(&saving->record);
    free(saving);
}

struct saving *saving_new(struct mriovd *daemon, struct call *call, void (*done)(struct saving *saving, bool written))
{
    struct saving *saving = malloc(sizeof *saving);
    CHECK(saving != NULL);
    *saving = (struct saving){
        .daemon = daemon, .call = call, .done = done, .record = {.done = on_done, .bytes = sizeof *saving}};
    if (call != NULL) {
        CHECK(call->on_end == NULL && call->context == NULL);
        call->context = saving;
        call->connection->saving++;
        call->on_end = forget_call;
    }
    return saving;
}

void saving_start(struct saving *saving)
{
    writer_add(&saving->daemon->durable.writer, &saving->record);
}
