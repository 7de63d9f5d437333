#include "fabric/pcie/capability_express.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/pcie/config_header.h"

static struct config_layout layout;
static struct config_space space;
static uint16_t base;

static void make(const struct express_config *config)
{
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
    base = capability_express_add(&layout, config);
    config_space_init(&space, &layout, NULL);
}

static void end(void)
{
    config_space_free(&space);
}

static uint32_t probe(uint16_t offset)
{
    config_space_write(&space, base + offset, 0xf, UINT32_MAX);
    return config_space_read(&space, base + offset);
}

static const struct express_config endpoint = {
    .type = EXPRESS_ENDPOINT, .mps_bytes = 512, .generation = 4, .width = 16};

Test(capability_express, endpoint, .fini = end)
{
    make(&endpoint);
    cr_assert_eq(config_space_get(&space, base, 4), 0x00020010);
    cr_assert_eq(probe(EXPRESS_DEVICE_CAPABILITIES), 0x10008022);
    cr_assert_eq(config_space_read(&space, base + EXPRESS_DEVICE_CONTROL), 0x2810, "MRRS 512, relaxed, no snoop");
    cr_assert_eq(probe(EXPRESS_DEVICE_CONTROL), 0x79ff, "function-level reset reads as 0");
    cr_assert_eq(probe(EXPRESS_LINK_CAPABILITIES), 0x00400104);
    cr_assert_eq(probe(EXPRESS_LINK_CONTROL), 0x100002cb, "nothing of a downstream port");
    cr_assert_eq(probe(EXPRESS_SLOT_CAPABILITIES), 0);
    cr_assert_eq(probe(EXPRESS_SLOT_CONTROL), 0);
    cr_assert_eq(probe(EXPRESS_ROOT_CONTROL), 0);
    cr_assert_eq(probe(EXPRESS_DEVICE_CONTROL_2), 0x131f);
    cr_assert_eq(probe(EXPRESS_LINK_CAPABILITIES_2), 0x1e);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_CONTROL_2, 2), 4, "the fastest it can");
}

Test(capability_express, payloads_are_within_what_the_function_can, .fini = end)
{
    make(&endpoint);
    for (uint32_t code = 0; code < 8; code++) {
        config_space_write(&space, base + EXPRESS_DEVICE_CONTROL, 0x3, code << 5 | code << 12);
        cr_assert_eq(express_mps_bytes(&space, base), code < 2 ? 128u << code : 512);
        cr_assert_eq(express_mrrs_bytes(&space, base), code < 5 ? 128u << code : 4096);
    }
}

Test(capability_express, function_reset_keeps_what_the_link_agreed_on, .fini = end)
{
    make(&endpoint);
    config_space_write(&space, base + EXPRESS_DEVICE_CONTROL, 0x3, 0x505f);
    config_space_write(&space, base + EXPRESS_LINK_CONTROL, 0x3, 0x2cb);
    config_space_write(&space, base + EXPRESS_LINK_CONTROL_2, 0x3, 0x1);
    express_set_link(&space, base, 3, 8);
    config_space_reset(&space, CONFIG_RESET_FUNCTION);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_DEVICE_CONTROL, 2), 0x2850, "MPS only");
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_CONTROL, 2), 0x2cb);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_CONTROL_2, 2), 1);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS, 2), 0x1083);
    config_space_reset(&space, CONFIG_RESET_CONVENTIONAL);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_DEVICE_CONTROL, 2), 0x2810);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_CONTROL, 2), 0);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_CONTROL_2, 2), 1, "sticky");
    config_space_reset(&space, CONFIG_RESET_COLD);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_CONTROL_2, 2), 4);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS, 2), 0x1083, "the link is what it is");
}

Test(capability_express, vf_leaves_all_to_its_pf, .fini = end)
{
    struct express_config vf = endpoint;
    vf.vf = true;
    make(&vf);
    cr_assert_eq(probe(EXPRESS_DEVICE_CAPABILITIES), 0x10008022, "what it can is its PF's");
    cr_assert_eq(probe(EXPRESS_DEVICE_CONTROL), 0);
    cr_assert_eq(probe(EXPRESS_LINK_CONTROL), 0x10000000);
    cr_assert_eq(probe(EXPRESS_DEVICE_CONTROL_2), 0);
    cr_assert_eq(probe(EXPRESS_LINK_CONTROL_2), 0);
    cr_assert(express_set_link(&space, base, 4, 16));
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS, 2), 0x1104);
}

static const struct express_slot slot = {.power_watts = 75, .hot_plug = true, .surprise = true};

Test(capability_express, downstream_port_with_slot, .fini = end)
{
    make(&(struct express_config){
        .type = EXPRESS_DOWNSTREAM_PORT,
        .mps_bytes = 256,
        .generation = 5,
        .width = 4,
        .ari_forwarding = true,
        .slot = &slot});
    cr_assert_eq(config_space_get(&space, base + EXPRESS_FLAGS, 2), 0x0162);
    cr_assert_eq(probe(EXPRESS_DEVICE_CAPABILITIES), 0x00008021, "no function-level reset");
    cr_assert_eq(probe(EXPRESS_DEVICE_CONTROL), 0x00ef);
    express_set_port(&space, base, 0xfe, 0x1234);
    config_space_reset(&space, CONFIG_RESET_COLD);
    cr_assert_eq(probe(EXPRESS_LINK_CAPABILITIES), 0xfe780045);
    cr_assert_eq(probe(EXPRESS_LINK_CONTROL), 0x10000ed3, "Link Disable; Retrain Link reads as 0");
    cr_assert_eq(probe(EXPRESS_SLOT_CAPABILITIES), 0x91a025fb);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_SLOT_CONTROL, 2), 0x03c0, "indicators off, power on");
    cr_assert_eq(probe(EXPRESS_SLOT_CONTROL), 0x17fb);
    cr_assert_eq(probe(EXPRESS_ROOT_CONTROL), 0);
    cr_assert_eq(probe(EXPRESS_DEVICE_CONTROL_2), 0x0020);
    config_space_set_bits(&space, base + EXPRESS_SLOT_STATUS, 2, SLOT_STATUS_EVENTS | SLOT_STATUS_PRESENT);
    config_space_write(&space, base + EXPRESS_SLOT_CONTROL, 0xc, UINT32_C(0x0048) << 16);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_SLOT_STATUS, 2), 0x0153);
}

Test(capability_express, root_port, .fini = end)
{
    make(&(struct express_config){
        .type = EXPRESS_ROOT_PORT,
        .mps_bytes = 256,
        .generation = 3,
        .width = 8,
        .rcb_128 = true,
        .ari_forwarding = true});
    cr_assert_eq(config_space_get(&space, base + EXPRESS_FLAGS, 2), 0x0042);
    cr_assert_eq(probe(EXPRESS_LINK_CONTROL), 0x10000edb, "128 bytes, for good");
    config_space_write(&space, base + EXPRESS_LINK_CONTROL, 0x3, 0);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_CONTROL, 2), LINK_CONTROL_RCB_128);
    cr_assert_eq(probe(EXPRESS_ROOT_CONTROL), 0x0001001f);
    config_space_set(&space, base + EXPRESS_ROOT_STATUS, 4, 0x00030100);
    cr_assert_eq(probe(EXPRESS_ROOT_STATUS), 0x00020100);
    cr_assert_eq(probe(EXPRESS_DEVICE_CONTROL_2), 0x003f);
}

Test(capability_express, link_comes_and_goes, .fini = end)
{
    make(&(struct express_config){.type = EXPRESS_DOWNSTREAM_PORT, .mps_bytes = 256, .generation = 4, .width = 8});
    config_space_set_bits(&space, base + EXPRESS_LINK_STATUS, 2, LINK_STATUS_TRAINING | LINK_STATUS_BANDWIDTH);
    cr_assert(express_set_link(&space, base, 4, 8));
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS, 2), 0xf084, "up, no longer training");
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS_2, 2), LINK_STATUS_2_EQUALISED);
    cr_assert_not(express_set_link(&space, base, 4, 8));
    cr_assert(express_set_link(&space, base, 0, 0));
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS, 2), 0xd004);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS_2, 2), 0);
    cr_assert(express_set_link(&space, base, 2, 1));
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS, 2), 0xf012);
    cr_assert_eq(config_space_get(&space, base + EXPRESS_LINK_STATUS_2, 2), 0, "no equalisation at 5 GT/s");
}

#define MUST_ABORT(name, ...)                                                                                          \
    Test(capability_express, name, .signal = SIGABRT)                                                                  \
    {                                                                                                                  \
        make(&(struct express_config){__VA_ARGS__});                                                                   \
    }

MUST_ABORT(
    endpoints_have_no_slot, .type = EXPRESS_ENDPOINT, .mps_bytes = 128, .generation = 1, .width = 1, .slot = &slot)
MUST_ABORT(payloads_are_powers_of_two, .type = EXPRESS_ENDPOINT, .mps_bytes = 384, .generation = 1, .width = 1)
MUST_ABORT(payloads_end_at_4096, .type = EXPRESS_ENDPOINT, .mps_bytes = 8192, .generation = 1, .width = 1)
MUST_ABORT(there_is_no_generation_7, .type = EXPRESS_ENDPOINT, .mps_bytes = 128, .generation = 7, .width = 1)
