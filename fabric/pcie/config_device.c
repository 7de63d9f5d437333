#include "fabric/pcie/config_device.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_device.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/capability_sr_iov.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/config_decode.h"

static void init_function(
    struct config_device *device, uint32_t place, struct config_shelf *shelf, const struct config_device_config *config)
{
    bool vf = !device->split && place > 0;
    struct config_kind kind = vf ? config->vf : config->function;
    if (device->split)
        kind.multi_function = place == 0 && device->count > 1;
    const struct config_layout *layout = config_shelf_layout(shelf, &kind);
    struct config_space *space = &device->functions[place];
    config_space_init(space, layout, device);
    express_set_link(space, capability_find(layout, CAPABILITY_EXPRESS), config->generation, config->width);
    if (vf)
        return;
    serial_number_set(space, capability_find_extended(layout, EXTENDED_SERIAL_NUMBER), config->serial_number);
    if (device->split && place + 1 < device->count)
        ari_set_next(space, capability_find_extended(layout, EXTENDED_ARI), (uint8_t)(place + 1));
}

void config_device_init(
    struct config_device *device, struct config_shelf *shelf, const struct config_device_config *config)
{
    CHECK(config->count > 0 && (!config->split || config->count <= CONFIG_DEVICE_FUNCTIONS));
    *device = (struct config_device){
        .functions = calloc(config->count, sizeof *device->functions),
        .count = config->count,
        .split = config->split,
    };
    CHECK(device->functions != NULL);
    for (uint32_t place = 0; place < device->count; place++)
        init_function(device, place, shelf, config);
    if (device->split)
        return;
    device->sr_iov = capability_find_extended(device->functions[0].layout, EXTENDED_SR_IOV);
    uint16_t vfs = (uint16_t)(config->count - 1);
    CHECK(device->sr_iov != 0 || vfs == 0);
    if (device->sr_iov != 0)
        sr_iov_set_vfs(&device->functions[0], device->sr_iov, vfs, vfs);
}

void config_device_free(struct config_device *device)
{
    for (uint32_t place = 0; place < device->count; place++)
        config_space_free(&device->functions[place]);
    free(device->functions);
    *device = (struct config_device){0};
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
        return true;
    struct sr_iov_state vfs = vfs_of(device);
    if (place > vfs.vfs)
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
        return &device->functions[from_first];
    struct sr_iov_state vfs = vfs_of(device);
    uint32_t from_vf = (uint16_t)(from_first - vfs.numbering.first_offset);
    if (vfs.vfs == 0 || from_vf % vfs.numbering.stride != 0 || from_vf / vfs.numbering.stride >= vfs.vfs)
        return NULL;
    return &device->functions[from_vf / vfs.numbering.stride + 1];
}

static bool decodes_memory(const struct config_space *space)
{
    return config_space_get(space, CONFIG_COMMAND, 2) & COMMAND_MEMORY;
}

uint64_t config_device_bar(const struct config_device *device, uint32_t place, uint64_t *address)
{
    CHECK(place < device->count);
    *address = 0;
    if (device->split || place == 0) {
        const struct config_space *space = &device->functions[place];
        return decodes_memory(space) ? config_decode_bar(space, CONFIG_BAR, address) : 0;
    }
    struct sr_iov_state vfs = vfs_of(device);
    if (!vfs.memory || place > vfs.vfs)
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
        config_space_reset(&device->functions[place], CONFIG_RESET_COLD);
}

static bool is_for(const struct config_device *device, const struct tlp *request)
{
    bool type_0 = request->type == TLP_CFGRD0 || request->type == TLP_CFGWR0;
    return type_0 == (request->completer_id >> 8 == device->bus); /* type 1: VFs on other buses only (9.2.1.2) */
}

enum tlp_status config_device_answer(struct config_device *device, const struct tlp *request, uint32_t *value)
{
    bool type_0 = request->type == TLP_CFGRD0 || request->type == TLP_CFGWR0;
    if (type_0)
        device->bus = (uint8_t)(request->completer_id >> 8);
    struct config_space *space = is_for(device, request) ? config_device_find(device, request->completer_id) : NULL;
    if (space == NULL)
        return TLP_STATUS_UR;
    bool had_vfs = vfs_of(device).enabled;
    bool wrote = config_access(space, request, value);
    if (wrote) {
        make_vfs(device, had_vfs);
        if (device->written != NULL)
            device->written(device->owner, (uint32_t)(space - device->functions));
    }
    return TLP_STATUS_SC;
}

bool config_device_is_valid(const struct config_device *device)
{
    for (uint32_t place = 0; place < device->count; place++)
        if (!config_space_is_valid(&device->functions[place]))
            return false;
    return device->count == 0 || device->functions != NULL;
}
