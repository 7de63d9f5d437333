#include "fabric/adapter/function.h"

#include "fabric/adapter/adapter.h"
#include "fabric/base/check.h"

/* The read completion boundary of endpoints (base specification 2.3.1.1). */
#define COMPLETION_BOUNDARY_BYTES 128

void function_count(struct function *function, const struct tlp *tlp)
{
    struct fabric *fabric = function->queue.egress->fabric;
    if (!window_contains(&fabric->window, fabric_now_ps(fabric)))
        return;
    function->tlps++;
    function->payload_bytes += tlp_payload_bytes(tlp);
}

static void on_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    struct function *function = CONTAINER_OF(queue, struct function, queue);
    function_count(function, tlp);
    if (!tlp_traits[tlp->type].is_request)
        completer_sent(&function->completer);
    else if (tlp_credit_type(tlp) == CREDIT_POSTED)
        dma_engine_sent(&function->engine, OPERATION_WRITE, end_ps);
    else
        dma_engine_sent(&function->engine, OPERATION_READ, end_ps);
}

void function_activate(struct function *function, struct adapter *adapter, const struct function_settings *settings)
{
    CHECK(!function->active);
    *function = (struct function){.adapter = adapter, .active = true, .settings = *settings};
    egress_add_queue(&adapter->port.egress, &function->queue, settings->vh, 0, on_sent);
    dma_engine_init(&function->engine, function);
    completer_init(
        &function->completer, adapter->fabric, &function->queue,
        &(struct completer_config){
            .chunk_bytes = settings->mps,
            .boundary_bytes = COMPLETION_BOUNDARY_BYTES,
            .vh = settings->vh,
            .completer_id = settings->id,
        });
}

void function_free(struct function *function)
{
    if (function->active)
        dma_engine_free(&function->engine);
}

void function_receive(struct function *function, struct tlp *request)
{
    struct fabric *fabric = function->adapter->fabric;
    uint64_t done_ps = fabric_now_ps(fabric) + function->adapter->config.bar_latency_ps;
    function_count(function, request);
    if (tlp_credit_type(request) == CREDIT_NONPOSTED) {
        completer_answer(&function->completer, request, done_ps);
        return;
    }
    if (request->operation != NULL)
        operation_part_done(request->operation, done_ps);
    fabric_deliver_tlp(fabric, request, function->settings.vh);
}
