#include "fabric/adapter/adapter_hierarchy.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/egress_hold.h"
#include "fabric/pcie/stale.h"
#include "fabric/switch/translator.h"

/* What functions go by until software says otherwise (base specification 7.5.3.4). */
#define MPS_AT_RESET 128
#define MRRS_AT_RESET 512

static uint32_t space_of(const struct adapter *adapter, uint16_t vh)
{
    return adapter->port.mr ? vh : 0;
}

static void add(struct adapter_left *left, struct function_stopped stopped)
{
    left->operations += stopped.operations;
    left->tlps += stopped.tlps;
}

bool adapter_has_hierarchy(const struct adapter *adapter, uint16_t vh)
{
    uint32_t index = space_of(adapter, vh);
    return index < adapter->space_count && adapter->spaces[index].device.count > 0 && adapter->spaces[index].vh == vh;
}

uint32_t adapter_free_functions(const struct adapter *adapter)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < adapter->function_count; index++)
        count += !adapter->functions[index].active;
    return count;
}

uint32_t adapter_free_function(const struct adapter *adapter)
{
    uint32_t index = 0;
    while (index < adapter->function_count && adapter->functions[index].active)
        index++;
    CHECK(index < adapter->function_count);
    return index;
}

struct function *adapter_function(const struct adapter *adapter, uint16_t vh, uint32_t slot)
{
    if (!adapter_has_hierarchy(adapter, vh))
        return NULL;
    const struct adapter_space *space = &adapter->spaces[space_of(adapter, vh)];
    return slot < space->slot_count ? space->slots[slot] : NULL;
}

void adapter_open_hierarchy(
    struct adapter *adapter, uint16_t vh, const struct config_device_config *device, uint32_t weight)
{
    CHECK(!adapter->translated && adapter_free_functions(adapter) >= device->count - device->later);
    uint32_t space = space_of(adapter, vh);
    adapter_open_space(adapter, space, 0, device->count);
    adapter_present(adapter, space, vh, device);
    const struct function_settings settings = {.vh = vh, .mps = MPS_AT_RESET, .mrrs = MRRS_AT_RESET, .weight = weight};
    for (uint32_t slot = 0; slot < device->count - device->later; slot++)
        adapter_activate(adapter, adapter_free_function(adapter), space, slot, &settings);
    adapter_apply_timeouts(adapter);
}

/* --- closing --- */

/* Whose TLPs are looked for on the adapter's link. */
struct closing {
    uint16_t vh;
    enum stale why;
    uint32_t count;
};

static void condemn(struct tlp *tlp, void *context)
{
    struct closing *closing = context;
    if (tlp->vh != closing->vh || stale_is_condemned(tlp))
        return;
    stale_condemn(tlp, closing->why);
    closing->count++;
}

static void drop_answer(struct egress_queue *queue, struct tlp *tlp)
{
    fabric_drop_stale_tlp(queue->egress->fabric, tlp);
}

/* A plain link does not say whose a TLP is, so that what comes out of it belongs to whoever has the adapter by then:
 * nothing may. Answers of an MR adapter find their way to who asked. */
static uint32_t condemn_upward(struct adapter *adapter, uint16_t vh)
{
    struct closing closing = {.vh = vh, .why = STALE_REQUESTER};
    const struct egress *egress = &adapter->port.egress;
    if (adapter->port.mr)
        return 0;
    for (uint32_t vc = 0; adapter->answers != NULL && vc < egress->vc_count; vc++)
        if (adapter->answers[vh * egress->vc_count + vc] != NULL)
            egress_queue_drain(adapter->answers[vh * egress->vc_count + vc], drop_answer);
    stale_visit_egress(&adapter->port.egress, condemn, &closing);
    return closing.count;
}

static uint32_t condemn_downward(struct adapter *adapter, uint16_t vh)
{
    struct closing closing = {.vh = vh, .why = STALE_TARGET};
    stale_visit_egress(&adapter->port.peer->egress, condemn, &closing);
    return closing.count;
}

struct adapter_left adapter_close_hierarchy(struct adapter *adapter, uint16_t vh)
{
    CHECK(adapter_has_hierarchy(adapter, vh));
    struct adapter_left left = {0};
    struct adapter_space *space = &adapter->spaces[space_of(adapter, vh)];
    for (uint32_t slot = 0; slot < space->slot_count; slot++)
        if (space->slots[slot] != NULL)
            add(&left, function_deactivate(space->slots[slot]));
    left.tlps += condemn_upward(adapter, vh) + condemn_downward(adapter, vh);
    config_device_free(&space->device);
    pf_memory_free(space->memory);
    free(space->slots);
    *space = (struct adapter_space){0};
    adapter_apply_timeouts(adapter);
    return left;
}

/* --- sr-iov --- */

/* What the registers of native function INDEX in its owner's hierarchy let it do. */
static void apply_registers(struct adapter *adapter, uint32_t index)
{
    struct function *function = &adapter->functions[index];
    const struct config_device *device = translator_registers(adapter->translator, index);
    if (!function->active || device == NULL)
        return;
    uint32_t slot = translator_slot(adapter->translator, index);
    const struct config_space *registers = config_device_pf(device, slot);
    uint16_t express = capability_find(registers->layout, CAPABILITY_EXPRESS);
    uint32_t mps = express_mps_bytes(registers, express), mrrs = express_mrrs_bytes(registers, express);
    struct function_settings settings = function->settings;
    settings.mps = mps < adapter->native_mps ? mps : adapter->native_mps;
    settings.mrrs = mrrs < adapter->native_mrrs ? mrrs : adapter->native_mrrs;
    function_configure(function, &settings);
    function_allow(function, true, config_device_is_master(device, slot));
}

static void on_changed(void *owner, uint32_t function)
{
    apply_registers(owner, function);
}

/* Its reads, under the name that they have beyond the translator. */
static uint32_t condemn_reads(const struct adapter *adapter, uint32_t index)
{
    const struct translator_function *placed = &adapter->translator->functions[index];
    bool named = placed->placed && placed->id >> 8 != 0;
    return named ? stale_condemn_requester(adapter->fabric, placed->vh, placed->id, true) : 0;
}

static void on_reset(void *owner, uint32_t index)
{
    struct adapter *adapter = owner;
    if (!adapter->functions[index].active)
        return;
    condemn_reads(adapter, index);
    function_begin_reset(&adapter->functions[index], adapter->config.flr_delay_ps);
}

static bool retries(void *owner, uint32_t index)
{
    const struct adapter *adapter = owner;
    return adapter->functions[index].resetting;
}

static bool pending(void *owner, uint32_t index)
{
    const struct adapter *adapter = owner;
    return adapter->functions[index].engine.reads_in_flight > 0;
}

static const struct translator_client translator_client = {
    .changed = on_changed, .reset = on_reset, .retries = retries, .pending = pending};

void adapter_follow(struct adapter *adapter, struct translator *translator, uint32_t mps, uint32_t mrrs)
{
    CHECK(translator->function_count <= adapter->function_count);
    adapter->translator = translator;
    adapter->translated = true;
    adapter->native_first_id = translator->native_first_id;
    adapter->native_mps = mps;
    adapter->native_mrrs = mrrs;
    stale_add_native(adapter->fabric, &adapter->port);
    translator->client = &translator_client;
    translator->client_owner = adapter;
}

struct function *adapter_enter(struct adapter *adapter, uint32_t function, uint16_t vh, uint32_t weight)
{
    CHECK(adapter->translated && function < adapter->function_count);
    const struct translator *translator = adapter->translator;
    const struct function_settings settings = {
        .vh = vh,
        .id = (uint16_t)(translator->native_first_id + function),
        .bar_base = translator->native_bar_base + function * translator->bar_bytes,
        .mps = MPS_AT_RESET,
        .mrrs = MRRS_AT_RESET,
        .weight = weight,
    };
    struct function *entered = adapter_activate(adapter, function, 0, function, &settings);
    apply_registers(adapter, function);
    return entered;
}

struct adapter_left adapter_leave(struct adapter *adapter, uint32_t function)
{
    CHECK(adapter->translated && function < adapter->function_count);
    struct adapter_left left = {0};
    add(&left, function_deactivate(&adapter->functions[function]));
    adapter->spaces[0].slots[function] = NULL;
    return left;
}

/* --- reset by MR-PCIM --- */

/* The registers of FUNCTION, and its place there; NULL: it has none. */
static struct config_device *registers_of(const struct function *function, uint32_t *place)
{
    struct adapter *adapter = function->adapter;
    uint32_t index = (uint32_t)(function - adapter->functions);
    if (adapter->translated) {
        if (!adapter->translator->functions[index].placed)
            return NULL;
        *place = translator_slot(adapter->translator, index);
        return translator_registers(adapter->translator, index);
    }
    struct adapter_space *space = &adapter->spaces[space_of(adapter, function->settings.vh)];
    for (*place = 0; *place < space->slot_count; (*place)++)
        if (space->slots[*place] == function)
            return space->device.count > 0 ? &space->device : NULL;
    return NULL;
}

struct adapter_left function_reset(struct function *function)
{
    CHECK(function->active);
    struct adapter_left left = {0};
    struct adapter *adapter = function->adapter;
    uint32_t place;
    struct config_device *device = registers_of(function, &place);
    if (adapter->translated)
        left.tlps += condemn_reads(adapter, (uint32_t)(function - adapter->functions));
    add(&left, function_begin_reset(function, adapter->config.flr_delay_ps));
    if (device == NULL)
        return left;
    if (place == 0 && !adapter->translated)
        adapter_reset_memory(&adapter->spaces[space_of(adapter, function->settings.vh)]);
    config_device_reset_function(device, place);
    return left;
}
