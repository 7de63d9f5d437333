#include "fabric/adapter/function.h"

#include <stdlib.h>

#include "fabric/adapter/adapter.h"
#include "fabric/adapter/adapter_errors.h"
#include "fabric/adapter/adapter_fault.h"
#include "fabric/adapter/pf_memory.h"
#include "fabric/base/check.h"
#include "fabric/pcie/egress_hold.h"
#include "fabric/pcie/stale.h"

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

/* Likewise while it is to send bad data. The TLP is on the wire, and nobody has looked at it. */
static void on_sent_poisoned(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    struct function *function = CONTAINER_OF(queue, struct function_channel, queue)->dma[OPERATION_WRITE].function;
    if (tlp_traits[tlp->type].has_data) {
        tlp->attributes |= TLP_POISONED;
        function_poison(function, function->tlps_to_poison - 1);
    }
    on_sent(queue, tlp, end_ps);
}

void function_poison(struct function *function, uint32_t count)
{
    function->tlps_to_poison = count;
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        function->channels[vc].queue.on_sent = count > 0 ? on_sent_poisoned : on_sent;
}

static void configure_completer(struct function_channel *channel, const struct function_settings *settings)
{
    completer_configure(
        &channel->completer, &(struct completer_config){
                                 .chunk_bytes = settings->mps,
                                 .boundary_bytes = COMPLETION_BOUNDARY_BYTES,
                                 .vh = settings->vh,
                                 .completer_id = settings->id,
                             });
}

/* Its share as settings have it, from now on: of turns at the port, and of free tags. */
static void set_weight(struct function_channel *channel, const struct function_settings *settings)
{
    uint32_t weight = settings->weight > 0 ? settings->weight : 1;
    egress_queue_weigh(&channel->queue, weight);
    if (weight > 1)
        channel->dma[OPERATION_READ].function->adapter->tags.weighs = true;
}

/* Limits and guarantees as settings have them, from now on. */
static void set_rates(struct function *function)
{
    const struct function_settings *settings = &function->settings;
    for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++)
        rate_limit_set(&function->limits[kind], settings->max_bps);
    for (enum guarantee_direction direction = 0; direction < GUARANTEE_DIRECTIONS; direction++)
        rate_guarantee_set(&function->guarantees[direction], settings->min_bps, fabric_now_ps(function->fabric));
    if (settings->min_bps == 0)
        return;
    function->adapter->tags.guarantees = true;
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        egress_queue_guarantee(&function->channels[vc].queue, function->guarantees);
}

static void open_channel(struct function *function, uint32_t vc)
{
    const struct function_settings *settings = &function->settings;
    struct function_channel *channel = &function->channels[vc];
    egress_add_queue(&function->adapter->port.egress, &channel->queue, settings->vh, vc, on_sent);
    for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++)
        dma_channel_init(&channel->dma[kind], function, &channel->queue, kind);
    set_weight(channel, settings);
    completer_init(
        &channel->completer, function->adapter->fabric, &channel->queue,
        &(struct completer_config){
            .chunk_bytes = settings->mps,
            .boundary_bytes = COMPLETION_BOUNDARY_BYTES,
            .vh = settings->vh,
            .completer_id = settings->id,
        });
}

static void on_reset_over(struct event *event);

/* For the first hierarchy that it is in. */
static void make(struct function *function, struct adapter *adapter)
{
    function->adapter = adapter;
    function->fabric = adapter->fabric;
    function->channel_count = adapter->port.egress.vc_count;
    function->channels = cache_line_calloc(function->channel_count, sizeof *function->channels);
    dma_engine_init(&function->engine, function);
    event_init(&function->reset_over, &function->engine.component, on_reset_over);
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        open_channel(function, vc);
}

/* For another one. */
static void move(struct function *function)
{
    for (uint32_t vc = 0; vc < function->channel_count; vc++) {
        struct function_channel *channel = &function->channels[vc];
        egress_move_queue(&channel->queue, function->settings.vh, vc);
        set_weight(channel, &function->settings);
        configure_completer(channel, &function->settings);
    }
    function_hold_as_allowed(function);
}

void function_activate(struct function *function, struct adapter *adapter, const struct function_settings *settings)
{
    CHECK(!function->active);
    function->settings = *settings;
    function->active = true;
    function->exists = true;
    function->master = true;
    function->failed = false;
    function->completions_to_lose = 0;
    function->unreachable = !link_is_up(&adapter->port);
    function->written_ps = 0;
    if (function->channels != NULL)
        move(function);
    else
        make(function, adapter);
    if (function->unreachable)
        function_hold_as_allowed(function);
    set_rates(function);
}

/* --- stopping --- */

/* Whose native names are looked for on the link of a translated adapter. */
struct native {
    const struct function *function;
    bool reads_only;
    uint32_t count;
};

static void condemn_native(struct tlp *tlp, void *context)
{
    struct native *native = context;
    const struct function_settings *settings = &native->function->settings;
    bool to_bar = tlp_traits[tlp->type].by_address && tlp->address - settings->bar_base < FUNCTION_BAR_BYTES;
    bool own = tlp->requester_id == settings->id && (!native->reads_only || tlp_credit_type(tlp) != CREDIT_POSTED);
    if (stale_is_condemned(tlp) || !(own || (to_bar && !native->reads_only)))
        return;
    stale_condemn(tlp, own ? STALE_REQUESTER : STALE_TARGET);
    native->count++;
}

/* Condemns what FUNCTION has under way, or only its reads. Beyond the translator of its port it has another name, and
 * is that one's to condemn. */
static uint32_t condemn_elsewhere(const struct function *function, bool reads_only)
{
    const struct function_settings *settings = &function->settings;
    if (settings->id >> 8 == 0)
        return 0; /* it has no ID yet: bus 0 is the root complex's */
    if (!function->adapter->translated)
        return stale_condemn_requester(function->fabric, settings->vh, settings->id, reads_only);
    struct native native = {.function = function, .reads_only = reads_only};
    stale_visit_egress(&function->adapter->port.egress, condemn_native, &native);
    stale_visit_egress(&function->adapter->port.peer->egress, condemn_native, &native);
    return native.count;
}

static void refuse_read(struct tlp *read, void *context)
{
    struct function *function = context;
    adapter_refuse(function->adapter, read, function->settings.id, DROP_STALE);
}

/* What waited in the queue of a function that stops. Of a read that is answered in full the last completion may be
 * there: it fails instead. */
static void end_queued(struct egress_queue *queue, struct tlp *tlp)
{
    struct function_channel *channel = CONTAINER_OF(queue, struct function_channel, queue);
    struct function *function = channel->dma[OPERATION_WRITE].function;
    bool ends_read = !tlp_traits[tlp->type].is_request && channel->completer.current == NULL;
    if (ends_read && !stale_is_condemned(tlp))
        adapter_answer_refusal(function->adapter, tlp, function->settings.id);
    operation_tlp_failed(tlp, fabric_now_ps(function->fabric));
    fabric_drop_stale_tlp(function->fabric, tlp);
}

static uint32_t empty_channel(struct function *function, struct function_channel *channel)
{
    uint32_t tlps = 0;
    for (int type = 0; type < CREDIT_TYPES; type++)
        tlps += (uint32_t)tlp_list_count(channel->queue.fifos[type].first);
    channel->queue.on_sent = NULL; /* nobody makes the next one */
    egress_queue_drain(&channel->queue, end_queued);
    channel->queue.on_sent = function->tlps_to_poison > 0 ? on_sent_poisoned : on_sent;
    completer_abort(&channel->completer, refuse_read, function);
    return tlps;
}

struct function_stopped function_stop(struct function *function, bool keeps)
{
    CHECK(function->active);
    struct function_stopped stopped = {0};
    uint32_t reads = function->engine.reads_in_flight;
    dma_engine_hold(&function->engine, true);
    stopped.tlps = condemn_elsewhere(function, keeps);
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        stopped.tlps += empty_channel(function, &function->channels[vc]);
    stopped.operations = dma_engine_abort(&function->engine);
    adapter_tags_freed(function->adapter, reads);
    return stopped;
}

struct function_stopped function_deactivate(struct function *function)
{
    struct function_stopped stopped = function_stop(function, false);
    dma_engine_forget_sources(&function->engine);
    event_cancel(&function->reset_over);
    function->resetting = false;
    function->active = false;
    function->memory = NULL;
    return stopped;
}

struct function_stopped function_disown(struct function *function)
{
    struct function_stopped stopped = function_stop(function, false);
    dma_engine_forget_sources(&function->engine);
    function_hold_as_allowed(function);
    return stopped;
}

/* --- what its registers say --- */

void function_hold_as_allowed(struct function *function)
{
    bool allowed = function->active && function->exists && function->master && !function->resetting &&
                   !function->unreachable && !function->failed;
    dma_engine_hold(&function->engine, !allowed);
}

void function_configure(struct function *function, const struct function_settings *settings)
{
    CHECK(function->active && settings->vh == function->settings.vh);
    uint32_t reads = function->engine.reads_in_flight;
    if (settings->id != function->settings.id && reads > 0) {
        condemn_elsewhere(function, true);
        dma_engine_abort_reads(&function->engine);
        adapter_tags_freed(function->adapter, reads);
    }
    bool new_rates = settings->min_bps != function->settings.min_bps || settings->max_bps != function->settings.max_bps;
    function->settings = *settings;
    if (new_rates)
        set_rates(function);
    for (uint32_t vc = 0; vc < function->channel_count; vc++) {
        set_weight(&function->channels[vc], settings);
        configure_completer(&function->channels[vc], settings);
    }
}

void function_set_rates(struct function *function, uint32_t weight, uint64_t min_bps, uint64_t max_bps)
{
    struct function_settings settings = function->settings;
    settings.weight = weight;
    settings.min_bps = min_bps;
    settings.max_bps = max_bps;
    function_configure(function, &settings);
}

void function_allow(struct function *function, bool exists, bool master)
{
    CHECK(function->active);
    if (function->exists && !exists)
        function_stop(function, true);
    if (exists == function->exists && master == function->master)
        return;
    function->exists = exists;
    function->master = master;
    function_hold_as_allowed(function);
}

/* --- reset --- */

static void end_reset(struct function *function)
{
    function->resetting = false;
    function_hold_as_allowed(function);
}

static void on_reset_over(struct event *event)
{
    end_reset(CONTAINER_OF(event, struct function, reset_over));
}

struct function_stopped function_begin_reset(struct function *function, uint64_t delay_ps)
{
    struct function_stopped stopped = function_stop(function, true);
    function->resetting = true;
    event_cancel(&function->reset_over);
    if (delay_ps == 0)
        end_reset(function);
    else
        event_schedule(&function->reset_over, fabric_now_ps(function->fabric) + delay_ps);
    return stopped;
}

/* --- traffic --- */

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
    if (function->memory != NULL && pf_memory_is_for(function->memory, request)) {
        function_count(function, request);
        pf_memory_access(function->memory, request);
        return;
    }
    uint64_t done_ps = fabric_now_ps(fabric) + latency_draw_ps(&function->adapter->bar_latency);
    if (done_ps < function->written_ps)
        done_ps = function->written_ps; /* latencies that are drawn do not put a request before a write */
    function_count(function, request);
    if (__builtin_expect((request->attributes & TLP_POISONED) != 0, 0)) {
        function_report(function, &(struct error_report){.error = AER_POISONED, .tlp = request});
        operation_tlp_failed(request, done_ps);
        fabric_deliver_tlp(fabric, request, function->settings.vh);
        return;
    }
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
