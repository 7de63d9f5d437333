#include "fabric/pcie/capability_errors.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Errors of a function's own requests and completions, which a VF has too; those of its link are below. */
#define FUNCTION_ERRORS                                                                                                \
    (AER_POISONED | AER_COMPLETION_TIMEOUT | AER_COMPLETER_ABORT | AER_UNEXPECTED_COMPLETION |                         \
     AER_UNSUPPORTED_REQUEST | AER_ACS_VIOLATION)
#define LINK_ERRORS                                                                                                    \
    (AER_DATA_LINK_PROTOCOL | AER_FLOW_CONTROL_PROTOCOL | AER_RECEIVER_OVERFLOW | AER_MALFORMED | AER_ECRC |           \
     AER_INTERNAL)
#define FUNCTION_CORRECTABLE (AER_ADVISORY_NONFATAL | AER_HEADER_LOG_OVERFLOW)
#define LINK_CORRECTABLE                                                                                               \
    (AER_RECEIVER | AER_BAD_TLP | AER_BAD_DLLP | AER_REPLAY_ROLLOVER | AER_REPLAY_TIMEOUT | AER_CORRECTED_INTERNAL)
#define MASKED_BY_DEFAULT (AER_ADVISORY_NONFATAL | AER_CORRECTED_INTERNAL | AER_HEADER_LOG_OVERFLOW)
#define ROOT_COMMANDS (AER_ROOT_COMMAND_CORRECTABLE | AER_ROOT_COMMAND_NONFATAL | AER_ROOT_COMMAND_FATAL)
#define ROOT_STATUSES 0x7fu

static void add_statuses(struct config_layout *layout, uint16_t base, enum express_type type, bool vf)
{
    bool below = type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM_PORT;
    uint32_t errors = FUNCTION_ERRORS | (vf ? 0u : LINK_ERRORS) | (below ? AER_SURPRISE_DOWN : 0u);
    uint32_t correctable = FUNCTION_CORRECTABLE | (vf ? 0u : LINK_CORRECTABLE);
    /* 9.4.2: masks and severities of a VF are its PF's. Severity of an error that a port has not stays as it was set.
     */
    uint32_t masks = vf ? 0 : errors;
    uint32_t fatal = vf ? 0 : AER_FATAL_BY_DEFAULT;
    const struct config_register registers[] = {
        {AER_UNCORRECTABLE_STATUS, 4, .clearable = errors, .sticky = errors},
        {AER_UNCORRECTABLE_MASK, 4, .reset = vf ? 0u : AER_INTERNAL, .writable = masks, .sticky = masks},
        {AER_UNCORRECTABLE_SEVERITY, 4, .reset = fatal, .writable = masks, .sticky = masks},
        {AER_CORRECTABLE_STATUS, 4, .clearable = correctable, .sticky = correctable},
        {AER_CORRECTABLE_MASK, 4, .reset = vf ? 0u : MASKED_BY_DEFAULT, .writable = vf ? 0 : correctable,
         .sticky = vf ? 0 : correctable},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
}

static void add_log(struct config_layout *layout, uint16_t base, bool vf)
{
    uint32_t able = AER_CONTROL_ECRC_GENERATION_CAPABLE | AER_CONTROL_ECRC_CHECK_CAPABLE;
    uint32_t enable = vf ? 0u : AER_CONTROL_ECRC_GENERATION | AER_CONTROL_ECRC_CHECK;
    const struct config_register control = {
        AER_CONTROL,
        4,
        .reset = vf ? 0u : able,
        .writable = enable,
        .live = AER_CONTROL_FIRST_ERROR,
        .sticky = enable | AER_CONTROL_FIRST_ERROR};
    config_layout_define(layout, base, &control, 1);
    for (uint16_t dword = 0; dword < 4; dword++) {
        const struct config_register log = {
            (uint16_t)(AER_HEADER_LOG + dword * 4), 4, .live = UINT32_MAX, .sticky = UINT32_MAX};
        config_layout_define(layout, base, &log, 1);
    }
}

static void add_root(struct config_layout *layout, uint16_t base)
{
    static const struct config_register registers[] = {
        {AER_ROOT_COMMAND, 4, .writable = ROOT_COMMANDS},
        {AER_ROOT_STATUS, 4, .clearable = ROOT_STATUSES, .sticky = ROOT_STATUSES},
        {AER_ROOT_SOURCE_CORRECTABLE, 2, .live = 0xffff, .sticky = 0xffff},
        {AER_ROOT_SOURCE_UNCORRECTABLE, 2, .live = 0xffff, .sticky = 0xffff},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
}

uint16_t capability_aer_add(struct config_layout *layout, enum express_type type, bool vf)
{
    CHECK(!vf || type == EXPRESS_ENDPOINT);
    uint16_t base = capability_add_extended(layout, EXTENDED_AER, 2, AER_BYTES);
    add_statuses(layout, base, type, vf);
    add_log(layout, base, vf);
    if (type == EXPRESS_ROOT_PORT)
        add_root(layout, base);
    return base;
}

uint16_t capability_dpc_add(struct config_layout *layout)
{
    static const struct config_register registers[] = {
        {DPC_CAPABILITIES, 2, .reset = DPC_CAPABILITIES_SOFTWARE_TRIGGER},
        {DPC_CONTROL, 2, .writable = DPC_CONTROL_TRIGGER | DPC_CONTROL_UNSUPPORTED | DPC_CONTROL_INTERRUPT},
        {DPC_STATUS, 2, .clearable = DPC_STATUS_TRIGGERED | DPC_STATUS_INTERRUPT,
         .live = DPC_STATUS_REASON | DPC_STATUS_REASON_EXTENSION | DPC_STATUS_BUSY,
         .sticky = DPC_STATUS_TRIGGERED | DPC_STATUS_INTERRUPT | DPC_STATUS_REASON | DPC_STATUS_REASON_EXTENSION},
        {DPC_SOURCE, 2, .live = 0xffff, .sticky = 0xffff},
    };
    uint16_t base = capability_add_extended(layout, EXTENDED_DPC, 1, DPC_BYTES);
    config_layout_define(layout, base, registers, COUNT(registers));
    return base;
}
