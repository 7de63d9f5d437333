#include "fabric/adapter/adapter.h"

#include <stdlib.h>

#include "fabric/adapter/adapter_commands.h"
#include "fabric/adapter/adapter_errors.h"
#include "fabric/adapter/adapter_fault.h"
#include "fabric/adapter/adapter_turn.h"
#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/completion_timeout.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/stale.h"

static bool function_is_at_bound(const struct adapter *adapter, const struct dma_engine *engine)
{
    uint32_t bound = adapter->config.function_outstanding;
    return bound != 0 && engine->reads_in_flight >= bound;
}

bool adapter_may_read(struct adapter *adapter, struct dma_engine *engine)
{
    if (function_is_at_bound(adapter, engine))
        return false; /* the end of one of its own reads lets it go on */
    if (!read_table_is_full(&adapter->reads))
        return true;
    wait_line_join(&adapter->waiting, &engine->waiter);
    return false;
}

/* A tag is free: the function that has waited longest has it, or the one whose turn it is, and goes to the end of the
 * line for its next. */
static void serve_waiting(struct adapter *adapter)
{
    bool plain = !adapter->tags.guarantees && !adapter->tags.weighs;
    struct waiter *waiter = plain ? wait_line_leave(&adapter->waiting)
                                  : tag_turns_leave(&adapter->tags, &adapter->waiting, fabric_now_ps(adapter->fabric));
    if (waiter != NULL)
        dma_engine_continue_reads(CONTAINER_OF(waiter, struct dma_engine, waiter));
}

/* --- completion timeouts --- */

/* What the hierarchy of SPACE wants. */
static uint64_t timeout_of(const struct adapter *adapter, const struct adapter_space *space)
{
    const struct config_space *pf = space->device.count > 0 ? &space->device.functions[0] : NULL;
    return completion_timeout_of(pf, adapter->config.completion_timeout_ps);
}

static uint64_t read_limit_ps(const struct read_table *table, const struct pending_read *read)
{
    const struct adapter *adapter = CONTAINER_OF(table, struct adapter, reads);
    const struct dma_engine *engine = read->requester;
    return timeout_of(adapter, &adapter->spaces[adapter->port.mr ? engine->function->settings.vh : 0]);
}

static void on_read_expired(struct read_table *table, const struct pending_read *read)
{
    struct adapter *adapter = CONTAINER_OF(table, struct adapter, reads);
    struct dma_engine *engine = read->requester;
    fabric_count_error(adapter->fabric, engine->function->settings.vh, FABRIC_ERROR_TIMEOUT);
    function_report(engine->function, &(struct error_report){.error = AER_COMPLETION_TIMEOUT});
    serve_waiting(adapter);
    dma_engine_read_ended(engine, read->operation, true);
    dma_engine_continue_reads(engine);
}

static const struct read_timeouts read_timeouts = {.limit_ps = read_limit_ps, .expired = on_read_expired};

void adapter_apply_timeouts(struct adapter *adapter)
{
    uint64_t least_ps = TIME_NEVER;
    for (uint32_t index = 0; index < adapter->space_count; index++) {
        uint64_t timeout_ps = timeout_of(adapter, &adapter->spaces[index]);
        least_ps = timeout_ps < least_ps ? timeout_ps : least_ps;
    }
    read_table_watch(&adapter->reads, &adapter->fabric->simulation, &read_timeouts, least_ps);
}

void adapter_tags_freed(struct adapter *adapter, uint32_t count)
{
    while (count-- > 0)
        serve_waiting(adapter);
}

/* --- completions --- */

/* True when COMPLETION has the tag of a read of a function whose ID it does not have: software has given that ID to
 * somebody else. */
static bool is_for_another(const struct adapter *adapter, const struct tlp *completion)
{
    const struct dma_engine *engine = read_table_requester(&adapter->reads, completion->tag);
    if (engine == NULL)
        return false;
    const struct function_settings *settings = &engine->function->settings;
    return completion->requester_id != settings->id || completion->vh != settings->vh;
}

static void receive_completion(struct adapter *adapter, struct tlp *completion)
{
    struct pending_read read;
    enum read_progress progress =
        is_for_another(adapter, completion) ? READ_UNEXPECTED : read_table_complete(&adapter->reads, completion, &read);
    if (progress == READ_UNEXPECTED) {
        const struct error_report report = {.error = AER_UNEXPECTED_COMPLETION, .advisory = true, .tlp = completion};
        adapter_report(adapter, &report);
        fabric_drop_tlp(adapter->fabric, completion, DROP_UNEXPECTED_COMPLETION);
        return;
    }
    struct dma_engine *engine = read.requester;
    if (__builtin_expect((completion->attributes & TLP_POISONED) != 0, 0))
        function_report(engine->function, &(struct error_report){.error = AER_POISONED, .tlp = completion});
    function_count(engine->function, completion);
    fabric_deliver_tlp(adapter->fabric, completion, engine->function->settings.vh);
    if (progress == READ_GOES_ON)
        return;
    serve_waiting(adapter); /* before a source that hears of the end wants the tag for its next */
    dma_engine_read_ended(engine, read.operation, progress == READ_FAILED);
    dma_engine_continue_reads(engine);
}

static struct function *find_function(const struct adapter *adapter, const struct tlp *request)
{
    uint32_t index = adapter->port.mr ? request->vh : 0;
    CHECK(index < adapter->space_count);
    const struct adapter_space *space = &adapter->spaces[index];
    if (request->address - space->pf_base < space->pf_bytes)
        return space->slots[0];
    uint64_t offset = request->address - space->vf_base;
    return offset < space->vf_bytes ? space->slots[offset / FUNCTION_BAR_BYTES + 1] : NULL;
}

/* --- answers --- */

/* The queue for answers of TRAFFIC_CLASS in hierarchy VH. */
static struct egress_queue *answers_in(struct adapter *adapter, uint16_t vh, uint8_t traffic_class)
{
    struct egress *egress = &adapter->port.egress;
    CHECK(vh < egress->vh_count);
    if (adapter->answers == NULL) {
        adapter->answers = calloc((size_t)egress->vh_count * egress->vc_count, sizeof(struct egress_queue *));
        CHECK(adapter->answers != NULL);
    }
    uint32_t vc = egress_vc(egress->vc_count, traffic_class);
    struct egress_queue **answers = &adapter->answers[vh * egress->vc_count + vc];
    if (*answers == NULL) {
        *answers = cache_line_calloc(1, sizeof **answers);
        egress_add_queue(egress, *answers, vh, vc, NULL);
        if (vh == EGRESS_MANAGEMENT_VH)
            egress_queue_manage(*answers);
    }
    return *answers;
}

void adapter_open_answers(struct adapter *adapter, uint16_t vh)
{
    answers_in(adapter, vh, 0);
}

void adapter_send_message(struct adapter *adapter, struct tlp *message)
{
    egress_enqueue(answers_in(adapter, message->vh, 0), message, fabric_now_ps(adapter->fabric));
}

void adapter_answer(struct adapter *adapter, struct tlp *completion)
{
    uint64_t at_ps = fabric_now_ps(adapter->fabric) + latency_draw_ps(&adapter->bar_latency);
    egress_enqueue(answers_in(adapter, completion->vh, completion->traffic_class), completion, at_ps);
}

void adapter_answer_refusal(struct adapter *adapter, const struct tlp *tlp, uint16_t completer_id)
{
    adapter_answer(adapter, config_access_answer(adapter->fabric, tlp, TLP_STATUS_UR, 0, completer_id, tlp->vh));
}

void adapter_refuse(struct adapter *adapter, struct tlp *request, uint16_t completer_id, enum drop_reason reason)
{
    if (tlp_credit_type(request) == CREDIT_NONPOSTED && request->generation != STALE_REQUESTER)
        adapter_answer_refusal(adapter, request, completer_id);
    operation_tlp_failed(request, fabric_now_ps(adapter->fabric));
    if (reason == DROP_STALE)
        fabric_drop_stale_tlp(adapter->fabric, request);
    else
        fabric_drop_tlp(adapter->fabric, request, reason);
}

/* Answers REQUEST, a configuration request, and takes it over. */
static void configure(struct adapter *adapter, struct tlp *request)
{
    struct adapter_space *space = &adapter->spaces[adapter->port.mr ? request->vh : 0];
    uint32_t value = 0;
    enum tlp_status status = config_device_answer(&space->device, request, &value);
    if (config_access_is_write(request->type))
        adapter_apply_timeouts(adapter);
    if (adapter->commands != NULL && space == &adapter->spaces[0])
        command_registers_written(&adapter->commands->registers);
    struct tlp *completion =
        config_access_answer(adapter->fabric, request, status, value, request->completer_id, space->vh);
    fabric_deliver_tlp(adapter->fabric, request, space->vh);
    adapter_answer(adapter, completion);
}

static bool has_registers(const struct adapter *adapter, const struct tlp *request)
{
    return adapter->spaces[adapter->port.mr ? request->vh : 0].device.count > 0;
}

/* While hosts boot no function is active, but registers are (hostsim/rack/boot.h). */
static bool is_for_pf_memory(const struct adapter *adapter, const struct tlp *request)
{
    const struct adapter_space *space = &adapter->spaces[adapter->port.mr ? request->vh : 0];
    return adapter->port.mr && space->memory != NULL && space->slots[0] == NULL &&
           tlp_traits[request->type].by_address && request->address - space->pf_base < space->pf_bytes &&
           pf_memory_is_for(space->memory, request);
}

/* Who says that REQUEST is not supported: the one that is asked, or the first that could have been. */
static uint16_t refuser_of(const struct adapter *adapter, const struct tlp *request)
{
    const struct adapter_space *space = &adapter->spaces[adapter->port.mr ? request->vh : 0];
    if (config_access_is(request->type))
        return request->completer_id;
    if (!adapter->translated)
        return (uint16_t)(space->device.bus << 8);
    uint64_t place = (request->address - space->pf_base) / FUNCTION_BAR_BYTES;
    return (uint16_t)(adapter->native_first_id + place);
}

void adapter_receive(struct port *port, struct tlp *tlp)
{
    struct adapter *adapter = CONTAINER_OF(port, struct adapter, port);
    uint64_t now = fabric_now_ps(adapter->fabric);
    port_release(port, tlp, now);
    if (!tlp_traits[tlp->type].is_request) {
        receive_completion(adapter, tlp);
        return;
    }
    struct function *function = tlp_traits[tlp->type].by_address ? find_function(adapter, tlp) : NULL;
    if (function != NULL && !function->resetting) {
        function_receive(function, tlp);
        return;
    }
    if (config_access_is(tlp->type) && has_registers(adapter, tlp)) {
        configure(adapter, tlp);
        return;
    }
    if (function == NULL && is_for_pf_memory(adapter, tlp)) {
        pf_memory_access(adapter->spaces[tlp->vh].memory, tlp);
        return;
    }
    adapter->unsupported_requests++;
    fabric_count_error(adapter->fabric, tlp->vh, FABRIC_ERROR_UR);
    const struct error_report report = {
        .error = AER_UNSUPPORTED_REQUEST,
        .advisory = tlp_credit_type(tlp) == CREDIT_NONPOSTED,
        .tlp = tlp,
    };
    if (!config_access_is(tlp->type))
        adapter_report(adapter, &report);
    adapter_refuse(adapter, tlp, refuser_of(adapter, tlp), DROP_UNSUPPORTED_REQUEST);
}

/* Of an exclusive adapter an answer would go to whom it belongs to now, not to who asked. */
void adapter_receive_stale(struct port *port, struct tlp *tlp)
{
    struct adapter *adapter = CONTAINER_OF(port, struct adapter, port);
    bool answered = tlp->generation == STALE_TARGET && tlp_credit_type(tlp) == CREDIT_NONPOSTED;
    if (answered && (port->mr || adapter->translated))
        adapter_answer_refusal(adapter, tlp, refuser_of(adapter, tlp));
    port_drop_stale(port, tlp);
}

struct function *adapter_function_for(const struct adapter *adapter, const struct tlp *tlp)
{
    if (!tlp_traits[tlp->type].is_request) {
        const struct dma_engine *engine = read_table_requester(&adapter->reads, tlp->tag);
        return engine != NULL ? engine->function : NULL;
    }
    return tlp_traits[tlp->type].by_address ? find_function(adapter, tlp) : NULL;
}

const struct port_ops adapter_port_ops = {
    .name = "adapter",
    .on_tlp = adapter_receive,
    .on_turned = adapter_turned,
    .on_stale = adapter_receive_stale,
    .on_link = adapter_on_link,
    .on_virtual_link = adapter_on_virtual_link,
    .on_reset = adapter_on_reset,
};

void adapter_init(
    struct adapter *adapter, struct fabric *fabric, const struct adapter_config *config, uint32_t function_count,
    uint32_t space_count)
{
    *adapter = (struct adapter){
        .port = {.ops = &adapter_port_ops},
        .fabric = fabric,
        .config = *config,
        .functions = cache_line_calloc(function_count, sizeof *adapter->functions),
        .function_count = function_count,
        .spaces = calloc(space_count, sizeof *adapter->spaces),
        .space_count = space_count,
    };
    CHECK(adapter->spaces != NULL);
    read_table_init(&adapter->reads, config->outstanding);
    latency_init(&adapter->bar_latency, config->bar_latency, fabric->simulation.seed, "bar", config->name);
}

void adapter_start(struct adapter *adapter)
{
    adapter->port.egress.interval_ps = adapter->config.issue_interval_ps;
    adapter_apply_timeouts(adapter);
}

static uint32_t answer_queues(const struct adapter *adapter)
{
    return adapter->port.egress.vh_count * adapter->port.egress.vc_count;
}

void adapter_free(struct adapter *adapter)
{
    for (uint32_t index = 0; index < adapter->function_count; index++)
        function_free(&adapter->functions[index]);
    for (uint32_t space = 0; space < adapter->space_count; space++)
        free(adapter->spaces[space].slots);
    for (uint32_t space = 0; space < adapter->space_count; space++)
        config_device_free(&adapter->spaces[space].device);
    for (uint32_t space = 0; space < adapter->space_count; space++)
        pf_memory_free(adapter->spaces[space].memory);
    for (uint32_t index = 0; adapter->answers != NULL && index < answer_queues(adapter); index++)
        free(adapter->answers[index]);
    free(adapter->answers);
    adapter_commands_free(adapter->commands);
    free(adapter->offered);
    read_table_free(&adapter->reads);
    port_free(&adapter->port);
    free(adapter->spaces);
    free(adapter->functions);
    *adapter = (struct adapter){0};
}

static bool function_is_valid(const struct function *function)
{
    if (!function->active)
        return true;
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        if (!completer_is_valid(&function->channels[vc].completer))
            return false;
    return function->engine.function == function;
}

static bool spaces_are_valid(const struct adapter *adapter)
{
    for (uint32_t space = 0; space < adapter->space_count; space++)
        if (!config_device_is_valid(&adapter->spaces[space].device) ||
            (adapter->spaces[space].memory != NULL && !pf_memory_is_valid(adapter->spaces[space].memory)))
            return false;
    return true;
}

bool adapter_is_valid(const struct adapter *adapter)
{
    uint32_t reads = 0;
    for (uint32_t index = 0; index < adapter->function_count; index++) {
        if (!function_is_valid(&adapter->functions[index]))
            return false;
        reads += adapter->functions[index].engine.reads_in_flight;
    }
    return spaces_are_valid(adapter) && reads == read_table_in_flight(&adapter->reads) &&
           read_table_is_valid(&adapter->reads) && egress_is_valid(&adapter->port.egress);
}
