#include "fabric/pcie/config_device.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_device.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/capability_power.h"
#include "fabric/pcie/capability_sr_iov.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/config_decode.h"
#include "fabric/pcie/config_header.h"

/* The kind of function in PLACE. */
static struct config_kind
kind_in(const struct config_device *device, uint32_t place, const struct config_device_config *config)
{
    if (!device->split)
        return place > 0 ? config->vf : config->function;
    struct config_kind kind = place == 0 && device->stood_in ? config->stand_in : config->function;
    kind.multi_function = place == 0 && device->count > 1;
    return kind;
}

/* What those that come later are made of. */
static void keep_config(struct config_device *device, const struct config_device_config *config)
{
    struct config_device_config *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *config;
    device->config = copy;
}

static void init_function(
    struct config_device *device, uint32_t place, struct config_shelf *shelf, const struct config_device_config *config)
{
    bool vf = !device->split && place > 0;
    const struct config_kind kind = kind_in(device, place, config);
    const struct config_layout *layout = config_shelf_layout(shelf, &kind);
    struct config_space *space = &device->functions[place];
    config_space_init(space, layout, device);
    express_set_link(space, capability_find(layout, CAPABILITY_EXPRESS), config->generation, config->width);
    if (!vf)
        serial_number_set(space, capability_find_extended(layout, EXTENDED_SERIAL_NUMBER), config->serial_number);
}

/* The functions of a split device form a chain: each says which the next is, and the first whether there are others. */
static void chain(struct config_device *device)
{
    uint8_t next = 0;
    for (uint32_t place = device->count; place-- > 0;) {
        if (!config_device_has(device, place))
            continue;
        struct config_space *space = &device->functions[place];
        ari_set_next(space, capability_find_extended(space->layout, EXTENDED_ARI), next);
        if (place == 0)
            config_header_set_multi_function(space, next != 0);
        next = (uint8_t)place;
    }
}

void config_device_init(
    struct config_device *device, struct config_shelf *shelf, const struct config_device_config *config)
{
    CHECK(config->split ? config->count <= CONFIG_DEVICE_FUNCTIONS : config->count > config->later);
    *device = (struct config_device){
        .functions = calloc(config->split ? CONFIG_DEVICE_FUNCTIONS : config->count, sizeof *device->functions),
        .count = config->count,
        .split = config->split,
        .shelf = shelf,
    };
    CHECK(device->functions != NULL);
    for (uint32_t place = 0; place < device->count - config->later; place++)
        init_function(device, place, shelf, config);
    if (device->split || config->function.migration)
        keep_config(device, config);
    if (device->split) {
        chain(device);
        return;
    }
    device->sr_iov = capability_find_extended(device->functions[0].layout, EXTENDED_SR_IOV);
    uint16_t vfs = (uint16_t)(config->count - 1);
    CHECK(device->sr_iov != 0 || vfs == 0);
    if (device->sr_iov != 0)
        sr_iov_set_vfs(&device->functions[0], device->sr_iov, (uint16_t)(vfs - config->later), vfs);
}

void config_device_free(struct config_device *device)
{
    for (uint32_t place = 0; place < device->count; place++)
        config_space_free(&device->functions[place]);
    free(device->functions);
    free((void *)device->config);
    *device = (struct config_device){0};
}

void config_device_add(struct config_device *device, uint32_t place)
{
    CHECK(device->config != NULL && !config_device_has(device, place));
    CHECK(device->split ? place < CONFIG_DEVICE_FUNCTIONS : place > 0 && place < device->count);
    if (place >= device->count)
        device->count = place + 1;
    init_function(device, place, device->shelf, device->config);
    if (device->split)
        chain(device);
}

static bool is_empty_behind_first(const struct config_device *device)
{
    for (uint32_t place = 1; place < device->count; place++)
        if (config_device_has(device, place))
            return false;
    return true;
}

void config_device_remove(struct config_device *device, uint32_t place)
{
    CHECK(config_device_has(device, place) && (device->split || place > 0));
    config_space_free(&device->functions[place]);
    if (!device->split)
        return;
    bool alone = is_empty_behind_first(device);
    if (device->stood_in && alone)
        config_space_free(&device->functions[0]);
    device->stood_in = !alone && (device->stood_in || place == 0);
    if (device->stood_in && !config_device_has(device, 0))
        init_function(device, 0, device->shelf, device->config);
    chain(device);
}

/* The SR-IOV capability as it stands; no VFs where there is none. */
static struct sr_iov_state vfs_of(const struct config_device *device)
{
    if (device->sr_iov == 0)
        return (struct sr_iov_state){0};
    struct sr_iov_state state = sr_iov_state(&device->functions[0], device->sr_iov);
    CHECK(state.vfs < device->count);
    return state;
}

static uint16_t first_id(const struct config_device *device)
{
    return (uint16_t)(device->bus << 8);
}

bool config_device_id(const struct config_device *device, uint32_t place, uint16_t *id)
{
    CHECK(place < device->count);
    *id = (uint16_t)(first_id(device) + place);
    if (device->split || place == 0)
        return config_device_has(device, place);
    struct sr_iov_state vfs = vfs_of(device);
    if (place > vfs.vfs || !config_device_has(device, place))
        return false;
    *id = sr_iov_vf_id(&vfs, first_id(device), (uint16_t)place);
    return true;
}

struct config_space *config_device_find(const struct config_device *device, uint16_t id)
{
    uint16_t from_first = (uint16_t)(id - first_id(device));
    if (device->count == 0)
        return NULL;
    if (from_first == 0 || (device->split && from_first < device->count))
        return config_device_has(device, from_first) ? &device->functions[from_first] : NULL;
    struct sr_iov_state vfs = vfs_of(device);
    uint32_t from_vf = (uint16_t)(from_first - vfs.numbering.first_offset);
    if (vfs.vfs == 0 || from_vf % vfs.numbering.stride != 0 || from_vf / vfs.numbering.stride >= vfs.vfs)
        return NULL;
    uint32_t place = from_vf / vfs.numbering.stride + 1u;
    return config_device_has(device, place) ? &device->functions[place] : NULL;
}

uint32_t config_device_last_vf(const struct config_device *device)
{
    uint32_t place = vfs_of(device).vfs;
    while (place > 0 && !config_device_has(device, place))
        place--;
    return place;
}

/* VFs have no power states of their own: they are their PF's. */
static bool is_on(const struct config_space *space)
{
    uint16_t power = capability_find(space->layout, CAPABILITY_POWER);
    return power == 0 || power_is_on(space, power);
}

static bool decodes_memory(const struct config_space *space)
{
    return (config_space_get(space, CONFIG_COMMAND, 2) & COMMAND_MEMORY) != 0 && is_on(space);
}

const struct config_space *config_device_pf(const struct config_device *device, uint32_t place)
{
    CHECK(config_device_has(device, place));
    return &device->functions[device->split ? place : 0];
}

bool config_device_is_master(const struct config_device *device, uint32_t place)
{
    uint16_t id;
    return config_device_has(device, place) && config_device_id(device, place, &id) &&
           config_space_get(&device->functions[place], CONFIG_COMMAND, 2) & COMMAND_BUS_MASTER &&
           is_on(config_device_pf(device, place));
}

uint64_t config_device_bar(const struct config_device *device, uint32_t place, uint64_t *address)
{
    CHECK(place < device->count);
    *address = 0;
    if (!config_device_has(device, place))
        return 0;
    if (device->split || place == 0) {
        const struct config_space *space = &device->functions[place];
        return decodes_memory(space) ? config_decode_bar(space, CONFIG_BAR, address) : 0;
    }
    struct sr_iov_state vfs = vfs_of(device);
    if (!vfs.memory || place > vfs.vfs || !is_on(&device->functions[0]))
        return 0;
    uint64_t bytes = sr_iov_bar(&device->functions[0], device->sr_iov, 0, address);
    *address += bytes * (place - 1);
    return bytes;
}

/* VFs come into being with their registers at their reset values (9.3.3.3.1). */
static void make_vfs(struct config_device *device, bool were_enabled)
{
    if (were_enabled || !vfs_of(device).enabled)
        return;
    for (uint32_t place = 1; place < device->count; place++)
        if (config_device_has(device, place))
            config_space_reset(&device->functions[place], CONFIG_RESET_COLD);
}

static bool is_for(const struct config_device *device, const struct tlp *request)
{
    bool type_0 = request->type == TLP_CFGRD0 || request->type == TLP_CFGWR0;
    return type_0 == (request->completer_id >> 8 == device->bus); /* type 1: VFs on other buses only (9.2.1.2) */
}

static void tell_written(const struct config_device *device, uint32_t place)
{
    if (device->written != NULL)
        device->written(device->owner, place);
}

void config_device_reset_function(struct config_device *device, uint32_t place)
{
    CHECK(config_device_has(device, place));
    config_space_reset(&device->functions[place], CONFIG_RESET_FUNCTION);
    tell_written(device, place);
}

void config_device_reset(struct config_device *device)
{
    for (uint32_t place = 0; place < device->count; place++)
        if (config_device_has(device, place))
            config_space_reset(&device->functions[place], CONFIG_RESET_CONVENTIONAL);
    device->bus = 0;
    for (uint32_t place = 0; place < device->count; place++)
        if (config_device_has(device, place))
            tell_written(device, place);
}

/* A device has the bus number that the last type 0 request named (2.2.6.2). */
static void capture(struct config_device *device, const struct tlp *request)
{
    uint8_t bus = (uint8_t)(request->completer_id >> 8);
    bool type_0 = request->type == TLP_CFGRD0 || request->type == TLP_CFGWR0;
    if (!type_0 || device->bus == bus)
        return;
    device->bus = bus;
    if (device->count > 0)
        tell_written(device, 0);
}

/* True when REQUEST writes the bit that begins a function-level reset. */
static bool begins_reset(const struct config_space *space, const struct tlp *request)
{
    uint32_t at = capability_find(space->layout, CAPABILITY_EXPRESS) + EXPRESS_DEVICE_CONTROL;
    uint32_t written = request->payload & config_enabled_bits(request->byte_enables & 0xf);
    return config_access_is_write(request->type) && (request->address & (CONFIG_SPACE_BYTES - 4)) == (at & ~3u) &&
           written >> config_register_shift((uint16_t)at) & DEVICE_CONTROL_FLR;
}

static void show_pending(const struct config_device *device, uint32_t place)
{
    struct config_space *space = &device->functions[place];
    uint16_t at = (uint16_t)(capability_find(space->layout, CAPABILITY_EXPRESS) + EXPRESS_DEVICE_STATUS);
    if (device->pending == NULL)
        return;
    if (device->pending(device->owner, place))
        config_space_set_bits(space, at, 2, DEVICE_STATUS_PENDING);
    else
        config_space_clear_bits(space, at, 2, DEVICE_STATUS_PENDING);
}

/* Software has written to the function in PLACE. */
static void act(struct config_device *device, uint32_t place, const struct tlp *request)
{
    if (!begins_reset(&device->functions[place], request)) {
        tell_written(device, place);
        return;
    }
    config_device_reset_function(device, place);
    if (device->reset != NULL)
        device->reset(device->owner, place);
}

enum tlp_status config_device_answer(struct config_device *device, const struct tlp *request, uint32_t *value)
{
    capture(device, request);
    struct config_space *space = is_for(device, request) ? config_device_find(device, request->completer_id) : NULL;
    if (space == NULL)
        return TLP_STATUS_UR;
    uint32_t place = (uint32_t)(space - device->functions);
    if (device->retries != NULL && device->retries(device->owner, place))
        return TLP_STATUS_CRS;
    bool had_vfs = vfs_of(device).enabled;
    show_pending(device, place);
    if (config_access(space, request, value)) {
        make_vfs(device, had_vfs);
        act(device, place, request);
    }
    return TLP_STATUS_SC;
}

bool config_device_is_valid(const struct config_device *device)
{
    for (uint32_t place = 0; place < device->count; place++)
        if (config_device_has(device, place) && !config_space_is_valid(&device->functions[place]))
            return false;
    return device->count == 0 || device->functions != NULL;
}
