#include "fabric/adapter/dma_engine.h"

#include <stdlib.h>

#include "fabric/adapter/adapter.h"
#include "fabric/base/check.h"
#include "fabric/pcie/memory_request.h"

static const enum credit_type credit_types[OPERATION_KINDS] = {
    [OPERATION_WRITE] = CREDIT_POSTED, [OPERATION_READ] = CREDIT_NONPOSTED};

/* The next operation of the channel's sources, in turn; NULL when none has one now. */
static struct operation *pull(struct dma_channel *channel, uint64_t now)
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
        event_schedule_before(&channel->function->engine.wake, next_ps);
    return NULL;
}

static struct tlp *make_request(struct dma_channel *channel)
{
    struct function *function = channel->function;
    enum operation_kind kind = channel->kind;
    const struct function_settings *settings = &function->settings;
    struct operation *operation = channel->operation;
    uint64_t address = operation->address + channel->issued_bytes;
    uint32_t most = kind == OPERATION_WRITE ? settings->mps : settings->mrrs;
    most -= (uint32_t)(address % 4); /* MPS and MRRS bound whole DWs */
    uint32_t bytes = memory_request_bytes(address, operation->bytes - channel->issued_bytes, most);
    channel->issued_bytes += bytes;
    struct memory_requester requester = {settings->id, settings->vh};
    struct tlp *tlp = memory_request_create(function->fabric, requester, operation, kind, address, bytes);
    if (kind == OPERATION_READ) {
        tlp->tag = read_table_take(&function->adapter->reads, operation, &function->engine, bytes);
        function->engine.reads_in_flight++;
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
    operation->all_issued = true;
    operation_part_done(operation, 0);
}

/* When REQUEST of OPERATION, which could go at READY_PS, may go by LIMIT. */
static uint64_t
keep_to_limit(struct rate_limit *limit, struct operation *operation, const struct tlp *request, uint64_t ready_ps)
{
    uint64_t may_go_ps = rate_limit_take(limit, request->length_dw * 4u, ready_ps);
    operation_pass(operation, JOURNEY_SERIALISATION, ready_ps); /* of the request before it */
    operation_wait(operation, may_go_ps);
    return may_go_ps;
}

/* Puts the channel's next request into the queue, if it is empty and there is one. */
static void advance(struct dma_channel *channel)
{
    if (channel->held || !tlp_fifo_is_empty(&channel->queue->fifos[credit_types[channel->kind]]))
        return;
    struct function *function = channel->function;
    if (channel->operation == NULL) {
        struct operation *pulled = pull(channel, fabric_now_ps(function->fabric));
        if (pulled == NULL)
            return;
        channel->operation = pulled;
        channel->issued_bytes = 0;
        channel->ready_ps = pulled->arrival_ps;
        operation_pass(pulled, JOURNEY_SOURCE, fabric_now_ps(function->fabric));
    }
    if (channel->kind == OPERATION_READ && !adapter_may_read(function->adapter, &function->engine))
        return;
    struct operation *operation = channel->operation;
    struct tlp *request = make_request(channel);
    uint64_t ready_ps = channel->ready_ps;
    struct rate_limit *limit = &function->limits[channel->kind];
    if (__builtin_expect(rate_limit_is_set(limit), 0))
        ready_ps = keep_to_limit(limit, operation, request, ready_ps);
    end_if_issued(channel);
    egress_enqueue(channel->queue, request, ready_ps);
}

static void on_wake(struct event *event)
{
    const struct function *function = CONTAINER_OF(event, struct dma_engine, wake)->function;
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++)
            advance(&function->channels[vc].dma[kind]);
}

static struct dma_channel *channel_of(const struct dma_engine *engine, const struct operation_source *source)
{
    return &function_channel(engine->function, source->traffic_class)->dma[source->kind];
}

static void on_kick(struct operation_issuer *issuer, struct operation_source *source)
{
    advance(channel_of(CONTAINER_OF(issuer, struct dma_engine, issuer), source));
}

void dma_engine_init(struct dma_engine *engine, struct function *function)
{
    *engine =
        (struct dma_engine){.issuer = {.kick = on_kick}, .fabric = function->adapter->fabric, .function = function};
    component_init(&engine->component, &engine->fabric->simulation);
    event_init(&engine->wake, &engine->component, on_wake);
}

void dma_channel_init(
    struct dma_channel *channel, struct function *function, struct egress_queue *queue, enum operation_kind kind)
{
    *channel = (struct dma_channel){.function = function, .queue = queue, .kind = kind};
}

void dma_channel_free(struct dma_channel *channel)
{
    free(channel->sources);
    *channel = (struct dma_channel){0};
}

void dma_channel_sent(struct dma_channel *channel, uint64_t end_ps)
{
    /* The next request of the same operation could have gone when this one had. */
    channel->ready_ps = end_ps;
    advance(channel);
}

void dma_engine_add_source(struct dma_engine *engine, struct operation_source *source)
{
    struct dma_channel *channel = channel_of(engine, source);
    channel->sources = reallocarray(channel->sources, channel->source_count + 1, sizeof(struct operation_source *));
    CHECK(channel->sources != NULL);
    channel->sources[channel->source_count++] = source;
    source->issuer = &engine->issuer;
    source->back_ps = fabric_now_ps(engine->fabric);
    event_schedule_before(&engine->wake, fabric_now_ps(engine->fabric));
}

/* A tag may be free at NOW: the operation that waits for one has waited until then. */
static void offer_tag(struct dma_channel *channel, uint64_t now)
{
    bool waits = channel->operation != NULL && tlp_fifo_is_empty(&channel->queue->fifos[CREDIT_NONPOSTED]);
    if (waits) {
        operation_pass(channel->operation, JOURNEY_SERIALISATION, channel->ready_ps); /* of the request before it */
        operation_wait(channel->operation, now);
    }
    channel->ready_ps = now;
    advance(channel);
}

void dma_engine_continue_reads(struct dma_engine *engine)
{
    const struct function *function = engine->function;
    uint32_t vc = engine->read_turn;
    for (uint32_t asked = 0; asked < function->channel_count; asked++) {
        struct dma_channel *channel = &function->channels[vc].dma[OPERATION_READ];
        uint32_t in_flight = engine->reads_in_flight;
        vc = vc + 1 == function->channel_count ? 0 : vc + 1;
        offer_tag(channel, fabric_now_ps(engine->fabric));
        if (engine->reads_in_flight > in_flight)
            engine->read_turn = vc; /* it has had a tag: the others come first */
    }
}

void dma_engine_read_ended(struct dma_engine *engine, struct operation *operation, bool failed)
{
    uint64_t now = fabric_now_ps(engine->fabric);
    engine->reads_in_flight--;
    if (failed)
        operation_part_failed(operation, now);
    else
        operation_part_done(operation, now);
}

/* --- stopping --- */

/* Who serves a source that nobody serves. */
static void ignore(struct operation_issuer *issuer, struct operation_source *source)
{
    (void)issuer;
    (void)source;
}

static struct operation_issuer nobody = {.kick = ignore};

/* A part of OPERATION fails now. Returns 1 when that ended it. */
static uint32_t fail_part(const struct dma_engine *engine, struct operation *operation)
{
    bool last = operation->parts == 1;
    operation_part_failed(operation, fabric_now_ps(engine->fabric));
    return last;
}

/* What CHANNEL is issuing fails. */
static uint32_t abort_issue(struct dma_channel *channel)
{
    struct operation *operation = channel->operation;
    if (operation == NULL)
        return 0;
    channel->operation = NULL;
    channel->issued_bytes = 0;
    return fail_part(&channel->function->engine, operation);
}

void dma_engine_remove_source(struct dma_engine *engine, struct operation_source *source)
{
    struct dma_channel *channel = channel_of(engine, source);
    uint32_t kept = 0;
    for (uint32_t index = 0; index < channel->source_count; index++)
        if (channel->sources[index] != source)
            channel->sources[kept++] = channel->sources[index];
    CHECK(kept + 1 == channel->source_count);
    channel->source_count = kept;
    channel->turn = 0;
    source->issuer = &nobody;
    if (channel->operation == NULL || channel->operation->source != source)
        return;
    abort_issue(channel);
    event_schedule_before(&engine->wake, fabric_now_ps(engine->fabric)); /* the others go on */
}

void dma_engine_forget_sources(struct dma_engine *engine)
{
    const struct function *function = engine->function;
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++) {
            struct dma_channel *channel = &function->channels[vc].dma[kind];
            for (uint32_t index = 0; index < channel->source_count; index++)
                channel->sources[index]->issuer = &nobody;
            channel->source_count = 0;
            channel->turn = 0;
        }
}

static void hold_channel(struct dma_channel *channel, bool held, uint64_t now)
{
    for (uint32_t index = 0; channel->held && !held && index < channel->source_count; index++)
        channel->sources[index]->back_ps = now;
    channel->held = held;
}

void dma_engine_hold(struct dma_engine *engine, bool held)
{
    const struct function *function = engine->function;
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++)
            hold_channel(&function->channels[vc].dma[kind], held, fabric_now_ps(engine->fabric));
    if (held)
        wait_line_remove(&function->adapter->waiting, &engine->waiter); /* a tag is for who can use it */
    else
        event_schedule_before(&engine->wake, fabric_now_ps(engine->fabric));
}

uint32_t dma_engine_abort_reads(struct dma_engine *engine)
{
    struct read_table *reads = &engine->function->adapter->reads;
    uint32_t ended = 0;
    for (uint32_t index = 0; index < reads->space && engine->reads_in_flight > 0; index++) {
        if (reads->reads[index].operation == NULL || reads->reads[index].requester != engine)
            continue;
        struct pending_read read = read_table_abort(reads, index);
        engine->reads_in_flight--;
        ended += fail_part(engine, read.operation);
    }
    CHECK(engine->reads_in_flight == 0);
    return ended;
}

uint32_t dma_engine_abort(struct dma_engine *engine)
{
    const struct function *function = engine->function;
    uint32_t ended = dma_engine_abort_reads(engine);
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++)
            ended += abort_issue(&function->channels[vc].dma[kind]);
    event_cancel(&engine->wake);
    return ended;
}
