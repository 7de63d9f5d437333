#include "fabric/switch/translator.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "tests/support/tlp_samples.h"

#define FUNCTIONS 33
#define VHS 5
#define BAR_BYTES 0x100000
#define NATIVE_ID 0x0100
#define NATIVE_BAR UINT64_C(0x4000000000)

static struct translator translator;

/* Where hierarchy VH has its functions: they may be at the same IDs and addresses in several. */
static uint16_t first_id(uint16_t vh)
{
    return (uint16_t)(0x0200 + vh / 2 * 0x100);
}

static uint64_t bar_base(uint16_t vh)
{
    return UINT64_C(0x80000000) + (uint64_t)(vh / 2) * 0x10000000;
}

static uint16_t vh_of[FUNCTIONS]; /* VHS: placed nowhere */
static uint32_t slot_of[FUNCTIONS];

static void set_up(struct random *random)
{
    uint32_t slots[VHS] = {0};
    translator_init(&translator, FUNCTIONS, NATIVE_ID, NATIVE_BAR, BAR_BYTES, VHS);
    for (uint16_t vh = 0; vh < VHS; vh++)
        translator_open(&translator, vh, first_id(vh), bar_base(vh));
    for (uint32_t function = 0; function < FUNCTIONS; function++) {
        uint16_t vh = vh_of[function] = (uint16_t)random_below(random, VHS + 1);
        if (vh == VHS)
            continue;
        slot_of[function] = slots[vh]++;
        translator_place(&translator, function, vh);
    }
}

static struct tlp request_to(uint32_t function, uint64_t offset, uint16_t requester_id, enum tlp_type type)
{
    uint16_t vh = vh_of[function];
    return (struct tlp){
        .type = (uint8_t)type,
        .vh = vh,
        .origin_vh = vh,
        .address = bar_base(vh) + slot_of[function] * (uint64_t)BAR_BYTES + offset,
        .length_dw = 16,
        .requester_id = requester_id,
        .tag = 5,
    };
}

/* A host's read goes in and its completion comes out: the adapter saw its own names, the host sees its own. */
static void check_host_reads(struct random *random, uint32_t function)
{
    uint64_t offset = random_below(random, BAR_BYTES / 64) * 64;
    uint16_t host_id = (uint16_t)random_below(random, 3); /* also the same one in several hierarchies */
    struct tlp read = request_to(function, offset, host_id, TLP_MRD), expected = read;
    cr_assert(translator_to_adapter(&translator, &read));
    expected.address = NATIVE_BAR + function * (uint64_t)BAR_BYTES + offset;
    cr_assert_geq(read.requester_id, TRANSLATOR_PROXY_FIRST);
    expected.requester_id = read.requester_id;
    cr_assert(tlp_same(&read, &expected));

    struct tlp answer = {
        .type = TLP_CPLD,
        .requester_id = read.requester_id,
        .completer_id = (uint16_t)(NATIVE_ID + function),
        .tag = read.tag,
        .length_dw = 16,
        .byte_count = 64,
        .vh = 77,
    };
    struct tlp back = answer;
    cr_assert(translator_from_adapter(&translator, &back));
    answer.vh = vh_of[function];
    answer.requester_id = host_id;
    answer.completer_id = (uint16_t)(first_id(vh_of[function]) + slot_of[function]);
    cr_assert(tlp_same(&back, &answer));
}

/* A function's read goes out and its completion comes in. */
static void check_function_reads(uint32_t function)
{
    struct tlp read = {
        .type = TLP_MRD,
        .requester_id = (uint16_t)(NATIVE_ID + function),
        .tag = 9,
        .address = 0x12340,
        .length_dw = 16,
        .vh = 77,
    };
    struct tlp out = read;
    cr_assert(translator_from_adapter(&translator, &out));
    read.vh = vh_of[function];
    read.requester_id = (uint16_t)(first_id(vh_of[function]) + slot_of[function]);
    cr_assert(tlp_same(&out, &read));

    struct tlp answer = {
        .type = TLP_CPLD, .requester_id = out.requester_id, .completer_id = 3, .tag = 9, .vh = out.vh, .length_dw = 16};
    struct tlp in = answer;
    cr_assert(translator_to_adapter(&translator, &in));
    answer.requester_id = (uint16_t)(NATIVE_ID + function);
    cr_assert(tlp_same(&in, &answer));
}

Test(translator, everybody_sees_names_of_their_own)
{
    struct random random;
    random_init(&random, 1, "translator");
    for (int round = 0; round < 50; round++) {
        set_up(&random);
        for (int n = 0; n < 200; n++) {
            uint32_t function = (uint32_t)random_below(&random, FUNCTIONS);
            if (vh_of[function] == VHS)
                continue;
            check_host_reads(&random, function);
            check_function_reads(function);
        }
        /* Three IDs in each hierarchy: no more proxies than that. */
        cr_assert_leq(translator.requester_count, 3 * VHS);
        translator_free(&translator);
    }
}

/* Function 0 in hierarchy 0, function 1 in hierarchy 1, at the same ID and address there; function 2 nowhere. */
static void set_up_two(void)
{
    translator_init(&translator, 3, NATIVE_ID, NATIVE_BAR, BAR_BYTES, 3);
    for (uint16_t vh = 0; vh < 2; vh++) {
        translator_open(&translator, vh, first_id(vh), bar_base(vh));
        translator_place(&translator, vh, vh);
        vh_of[vh] = vh;
        slot_of[vh] = 0;
    }
}

Test(translator, two_hosts_may_have_one_id_and_tag)
{
    set_up_two();
    struct tlp reads[2];
    for (uint32_t host = 0; host < 2; host++) {
        reads[host] = request_to(host, 0, 0, TLP_MRD);
        cr_assert(translator_to_adapter(&translator, &reads[host]));
    }
    cr_assert_neq(reads[0].requester_id, reads[1].requester_id);
    cr_assert_neq(reads[0].address, reads[1].address);
    struct tlp again = request_to(0, 0, 0, TLP_MRD);
    cr_assert(translator_to_adapter(&translator, &again));
    cr_assert_eq(again.requester_id, reads[0].requester_id);
    translator_free(&translator);
}

static void refuse_in(struct tlp tlp)
{
    struct tlp before = tlp;
    cr_assert_not(translator_to_adapter(&translator, &tlp));
    cr_assert(tlp_same(&tlp, &before));
}

static void refuse_out(struct tlp tlp)
{
    struct tlp before = tlp;
    cr_assert_not(translator_from_adapter(&translator, &tlp));
    cr_assert(tlp_same(&tlp, &before));
}

Test(translator, what_is_for_nobody_is_refused_and_stays_as_it_was)
{
    set_up_two();
    struct tlp request = request_to(0, 0, 0, TLP_MWR);
    request.address = bar_base(0) - 4;
    refuse_in(request);
    request.address = bar_base(0) + BAR_BYTES;
    refuse_in(request);
    request.address = bar_base(0) + BAR_BYTES - 4;
    cr_assert(translator_to_adapter(&translator, &request));
    request = request_to(0, 0, 0, TLP_MWR);
    request.vh = 2;
    refuse_in(request);
    refuse_in((struct tlp){.type = TLP_CFGRD0, .vh = 0, .completer_id = first_id(0)});
    refuse_in((struct tlp){.type = TLP_MSG, .vh = 0, .status = TLP_TO_ROOT});
    refuse_in((struct tlp){.type = TLP_CPLD, .vh = 0, .requester_id = (uint16_t)(first_id(0) + 1)});
    refuse_in((struct tlp){.type = TLP_CPLD, .vh = 0, .requester_id = (uint16_t)(first_id(0) - 1)});
    cr_assert_eq(translator.requester_count, 1);

    refuse_out((struct tlp){.type = TLP_MWR, .requester_id = NATIVE_ID + 2, .vh = 77});
    refuse_out((struct tlp){.type = TLP_MWR, .requester_id = NATIVE_ID + 3, .vh = 77});
    refuse_out((struct tlp){.type = TLP_MWR, .requester_id = NATIVE_ID - 1, .vh = 77});
    translator_free(&translator);
}

Test(translator, a_completion_goes_only_to_who_asked_in_its_functions_hierarchy)
{
    set_up_two();
    struct tlp read = request_to(0, 0, 0, TLP_MRD);
    cr_assert(translator_to_adapter(&translator, &read));
    struct tlp answer = {.type = TLP_CPLD, .requester_id = read.requester_id, .completer_id = NATIVE_ID, .vh = 77};
    struct tlp back = answer;
    cr_assert(translator_from_adapter(&translator, &back));
    answer.completer_id = NATIVE_ID + 1; /* a function of the other hierarchy answers */
    refuse_out(answer);
    answer.completer_id = NATIVE_ID + 2;
    refuse_out(answer);
    answer.completer_id = NATIVE_ID;
    answer.requester_id = (uint16_t)(read.requester_id + 1);
    refuse_out(answer);
    back = answer;
    back.requester_id = 0; /* not a proxy, but MR-PCIM's root port */
    cr_assert(translator_from_adapter(&translator, &back));
    cr_assert(back.vh == 0 && back.requester_id == 0 && back.completer_id == NATIVE_ID);
    for (uint16_t id = 0; id < 64; id++) {
        struct tlp another = request_to(0, 0, id, TLP_MRD);
        cr_assert(translator_to_adapter(&translator, &another));
    }
    answer.requester_id = (uint16_t)(TRANSLATOR_PROXY_FIRST + translator.requester_count);
    refuse_out(answer);
    translator_free(&translator);
}

/* --- coming and going --- */

#define PLACES 5

static void present(uint16_t vh, uint32_t count)
{
    static struct config_shelf shelf;
    struct config_device_config config = {
        .function =
            {
                .type = EXPRESS_ENDPOINT,
                .device = 0x1012,
                .class_code = 0x020000,
                .generation = 3,
                .width = 4,
                .mps_bytes = 512,
                .bar_bytes = BAR_BYTES,
                .vectors = 4,
            },
        .count = count,
        .split = true,
        .generation = 3,
        .width = 4,
    };
    config.stand_in = config.function;
    config.stand_in.bar_bytes = config.stand_in.vectors = 0;
    translator_present(&translator, vh, &shelf, &config);
}

Test(translator, places_stay_while_others_come_and_go)
{
    static struct fabric fabric;
    fabric_init(&fabric, 1, (struct window){0, UINT64_MAX}, 16, 1);
    translator_init(&translator, FUNCTIONS, NATIVE_ID, NATIVE_BAR, BAR_BYTES, VHS);
    present(1, 2);
    for (uint32_t function = 1; function <= PLACES; function++)
        cr_expect_eq(translator_place(&translator, function, 1), function - 1);
    translator_unplace(&translator, &fabric, 2);
    translator_unplace(&translator, &fabric, 4);
    cr_expect_eq(translator_slot(&translator, 3), 2);
    cr_expect_eq(translator_slot(&translator, 5), 4);
    cr_expect_eq(translator_place(&translator, 9, 1), 1, "the lowest free one");
    cr_expect_eq(translator_place(&translator, 2, 1), 3);
    cr_expect_eq(translator_place(&translator, 4, 1), 5);
    translator_unplace(&translator, &fabric, 1);
    cr_expect_eq(translator_place(&translator, 1, 1), 6, "a stand-in has slot 0");
    translator_free(&translator);
    fabric_free(&fabric);
}

/* What software does to the function in SLOT: its BAR is at ADDRESS, and answers or not. */
static void program(uint32_t slot, uint64_t address, uint16_t command)
{
    struct config_space *space = &translator.hierarchies[1].device.functions[slot];
    config_space_write(space, CONFIG_BAR, 0xf, (uint32_t)address);
    config_space_write(space, CONFIG_BAR + 4, 0xf, (uint32_t)(address >> 32));
    config_space_write(space, CONFIG_COMMAND, 0x3, command);
    translator_apply(&translator, 1);
}

/* Whom a request for ADDRESS reaches; FUNCTIONS: nobody. */
static uint32_t reached(uint64_t address)
{
    struct tlp tlp = {.type = TLP_MWR, .vh = 1, .address = address, .length_dw = 1};
    if (!translator_to_adapter(&translator, &tlp))
        return FUNCTIONS;
    return (uint32_t)((tlp.address - NATIVE_BAR) / BAR_BYTES);
}

Test(translator, functions_are_where_software_has_put_them)
{
    static struct fabric fabric;
    const uint64_t base = UINT64_C(1) << 44, far = UINT64_C(1) << 45;
    fabric_init(&fabric, 1, (struct window){0, UINT64_MAX}, 16, 1);
    translator_init(&translator, FUNCTIONS, NATIVE_ID, NATIVE_BAR, BAR_BYTES, VHS);
    present(1, 3);
    for (uint32_t slot = 0; slot < 3; slot++)
        cr_expect_eq(translator_place(&translator, 7 + slot, 1), slot);
    cr_expect_eq(reached(base), FUNCTIONS, "nobody is programmed");
    for (uint32_t slot = 0; slot < 3; slot++)
        program(slot, base + slot * BAR_BYTES, COMMAND_MEMORY);
    for (uint32_t slot = 0; slot < 3; slot++)
        cr_expect_eq(reached(base + slot * BAR_BYTES + 64), 7 + slot);
    program(1, base + BAR_BYTES, 0);
    cr_expect_eq(reached(base + BAR_BYTES), FUNCTIONS, "its memory space is off");
    cr_expect_eq(reached(base), 7);
    program(1, far, COMMAND_MEMORY);
    cr_expect_eq(reached(far + 64), 8);
    cr_expect_eq(reached(base + BAR_BYTES), FUNCTIONS);
    cr_expect_eq(reached(base + 2 * BAR_BYTES), 9);
    translator_unplace(&translator, &fabric, 8);
    cr_expect_eq(reached(far + 64), FUNCTIONS, "it has gone");
    cr_expect_eq(translator_place(&translator, 8, 1), 1);
    cr_expect_eq(reached(far + 64), FUNCTIONS, "it is as after reset");
    translator_free(&translator);
    fabric_free(&fabric);
}
