#include "hostsim/host/root_errors.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/pcie/message.h"

static enum root_error kind_of(uint8_t message)
{
    return message == MESSAGE_ERR_COR        ? ROOT_ERROR_COR
           : message == MESSAGE_ERR_NONFATAL ? ROOT_ERROR_NONFATAL
                                             : ROOT_ERROR_FATAL;
}

void root_port_hear(struct root_port *root_port, uint8_t message, uint16_t id)
{
    enum root_error error = kind_of(message);
    root_port->errors[error]++;
    bool interrupts = false;
    if (root_port->requester != NULL) {
        struct error_registers registers = error_registers_of(&root_port->requester->registers);
        interrupts = error_log_message(&registers, message, id);
    }
    if (root_port->listener != NULL)
        root_port->listener->heard(root_port->listener, root_port, error, id, interrupts);
}

void root_port_report(struct root_port *root_port, const struct error_report *report)
{
    if (root_port->requester == NULL)
        return;
    struct config_space *registers = &root_port->requester->registers;
    uint8_t message = error_report_log(registers, registers, report);
    if (message != 0)
        root_port_hear(root_port, message, ROOT_PORT_ID);
}

void root_port_read_failed(struct root_port *root_port, const struct tlp *completion)
{
    if (completion->status == TLP_STATUS_SC)
        root_port_report(root_port, &(struct error_report){.error = AER_POISONED, .tlp = completion});
}

void root_port_lost_link(struct root_port *root_port)
{
    const struct link_control *control = root_port->port.control;
    if ((control->causes & LINK_CAUSES_OF_FAILURE) == 0 || root_port->requester == NULL)
        return;
    const struct config_space *registers = &root_port->requester->registers;
    uint16_t express = capability_find(registers->layout, CAPABILITY_EXPRESS);
    if ((config_space_get(registers, express + EXPRESS_SLOT_CAPABILITIES, 4) & SLOT_CAPABILITIES_SURPRISE) != 0)
        return; /* its slot expects it (base specification 3.2.1) */
    root_port_report(root_port, &(struct error_report){.error = AER_SURPRISE_DOWN});
}
