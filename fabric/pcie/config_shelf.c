#include "fabric/pcie/config_shelf.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/capability_designated.h"
#include "fabric/pcie/capability_device.h"
#include "fabric/pcie/capability_errors.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/capability_msi.h"
#include "fabric/pcie/capability_power.h"
#include "fabric/pcie/capability_sr_iov.h"
#include "fabric/pcie/command_registers.h"
#include "fabric/pcie/config_header.h"
#include "fabric/pcie/slot_change.h"

/* What a slot gives: of no consequence to the model, and what PCI Express slots have at least. */
#define SLOT_POWER_WATTS 25
/* Without ARI VFs begin on the next bus (base specification 9.3.3.9). */
#define FUNCTIONS_A_BUS 256

struct config_shelf_entry {
    struct config_kind kind;
    struct config_layout layout;
};

static bool is_below(const struct config_kind *kind)
{
    return kind->type == EXPRESS_ROOT_PORT || kind->type == EXPRESS_DOWNSTREAM_PORT;
}

static struct config_identity identity_of(const struct config_kind *kind)
{
    return (struct config_identity){
        .vendor = CONFIG_VENDOR_MRIOV,
        .device = kind->device,
        .class_code = kind->class_code,
        .revision = 1,
        .subsystem_vendor = CONFIG_VENDOR_MRIOV,
        .subsystem = kind->device,
        .multi_function = kind->multi_function,
    };
}

static void add_express(struct config_layout *layout, const struct config_kind *kind)
{
    const struct express_slot slot = {
        .power_watts = SLOT_POWER_WATTS, .hot_plug = kind->hot_plug, .surprise = kind->surprise};
    capability_express_add(
        layout, &(struct express_config){
                    .type = kind->type,
                    .vf = kind->vf,
                    .mps_bytes = kind->mps_bytes,
                    .generation = kind->generation,
                    .width = kind->width,
                    .rcb_128 = kind->rcb_128,
                    .ari_forwarding = is_below(kind),
                    .slot = is_below(kind) ? &slot : NULL,
                });
}

static void make_bridge(struct config_layout *layout, const struct config_kind *kind)
{
    config_header_bridge(layout, &(struct config_bridge){.identity = identity_of(kind), .io_window = true});
    capability_power_add(layout, true);
    capability_msi_add(layout, 1);
    add_express(layout, kind);
    if (kind->type != EXPRESS_ROOT_PORT)
        slot_change_add(layout);
    capability_aer_add(layout, kind->type, false);
    if (is_below(kind))
        capability_acs_add(layout, ACS_OF_PORTS);
    if (kind->type == EXPRESS_DOWNSTREAM_PORT)
        capability_dpc_add(layout);
    if (kind->commands != 0)
        command_registers_add(layout, kind->commands);
}

static struct config_bar_size bar_of(const struct config_kind *kind)
{
    if (kind->bar_bytes == 0)
        return (struct config_bar_size){.kind = CONFIG_BAR_NONE};
    return (struct config_bar_size){.kind = CONFIG_BAR_64, .prefetchable = true, .bytes = kind->bar_bytes};
}

static void add_sr_iov(struct config_layout *layout, const struct config_kind *kind)
{
    capability_sr_iov_add(
        layout, &(struct sr_iov_config){
                    .vf_device = kind->vf_device,
                    .with_ari = {.first_offset = 1, .stride = 1},
                    .without = {.first_offset = FUNCTIONS_A_BUS, .stride = 1},
                    .bars = {bar_of(kind)},
                    .migration = kind->migration,
                    .migration_offset = (uint32_t)kind->bar_bytes - CONFIG_SHELF_MIGRATION_FROM_END,
                });
}

static void add_msix(struct config_layout *layout, const struct config_kind *kind)
{
    CHECK(kind->bar_bytes > CONFIG_SHELF_MIGRATION_FROM_END && kind->bar_bytes <= UINT32_MAX);
    capability_msix_add(
        layout, &(struct msix_config){
                    .vectors = kind->vectors,
                    .table_offset = (uint32_t)kind->bar_bytes - CONFIG_SHELF_TABLE_FROM_END,
                    .pending_offset = (uint32_t)kind->bar_bytes - CONFIG_SHELF_PENDING_FROM_END,
                });
}

static void make_endpoint(struct config_layout *layout, const struct config_kind *kind)
{
    const struct config_identity identity = identity_of(kind);
    if (kind->vf)
        config_header_vf(layout, &identity);
    else
        config_header_endpoint(layout, &(struct config_endpoint){.identity = identity, .bars = {bar_of(kind)}});
    if (!kind->vf)
        capability_power_add(layout, false);
    if (kind->bar_bytes > 0)
        add_msix(layout, kind);
    add_express(layout, kind);
    capability_aer_add(layout, EXPRESS_ENDPOINT, kind->vf);
    capability_ari_add(layout);
    capability_acs_add(layout, 0);
    if (!kind->vf)
        capability_serial_number_add(layout);
    if (kind->sr_iov)
        add_sr_iov(layout, kind);
    if (kind->base)
        capability_mr_iov_add(layout);
    if (kind->commands != 0)
        command_registers_add(layout, kind->commands);
}

static bool is_same(const struct config_kind *one, const struct config_kind *other)
{
    return one->type == other->type && one->device == other->device && one->class_code == other->class_code &&
           one->generation == other->generation && one->width == other->width && one->mps_bytes == other->mps_bytes &&
           one->multi_function == other->multi_function && one->hot_plug == other->hot_plug &&
           one->surprise == other->surprise && one->rcb_128 == other->rcb_128 && one->vf == other->vf &&
           one->sr_iov == other->sr_iov && one->migration == other->migration && one->vf_device == other->vf_device &&
           one->bar_bytes == other->bar_bytes && one->vectors == other->vectors && one->base == other->base &&
           one->commands == other->commands;
}

const struct config_layout *config_shelf_layout(struct config_shelf *shelf, const struct config_kind *kind)
{
    for (size_t index = 0; index < shelf->count; index++)
        if (is_same(&shelf->entries[index]->kind, kind))
            return &shelf->entries[index]->layout;
    struct config_shelf_entry *entry = malloc(sizeof *entry);
    shelf->entries = reallocarray(shelf->entries, shelf->count + 1, sizeof(struct config_shelf_entry *));
    CHECK(entry != NULL && shelf->entries != NULL);
    shelf->entries[shelf->count++] = entry;
    entry->kind = *kind;
    config_layout_init(&entry->layout);
    if (kind->type == EXPRESS_ENDPOINT)
        make_endpoint(&entry->layout, kind);
    else
        make_bridge(&entry->layout, kind);
    return &entry->layout;
}

void config_shelf_free(struct config_shelf *shelf)
{
    for (size_t index = 0; index < shelf->count; index++)
        free(shelf->entries[index]);
    free(shelf->entries);
    *shelf = (struct config_shelf){0};
}
