#include "fabric/pcie/error_log.h"

#include <criterion/criterion.h>

#include "fabric/pcie/capability_errors.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/config_header.h"
#include "fabric/pcie/message.h"

static struct config_layout layouts[2];
static struct config_space spaces[2];
static struct error_registers function; /* an endpoint or a PF */
static struct error_registers vf;

static struct error_registers make(int which, enum express_type type, bool is_vf, bool aer)
{
    struct config_layout *layout = &layouts[which];
    struct error_registers made = {.space = &spaces[which]};
    config_layout_init(layout);
    if (is_vf)
        config_header_vf(layout, &(struct config_identity){0});
    else
        config_header_endpoint(layout, &(struct config_endpoint){0});
    made.express = capability_express_add(
        layout, &(struct express_config){.type = type, .vf = is_vf, .mps_bytes = 128, .generation = 3, .width = 4});
    made.aer = aer ? capability_aer_add(layout, type, is_vf) : 0;
    config_space_init(&spaces[which], layout, NULL);
    return made;
}

static void start(void)
{
    function = make(0, EXPRESS_ENDPOINT, false, true);
    vf = make(1, EXPRESS_ENDPOINT, true, true);
}

static void end(void)
{
    config_space_free(&spaces[0]);
    config_space_free(&spaces[1]);
}

static void enable(uint32_t bits)
{
    config_space_write(function.space, function.express + EXPRESS_DEVICE_CONTROL, 0x1, bits);
}

static uint32_t device_status(const struct error_registers *of)
{
    return config_space_get(of->space, of->express + EXPRESS_DEVICE_STATUS, 2);
}

static uint32_t aer(const struct error_registers *of, uint16_t offset)
{
    return config_space_read(of->space, of->aer + offset);
}

static uint8_t record(uint32_t error, const uint32_t *header)
{
    return error_log_uncorrectable(&function, &function, error, false, header);
}

Test(error_log, reports_what_device_control_lets_out, .init = start, .fini = end)
{
    static const struct {
        uint32_t error, control;
        uint8_t message;
    } cases[] = {
        {AER_POISONED, 0, 0},
        {AER_POISONED, DEVICE_CONTROL_NONFATAL, MESSAGE_ERR_NONFATAL},
        {AER_POISONED, DEVICE_CONTROL_FATAL | DEVICE_CONTROL_CORRECTABLE, 0},
        {AER_MALFORMED, DEVICE_CONTROL_FATAL, MESSAGE_ERR_FATAL},
        {AER_MALFORMED, DEVICE_CONTROL_NONFATAL, 0},
        {AER_UNSUPPORTED_REQUEST, DEVICE_CONTROL_NONFATAL, 0},
        {AER_UNSUPPORTED_REQUEST, DEVICE_CONTROL_UNSUPPORTED, 0},
        {AER_UNSUPPORTED_REQUEST, DEVICE_CONTROL_NONFATAL | DEVICE_CONTROL_UNSUPPORTED, MESSAGE_ERR_NONFATAL},
        {AER_INTERNAL, DEVICE_CONTROL_REPORTING, 0}, /* masked by default */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enable(cases[i].control);
        cr_assert_eq(record(cases[i].error, NULL), cases[i].message, "case %zu", i);
        cr_assert(aer(&function, AER_UNCORRECTABLE_STATUS) & cases[i].error, "case %zu", i);
    }
    cr_assert_eq(device_status(&function), 0x0e);
}

Test(error_log, system_error_enable_stands_for_uncorrectable_ones, .init = start, .fini = end)
{
    config_space_write(function.space, CONFIG_COMMAND, 0x3, COMMAND_SERR);
    cr_assert_eq(record(AER_POISONED, NULL), MESSAGE_ERR_NONFATAL);
    cr_assert_eq(record(AER_UNSUPPORTED_REQUEST, NULL), MESSAGE_ERR_NONFATAL);
    cr_assert_eq(record(AER_MALFORMED, NULL), MESSAGE_ERR_FATAL);
    cr_assert_eq(error_log_correctable(&function, &function, AER_BAD_TLP), 0);
    enable(DEVICE_CONTROL_CORRECTABLE);
    cr_assert_eq(error_log_correctable(&function, &function, AER_BAD_TLP), MESSAGE_ERR_COR);
    cr_assert_eq(aer(&function, AER_CORRECTABLE_STATUS), AER_BAD_TLP);
}

Test(error_log, first_header_stays_until_its_status_is_cleared, .init = start, .fini = end)
{
    static const uint32_t first[] = {0x40000001, 2, 3, 4};
    static const uint32_t second[] = {5, 6, 7, 8};
    record(AER_POISONED, first);
    record(AER_UNSUPPORTED_REQUEST, second);
    cr_assert_eq(aer(&function, AER_CONTROL) & AER_CONTROL_FIRST_ERROR, 12);
    for (uint16_t i = 0; i < 4; i++)
        cr_assert_eq(aer(&function, (uint16_t)(AER_HEADER_LOG + i * 4)), first[i]);
    config_space_write(function.space, function.aer + AER_UNCORRECTABLE_STATUS, 0xf, AER_POISONED);
    record(AER_COMPLETER_ABORT, second);
    cr_assert_eq(aer(&function, AER_CONTROL) & AER_CONTROL_FIRST_ERROR, 15);
    cr_assert_eq(aer(&function, AER_HEADER_LOG), 5);
    record(AER_MALFORMED, NULL);
    cr_assert_eq(aer(&function, AER_HEADER_LOG), 5);
}

Test(error_log, masked_errors_are_noted_and_no_more, .init = start, .fini = end)
{
    static const uint32_t header[] = {1, 2, 3, 4};
    enable(DEVICE_CONTROL_REPORTING);
    config_space_write(function.space, function.aer + AER_UNCORRECTABLE_MASK, 0xf, AER_ECRC);
    cr_assert_eq(record(AER_ECRC, header), 0);
    cr_assert_eq(aer(&function, AER_UNCORRECTABLE_STATUS), AER_ECRC);
    cr_assert_eq(aer(&function, AER_HEADER_LOG), 0);
}

Test(error_log, software_decides_what_is_fatal, .init = start, .fini = end)
{
    enable(DEVICE_CONTROL_REPORTING);
    config_space_write(function.space, function.aer + AER_UNCORRECTABLE_SEVERITY, 0xf, AER_POISONED);
    cr_assert_eq(record(AER_POISONED, NULL), MESSAGE_ERR_FATAL);
    cr_assert_eq(record(AER_MALFORMED, NULL), MESSAGE_ERR_NONFATAL);
}

Test(error_log, advisory_errors_count_as_correctable, .init = start, .fini = end)
{
    static const uint32_t header[] = {9, 2, 3, 4};
    enable(DEVICE_CONTROL_REPORTING);
    cr_assert_eq(error_log_uncorrectable(&function, &function, AER_UNSUPPORTED_REQUEST, true, header), 0);
    cr_assert_eq(aer(&function, AER_CORRECTABLE_STATUS), AER_ADVISORY_NONFATAL);
    cr_assert_eq(aer(&function, AER_UNCORRECTABLE_STATUS), 0, "advisory ones are masked by default");
    cr_assert_eq(device_status(&function), DEVICE_STATUS_CORRECTABLE | DEVICE_STATUS_UNSUPPORTED);
    config_space_write(function.space, function.aer + AER_CORRECTABLE_MASK, 0xf, 0);
    cr_assert_eq(error_log_uncorrectable(&function, &function, AER_UNSUPPORTED_REQUEST, true, header), MESSAGE_ERR_COR);
    cr_assert_eq(aer(&function, AER_UNCORRECTABLE_STATUS), AER_UNSUPPORTED_REQUEST);
    cr_assert_eq(aer(&function, AER_HEADER_LOG), 9);
    config_space_write(function.space, function.aer + AER_UNCORRECTABLE_SEVERITY, 0xf, AER_UNSUPPORTED_REQUEST);
    cr_assert_eq(
        error_log_uncorrectable(&function, &function, AER_UNSUPPORTED_REQUEST, true, header), MESSAGE_ERR_FATAL);
}

Test(error_log, vf_obeys_its_pf, .init = start, .fini = end)
{
    cr_assert_eq(error_log_uncorrectable(&vf, &function, AER_POISONED, false, NULL), 0);
    enable(DEVICE_CONTROL_REPORTING);
    cr_assert_eq(error_log_uncorrectable(&vf, &function, AER_POISONED, false, NULL), MESSAGE_ERR_NONFATAL);
    config_space_write(function.space, function.aer + AER_UNCORRECTABLE_MASK, 0xf, AER_POISONED);
    cr_assert_eq(error_log_uncorrectable(&vf, &function, AER_POISONED, false, NULL), 0);
    cr_assert_eq(aer(&vf, AER_UNCORRECTABLE_STATUS), AER_POISONED);
    cr_assert_eq(aer(&function, AER_UNCORRECTABLE_STATUS), 0, "it is the VF's");
    cr_assert_eq(device_status(&vf), DEVICE_STATUS_NONFATAL);
    cr_assert_eq(device_status(&function), 0);
}

Test(error_log, without_aer_the_defaults_hold, .fini = end)
{
    function = make(0, EXPRESS_ENDPOINT, false, false);
    enable(DEVICE_CONTROL_REPORTING);
    cr_assert_eq(record(AER_MALFORMED, NULL), MESSAGE_ERR_FATAL);
    cr_assert_eq(record(AER_COMPLETION_TIMEOUT, NULL), MESSAGE_ERR_NONFATAL);
    cr_assert_eq(error_log_correctable(&function, &function, AER_BAD_DLLP), MESSAGE_ERR_COR);
    cr_assert_eq(device_status(&function), 0x07);
}

Test(error_log, root_port_remembers_the_first_of_each_kind, .fini = end)
{
    struct error_registers root = make(0, EXPRESS_ROOT_PORT, false, true);
    cr_assert_not(error_log_message(&root, MESSAGE_ERR_NONFATAL, 0x0300), "no interrupt enabled");
    cr_assert_eq(aer(&root, AER_ROOT_STATUS), 0x24);
    config_space_write(root.space, root.aer + AER_ROOT_COMMAND, 0xf, AER_ROOT_COMMAND_FATAL);
    cr_assert(error_log_message(&root, MESSAGE_ERR_FATAL, 0x0301));
    cr_assert_eq(aer(&root, AER_ROOT_STATUS), 0x6c, "the first was not fatal");
    cr_assert_not(error_log_message(&root, MESSAGE_ERR_COR, 0x0400));
    cr_assert_eq(aer(&root, AER_ROOT_STATUS), 0x6d);
    cr_assert_not(error_log_message(&root, MESSAGE_ERR_COR, 0x0500));
    cr_assert_eq(aer(&root, AER_ROOT_STATUS), 0x6f);
    cr_assert_eq(aer(&root, AER_ROOT_SOURCE_CORRECTABLE), 0x03000400);
    config_space_write(root.space, root.aer + AER_ROOT_STATUS, 0xf, UINT32_MAX);
    cr_assert(error_log_message(&root, MESSAGE_ERR_FATAL, 0x0600));
    cr_assert_eq(aer(&root, AER_ROOT_STATUS), 0x54, "now it was");
    cr_assert_eq(aer(&root, AER_ROOT_SOURCE_CORRECTABLE), 0x06000400);
}
