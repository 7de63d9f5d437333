#include "fabric/pcie/config_space.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "fabric/base/random.h"
#include "tests/support/config_samples.h"

/* One register of each sort at 40h, and a DW of status at 44h. */
#define MIXED 0x40
#define STATUS 0x44

static void mixed_layout(struct config_layout *layout)
{
    static const struct config_register registers[] = {
        {MIXED, 1, .reset = 0x5a},
        {MIXED + 1, 1, .reset = 0x11, .writable = 0x0f, .live = 0xf0},
        {MIXED + 2, 2, .reset = 0x0102, .writable = 0xff00, .clearable = 0x00fc, .wired = 0x0003},
        {STATUS, 4, .writable = 0x000000ff, .clearable = 0x0000ff00, .live = 0x00ff0000, .sticky = 0x00f0f0f0,
         .kept = 0x000c0c0c},
    };
    config_layout_init(layout);
    config_layout_define(layout, 0, registers, 4);
}

Test(config_space, bytes_that_are_not_enabled_stay)
{
    struct config_layout layout;
    struct config_space space;
    mixed_layout(&layout);
    for (uint8_t enables = 0; enables < 16; enables++) {
        config_space_init(&space, &layout, NULL);
        config_space_write(&space, MIXED, enables, 0xaabbcccc);
        uint32_t wanted = 0x0102115a;
        if (enables & 2)
            wanted = (wanted & ~0x00000f00u) | 0x00000c00;
        if (enables & 8)
            wanted = (wanted & ~0xff000000u) | 0xaa000000;
        cr_assert_eq(
            config_space_read(&space, MIXED), wanted, "enables %x: %08x", enables, config_space_read(&space, MIXED));
        config_space_free(&space);
    }
}

Test(config_space, ones_clear_only_what_hardware_set)
{
    struct config_layout layout;
    struct config_space space;
    mixed_layout(&layout);
    config_space_init(&space, &layout, NULL);
    config_space_write(&space, STATUS, 0xf, 0xffffffff);
    cr_assert_eq(config_space_read(&space, STATUS), 0x000000ff, "writing 1 sets no status");
    config_space_set_bits(&space, STATUS, 4, 0x0012a500);
    config_space_write(&space, STATUS, 0xf, 0x00ff2100);
    cr_assert_eq(config_space_read(&space, STATUS), 0x00128400);
    config_space_write(&space, STATUS, 0xd, 0x0000ff00);
    cr_assert_eq(config_space_read(&space, STATUS), 0x00128400, "its byte was not enabled");
    config_space_clear_bits(&space, STATUS + 2, 1, 0x02);
    cr_assert_eq(config_space_read(&space, STATUS), 0x00108400);
    config_space_free(&space);
}

Test(config_space, each_reset_leaves_what_it_should)
{
    static const struct {
        enum config_reset kind;
        uint32_t status; /* left of 00ffffffh */
    } cases[] = {
        {CONFIG_RESET_COLD, 0},
        {CONFIG_RESET_CONVENTIONAL, 0x00f0f0f0},
        {CONFIG_RESET_FUNCTION, 0x00fcfcfc},
    };
    struct config_layout layout;
    struct config_space space;
    mixed_layout(&layout);
    for (int i = 0; i < 3; i++) {
        config_space_init(&space, &layout, NULL);
        config_space_set(&space, STATUS, 4, 0x00ffffff);
        config_space_set(&space, MIXED, 4, 0xfffdfa5a);
        config_space_reset(&space, cases[i].kind);
        cr_assert_eq(config_space_read(&space, STATUS), cases[i].status);
        cr_assert_eq(config_space_read(&space, MIXED), 0x0101115a, "what is wired stays, all else is as at first");
        config_space_free(&space);
    }
}

Test(config_space, registers_of_any_size)
{
    struct config_layout layout;
    struct config_space space;
    mixed_layout(&layout);
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(config_space_get(&space, MIXED, 1), 0x5a);
    cr_assert_eq(config_space_get(&space, MIXED + 1, 1), 0x11);
    cr_assert_eq(config_space_get(&space, MIXED + 2, 2), 0x0102);
    cr_assert_eq(config_space_get(&space, MIXED, 4), 0x0102115a);
    config_space_set(&space, MIXED + 1, 1, 0xf7);
    cr_assert_eq(config_space_get(&space, MIXED, 2), 0xf75a);
    cr_assert_eq(config_space_read(&space, 0x48), 0, "behind the last register");
    cr_assert_eq(config_space_read(&space, 0xffc), 0);
    config_space_write(&space, 0xffc, 0xf, UINT32_MAX);
    cr_assert_eq(config_space_read(&space, 0xffc), 0);
    config_space_free(&space);
}

#define MUST_ABORT(name, statement)                                                                                    \
    Test(config_space, name, .signal = SIGABRT)                                                                        \
    {                                                                                                                  \
        struct config_layout layout;                                                                                   \
        struct config_space space;                                                                                     \
        mixed_layout(&layout);                                                                                         \
        config_space_init(&space, &layout, NULL);                                                                      \
        statement;                                                                                                     \
    }

MUST_ABORT(hardware_does_not_set_what_is_read_only, config_space_set(&space, MIXED, 1, 0x5b))
MUST_ABORT(nothing_is_set_behind_the_layout, config_space_set(&space, 0x48, 4, 0))
MUST_ABORT(no_register_crosses_a_dword, (void)config_space_get(&space, MIXED + 3, 2))
MUST_ABORT(a_value_fits_its_register, config_space_set(&space, MIXED + 1, 1, 0x111))

/* A rule that lets only even values through, and keeps a live copy; a watch that writes down what it is told. */
static uint32_t even(const struct config_space *space, const struct config_rule *rule, const struct config_write *write)
{
    (void)space;
    (void)rule;
    return write->value & 1 ? write->old : write->value;
}

static void copy(struct config_space *space, const struct config_rule *rule)
{
    config_space_set(space, STATUS + 2, 1, config_space_get(space, STATUS, 1) + rule->arguments[0]);
}

struct told {
    uint32_t times;
    struct config_write last;
};

static void write_down(void *owner, struct config_space *space, const struct config_write *write)
{
    struct told *told = owner;
    told->times++;
    told->last = *write;
    cr_assert_eq(config_space_read(space, write->offset), write->value);
}

Test(config_space, rules_decide_and_watches_are_told)
{
    struct config_layout layout;
    struct config_space space;
    struct told told = {0};
    mixed_layout(&layout);
    config_layout_add_rule(
        &layout, &(struct config_rule){
                     .name = "even", .offset = STATUS, .bytes = 4, .arguments = {1}, .allow = even, .settle = copy});
    config_layout_add_watch(
        &layout, &(struct config_watch){.name = "told", .offset = STATUS, .bytes = 4, .written = write_down});
    config_space_init(&space, &layout, &told);
    cr_assert_eq(config_space_read(&space, STATUS), 0x00010000, "settled from the start");

    config_space_write(&space, MIXED, 0xf, UINT32_MAX);
    cr_assert_eq(told.times, 0);
    config_space_write(&space, STATUS, 0x3, 0xabcd0142);
    cr_assert_eq(told.times, 1);
    cr_assert_eq(told.last.old, 0x00010000);
    cr_assert_eq(told.last.value, 0x00430042);
    cr_assert_eq(told.last.written, 0x0142);
    cr_assert_eq(told.last.enabled, 0xffff);
    cr_assert_eq(config_write_ones(&told.last, STATUS + 1, 1), 0x01);
    cr_assert_eq(config_write_ones(&told.last, MIXED, 4), 0, "another DW");

    config_space_write(&space, STATUS, 0xf, 0x43);
    cr_assert_eq(told.times, 2, "told although nothing changed");
    cr_assert_eq(told.last.value, told.last.old);
    config_space_write(&space, STATUS, 0x0, 0x44);
    cr_assert_eq(told.times, 2, "a write of no bytes is none");
    config_space_reset(&space, CONFIG_RESET_COLD);
    cr_assert_eq(config_space_read(&space, STATUS), 0x00010000);
    cr_assert_eq(told.times, 2, "resets are not told");
    config_space_free(&space);
}

/* What software may make of a DW at most, by the masks alone. */
static uint32_t reference_write(const struct config_dword *dword, uint32_t old, uint32_t enabled, uint32_t value)
{
    uint32_t result = 0;
    for (uint32_t bit = 1; bit; bit <<= 1) {
        bool is = old & bit;
        if (enabled & bit && dword->writable & bit)
            is = value & bit;
        if (enabled & bit && dword->clearable & bit && value & bit)
            is = false;
        result |= is ? bit : 0;
    }
    return result;
}

static uint32_t ruled_bits(const struct config_layout *layout, uint16_t offset)
{
    for (uint32_t i = 0; i < layout->rule_count; i++)
        if (offset >= layout->rules[i].offset && offset < layout->rules[i].offset + layout->rules[i].bytes)
            return UINT32_MAX;
    return 0;
}

static void write_something(struct config_space *space, struct random *random)
{
    const struct config_layout *layout = space->layout;
    uint16_t offset =
        (uint16_t)(random_below(random, 20) ? random_below(random, layout->bytes / 4u) * 4 : random_below(random, CONFIG_SPACE_DWS) * 4);
    uint8_t enables = (uint8_t)random_below(random, 16);
    uint32_t value = (uint32_t)(random_next(random) & random_next(random));
    uint32_t old = config_space_read(space, offset);
    uint32_t enabled = (enables & 1 ? 0xffu : 0) | (enables & 2 ? 0xff00u : 0) | (enables & 4 ? 0xff0000u : 0) |
                       (enables & 8 ? 0xff000000u : 0);
    uint32_t wanted = reference_write(&layout->dwords[offset / 4], old, enabled, value);
    config_space_write(space, offset, enables, value);
    uint32_t free_bits = ruled_bits(layout, offset);
    cr_assert_eq(
        config_space_read(space, offset) & ~free_bits, wanted & ~free_bits, "%03x: %08x of %08x", offset,
        config_space_read(space, offset), value);
}

Test(config_space, whatever_is_written_read_only_bits_stay)
{
    static struct config_layout layout;
    struct random random;
    random_init(&random, 1, "config_space");
    for (int sample = 0; sample < CONFIG_SAMPLES; sample++) {
        struct config_space space;
        config_sample(&layout, (enum config_sample)sample);
        config_space_init(&space, &layout, NULL);
        for (int round = 0; round < 20000; round++) {
            write_something(&space, &random);
            if (round % 100 == 0)
                cr_assert(config_space_is_valid(&space), "%s", config_sample_names[sample]);
            if (round % 500 == 0)
                config_space_reset(&space, (enum config_reset)random_below(&random, 3));
        }
        config_space_reset(&space, CONFIG_RESET_COLD);
        for (uint16_t offset = 0; offset < layout.bytes; offset = (uint16_t)(offset + 4)) {
            const struct config_dword *dword = &layout.dwords[offset / 4];
            uint32_t mine = ~dword->wired;
            cr_assert_eq(
                config_space_read(&space, offset) & mine, dword->reset & mine, "%s %03x", config_sample_names[sample],
                offset);
        }
        config_space_free(&space);
    }
}

Test(config_space, a_changed_read_only_bit_is_noticed)
{
    static struct config_layout layout;
    struct config_space space;
    config_sample(&layout, CONFIG_SAMPLE_PF);
    config_space_init(&space, &layout, NULL);
    cr_assert(config_space_is_valid(&space));
    for (uint32_t i = 0; i < layout.bytes / 4u; i++)
        for (uint32_t bit = 1; bit; bit <<= 1) {
            const struct config_dword *dword = &layout.dwords[i];
            bool changeable = (dword->writable | dword->clearable | dword->live | dword->wired) & bit;
            space.values[i] ^= bit;
            cr_assert_eq(config_space_is_valid(&space), changeable, "DW %u bit %08x", i, bit);
            space.values[i] ^= bit;
        }
    config_space_free(&space);
}
