#include "fabric/adapter/adapter.h"

#include <stdlib.h>

#include "fabric/base/check.h"

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
    if (request->address < space->bar_base)
        return NULL;
    uint64_t slot = (request->address - space->bar_base) / FUNCTION_BAR_BYTES;
    return slot < space->slot_count ? space->slots[slot] : NULL;
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
    adapter->unsupported_requests++;
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
        .functions = calloc(function_count, sizeof *adapter->functions),
        .function_count = function_count,
        .spaces = calloc(space_count, sizeof *adapter->spaces),
        .space_count = space_count,
    };
    CHECK(adapter->functions != NULL && adapter->spaces != NULL);
    read_table_init(&adapter->reads, config->outstanding);
}

void adapter_start(struct adapter *adapter)
{
    adapter->port.egress.interval_ps = adapter->config.issue_interval_ps;
}

void adapter_free(struct adapter *adapter)
{
    for (uint32_t index = 0; index < adapter->function_count; index++)
        function_free(&adapter->functions[index]);
    for (uint32_t space = 0; space < adapter->space_count; space++)
        free(adapter->spaces[space].slots);
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
        .bar_base = bar_base, .slot_count = slot_count, .slots = calloc(slot_count, sizeof(struct function *))};
    CHECK(adapter->spaces[space].slots != NULL);
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

bool adapter_is_valid(const struct adapter *adapter)
{
    uint32_t reads = 0;
    for (uint32_t index = 0; index < adapter->function_count; index++) {
        if (!function_is_valid(&adapter->functions[index]))
            return false;
        reads += adapter->functions[index].engine.reads_in_flight;
    }
    return reads == adapter->reads.size - adapter->reads.free_count && read_table_is_valid(&adapter->reads) &&
           egress_is_valid(&adapter->port.egress);
}
