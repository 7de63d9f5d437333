#include "fabric/adapter/dma_engine.h"

#include <stdlib.h>

#include "fabric/adapter/adapter.h"
#include "fabric/base/check.h"
#include "fabric/pcie/memory_request.h"

static const enum credit_type credit_types[OPERATION_KINDS] = {
    [OPERATION_WRITE] = CREDIT_POSTED, [OPERATION_READ] = CREDIT_NONPOSTED};

static struct fabric *fabric_of(const struct dma_engine *engine)
{
    return engine->fabric;
}

/* The next operation of the channel's sources, in turn; NULL when none has one now. */
static struct operation *pull(struct dma_engine *engine, struct dma_channel *channel, uint64_t now)
{
    uint64_t next_ps = TIME_NEVER;
    for (uint32_t asked = 0; asked < channel->source_count; asked++) {
        uint32_t index = channel->turn;
        channel->turn = index + 1 == channel->source_count ? 0 : index + 1;
        struct operation_source *source = channel->sources[index];
        struct operation *operation = source->ops->next(source, now);
        if (operation != NULL)
            return operation;
        if (source->next_ps < next_ps)
            next_ps = source->next_ps;
    }
    if (next_ps != TIME_NEVER)
        event_schedule_before(&engine->wake, next_ps);
    return NULL;
}

static struct tlp *make_request(struct dma_engine *engine, struct dma_channel *channel, enum operation_kind kind)
{
    const struct function_settings *settings = &engine->function->settings;
    struct operation *operation = channel->operation;
    uint64_t address = operation->address + channel->issued_bytes;
    uint32_t most = kind == OPERATION_WRITE ? settings->mps : settings->mrrs;
    most -= (uint32_t)(address % 4); /* MPS and MRRS bound whole DWs */
    uint32_t bytes = memory_request_bytes(address, operation->bytes - channel->issued_bytes, most);
    channel->issued_bytes += bytes;
    struct memory_requester requester = {settings->id, settings->vh};
    struct tlp *tlp = memory_request_create(fabric_of(engine), requester, operation, kind, address, bytes);
    if (kind == OPERATION_READ) {
        tlp->tag = read_table_take(&engine->function->adapter->reads, operation, engine, bytes);
        engine->reads_in_flight++;
    }
    return tlp;
}

/* Lets go of an operation of which everything has been issued. */
static void end_if_issued(struct dma_channel *channel)
{
    struct operation *operation = channel->operation;
    if (channel->issued_bytes < operation->bytes)
        return;
    channel->operation = NULL;
    operation_part_done(operation, 0);
}

/* Puts the channel's next request into the queue, if it is empty and there is one. */
static void advance(struct dma_engine *engine, enum operation_kind kind)
{
    struct dma_channel *channel = &engine->channels[kind];
    if (!tlp_fifo_is_empty(&engine->function->queue.fifos[credit_types[kind]]))
        return;
    uint64_t now = fabric_now_ps(fabric_of(engine));
    if (channel->operation == NULL) {
        struct operation *pulled = pull(engine, channel, now);
        if (pulled == NULL)
            return;
        channel->operation = pulled;
        channel->issued_bytes = 0;
        channel->ready_ps = pulled->arrival_ps;
    }
    if (kind == OPERATION_READ && !adapter_may_read(engine->function->adapter, engine))
        return;
    struct tlp *request = make_request(engine, channel, kind);
    uint64_t ready_ps = channel->ready_ps;
    end_if_issued(channel);
    egress_enqueue(&engine->function->queue, request, ready_ps);
}

static void on_wake(struct event *event)
{
    struct dma_engine *engine = CONTAINER_OF(event, struct dma_engine, wake);
    for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++)
        advance(engine, kind);
}

static void on_kick(struct operation_issuer *issuer, struct operation_source *source)
{
    advance(CONTAINER_OF(issuer, struct dma_engine, issuer), source->kind);
}

void dma_engine_init(struct dma_engine *engine, struct function *function)
{
    *engine =
        (struct dma_engine){.issuer = {.kick = on_kick}, .fabric = function->adapter->fabric, .function = function};
    component_init(&engine->component, &fabric_of(engine)->simulation);
    event_init(&engine->wake, &engine->component, on_wake);
}

void dma_engine_free(struct dma_engine *engine)
{
    for (int kind = 0; kind < OPERATION_KINDS; kind++)
        free(engine->channels[kind].sources);
    *engine = (struct dma_engine){0};
}

void dma_engine_add_source(struct dma_engine *engine, struct operation_source *source)
{
    struct dma_channel *channel = &engine->channels[source->kind];
    channel->sources = reallocarray(channel->sources, channel->source_count + 1, sizeof(struct operation_source *));
    CHECK(channel->sources != NULL);
    channel->sources[channel->source_count++] = source;
    source->issuer = &engine->issuer;
    event_schedule_before(&engine->wake, fabric_now_ps(fabric_of(engine)));
}

void dma_engine_sent(struct dma_engine *engine, enum operation_kind kind, uint64_t end_ps)
{
    /* The next request of the same operation could have gone when this one had. */
    engine->channels[kind].ready_ps = end_ps;
    advance(engine, kind);
}

void dma_engine_continue_reads(struct dma_engine *engine)
{
    engine->channels[OPERATION_READ].ready_ps = fabric_now_ps(fabric_of(engine));
    advance(engine, OPERATION_READ);
}

void dma_engine_read_ended(struct dma_engine *engine, struct operation *operation, bool failed)
{
    uint64_t now = fabric_now_ps(fabric_of(engine));
    engine->reads_in_flight--;
    if (failed)
        operation_part_failed(operation, now);
    else
        operation_part_done(operation, now);
}
