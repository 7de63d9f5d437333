#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/host/enumeration_steps.h"
#include "hostsim/host/root_complex.h"
#include "hostsim/host/windows.h"

#define PAYLOAD_UNIT_BYTES 128u
/* A bridge's window is closed when its base is above its limit. */
#define CLOSED_IO 0x00f0
#define CLOSED_MEMORY 0x0000fff0u
#define MEBIBYTE_SHIFT 20

static void program_next(struct enumeration *walk);

static uint32_t payload_code(uint32_t bytes)
{
    return (uint32_t)__builtin_ctz(bytes / PAYLOAD_UNIT_BYTES);
}

static uint32_t least(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

/* --- the end --- */

static int compare_ids(const void *one, const void *other)
{
    const struct host_function *a = one, *b = other;
    return (a->id > b->id) - (a->id < b->id);
}

/* Bus order; who is behind whom goes by position no more. */
static void sort_functions(struct enumeration *walk)
{
    for (size_t index = 0; index < walk->count; index++) {
        struct host_function *function = &walk->functions[index];
        if (function->parent != HOST_FUNCTION_NONE)
            function->parent = walk->functions[function->parent].id;
        if (function->pf != HOST_FUNCTION_NONE)
            function->pf = walk->functions[function->pf].id;
    }
    qsort(walk->functions, walk->count, sizeof *walk->functions, compare_ids);
}

static void finish(struct enumeration *walk)
{
    sort_functions(walk);
    walk->finished = true;
    walk->finished_ps = fabric_now_ps(walk->requester->fabric);
    walk->done(walk);
}

/* --- VFs --- */

static void program_vf(struct enumeration *walk);

static void vf_programmed(struct enumeration *walk)
{
    const struct host_function *pf = &walk->functions[walk->at];
    uint16_t id = walk->batch_id, pf_id = pf->id, vendor = pf->vendor, device = pf->vf_device;
    int parent = pf->parent;
    struct host_function *vf = enumeration_add(walk, id, parent);
    vf->vendor = vendor;
    vf->device = device;
    vf->class_code = enumeration_answer(walk, 0) >> 8;
    vf->is_vf = true;
    vf->pf = (int)walk->at;
    CHECK(id != pf_id);
    walk->vf++;
    program_vf(walk);
}

static void program_vf(struct enumeration *walk)
{
    const struct host_function *pf = &walk->functions[walk->at];
    if (walk->vf > pf->initial_vfs) {
        walk->at++;
        program_next(walk);
        return;
    }
    enumeration_begin(walk, host_function_vf_id(pf, walk->vf));
    enumeration_read(walk, CONFIG_REVISION);
    enumeration_write(walk, CONFIG_COMMAND, 2, COMMAND_BUS_MASTER);
    enumeration_ask(walk, vf_programmed);
}

static void vfs_enabled(struct enumeration *walk)
{
    bool looks = walk->functions[walk->at].initial_vfs > 0;
    walk->vf = 1;
    enumeration_wait(walk, looks ? walk->config.vf_delay_ps : 0, program_vf);
}

/* --- functions --- */

/* The PF tells of VFs that come and go by its first vector, whatever the number of it in the capability: others are not
 * in use. */
static void take_interrupt(struct enumeration *walk, const struct host_function *pf)
{
    const uint32_t address = (uint32_t)ROOT_INTERRUPT_ADDRESS, upper = (uint32_t)(ROOT_INTERRUPT_ADDRESS >> 32);
    const uint32_t values[][2] = {{0, address}, {4, upper}, {12, 0}};
    for (size_t n = 0; n < sizeof values / sizeof values[0]; n++) {
        uint64_t entry = host_function_memory(pf, pf->vectors) + values[n][0];
        enumeration_write_memory(walk, entry, 0xf, values[n][1]);
        enumeration_read_memory(walk, entry); /* a write has come when what is read behind it has */
    }
    enumeration_write(walk, pf->msix + MSIX_CONTROL, 2, MSIX_CONTROL_ENABLE);
}

static void function_programmed(struct enumeration *walk)
{
    const struct host_function *pf = &walk->functions[walk->at];
    if (pf->vfs == 0) {
        walk->at++;
        program_next(walk);
        return;
    }
    enumeration_begin(walk, pf->id);
    uint32_t control = SR_IOV_CONTROL_VF_ENABLE | SR_IOV_CONTROL_MEMORY;
    if (pf->parent != HOST_FUNCTION_NONE && walk->functions[pf->parent].ari)
        control |= SR_IOV_CONTROL_ARI;
    if (pf->migrates && pf->bars[pf->vectors & 7].address != 0) {
        take_interrupt(walk, pf);
        control |= SR_IOV_CONTROL_MIGRATION_ENABLE | SR_IOV_CONTROL_MIGRATION_INTERRUPT;
    }
    enumeration_write(walk, pf->sr_iov + SR_IOV_CONTROL, 2, control);
    enumeration_ask(walk, vfs_enabled);
}

static void write_bars(struct enumeration *walk, uint16_t offset, const struct host_bar *bars)
{
    for (uint32_t bar = 0; bar < CONFIG_BARS; bar++) {
        if (bars[bar].bytes == 0)
            continue;
        uint16_t at = (uint16_t)(offset + bar * 4);
        enumeration_write(walk, at, 4, (uint32_t)bars[bar].address);
        if (bars[bar].is_64)
            enumeration_write(walk, at + 4, 4, (uint32_t)(bars[bar].address >> 32));
    }
}

/* Base and limit of a window as one DW, in the units of MiB that its registers count in: bits 31:20 of each. */
static uint32_t window_register(const struct host_window *window)
{
    uint32_t base = (uint32_t)(window->base >> MEBIBYTE_SHIFT) & 0xfff;
    uint32_t last = (uint32_t)((window->base + window->bytes - 1) >> MEBIBYTE_SHIFT) & 0xfff;
    return window->bytes == 0 ? CLOSED_MEMORY : base << 4 | last << 20;
}

static void write_windows(struct enumeration *walk, const struct host_function *bridge)
{
    const struct host_window *prefetch = &bridge->windows[HOST_WINDOW_PREFETCH];
    uint64_t last = prefetch->bytes == 0 ? 0 : prefetch->base + prefetch->bytes - 1;
    enumeration_write(walk, CONFIG_IO_BASE, 2, CLOSED_IO);
    enumeration_write(walk, CONFIG_MEMORY_BASE, 4, window_register(&bridge->windows[HOST_WINDOW_LOW]));
    enumeration_write(walk, CONFIG_PREFETCH_BASE, 4, window_register(prefetch));
    enumeration_write(walk, CONFIG_PREFETCH_BASE_UPPER, 4, (uint32_t)(prefetch->base >> 32));
    enumeration_write(walk, CONFIG_PREFETCH_LIMIT_UPPER, 4, (uint32_t)(last >> 32));
}

/* MPS: what the host wants, the function can and the port above it has. */
static void write_device_control(struct enumeration *walk, struct host_function *function)
{
    uint32_t above =
        function->parent == HOST_FUNCTION_NONE ? walk->config.mps : walk->functions[function->parent].mps_bytes;
    function->mps_bytes = least(above, function->mps_able_bytes);
    uint32_t control = function->device_control & ~(uint32_t)DEVICE_CONTROL_PAYLOAD;
    control |= payload_code(function->mps_bytes) << DEVICE_CONTROL_PAYLOAD_SHIFT;
    if (!host_function_is_bridge(function)) {
        control &= ~(uint32_t)DEVICE_CONTROL_READ_REQUEST;
        control |= payload_code(walk->config.mrrs) << DEVICE_CONTROL_READ_REQUEST_SHIFT;
        control |= DEVICE_CONTROL_EXTENDED_TAG;
    }
    function->device_control = (uint16_t)control;
    enumeration_write(walk, function->express + EXPRESS_DEVICE_CONTROL, 2, control);
}

/* What comes from below must be from below. Redirect stays off: nobody above would send peer requests down again. */
static void write_access_control(struct enumeration *walk, const struct host_function *port)
{
    uint32_t control = port->acs_able & (ACS_SOURCE_VALIDATION | ACS_UPSTREAM_FORWARDING);
    enumeration_write(walk, port->acs + ACS_CONTROL, 2, control);
}

/* VFs are their PF's matter; of a part that is walked again what is new, and windows that have grown. */
static bool is_to_program(const struct enumeration *walk, const struct host_function *function)
{
    return !function->is_vf && (!walk->partial || function->fresh || function->resized);
}

static void window_programmed(struct enumeration *walk)
{
    walk->at++;
    program_next(walk);
}

/* The function that is next, those above it having been programmed before. */
static void program_next(struct enumeration *walk)
{
    while (walk->at < walk->count && !is_to_program(walk, &walk->functions[walk->at]))
        walk->at++;
    if (walk->at == walk->count) {
        finish(walk);
        return;
    }
    struct host_function *function = &walk->functions[walk->at];
    enumeration_begin(walk, function->id);
    if (host_function_is_bridge(function)) {
        write_windows(walk, function);
        enumeration_write(walk, CONFIG_BRIDGE_CONTROL, 2, BRIDGE_CONTROL_SERR); /* errors from below go up */
    }
    if (walk->partial && !function->fresh) {
        enumeration_ask(walk, window_programmed);
        return;
    }
    if (!host_function_is_bridge(function))
        write_bars(walk, CONFIG_BAR, function->bars);
    if (function->vfs > 0)
        write_bars(walk, function->sr_iov + SR_IOV_BAR, function->vf_bars);
    if (function->express != 0)
        write_device_control(walk, function);
    if (function->acs != 0)
        write_access_control(walk, function);
    enumeration_write(walk, CONFIG_COMMAND, 2, COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_SERR);
    enumeration_ask(walk, function_programmed);
}

void enumeration_program(struct enumeration *walk)
{
    walk->out_of_addresses = walk->partial ? !windows_extend(walk->functions, walk->count, walk->config.room)
                                           : !windows_assign(walk->functions, walk->count, walk->config.room);
    walk->at = 0;
    program_next(walk);
}
