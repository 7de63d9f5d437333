#include "fabric/adapter/adapter_errors.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability_errors.h"
#include "fabric/pcie/message.h"

static struct adapter_space *space_of(const struct function *function)
{
    struct adapter *adapter = function->adapter;
    return &adapter->spaces[adapter->port.mr ? function->settings.vh : 0];
}

/* FUNCTION's place in SPACE. */
static uint32_t slot_of(const struct adapter_space *space, const struct function *function)
{
    for (uint32_t slot = 0; slot < space->slot_count; slot++)
        if (space->slots[slot] == function)
            return slot;
    CHECK(false);
    return 0;
}

/* What is told where the registers are not here: what they would say by default. */
static uint8_t message_by_default(const struct error_report *report)
{
    if ((report->error & AER_FATAL_BY_DEFAULT) != 0)
        return MESSAGE_ERR_FATAL;
    return report->advisory ? MESSAGE_ERR_COR : MESSAGE_ERR_NONFATAL;
}

void function_report(struct function *function, const struct error_report *report)
{
    struct adapter *adapter = function->adapter;
    const struct adapter_space *space = space_of(function);
    uint8_t message = message_by_default(report);
    if (!adapter->translated && space->device.count == 0)
        return;
    if (!adapter->translated) {
        uint32_t slot = slot_of(space, function);
        struct config_space *pf = &space->device.functions[0];
        /* An internal error is the PF's to log (9.4.2). */
        struct config_space *registers = report->error == AER_INTERNAL ? pf : &space->device.functions[slot];
        message = error_report_log(registers, pf, report);
    }
    if (message == 0)
        return;
    struct tlp *tlp = error_message_create(adapter->fabric, message, function->settings.id, function->settings.vh);
    tlp->payload = adapter->translated ? report->error : 0;
    adapter_send_message(adapter, tlp);
}

void adapter_report(struct adapter *adapter, const struct error_report *report)
{
    CHECK(report->tlp != NULL);
    const struct adapter_space *space = &adapter->spaces[adapter->port.mr ? report->tlp->vh : 0];
    struct function *pf = space->slots != NULL ? space->slots[0] : NULL;
    if (pf != NULL && pf->active)
        function_report(pf, report);
}
