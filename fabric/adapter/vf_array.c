#include "fabric/adapter/vf_array.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/adapter/adapter.h"
#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/adapter/cleanness.h"
#include "fabric/base/check.h"
#include "fabric/pcie/capability_sr_iov.h"

static struct config_device *device_of(const struct vf_array *array)
{
    return &array->space->device;
}

static struct sr_iov_state registers_of(const struct vf_array *array)
{
    return sr_iov_state(&device_of(array)->functions[0], device_of(array)->sr_iov);
}

void vf_array_init(struct vf_array *array, struct adapter_space *space)
{
    *array = (struct vf_array){.space = space};
    array->total = registers_of(array).total_vfs;
    array->states = calloc(array->total + 1u, sizeof *array->states);
    CHECK(array->states != NULL && !registers_of(array).enabled);
    vf_array_settle(array);
}

void vf_array_free(struct vf_array *array)
{
    free(array->states);
    *array = (struct vf_array){0};
}

enum vf_state vf_array_state(const struct vf_array *array, uint16_t vf)
{
    CHECK(vf >= 1 && vf <= array->total);
    return (enum vf_state)array->states[vf - 1];
}

static void set_state(struct vf_array *array, uint16_t vf, enum vf_state state)
{
    array->states[vf - 1] = (uint8_t)state;
}

bool vf_array_may_issue(const struct vf_array *array, uint32_t slot)
{
    return slot == 0 || array->states[slot - 1] >= VF_ACTIVE_MIGRATE_OUT;
}

/* --- functions that come and go --- */

/* Functions find out what their states and registers make them do. */
static void apply(const struct vf_array *array)
{
    struct adapter_space *space = array->space;
    adapter_apply(space->adapter, (uint32_t)(space - space->adapter->spaces));
}

/* VF has registers, reset, and one of the adapter's functions. */
static void give(struct vf_array *array, uint16_t vf)
{
    struct adapter_space *space = array->space;
    config_device_add(device_of(array), vf);
    if (space->slots[0] == NULL)
        return; /* nobody of the hierarchy has a function: it is booting (hostsim/rack/boot.h) */
    struct function_settings settings = space->slots[0]->settings;
    settings.id = 0;
    settings.weight = 1;
    settings.min_bps = settings.max_bps = 0;
    uint32_t index = (uint32_t)(space - space->adapter->spaces);
    adapter_activate(space->adapter, adapter_free_function(space->adapter), index, vf, &settings);
}

/* The function that leaves must not bring anything to the next who has it. */
static void prove(const struct function *function)
{
    char why[160];
    bool clean = function_is_clean(function, why, sizeof why);
    if (!clean)
        fprintf(stderr, "mriov: a VF was not clean when it left its PF: %s\n", why);
    CHECK(clean);
}

/* VF has neither any more. */
static void take(struct vf_array *array, uint16_t vf)
{
    struct function *function = array->space->slots[vf];
    if (function != NULL) {
        function_deactivate(function);
        array->space->slots[vf] = NULL;
    }
    if (config_device_has(device_of(array), vf))
        config_device_remove(device_of(array), vf);
    if (function != NULL)
        prove(function);
}

/* --- VF Enable --- */

static void set_initial(struct vf_array *array, uint16_t initial)
{
    sr_iov_set_vfs(&device_of(array)->functions[0], device_of(array)->sr_iov, initial, array->total);
    for (uint16_t vf = 1; vf <= array->total; vf++)
        set_state(array, vf, vf_state_at_enable(vf, initial));
}

/* All VFs are gone from the hierarchy. Those that it had it has again when it enables VFs, as the first ones: also what
 * it had been asked for and not given back, as only MR-PCIM takes a VF from a host that has not said so. */
static void end_all(struct vf_array *array)
{
    uint16_t had = 0;
    for (uint16_t vf = 1; vf <= array->total; vf++)
        if (array->states[vf - 1] != VF_INACTIVE_UNAVAILABLE)
            had++;
    for (uint16_t vf = (uint16_t)(had + 1); vf <= array->total; vf++)
        take(array, vf);
    for (uint16_t vf = 1; vf <= had; vf++)
        if (!config_device_has(device_of(array), vf))
            give(array, vf);
    set_initial(array, had);
}

void vf_array_settle(struct vf_array *array)
{
    struct sr_iov_state registers = registers_of(array);
    bool was_enabled = array->enabled;
    array->enabled = registers.enabled;
    array->migrates = registers.migration;
    if (was_enabled && !registers.enabled && array->total > 0)
        end_all(array);
    else if (!registers.enabled || !was_enabled)
        set_initial(array, registers.initial_vfs);
}

/* --- who changes what --- */

void vf_array_write(struct vf_array *array, uint16_t vf, uint8_t value)
{
    if (vf < 1 || vf > array->total || !array->migrates || value > VF_ACTIVE_AVAILABLE)
        return;
    enum vf_state wanted = (enum vf_state)value;
    if (!vf_state_host_may(vf_array_state(array, vf), wanted))
        return;
    set_state(array, vf, wanted);
    struct function *function = array->space->slots[vf];
    if (wanted == VF_DORMANT_MIGRATE_IN && function != NULL)
        function_stop(function, true);
    if (wanted == VF_INACTIVE_UNAVAILABLE)
        take(array, vf);
    apply(array);
}

/* While no VF is enabled MR-PCIM says how many there will be. */
static enum status command_disabled(struct vf_array *array, uint16_t vf, enum vf_state wanted)
{
    uint16_t initial = registers_of(array).initial_vfs;
    if (wanted == VF_DORMANT_MIGRATE_IN && vf == initial + 1) {
        if (adapter_free_functions(array->space->adapter) == 0)
            return STATUS_RESOURCES_EXHAUSTED;
        give(array, vf);
        set_initial(array, vf);
        return STATUS_OK;
    }
    if ((wanted == VF_ACTIVE_MIGRATE_OUT || wanted == VF_INACTIVE_UNAVAILABLE) && vf == initial) {
        take(array, vf);
        set_initial(array, (uint16_t)(vf - 1));
        return STATUS_OK;
    }
    return STATUS_BUSY;
}

/* Between two states of an enabled VF. */
static enum status change(struct vf_array *array, uint16_t vf, enum vf_state wanted)
{
    enum vf_state now = vf_array_state(array, vf);
    if (!vf_state_manager_may(now, wanted))
        return STATUS_BUSY;
    if (now == VF_INACTIVE_UNAVAILABLE) {
        if (adapter_free_functions(array->space->adapter) == 0)
            return STATUS_RESOURCES_EXHAUSTED;
        set_state(array, vf, wanted);
        give(array, vf);
    } else if (wanted == VF_INACTIVE_UNAVAILABLE) {
        take(array, vf);
    }
    set_state(array, vf, wanted);
    apply(array);
    return STATUS_OK;
}

enum status vf_array_command(struct vf_array *array, uint16_t vf, enum vf_state wanted, bool *told)
{
    *told = false;
    if (vf < 1 || vf > array->total)
        return STATUS_INVALID_ARGUMENT;
    if (vf_array_state(array, vf) == wanted)
        return STATUS_OK;
    if (!array->enabled)
        return command_disabled(array, vf, wanted);
    if (!array->migrates)
        return STATUS_UNSUPPORTED;
    if (vf > registers_of(array).num_vfs)
        return STATUS_RESOURCES_EXHAUSTED;
    enum status status = change(array, vf, wanted);
    *told = status == STATUS_OK;
    return status;
}

bool vf_array_is_valid(const struct vf_array *array)
{
    for (uint16_t vf = 1; vf <= array->total; vf++) {
        bool has = config_device_has(device_of(array), vf);
        if (has != (array->states[vf - 1] != VF_INACTIVE_UNAVAILABLE) || (array->space->slots[vf] != NULL && !has))
            return false;
    }
    return true;
}
