#include "fabric/adapter/adapter.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/completion_timeout.h"
#include "fabric/pcie/config_access.h"

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

/* A tag is free: the function that has waited longest has it, and goes to the end of the line for its next. */
static void serve_waiting(struct adapter *adapter)
{
    struct waiter *waiter = wait_line_leave(&adapter->waiting);
    if (waiter != NULL)
        dma_engine_continue_reads(CONTAINER_OF(waiter, struct dma_engine, waiter));
}

/* --- completion timeouts --- */

/* What the hierarchy of SPACE wants. */
static uint64_t timeout_of(const struct adapter *adapter, const struct adapter_space *space)
{
    uint32_t control = 0;
    if (space->device.count > 0) {
        const struct config_space *pf = &space->device.functions[0];
        uint16_t express = capability_find(pf->layout, CAPABILITY_EXPRESS);
        control = config_space_get(pf, express + EXPRESS_DEVICE_CONTROL_2, 2);
    }
    return completion_timeout_ps(control, adapter->config.completion_timeout_ps);
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
    if (least_ps != adapter->reads.least_ps)
        read_table_watch(&adapter->reads, &adapter->fabric->simulation, &read_timeouts, least_ps);
}

static void receive_completion(struct adapter *adapter, struct tlp *completion)
{
    struct pending_read read;
    enum read_progress progress = read_table_complete(&adapter->reads, completion, &read);
    if (progress == READ_UNEXPECTED) {
        fabric_drop_tlp(adapter->fabric, completion, DROP_UNEXPECTED_COMPLETION);
        return;
    }
    struct dma_engine *engine = read.requester;
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

/* Answers REQUEST, a configuration request, and takes it over. */
static void configure(struct adapter *adapter, struct tlp *request)
{
    struct adapter_space *space = &adapter->spaces[adapter->port.mr ? request->vh : 0];
    uint32_t value = 0;
    enum tlp_status status = config_device_answer(&space->device, request, &value);
    if (config_access_is_write(request->type))
        adapter_apply_timeouts(adapter);
    struct tlp *answer =
        config_access_answer(adapter->fabric, request, status, value, request->completer_id, space->vh);
    fabric_deliver_tlp(adapter->fabric, request, space->vh);
    egress_enqueue(&space->answers, answer, fabric_now_ps(adapter->fabric) + latency_draw_ps(&adapter->bar_latency));
}

static bool has_registers(const struct adapter *adapter, const struct tlp *request)
{
    return adapter->spaces[adapter->port.mr ? request->vh : 0].device.count > 0;
}

static void on_tlp(struct port *port, struct tlp *tlp)
{
    struct adapter *adapter = CONTAINER_OF(port, struct adapter, port);
    uint64_t now = fabric_now_ps(adapter->fabric);
    port_release(port, tlp, now);
    if (!tlp_traits[tlp->type].is_request) {
        receive_completion(adapter, tlp);
        return;
    }
    struct function *function = tlp_traits[tlp->type].by_address ? find_function(adapter, tlp) : NULL;
    if (function != NULL) {
        function_receive(function, tlp);
        return;
    }
    if (config_access_is(tlp->type) && has_registers(adapter, tlp)) {
        configure(adapter, tlp);
        return;
    }
    adapter->unsupported_requests++;
    fabric_count_error(adapter->fabric, tlp->vh, FABRIC_ERROR_UR);
    operation_tlp_failed(tlp, now);
    fabric_drop_tlp(adapter->fabric, tlp, DROP_UNSUPPORTED_REQUEST);
}

static const struct port_ops adapter_port_ops = {.name = "adapter", .on_tlp = on_tlp};

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

void adapter_free(struct adapter *adapter)
{
    for (uint32_t index = 0; index < adapter->function_count; index++)
        function_free(&adapter->functions[index]);
    for (uint32_t space = 0; space < adapter->space_count; space++)
        free(adapter->spaces[space].slots);
    for (uint32_t space = 0; space < adapter->space_count; space++)
        config_device_free(&adapter->spaces[space].device);
    read_table_free(&adapter->reads);
    port_free(&adapter->port);
    free(adapter->spaces);
    free(adapter->functions);
    *adapter = (struct adapter){0};
}

void adapter_open_space(struct adapter *adapter, uint32_t space, uint64_t bar_base, uint32_t slot_count)
{
    CHECK(space < adapter->space_count && adapter->spaces[space].slots == NULL);
    adapter->spaces[space] = (struct adapter_space){
        .pf_base = bar_base,
        .pf_bytes = FUNCTION_BAR_BYTES,
        .vf_base = bar_base + FUNCTION_BAR_BYTES,
        .vf_bytes = FUNCTION_BAR_BYTES * (slot_count - 1),
        .slot_count = slot_count,
        .slots = calloc(slot_count, sizeof(struct function *)),
    };
    CHECK(slot_count > 0 && adapter->spaces[space].slots != NULL);
}

static void apply(struct adapter_space *space)
{
    space->pf_bytes = config_device_bar(&space->device, 0, &space->pf_base);
    space->vf_bytes = 0;
    if (space->slot_count == 1)
        return;
    uint64_t a_vf = config_device_bar(&space->device, 1, &space->vf_base);
    uint32_t vfs = 0;
    uint16_t id;
    while (a_vf == FUNCTION_BAR_BYTES && vfs + 1 < space->slot_count && config_device_id(&space->device, vfs + 1, &id))
        vfs++;
    space->vf_bytes = a_vf * vfs;
}

static void on_registers_written(void *owner, uint32_t place)
{
    if (place == 0)
        apply(owner);
}

void adapter_present(struct adapter *adapter, uint32_t index, uint16_t vh, const struct config_device_config *config)
{
    CHECK(index < adapter->space_count);
    struct adapter_space *space = &adapter->spaces[index];
    CHECK(space->slot_count == config->count && config->function.bar_bytes == FUNCTION_BAR_BYTES);
    config_device_init(&space->device, &adapter->fabric->shelf, config);
    space->device.owner = space;
    space->device.written = on_registers_written;
    space->vh = vh;
    egress_add_queue(&adapter->port.egress, &space->answers, vh, 0, NULL);
    apply(space);
}

void adapter_apply(struct adapter *adapter, uint32_t space)
{
    CHECK(space < adapter->space_count && adapter->spaces[space].device.count > 0);
    apply(&adapter->spaces[space]);
    adapter_apply_timeouts(adapter);
}

struct function *adapter_activate(
    struct adapter *adapter, uint32_t index, uint32_t space, uint32_t slot, const struct function_settings *settings)
{
    CHECK(index < adapter->function_count && space < adapter->space_count);
    CHECK(slot < adapter->spaces[space].slot_count && adapter->spaces[space].slots[slot] == NULL);
    struct function *function = &adapter->functions[index];
    adapter->spaces[space].slots[slot] = function;
    function_activate(function, adapter, settings);
    return function;
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
        if (!config_device_is_valid(&adapter->spaces[space].device))
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
