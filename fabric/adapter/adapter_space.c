#include "fabric/adapter/adapter_space.h"

#include <stdlib.h>

#include "fabric/adapter/adapter.h"
#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_express.h"

void adapter_open_space(struct adapter *adapter, uint32_t space, uint64_t bar_base, uint32_t slot_count)
{
    CHECK(space < adapter->space_count && adapter->spaces[space].slots == NULL);
    adapter->spaces[space] = (struct adapter_space){
        .adapter = adapter,
        .pf_base = bar_base,
        .pf_bytes = FUNCTION_BAR_BYTES,
        .vf_base = bar_base + FUNCTION_BAR_BYTES,
        .vf_bytes = FUNCTION_BAR_BYTES * (slot_count - 1),
        .slot_count = slot_count,
        .slots = calloc(slot_count, sizeof(struct function *)),
    };
    CHECK(slot_count > 0 && adapter->spaces[space].slots != NULL);
}

/* --- what registers say --- */

/* Where BARs are. */
static void apply_bars(struct adapter_space *space)
{
    space->pf_bytes = config_device_bar(&space->device, 0, &space->pf_base);
    space->vf_bytes = 0;
    uint32_t last = config_device_last_vf(&space->device);
    if (last == 0)
        return;
    uint64_t a_vf = config_device_bar(&space->device, last, &space->vf_base);
    if (a_vf != FUNCTION_BAR_BYTES)
        return;
    space->vf_base -= a_vf * (last - 1);
    space->vf_bytes = a_vf * last;
}

/* What the function in SLOT does. Beyond a translator that is its owner's registers' to say, not MR-PCIM's. */
static void apply_function(struct adapter_space *space, uint32_t slot)
{
    struct function *function = space->slots[slot];
    if (function == NULL || space->adapter->translated)
        return;
    struct function_settings settings = function->settings;
    bool exists = config_device_id(&space->device, slot, &settings.id);
    bool may_issue = space->memory == NULL || vf_array_may_issue(&space->memory->vfs, slot);
    function_allow(function, exists, may_issue && config_device_is_master(&space->device, slot));
    if (!exists)
        return;
    const struct config_space *pf = config_device_pf(&space->device, slot);
    uint16_t express = capability_find(pf->layout, CAPABILITY_EXPRESS);
    config_device_bar(&space->device, slot, &settings.bar_base);
    settings.mps = express_mps_bytes(pf, express);
    settings.mrrs = express_mrrs_bytes(pf, express);
    function_configure(function, &settings);
}

static void apply_all(struct adapter_space *space)
{
    if (space->memory != NULL)
        pf_memory_settle(space->memory);
    apply_bars(space);
    for (uint32_t slot = 0; slot < space->slot_count; slot++)
        apply_function(space, slot);
}

/* A VF's registers say nothing of the others. */
static void on_written(void *owner, uint32_t place)
{
    struct adapter_space *space = owner;
    if (place == 0)
        apply_all(space);
    else
        apply_function(space, place);
}

void adapter_reset_memory(struct adapter_space *space)
{
    if (space->memory != NULL)
        pf_memory_reset(space->memory);
}

static void on_reset(void *owner, uint32_t place)
{
    struct adapter_space *space = owner;
    if (place == 0)
        adapter_reset_memory(space);
    if (space->slots[place] != NULL)
        function_begin_reset(space->slots[place], space->adapter->config.flr_delay_ps);
}

static bool retries(void *owner, uint32_t place)
{
    const struct adapter_space *space = owner;
    return space->slots[place] != NULL && space->slots[place]->resetting;
}

static bool pending(void *owner, uint32_t place)
{
    const struct adapter_space *space = owner;
    return space->slots[place] != NULL && space->slots[place]->engine.reads_in_flight > 0;
}

void adapter_present(struct adapter *adapter, uint32_t index, uint16_t vh, const struct config_device_config *config)
{
    CHECK(index < adapter->space_count);
    struct adapter_space *space = &adapter->spaces[index];
    CHECK(space->slot_count == config->count && config->function.bar_bytes == FUNCTION_BAR_BYTES);
    config_device_init(&space->device, &adapter->fabric->shelf, config);
    space->device.owner = space;
    space->device.written = on_written;
    space->device.reset = on_reset;
    space->device.retries = retries;
    space->device.pending = pending;
    space->vh = vh;
    space->memory = pf_memory_new(space);
    adapter_open_answers(adapter, vh);
    apply_all(space);
}

void adapter_apply(struct adapter *adapter, uint32_t space)
{
    CHECK(space < adapter->space_count && adapter->spaces[space].device.count > 0);
    apply_all(&adapter->spaces[space]);
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
    function->memory = slot == 0 ? adapter->spaces[space].memory : NULL;
    if (adapter->spaces[space].device.count > 0)
        apply_function(&adapter->spaces[space], slot);
    return function;
}

void adapter_on_reset(struct port *port, uint16_t vh)
{
    struct adapter *adapter = CONTAINER_OF(port, struct adapter, port);
    uint32_t index = port->mr ? vh : 0;
    struct adapter_space *space = index < adapter->space_count ? &adapter->spaces[index] : NULL;
    if (space == NULL || space->device.count == 0 || space->vh != vh)
        return;
    for (uint32_t slot = 0; slot < space->slot_count; slot++)
        if (space->slots[slot] != NULL)
            function_begin_reset(space->slots[slot], adapter->config.flr_delay_ps);
    adapter_reset_memory(space);
    config_device_reset(&space->device);
}
