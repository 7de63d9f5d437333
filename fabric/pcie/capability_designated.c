#include "fabric/pcie/capability_designated.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_header.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LENGTH_SHIFT 20
#define REVISION_SHIFT 16

uint16_t capability_designated_add(struct config_layout *layout, uint16_t id, uint8_t revision, uint16_t bytes)
{
    CHECK(bytes >= DESIGNATED_VENDOR_HEADER_BYTES && revision < 16);
    uint16_t base = capability_add_extended(layout, EXTENDED_DESIGNATED_VENDOR, 1, bytes);
    const struct config_register registers[] = {
        {DESIGNATED_VENDOR_OWNER, 4,
         .reset = CONFIG_VENDOR_MRIOV | (uint32_t)revision << REVISION_SHIFT | (uint32_t)bytes << LENGTH_SHIFT},
        {DESIGNATED_VENDOR_ID, 2, .reset = id},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    return base;
}

uint16_t capability_mr_iov_add(struct config_layout *layout)
{
    return capability_add_extended(layout, EXTENDED_MR_IOV, 1, EXTENDED_HEADER_BYTES);
}
