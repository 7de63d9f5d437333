#include "tests/support/config_samples.h"

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

#define CLASS_BRIDGE 0x060400
#define CLASS_ETHERNET 0x020000

const char *const config_sample_names[CONFIG_SAMPLES] = {
    [CONFIG_SAMPLE_ROOT_PORT] = "root port",
    [CONFIG_SAMPLE_UPSTREAM] = "upstream bridge",
    [CONFIG_SAMPLE_DOWNSTREAM] = "downstream",
    [CONFIG_SAMPLE_ENDPOINT] = "endpoint",
    [CONFIG_SAMPLE_PF] = "PF",
    [CONFIG_SAMPLE_VF] = "VF",
    [CONFIG_SAMPLE_BASE] = "base function",
};

static struct config_identity identity(uint16_t device, uint32_t class_code)
{
    return (struct config_identity){
        .vendor = CONFIG_VENDOR_MRIOV,
        .device = device,
        .class_code = class_code,
        .revision = 1,
        .subsystem_vendor = CONFIG_VENDOR_MRIOV,
        .subsystem = 1,
    };
}

static void bridge(struct config_layout *layout, enum express_type type)
{
    bool downstream = type == EXPRESS_DOWNSTREAM_PORT;
    bool below = downstream || type == EXPRESS_ROOT_PORT;
    const struct config_bridge header = {.identity = identity(0x0100, CLASS_BRIDGE), .io_window = true};
    const struct express_slot slot = {.power_watts = 25, .hot_plug = true, .surprise = downstream};
    const struct express_config express = {
        .type = type,
        .mps_bytes = 512,
        .generation = 4,
        .width = 8,
        .ari_forwarding = below,
        .slot = below ? &slot : NULL,
    };
    config_header_bridge(layout, &header);
    capability_power_add(layout, true);
    capability_msi_add(layout, 1);
    capability_express_add(layout, &express);
    capability_aer_add(layout, type, false);
    if (below)
        capability_acs_add(layout, ACS_OF_PORTS);
    if (downstream)
        capability_dpc_add(layout);
}

static void function_capabilities(struct config_layout *layout, bool vf)
{
    const struct msix_config msix = {.vectors = 32, .table_offset = 0x1000, .pending_offset = 0x2000};
    const struct express_config express = {
        .type = EXPRESS_ENDPOINT, .vf = vf, .mps_bytes = 1024, .generation = 4, .width = 16};
    if (!vf)
        capability_power_add(layout, false);
    capability_msix_add(layout, &msix);
    capability_express_add(layout, &express);
    capability_aer_add(layout, EXPRESS_ENDPOINT, vf);
    capability_ari_add(layout);
    capability_acs_add(layout, 0);
    if (!vf)
        capability_serial_number_add(layout);
}

static void endpoint(struct config_layout *layout, uint16_t device, uint32_t class_code)
{
    const struct config_endpoint header = {
        .identity = identity(device, class_code),
        .bars = {{CONFIG_BAR_64, true, 1 << 20}, [4] = {CONFIG_BAR_32, false, 4096}},
    };
    config_header_endpoint(layout, &header);
    function_capabilities(layout, false);
}

static void add_sr_iov(struct config_layout *layout)
{
    const struct sr_iov_config config = {
        .vf_device = CONFIG_SAMPLE_VF_DEVICE,
        .with_ari = {1, 1},
        .without = {256, 1},
        .bars = {{CONFIG_BAR_64, true, CONFIG_SAMPLE_VF_BAR_BYTES}, [3] = {CONFIG_BAR_32, false, 4096}},
        .migration = true,
        .migration_message = 3,
        .migration_offset = 0x3000,
    };
    capability_sr_iov_add(layout, &config);
}

void config_sample(struct config_layout *layout, enum config_sample sample)
{
    const struct config_identity vf = identity(0, CLASS_ETHERNET);
    config_layout_init(layout);
    switch (sample) {
    case CONFIG_SAMPLE_ROOT_PORT:
        bridge(layout, EXPRESS_ROOT_PORT);
        return;
    case CONFIG_SAMPLE_UPSTREAM:
        bridge(layout, EXPRESS_UPSTREAM_PORT);
        return;
    case CONFIG_SAMPLE_DOWNSTREAM:
        bridge(layout, EXPRESS_DOWNSTREAM_PORT);
        return;
    case CONFIG_SAMPLE_ENDPOINT:
        endpoint(layout, 0x1000, CLASS_ETHERNET);
        return;
    case CONFIG_SAMPLE_PF:
        endpoint(layout, 0x1001, CLASS_ETHERNET);
        add_sr_iov(layout);
        return;
    case CONFIG_SAMPLE_VF:
        config_header_vf(layout, &vf);
        function_capabilities(layout, true);
        return;
    case CONFIG_SAMPLE_BASE:
        endpoint(layout, 0x1003, 0x088000);
        capability_mr_iov_add(layout);
        command_registers_add(layout, 1);
        return;
    default:
        CHECK(!"a sample");
    }
}
