#include "fabric/pcie/config_access.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"

#define REGISTER 0x40

static struct config_layout layout;
static struct config_space space;

static void set_up(void)
{
    static const struct config_register registers[] = {{REGISTER, 4, .reset = 0x11223344, .writable = 0xffff00ff}};
    config_layout_init(&layout);
    config_layout_define(&layout, 0, registers, 1);
    config_space_init(&space, &layout, NULL);
}

static void tear_down(void)
{
    config_space_free(&space);
}

Test(config_access, tells_the_four_requests_from_all_others)
{
    for (int type = 0; type < TLP_TYPES; type++) {
        bool reads = type == TLP_CFGRD0 || type == TLP_CFGRD1, writes = type == TLP_CFGWR0 || type == TLP_CFGWR1;
        cr_expect_eq(config_access_is((uint8_t)type), reads || writes, "%s", tlp_traits[type].name);
        cr_expect_eq(config_access_is_write((uint8_t)type), writes, "%s", tlp_traits[type].name);
    }
    cr_expect_eq(config_access_as_type_0(TLP_CFGRD1), TLP_CFGRD0);
    cr_expect_eq(config_access_as_type_0(TLP_CFGWR1), TLP_CFGWR0);
    cr_expect(config_access_is_type_0(TLP_CFGWR0) && !config_access_is_type_0(TLP_CFGWR1));
}

/* By each combination of byte enables; what is read-only stays. */
Test(config_access, writes_the_bytes_that_are_enabled)
{
    for (uint8_t enables = 0; enables < 16; enables++) {
        set_up();
        const struct tlp write = {
            .type = TLP_CFGWR1, .address = REGISTER, .byte_enables = enables, .payload = 0xaabbccdd};
        uint32_t value = 7, wanted = 0x11223344;
        cr_assert(config_access(&space, &write, &value));
        cr_assert_eq(value, 7);
        if (enables & 1)
            wanted = (wanted & 0xffffff00) | 0xdd;
        if (enables & 4)
            wanted = (wanted & 0xff00ffff) | 0xbb0000;
        if (enables & 8)
            wanted = (wanted & 0x00ffffff) | 0xaa000000;
        const struct tlp read = {.type = TLP_CFGRD0, .address = REGISTER, .byte_enables = 1};
        cr_assert_not(config_access(&space, &read, &value));
        cr_assert_eq(value, wanted, "enables %x: %x, not %x", enables, value, wanted);
        tear_down();
    }
}

Test(config_access, answers_go_back_to_who_asked)
{
    struct fabric fabric;
    fabric_init(&fabric, 1, (struct window){0, TIME_NEVER}, 16, 1);
    const enum tlp_status statuses[] = {TLP_STATUS_SC, TLP_STATUS_UR, TLP_STATUS_CRS, TLP_STATUS_CA};
    for (int n = 0; n < 8; n++) {
        const struct tlp request = {
            .type = n < 4 ? TLP_CFGRD1 : TLP_CFGWR1,
            .requester_id = 0x1234,
            .tag = 77,
            .traffic_class = 0,
            .tail_ps = 9};
        bool data = n == 0;
        struct tlp *answer = config_access_answer(&fabric, &request, statuses[n % 4], 0xcafe, 0x0310, 5);
        cr_expect_eq(answer->type, data ? TLP_CPLD : TLP_CPL);
        cr_expect_eq(answer->status, statuses[n % 4]);
        cr_expect_eq(answer->length_dw, data ? 1 : 0);
        cr_expect_eq(answer->payload, data ? 0xcafe : 0);
        cr_expect_eq(answer->requester_id, 0x1234);
        cr_expect_eq(answer->completer_id, 0x0310);
        cr_expect_eq(answer->tag, 77);
        cr_expect_eq(answer->byte_count, 4);
        cr_expect(answer->vh == 5 && answer->origin_vh == 5);
        cr_expect(tlp_is_valid(answer));
        fabric_deliver_tlp(&fabric, answer, 5);
    }
    fabric_free(&fabric);
}
