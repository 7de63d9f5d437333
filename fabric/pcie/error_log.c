#include "fabric/pcie/error_log.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability_errors.h"
#include "fabric/pcie/express_registers.h"
#include "fabric/pcie/message.h"

static uint32_t device_control(const struct error_registers *controls)
{
    return config_space_get(controls->space, controls->express + EXPRESS_DEVICE_CONTROL, 2);
}

static bool system_errors_are_on(const struct error_registers *controls)
{
    return config_space_get(controls->space, CONFIG_COMMAND, 2) & COMMAND_SERR;
}

static bool is_set(const struct error_registers *registers, uint16_t offset, uint32_t error)
{
    return registers->aer && config_space_get(registers->space, registers->aer + offset, 4) & error;
}

static void set_device_status(const struct error_registers *function, uint32_t bits)
{
    config_space_set_bits(function->space, function->express + EXPRESS_DEVICE_STATUS, 2, bits);
}

/* The first unmasked error's header stays until software has cleared its status (6.2.4.2). */
static void
log_first(const struct error_registers *function, uint32_t error, uint32_t statuses_before, const uint32_t *header)
{
    struct config_space *space = function->space;
    uint16_t at = function->aer + AER_CONTROL;
    uint32_t control = config_space_get(space, at, 4);
    if (statuses_before & UINT32_C(1) << (control & AER_CONTROL_FIRST_ERROR))
        return;
    control &= ~(uint32_t)AER_CONTROL_FIRST_ERROR;
    config_space_set(space, at, 4, control | (uint32_t)__builtin_ctz(error));
    for (uint16_t dword = 0; dword < 4; dword++)
        config_space_set(space, (uint16_t)(function->aer + AER_HEADER_LOG + dword * 4), 4, header ? header[dword] : 0);
}

/* Sets the status and, unless the error is masked, logs the header. */
static void log_status(const struct error_registers *function, uint32_t error, bool masked, const uint32_t *header)
{
    if (!function->aer)
        return;
    uint32_t before = config_space_get(function->space, function->aer + AER_UNCORRECTABLE_STATUS, 4);
    config_space_set(function->space, function->aer + AER_UNCORRECTABLE_STATUS, 4, before | error);
    if (!masked)
        log_first(function, error, before, header);
}

uint8_t
error_log_correctable(const struct error_registers *function, const struct error_registers *controls, uint32_t error)
{
    set_device_status(function, DEVICE_STATUS_CORRECTABLE);
    if (function->aer)
        config_space_set_bits(function->space, function->aer + AER_CORRECTABLE_STATUS, 4, error);
    if (is_set(controls, AER_CORRECTABLE_MASK, error))
        return 0;
    return device_control(controls) & DEVICE_CONTROL_CORRECTABLE ? MESSAGE_ERR_COR : 0;
}

/* 6.2.5: an unmasked uncorrectable error. Unsupported requests have a switch of their own. */
static bool may_report(const struct error_registers *controls, uint32_t error, bool fatal)
{
    uint32_t control = device_control(controls);
    if (system_errors_are_on(controls))
        return true;
    if (error == AER_UNSUPPORTED_REQUEST && !(control & DEVICE_CONTROL_UNSUPPORTED))
        return false;
    return control & (fatal ? DEVICE_CONTROL_FATAL : DEVICE_CONTROL_NONFATAL);
}

static uint8_t log_advisory(
    const struct error_registers *function, const struct error_registers *controls, uint32_t error,
    const uint32_t *header)
{
    if (!is_set(controls, AER_CORRECTABLE_MASK, AER_ADVISORY_NONFATAL))
        log_status(function, error, is_set(controls, AER_UNCORRECTABLE_MASK, error), header);
    return error_log_correctable(function, controls, AER_ADVISORY_NONFATAL);
}

uint8_t error_log_uncorrectable(
    const struct error_registers *function, const struct error_registers *controls, uint32_t error, bool advisory,
    const uint32_t *header)
{
    CHECK(error && !(error & (error - 1)));
    bool fatal =
        controls->aer ? is_set(controls, AER_UNCORRECTABLE_SEVERITY, error) : (error & AER_FATAL_BY_DEFAULT) != 0;
    if (error == AER_UNSUPPORTED_REQUEST)
        set_device_status(function, DEVICE_STATUS_UNSUPPORTED);
    if (advisory && !fatal)
        return log_advisory(function, controls, error, header);
    bool masked = is_set(controls, AER_UNCORRECTABLE_MASK, error);
    set_device_status(function, fatal ? DEVICE_STATUS_FATAL : DEVICE_STATUS_NONFATAL);
    log_status(function, error, masked, header);
    if (masked || !may_report(controls, error, fatal))
        return 0;
    return fatal ? MESSAGE_ERR_FATAL : MESSAGE_ERR_NONFATAL;
}

/* Status bits of an arriving message, by what it is and what came before it (7.8.4.10). */
static uint32_t root_status_bits(uint8_t message, uint32_t status)
{
    if (message == MESSAGE_ERR_COR)
        return AER_ROOT_STATUS_CORRECTABLE |
               (status & AER_ROOT_STATUS_CORRECTABLE ? AER_ROOT_STATUS_MULTIPLE_CORRECTABLE : 0u);
    uint32_t bits = AER_ROOT_STATUS_UNCORRECTABLE;
    bool fatal = message == MESSAGE_ERR_FATAL;
    bits |= fatal ? AER_ROOT_STATUS_FATAL : AER_ROOT_STATUS_NONFATAL;
    if (status & AER_ROOT_STATUS_UNCORRECTABLE)
        return bits | AER_ROOT_STATUS_MULTIPLE_UNCORRECTABLE;
    return fatal ? bits | AER_ROOT_STATUS_FIRST_FATAL : bits;
}

static uint32_t root_command_for(uint8_t message)
{
    return message == MESSAGE_ERR_COR        ? AER_ROOT_COMMAND_CORRECTABLE
           : message == MESSAGE_ERR_NONFATAL ? AER_ROOT_COMMAND_NONFATAL
                                             : AER_ROOT_COMMAND_FATAL;
}

bool error_log_message(const struct error_registers *root, uint8_t message, uint16_t requester)
{
    struct config_space *space = root->space;
    uint16_t base = root->aer;
    CHECK(base != 0);
    CHECK(message == MESSAGE_ERR_COR || message == MESSAGE_ERR_NONFATAL || message == MESSAGE_ERR_FATAL);
    bool correctable = message == MESSAGE_ERR_COR;
    uint32_t status = config_space_get(space, base + AER_ROOT_STATUS, 4);
    uint32_t already = correctable ? AER_ROOT_STATUS_CORRECTABLE : AER_ROOT_STATUS_UNCORRECTABLE;
    if (!(status & already)) {
        uint16_t source = correctable ? AER_ROOT_SOURCE_CORRECTABLE : AER_ROOT_SOURCE_UNCORRECTABLE;
        config_space_set(space, base + source, 2, requester);
    }
    config_space_set(space, base + AER_ROOT_STATUS, 4, status | root_status_bits(message, status));
    return config_space_get(space, base + AER_ROOT_COMMAND, 4) & root_command_for(message);
}
