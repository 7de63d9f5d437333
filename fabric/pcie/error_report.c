#include "fabric/pcie/error_report.h"

#include "fabric/base/bytes.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/tlp_header.h"
#include "fabric/pcie/tlp_rules.h"

struct error_registers error_registers_of(struct config_space *space)
{
    return (struct error_registers){
        .space = space,
        .express = capability_find(space->layout, CAPABILITY_EXPRESS),
        .aer = capability_find_extended(space->layout, EXTENDED_AER),
    };
}

/* The header of TLP as AER logs it: 4 DWs, the first byte in bits 31:24. False: it has none outside flit mode. */
static bool header_of(const struct tlp *tlp, uint32_t header[4])
{
    if (tlp_rules_check(tlp) != TLP_ACCEPTED)
        return false;
    uint8_t bytes[16] = {0};
    struct byte_writer writer = byte_writer_on(bytes, sizeof bytes);
    tlp_header_write(tlp, &writer);
    struct byte_reader reader = byte_reader_on(bytes, sizeof bytes);
    for (int dword = 0; dword < 4; dword++)
        header[dword] = byte_reader_u32(&reader);
    return true;
}

uint8_t
error_report_log(struct config_space *function, struct config_space *controls, const struct error_report *report)
{
    struct error_registers registers = error_registers_of(function), by = error_registers_of(controls);
    uint32_t header[4];
    bool has_header = report->tlp != NULL && header_of(report->tlp, header);
    return error_log_uncorrectable(&registers, &by, report->error, report->advisory, has_header ? header : NULL);
}

struct tlp *error_message_create(struct fabric *fabric, uint8_t message, uint16_t id, uint16_t vh)
{
    struct tlp *tlp = fabric_create_tlp(fabric);
    tlp->type = TLP_MSG;
    tlp->byte_enables = message;
    tlp->status = TLP_TO_ROOT;
    tlp->requester_id = id;
    tlp->vh = vh;
    tlp->origin_vh = vh;
    return tlp;
}
