#include "fabric/adapter/function.h"

#include <stdlib.h>

#include "fabric/adapter/adapter.h"
#include "fabric/base/check.h"

/* The read completion boundary of endpoints (base specification 2.3.1.1). */
#define COMPLETION_BOUNDARY_BYTES 128

void function_count(struct function *function, const struct tlp *tlp)
{
    struct fabric *fabric = function->fabric;
    if (!window_contains(&fabric->window, fabric_now_ps(fabric)))
        return;
    function->tlps++;
    function->payload_bytes += tlp_payload_bytes(tlp);
}

static void on_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    struct function_channel *channel = CONTAINER_OF(queue, struct function_channel, queue);
    function_count(channel->dma[OPERATION_WRITE].function, tlp);
    if (!tlp_traits[tlp->type].is_request)
        completer_sent(&channel->completer);
    else
        dma_channel_sent(
            &channel->dma[tlp_credit_type(tlp) == CREDIT_POSTED ? OPERATION_WRITE : OPERATION_READ], end_ps);
}

static void open_channel(struct function *function, uint32_t vc)
{
    const struct function_settings *settings = &function->settings;
    struct function_channel *channel = &function->channels[vc];
    egress_add_queue(&function->adapter->port.egress, &channel->queue, settings->vh, vc, on_sent);
    if (settings->weight > 0)
        channel->queue.weight = settings->weight;
    for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++)
        dma_channel_init(&channel->dma[kind], function, &channel->queue, kind);
    completer_init(
        &channel->completer, function->adapter->fabric, &channel->queue,
        &(struct completer_config){
            .chunk_bytes = settings->mps,
            .boundary_bytes = COMPLETION_BOUNDARY_BYTES,
            .vh = settings->vh,
            .completer_id = settings->id,
        });
}

void function_activate(struct function *function, struct adapter *adapter, const struct function_settings *settings)
{
    CHECK(!function->active);
    uint32_t channel_count = adapter->port.egress.vc_count;
    *function = (struct function){
        .adapter = adapter,
        .fabric = adapter->fabric,
        .active = true,
        .settings = *settings,
        .channels = cache_line_calloc(channel_count, sizeof *function->channels),
        .channel_count = channel_count,
    };
    dma_engine_init(&function->engine, function);
    for (uint32_t vc = 0; vc < channel_count; vc++)
        open_channel(function, vc);
}

void function_free(struct function *function)
{
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        for (int kind = 0; kind < OPERATION_KINDS; kind++)
            dma_channel_free(&function->channels[vc].dma[kind]);
    free(function->channels);
    *function = (struct function){0};
}

void function_receive(struct function *function, struct tlp *request)
{
    struct fabric *fabric = function->adapter->fabric;
    uint64_t done_ps = fabric_now_ps(fabric) + latency_draw_ps(&function->adapter->bar_latency);
    if (done_ps < function->written_ps)
        done_ps = function->written_ps; /* latencies that are drawn do not put a request before a write */
    function_count(function, request);
    if ((request->attributes & TLP_JOURNEY) != 0)
        journey_arrive(&request->operation->journey, fabric_now_ps(fabric), JOURNEY_ADAPTER, done_ps);
    if (tlp_credit_type(request) == CREDIT_NONPOSTED) {
        completer_answer(&function_channel(function, request->traffic_class)->completer, request, done_ps);
        return;
    }
    function->written_ps = done_ps;
    if (request->operation != NULL)
        operation_part_done(request->operation, done_ps);
    fabric_deliver_tlp(fabric, request, function->settings.vh);
}
