#include "fabric/adapter/adapter_turn.h"

#include <stdlib.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/check.h"

void adapter_offer(struct adapter *adapter, const struct config_device_config *device)
{
    CHECK(!adapter->port.mr && adapter->offered == NULL);
    adapter->offered = malloc(sizeof *adapter->offered);
    CHECK(adapter->offered != NULL);
    *adapter->offered = *device;
}

enum status adapter_turned(struct port *port, uint16_t vh, uint32_t vfs, uint64_t *reset_ps)
{
    struct adapter *adapter = CONTAINER_OF(port, struct adapter, port);
    if (adapter->offered == NULL)
        return STATUS_UNSUPPORTED;
    if (vfs >= adapter->function_count || (vfs > 0 && !adapter->offered->function.sr_iov))
        return STATUS_RESOURCES_EXHAUSTED;
    bool was_used = adapter->spaces[0].device.count > 0;
    *reset_ps = was_used ? adapter->config.flr_delay_ps : 0;
    if (was_used)
        adapter_close_hierarchy(adapter, adapter->spaces[0].vh);
    if (vh == 0)
        return STATUS_OK;
    struct config_device_config device = *adapter->offered;
    device.count = 1 + vfs;
    adapter_open_hierarchy(adapter, vh, &device, 1);
    return STATUS_OK;
}
