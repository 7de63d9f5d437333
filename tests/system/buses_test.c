/* Bus numbers of hosts whose functions come one after the other, in chassis of many shapes: what may come has room, and
 * where there can be none the operation says so at once. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(buses, .timeout = 240);

#define TEXT_BYTES (1 << 18)
#define ADAPTERS_MOST 512

struct shape {
    uint32_t chassis, adapters_each;
    enum { CHAIN, STAR, TREE } kind;
    const char *capabilities;
};

struct maker {
    char *text;
    size_t length;
    struct random random;
    char functions[ADAPTERS_MOST][32];
    bool is_pf[ADAPTERS_MOST], is_owned[ADAPTERS_MOST];
    uint32_t count;
};

static void say(struct maker *maker, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct maker *maker, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(maker->text + maker->length, TEXT_BYTES - maker->length, format, arguments);
    va_end(arguments);
    cr_assert(written >= 0 && maker->length + (size_t)written < TEXT_BYTES);
    maker->length += (size_t)written;
}

static uint32_t below(struct maker *maker, uint32_t limit)
{
    return (uint32_t)random_below(&maker->random, limit);
}

static void say_chassis(struct maker *maker, const struct shape *shape)
{
    say(maker, "chassis: [{name: \"t[0-%u]\"}]\n", shape->chassis - 1);
    say(maker, "trunks: [");
    for (uint32_t n = 1; n < shape->chassis; n++) {
        uint32_t before = shape->kind == CHAIN ? n - 1 : shape->kind == STAR ? 0 : below(maker, n);
        say(maker, "{name: isl%u, between: [t%u, t%u]}, ", n, before, n);
    }
    say(maker, "]\nhosts: [{name: h0, chassis: t%u%s}]\n", below(maker, shape->chassis), shape->capabilities);
}

static void say_adapters(struct maker *maker, const struct shape *shape)
{
    static const char *const sharings[] = {"exclusive", "sr-iov", "mr-iov"};
    say(maker, "adapters:\n");
    for (uint32_t n = 0; n < shape->chassis * shape->adapters_each; n++) {
        uint32_t sharing = below(maker, 3), number = maker->count++;
        say(maker, "  - {name: a%u, at: t%u, sharing: %s, vfs: 4}\n", n, n / shape->adapters_each, sharings[sharing]);
        maker->is_pf[number] = sharing != 1;
        snprintf(maker->functions[number], sizeof maker->functions[number], "a%u.%s", n, sharing == 1 ? "vf0" : "pf0");
    }
    say(maker, "assign:\n  - {function: %s, to: h0}\n", maker->functions[0]);
    maker->is_owned[0] = true;
    for (uint32_t n = 1; n < maker->count; n++) {
        if (below(maker, 4) != 0)
            continue;
        say(maker, "  - {function: %s, to: h0}\n", maker->functions[n]);
        maker->is_owned[n] = true;
    }
}

/* Each function comes or goes, in any order, TIMES over. Returns how long that takes, us. */
static uint32_t say_changes(struct maker *maker, uint32_t times, bool all_come)
{
    uint32_t at_us = 0;
    say(maker, "timeline:\n");
    for (uint32_t n = 0; n < times * maker->count; n++) {
        uint32_t which = all_come ? n % maker->count : below(maker, maker->count);
        at_us += 500;
        if (maker->is_owned[which] && !all_come)
            say(maker, "  - {at: %uus, release: {function: %s}}\n", at_us, maker->functions[which]);
        else if (!maker->is_owned[which])
            say(maker, "  - {at: %uus, assign: {function: %s, to: h0%s}}\n", at_us, maker->functions[which],
                maker->is_pf[which] && below(maker, 2) == 0 ? ", vfs: 2" : "");
        maker->is_owned[which] = all_come || !maker->is_owned[which];
    }
    return at_us + 1000;
}

static struct results run(const struct shape *shape, uint64_t seed, uint32_t times, bool all_come)
{
    static struct maker maker;
    char reason[256] = "";
    struct results results = {0};
    maker = (struct maker){.text = malloc(TEXT_BYTES)};
    cr_assert_not_null(maker.text);
    random_init(&maker.random, seed, "buses");
    say(&maker, "mriov: 1\n");
    say_chassis(&maker, shape);
    say_adapters(&maker, shape);
    uint32_t duration_us = say_changes(&maker, times, all_come);
    say(&maker, "run: {duration: %uus}\n", duration_us);
    struct scenario *scenario = rack_scenario(maker.text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    scenario_free(scenario);
    free(maker.text);
    return results;
}

Test(buses, what_may_come_has_room)
{
    static const struct shape shapes[] = {
        {1, 16, CHAIN, ""}, {2, 16, CHAIN, ""},
        {3, 8, CHAIN, ""},  {6, 4, CHAIN, ""},
        {5, 3, STAR, ""},   {8, 4, STAR, ""},
        {7, 5, TREE, ""},   {4, 12, TREE, ", capabilities: [sr-iov, acs, hotplug]"},
    };
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        struct results results = run(&shapes[n], n, 3, false);
        for (size_t entry = 0; entry < results.timeline_count; entry++)
            cr_assert_str_eq(
                results.timeline[entry].status, "ok", "%zu, %zu: %s", n, entry, results.timeline[entry].detail);
        for (size_t function = 0; function < results.function_count; function++)
            cr_assert_str_neq(results.functions[function].state, "unseen", "%zu", n);
        results_free(&results);
    }
}

/* 300 adapters, of which one host gets all: as many as there are numbers. */
Test(buses, where_there_are_none_the_operation_says_so_at_once)
{
    static const struct shape shapes[] = {{2, 150, CHAIN, ""}, {5, 60, STAR, ""}};
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        struct results results = run(&shapes[n], n, 1, true);
        uint32_t refused = 0;
        for (size_t entry = 0; entry < results.timeline_count; entry++) {
            const struct results_event *operation = &results.timeline[entry];
            cr_assert_leq(operation->took_ps, PS_PER_MS);
            if (strcmp(operation->status, "ok") == 0)
                continue;
            cr_assert_str_eq(operation->status, "resources_exhausted");
            cr_assert_not_null(strstr(operation->detail, "bus numbers"), "%s", operation->detail);
            refused++;
        }
        uint32_t buses = 300 + 2 * shapes[n].chassis;
        cr_expect_geq(refused, buses - 255);
        cr_expect_leq(refused, buses - 255 + 10, "%u", refused);
        results_free(&results);
    }
}

/* What is there at boot needs more than its part of what there is: what may come has less then, and not nothing. */
Test(buses, what_is_there_comes_first)
{
    char reason[256] = "";
    struct results results = {0};
    struct scenario *scenario = rack_scenario("mriov: 1\nrun: {duration: 500us}\n"
                                              "chassis: [{name: \"t[0-2]\"}]\n"
                                              "trunks: [{name: \"isl[1-2]\", between: [t0, \"t[1-2]\"]}]\n"
                                              "hosts: [{name: h0, chassis: t0}]\n"
                                              "adapters:\n"
                                              "  - {name: a, count: 150, at: t1, sharing: exclusive}\n"
                                              "  - {name: b, count: 150, at: t2, sharing: exclusive}\n"
                                              "assign: [{function: a0, to: h0}, {function: \"b*\", to: h0}]\n"
                                              "timeline:\n"
                                              "  - {at: 100us, assign: {function: a1, to: h0}}\n"
                                              "  - {at: 200us, assign: {function: a2, to: h0}}\n");
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    for (size_t entry = 0; entry < results.timeline_count; entry++)
        cr_expect_str_eq(results.timeline[entry].status, "ok", "%s", results.timeline[entry].detail);
    results_free(&results);
    scenario_free(scenario);
}

Test(buses, chassis_that_no_bus_numbers_reach)
{
    char reason[256] = "";
    struct results results = {0};
    struct scenario *scenario =
        rack_scenario("mriov: 1\nchassis: [{name: \"t[0-139]\"}]\n"
                      "trunks: [{name: \"isl[0-138]\", between: [\"t[0-138]\", \"t[1-139]\"]}]\n"
                      "hosts: [{name: h, chassis: t0}]\nadapters: [{name: n, at: t139}]\n"
                      "timeline: [{at: 1us, assign: {function: n, to: h}}]\n");
    cr_expect_eq(
        run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason), STATUS_RESOURCES_EXHAUSTED);
    cr_expect_str_eq(reason, "host h: there are no bus numbers for t128, more than 128 chassis away");
    scenario_free(scenario);
}
