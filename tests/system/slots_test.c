/* Events of a slot at every moment of what the host does with it: none is lost, whatever the times. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(slots, .timeout = 600);

/* What a rack is like: where its adapters are, and how long their links train. */
struct kind {
    bool trunk; /* hosts are at another chassis than adapters */
    const char *training;
};

static const struct kind kinds[] = {{false, "0s"}, {false, "300ns"}, {true, "0s"}, {true, "600ns"}, {true, "1us"}};
#define KINDS (sizeof kinds / sizeof kinds[0])

#define RACK                                                                                                           \
    "mriov: 1\nrun: {duration: 500us}\nchassis: [{name: near}, {name: far}]\n"                                         \
    "trunks: [{name: isl0, between: [near, far]}]\n"                                                                   \
    "hosts: [{name: \"h[0-2]\", chassis: near}]\n"                                                                     \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: %s, pfs: 4, link: {training: %s}}\n"                                                         \
    "  - {name: ssd0, at: %s, sharing: sr-iov, vfs: 4, link: {training: %s}}\n"                                        \
    "  - {name: gpu0, at: %s, sharing: exclusive, link: {training: %s}}\n"                                             \
    "assign:\n"                                                                                                        \
    "  - {function: nic0.pf0, to: h0}\n"                                                                               \
    "  - {function: \"ssd0.vf[0-1]\", to: h0}\n"                                                                       \
    "  - {function: ssd0.vf2, to: h1}\n"                                                                               \
    "  - {function: gpu0.pf0, to: h0}\n"                                                                               \
    "timeline:\n"

static const char *const functions[][2] = {
    {"nic0.pf0", "h0"}, {"ssd0.pf0.vf1", "h0"}, {"ssd0.pf0.vf2", "h1"}, {"gpu0.pf0", "h0"}};
#define FUNCTIONS (sizeof functions / sizeof functions[0])

static char timeline[2048];

static struct results run(const struct kind *kind)
{
    static char text[8192];
    char reason[256] = "";
    struct results results = {0};
    const char *at = kind->trunk ? "far" : "near";
    int length = snprintf(text, sizeof text, RACK, at, kind->training, at, kind->training, at, kind->training);
    snprintf(text + length, sizeof text - (size_t)length, "%s", timeline);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    scenario_free(scenario);
    return results;
}

static void add(double at_us, const char *format, ...)
{
    size_t length = strlen(timeline);
    length += (size_t)snprintf(timeline + length, sizeof timeline - length, "  - {at: %.0fns, ", at_us * 1000);
    va_list arguments;
    va_start(arguments, format);
    length += (size_t)vsnprintf(timeline + length, sizeof timeline - length, format, arguments);
    va_end(arguments);
    snprintf(timeline + length, sizeof timeline - length, "}\n");
}

static const char *state_of(const struct results *results, const char *name)
{
    for (size_t n = 0; n < results->function_count; n++)
        if (strcmp(results->functions[n].name, name) == 0)
            return results->functions[n].state;
    return "";
}

/* All entries have ended: well, or refused as one before was under way. */
static void expect_ended(const struct results *results, const char *what)
{
    for (size_t n = 0; n < results->timeline_count; n++) {
        const char *status = results->timeline[n].status;
        cr_assert(
            strcmp(status, "ok") == 0 || strcmp(status, "busy") == 0, "%s: %zu: %s: %s", what, n, status,
            results->timeline[n].detail);
    }
}

Test(slots, a_function_that_comes_again_is_seen_whenever_its_link_is_up)
{
    for (size_t of = 0; of < KINDS * FUNCTIONS; of++) {
        const struct kind *kind = &kinds[of / FUNCTIONS];
        const char *function = functions[of % FUNCTIONS][0], *owner = functions[of % FUNCTIONS][1];
        for (double us = 12; us < 14; us += 0.7) {
            char what[128];
            snprintf(what, sizeof what, "%s, %d, %s, %.1f us", function, kind->trunk, kind->training, us);
            timeline[0] = '\0';
            add(50, "release: {function: %s}", function);
            add(50 + us, "assign: {function: %s, to: %s}", function, owner);
            struct results results = run(kind);
            expect_ended(&results, what);
            cr_assert_str_eq(state_of(&results, function), "assigned", "%s", what);
            results_free(&results);
        }
    }
}

Test(slots, what_has_just_been_given_is_given_back_when_asked_for)
{
    for (size_t of = 0; of < KINDS * FUNCTIONS; of++) {
        const struct kind *kind = &kinds[of / FUNCTIONS];
        const char *function = functions[of % FUNCTIONS][0];
        bool released = false;
        for (double us = 15; us < 200; us += kind->trunk ? 5.3 : 2.3) {
            char what[128];
            snprintf(what, sizeof what, "%s, %d, %s, %.1f us", function, kind->trunk, kind->training, us);
            timeline[0] = '\0';
            add(50, "move: {function: %s, to: h2}", function); /* which has nothing yet */
            add(50 + us, "release: {function: %s}", function);
            struct results results = run(kind);
            expect_ended(&results, what);
            released = strcmp(results.timeline[1].status, "ok") == 0;
            results_free(&results);
            if (released)
                break;
        }
        cr_assert(released);
    }
}

/* Registers are reset with all that they had latched. */
Test(slots, a_press_outlives_a_reset_of_the_hierarchy)
{
    for (size_t of = 0; of < KINDS * FUNCTIONS; of++) {
        const struct kind *kind = &kinds[of / FUNCTIONS];
        const char *function = functions[of % FUNCTIONS][0], *owner = functions[of % FUNCTIONS][1];
        for (double us = 0; us < 4; us += 0.3) {
            char what[128];
            snprintf(what, sizeof what, "%s, %d, %s, %.1f us", function, kind->trunk, kind->training, us);
            timeline[0] = '\0';
            add(100, "move: {function: %s, to: h2}", function);
            add(100 + us, "port: {name: %s, action: hot-reset}", owner);
            struct results results = run(kind);
            expect_ended(&results, what);
            cr_assert_str_eq(results.timeline[0].status, "ok", "%s", what);
            cr_assert_str_eq(state_of(&results, function), "assigned", "%s", what);
            results_free(&results);
        }
    }
}

/* An owner that cannot be reached is not waited for, whenever that happens, and has what it had when it can be. */
Test(slots, an_owner_that_is_cut_off_keeps_what_it_has)
{
    for (size_t of = 0; of < FUNCTIONS; of++) {
        const char *function = functions[of][0];
        for (double us = -1; us < 3; us += 0.4) {
            char what[128];
            snprintf(what, sizeof what, "%s, %.1f us", function, us);
            timeline[0] = '\0';
            if (us < 0)
                add(100 + us, "fail: {link: isl0}");
            add(100, "release: {function: %s}", function);
            if (us >= 0)
                add(100 + us, "fail: {link: isl0}");
            add(140, "repair: {link: isl0}");
            struct results results = run(&kinds[4]);
            const struct results_event *release = &results.timeline[us < 0];
            bool kept = strcmp(release->status, "unavailable") == 0;
            cr_assert(kept || strcmp(release->status, "ok") == 0, "%s: %s", what, release->status);
            cr_assert(!kept || strstr(release->detail, "policy surprise takes it") != NULL, "%s", release->detail);
            cr_assert_lt(release->took_ps, 30 * PS_PER_US, "%s", what);
            cr_assert_str_eq(state_of(&results, function), kept ? "assigned" : "free", "%s", what);
            results_free(&results);
        }
    }
}

/* The host waits for a link that does not come up. */
Test(slots, what_does_not_come_up_is_given_up_when_it_is_asked_for)
{
    for (size_t of = 0; of < FUNCTIONS; of++) {
        static const char *const adapters[FUNCTIONS] = {"nic0", "ssd0", "ssd0", "gpu0"};
        for (double us = 1; us < 15; us += 2.7) {
            char what[128];
            snprintf(what, sizeof what, "%s, %.1f us", functions[of][0], us);
            timeline[0] = '\0';
            add(100, "port: {name: %s, action: disable}", adapters[of]);
            add(100 + us, "release: {function: %s}", functions[of][0]);
            add(150, "port: {name: %s, action: enable}", adapters[of]);
            struct results results = run(&kinds[2]);
            cr_assert_str_neq(results.timeline[1].status, "running", "%s", what);
            results_free(&results);
        }
    }
}

/* The host walks all anew, and the button is pressed meanwhile. */
Test(slots, a_press_during_a_walk_is_heard)
{
    for (double us = 0; us < 60; us += 4.7) {
        char what[128];
        snprintf(what, sizeof what, "%.1f us", us);
        timeline[0] = '\0';
        add(100, "fail: {chassis: near}");
        add(102, "repair: {chassis: near}");
        add(102.5 + us, "release: {function: nic0.pf0}");
        add(103 + us, "move: {function: gpu0.pf0, to: h1}");
        struct results results = run(&kinds[0]);
        expect_ended(&results, what);
        results_free(&results);
    }
}
