/* Who owns what: the rules of the contract's paragraphs on sets, assigns and functions. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/scenario_sheet.h"

/* Four hosts, of which h0 and h1 have guests; two mr-iov adapters, one sr-iov, one exclusive, one in h0. */
#define RACK                                                                                                           \
    "mriov: 1\n"                                                                                                       \
    "chassis:\n"                                                                                                       \
    "  - name: tor0\n"                                                                                                 \
    "hosts:\n"                                                                                                         \
    "  - {name: \"h[0-3]\", chassis: tor0, guests: [{name: \"vm[0-1]\"}]}\n"                                           \
    "adapters:\n"                                                                                                      \
    "  - {name: nic, count: 2, at: tor0}\n"                                                                            \
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 6}\n"                                                            \
    "  - {name: gpu0, at: tor0, sharing: exclusive}\n"                                                                 \
    "  - {name: disk0, at: h0}\n"

/* What everybody has: h0 its own adapter. */
#define OWN "disk0.pf0=h0:-"

struct example {
    const char *assign;   /* the entries */
    const char *expected; /* the assignments */
};

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[4096];
        snprintf(text, sizeof text, RACK "assign:\n%s", examples[i].assign);
        struct scenario *scenario = scenario_sheet_load(text, NULL);
        char *got = scenario_sheet_assignments(scenario);
        cr_expect_str_eq(
            got, examples[i].expected, "%s  gives     %s\n  should be %s", examples[i].assign, got,
            examples[i].expected);
        free(got);
        scenario_free(scenario);
    }
}

#define CHECK_ALL(examples) check(examples, sizeof(examples) / sizeof((examples)[0]))

Test(build_assignments, nothing_in_a_chassis_is_owned_until_it_is_assigned)
{
    static const struct example examples[] = {{"", OWN}};
    CHECK_ALL(examples);
}

Test(build_assignments, an_adapter_alone_is_its_next_free_function)
{
    static const struct example examples[] = {
        {"  - {function: nic0, to: h0}\n  - {function: nic0, to: h1}\n", "nic0.pf0=h0:0 nic0.pf1=h1:0 " OWN},
        {"  - {function: nic0, to: h0, vfs: 2}\n", "nic0.pf0=h0:0 nic0.pf0.vf0=h0:0 nic0.pf0.vf1=h0:0 " OWN},
        {"  - {function: ssd0, to: h0}\n  - {function: ssd0, to: h2, vfs: 2}\n",
         "ssd0.pf0.vf0=h0:0 ssd0.pf0.vf1=h2:0 ssd0.pf0.vf2=h2:0 " OWN},
        {"  - {function: gpu0, to: h3}\n", "gpu0.pf0=h3:0 " OWN},
        {"  - {function: gpu0, to: h3/vm1}\n", "gpu0.pf0=h3:0/vm1 " OWN},
    };
    CHECK_ALL(examples);
}

Test(build_assignments, what_is_named_elsewhere_is_kept_free)
{
    static const struct example examples[] = {
        {"  - {function: nic0, to: \"h[0-1]\"}\n  - {function: nic0.pf0, to: h2}\n",
         "nic0.pf0=h2:0 nic0.pf1=h0:0 nic0.pf2=h1:0 " OWN},
        {"  - {function: ssd0, to: h0, vfs: 2}\n  - {function: \"ssd0.vf[0,2]\", to: h1}\n",
         "ssd0.pf0.vf0=h1:0 ssd0.pf0.vf1=h0:0 ssd0.pf0.vf2=h1:0 ssd0.pf0.vf3=h0:0 " OWN},
        /* A VF of an mr-iov PF says nothing of who gets the PF. */
        {"  - {function: nic0, to: h0, vfs: 1}\n  - {function: nic0.vf0, to: h0/vm0}\n",
         "nic0.pf0=h0:0 nic0.pf0.vf0=h0:0/vm0 " OWN},
        /* What the timeline assigns is for then; what it releases is somebody's now. */
        {"  - {function: ssd0, to: h0}\ntimeline:\n  - {at: 1us, assign: {function: ssd0.vf0, to: h1}}\n",
         "ssd0.pf0.vf1=h0:0 " OWN},
        {"  - {function: ssd0, to: h0}\ntimeline:\n  - {at: 1us, release: {function: ssd0.vf0}}\n"
         "  - {at: 2us, assign: {function: ssd0.vf0, to: h1}}\n",
         "ssd0.pf0.vf0=h0:0 " OWN},
    };
    CHECK_ALL(examples);
}

/* An apply moves what is owned, as a move does: what it names it keeps from nobody. */
Test(build_assignments, what_the_timeline_takes_from_somebody_is_somebodys)
{
    static const struct example examples[] = {
        {"  - {function: nic0, to: \"h[0-1]\"}\ntimeline:\n  - {at: 1us, apply: {bindings: [{function: nic0.pf0, to: "
         "h1}, {function: nic0.pf1, to: h0}]}}\n",
         "nic0.pf0=h0:0 nic0.pf1=h1:0 " OWN},
        {"  - {function: ssd0, to: \"h[0-1]\"}\ntimeline:\n  - {at: 1us, apply: {bindings: [{function: "
         "\"ssd0.vf[0-1]\", "
         "to: [h1, h0]}]}}\n",
         "ssd0.pf0.vf0=h0:0 ssd0.pf0.vf1=h1:0 " OWN},
        /* Between adapters; sets. */
        {"  - {function: nic0, to: h0}\n  - {function: nic1, to: h1}\ntimeline:\n  - {at: 1us, apply: {bindings: "
         "[{function: nic0.pf0, to: h1}, {function: nic1.pf0, to: h0}]}}\n",
         "nic0.pf0=h0:0 nic1.pf0=h1:0 " OWN},
        {"  - {function: ssd0, to: h0, vfs: 2}\ntimeline:\n  - {at: 1us, apply: {bindings: [{function: \"ssd0.vf*\", "
         "to: "
         "h1}]}}\n",
         "ssd0.pf0.vf0=h0:0 ssd0.pf0.vf1=h0:0 " OWN},
        /* An exclusive adapter is one function, whatever it is called. */
        {"  - {function: gpu0, to: h0}\ntimeline:\n  - {at: 1us, apply: {bindings: [{function: gpu0.pf0, to: h1}]}}\n",
         "gpu0.pf0=h0:0 " OWN},
        {"  - {function: gpu0, to: h0}\ntimeline:\n  - {at: 1us, release: {function: gpu0}}\n  - {at: 2us, assign: "
         "{function: gpu0.pf0, to: h1}}\n",
         "gpu0.pf0=h0:0 " OWN},
        {"  - {function: gpu0, to: h0}\ntimeline:\n  - {at: 1us, move: {function: gpu0@h0, to: h2}}\n  - {at: 2us, "
         "release: {function: gpu0}}\n  - {at: 3us, assign: {function: gpu0.pf0, to: h1}}\n",
         "gpu0.pf0=h0:0 " OWN},
        {"  - {function: nic0, to: \"h[0-1]\"}\ntimeline:\n  - {at: 1us, move: {function: nic0, to: h3}}\n  - {at: "
         "2us, "
         "release: {function: nic0}}\n  - {at: 3us, assign: {function: nic0.pf0, to: h1}}\n",
         "nic0.pf0=h0:0 nic0.pf1=h1:0 " OWN},
    };
    CHECK_ALL(examples);
}

Test(build_assignments, what_the_timeline_first_does_with_a_function_decides)
{
    static const struct example examples[] = {
        /* By time, not by the order of the file. */
        {"  - {function: ssd0, to: h0}\ntimeline:\n  - {at: 9us, release: {function: ssd0.vf0}}\n"
         "  - {at: 2us, assign: {function: ssd0.vf0, to: h1}}\n",
         "ssd0.pf0.vf1=h0:0 " OWN},
        {"  - {function: ssd0, to: h0}\ntimeline:\n  - {at: 9us, assign: {function: ssd0.vf0, to: h1}}\n"
         "  - {at: 2us, apply: {bindings: [{function: ssd0.vf0, to: h2}]}}\n",
         "ssd0.pf0.vf0=h0:0 " OWN},
        /* At one time the file's order. */
        {"  - {function: nic0, to: h0}\ntimeline:\n  - {at: 2us, assign: {function: nic0.pf0, to: h1}}\n"
         "  - {at: 2us, release: {function: nic0.pf0}}\n",
         "nic0.pf1=h0:0 " OWN},
        /* What time zero names is kept whatever the timeline does with it. */
        {"  - {function: nic0, to: h0}\n  - {function: nic0.pf0, to: h3}\ntimeline:\n  - {at: 2us, release: {function: "
         "nic0.pf0}}\n",
         "nic0.pf0=h3:0 nic0.pf1=h0:0 " OWN},
    };
    CHECK_ALL(examples);
}

Test(build_assignments, sets_are_dealt_in_turn)
{
    static const struct example examples[] = {
        {"  - {function: \"nic*\", to: \"h[0-3]\"}\n", "nic0.pf0=h0:0 nic0.pf1=h2:0 nic1.pf0=h1:0 nic1.pf1=h3:0 " OWN},
        {"  - {function: [nic1, nic0], to: \"h*\"}\n", "nic0.pf0=h1:0 nic0.pf1=h3:0 nic1.pf0=h0:0 nic1.pf1=h2:0 " OWN},
        {"  - {function: \"nic*\", to: [h2, h1]}\n", "nic0.pf0=h2:0 nic1.pf0=h1:0 " OWN},
        /* A set is dealt out. */
        {"  - {function: \"nic*\", to: h0}\n", "nic0.pf0=h0:0 nic1.pf0=h0:0 " OWN},
        {"  - {function: \"ssd0.vf*\", to: [h0, h1]}\n", "ssd0.pf0.vf0=h0:0 ssd0.pf0.vf1=h1:0 ssd0.pf0.vf2=h0:0 "
                                                         "ssd0.pf0.vf3=h1:0 ssd0.pf0.vf4=h0:0 ssd0.pf0.vf5=h1:0 " OWN},
        /* A star does not mean what is a host's own. */
        {"  - {function: \"*0\", to: \"h[0-2]\"}\n", "nic0.pf0=h0:0 ssd0.pf0.vf0=h1:0 gpu0.pf0=h2:0 " OWN},
    };
    CHECK_ALL(examples);
}

Test(build_assignments, with_each_every_owner_gets_one_of_each)
{
    static const struct example examples[] = {
        {"  - {function: \"nic*\", to: \"h[0-1]\", each: on}\n",
         "nic0.pf0=h0:0 nic0.pf1=h1:0 nic1.pf0=h0:0 nic1.pf1=h1:0 " OWN},
        {"  - {function: [nic0, ssd0], to: [h0, h1], each: true}\n",
         "nic0.pf0=h0:0 nic0.pf1=h1:0 ssd0.pf0.vf0=h0:0 ssd0.pf0.vf1=h1:0 " OWN},
    };
    CHECK_ALL(examples);
}

Test(build_assignments, ranges_are_zipped)
{
    static const struct example examples[] = {
        {"  - {function: \"nic[0-1]\", to: \"h[2-3]\"}\n", "nic0.pf0=h2:0 nic1.pf0=h3:0 " OWN},
        {"  - {function: \"nic0.pf[4-5]\", to: \"h[2-3]\"}\n", "nic0.pf4=h2:0 nic0.pf5=h3:0 " OWN},
        {"  - {function: \"ssd0.vf[0-3]\", to: \"h[0-1]/vm[0-1]\"}\n",
         "ssd0.pf0.vf0=h0:0/vm0 ssd0.pf0.vf1=h0:0/vm1 ssd0.pf0.vf2=h1:0/vm0 ssd0.pf0.vf3=h1:0/vm1 " OWN},
    };
    CHECK_ALL(examples);
}

Test(build_assignments, single_vfs_go_to_the_guests_of_whoever_has_the_pf)
{
    static const struct example examples[] = {
        {"  - {function: nic0.pf3, to: h1, vfs: 2}\n  - {function: \"nic0.pf3.vf[0-1]\", to: \"h1/vm[0-1]\"}\n",
         "nic0.pf3=h1:0 nic0.pf3.vf0=h1:0/vm0 nic0.pf3.vf1=h1:0/vm1 " OWN},
        /* In any order, and by what the host owns. */
        {"  - {function: \"nic0@h1.vf[0-1]\", to: \"h1/vm[0-1]\"}\n  - {function: nic0, to: h1, vfs: 2}\n",
         "nic0.pf0=h1:0 nic0.pf0.vf0=h1:0/vm0 nic0.pf0.vf1=h1:0/vm1 " OWN},
        {"  - {function: nic0, to: h1, vfs: 3}\n  - {function: \"nic0.pf0.vf*\", to: [h1/vm0, h1/vm1]}\n",
         "nic0.pf0=h1:0 nic0.pf0.vf0=h1:0/vm0 nic0.pf0.vf1=h1:0/vm1 nic0.pf0.vf2=h1:0/vm0 " OWN},
        /* An adapter in a host is its own, without an assign. */
        {"  - {function: disk0.vf2, to: h0/vm1}\n", OWN " disk0.pf0.vf2=h0:-/vm1"},
        {"  - {function: disk0, to: h0, vfs: 1}\n", OWN " disk0.pf0.vf0=h0:-"},
    };
    CHECK_ALL(examples);
}

/* h0 has uplinks to tor0 and tor1, h1 two to tor2; tor0 - tor1 - tor2. */
#define CHAIN                                                                                                          \
    "mriov: 1\n"                                                                                                       \
    "chassis:\n"                                                                                                       \
    "  - name: tor[0-2]\n"                                                                                             \
    "trunks:\n"                                                                                                        \
    "  - {name: a, between: [tor0, tor1]}\n"                                                                           \
    "  - {name: b, between: [tor1, tor2]}\n"                                                                           \
    "hosts:\n"                                                                                                         \
    "  - {name: h0, chassis: [tor0, tor1]}\n"                                                                          \
    "  - {name: h1, chassis: tor2, uplinks: 2}\n"                                                                      \
    "adapters:\n"                                                                                                      \
    "  - {name: \"nic[0-2]\", at: \"tor[0-2]\"}\n"                                                                     \
    "assign:\n"

Test(build_assignments, a_bare_host_means_its_nearest_uplink)
{
    static const struct {
        const char *assign, *expected;
    } examples[] = {
        {"  - {function: \"nic*\", to: h0}\n", "nic0.pf0=h0:0 nic1.pf0=h0:1 nic2.pf0=h0:1"},
        {"  - {function: \"nic*\", to: h1}\n", "nic0.pf0=h1:0 nic1.pf0=h1:0 nic2.pf0=h1:0"},
        {"  - {function: nic2, to: \"h0:0\"}\n", "nic2.pf0=h0:0"},
        /* Each uplink is a hierarchy of its own. */
        {"  - {function: nic0, to: [\"h0:0\", \"h0:1\"]}\n", "nic0.pf0=h0:0 nic0.pf1=h0:1"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        char text[2048];
        snprintf(text, sizeof text, CHAIN "%s", examples[i].assign);
        struct scenario *scenario = scenario_sheet_load(text, NULL);
        char *got = scenario_sheet_assignments(scenario);
        cr_expect_str_eq(got, examples[i].expected, "%s  gives     %s", examples[i].assign, got);
        free(got);
        scenario_free(scenario);
    }
}

/* --- for a rack that runs --- */

#define RUNNING_RACK                                                                                                   \
    "mriov: 1\nchassis: [{name: tor0}]\nhosts: [{name: \"h[0-2]\", chassis: tor0}]\n"                                  \
    "adapters: [{name: \"nic[0-1]\", at: tor0}, {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}]\n"

static struct scenario *load_change(const char *text, struct faults *faults)
{
    const struct scenario_request request = {
        .path = "change.yaml", .text = text, .length = strlen(text), .is_change = true};
    return scenario_load(&request, faults);
}

Test(build_assignments, a_change_is_an_apply_whose_functions_stay_as_written)
{
    static const struct {
        const char *function, *to;
    } expected[] = {
        {"nic0", "h0"},         {"nic1", "h1"},         {"nic0", "h2"},         {"nic0@h1", "h2"},
        {"ssd0.pf0.vf0", "h0"}, {"ssd0.pf0.vf1", "h1"}, {"ssd0.pf0.vf2", "h0"}, {"ssd0.pf0.vf3", "h1"},
    };
    struct faults faults = {0};
    struct scenario *scenario = load_change(
        RUNNING_RACK "assign:\n"
                     "  - {function: \"nic*\", to: \"h[0-2]\", vfs: 3}\n"
                     "  - {function: nic0@h1, to: h2}\n"
                     "  - {function: \"ssd0.vf*\", to: [h0, h1]}\n"
                     "timeline: [{at: 0, release: {function: nic1@h2}}]\n",
        &faults);
    cr_assert_not_null(scenario);
    cr_expect_eq(scenario->assignment_count, 0, "nobody has anything at time zero");
    cr_assert_eq(scenario->event_count, 2);
    cr_expect_eq(scenario->events[1].request.method, PCIM_METHOD_RELEASE);
    const struct pcim_request *request = &scenario->events[0].request;
    cr_assert_eq(request->method, PCIM_METHOD_APPLY);
    cr_assert_eq(request->apply.wish_count, sizeof expected / sizeof expected[0]);
    const struct pcim_wish *wishes = request->apply.wishes;
    size_t found = 0; /* those that stand on others come last */
    for (size_t i = 0; i < request->apply.wish_count; i++)
        for (size_t e = 0; e < sizeof expected / sizeof expected[0]; e++)
            found += strcmp(wishes[i].function, expected[e].function) == 0 && strcmp(wishes[i].to, expected[e].to) == 0;
    cr_expect_eq(found, sizeof expected / sizeof expected[0]);
    cr_expect(wishes[0].vfs_given && wishes[0].vfs == 3);
    scenario_free(scenario);
    faults_free(&faults);
}

Test(build_assignments, faults_of_a_change_are_said)
{
    struct faults faults = {0};
    cr_expect_null(load_change(RUNNING_RACK "assign: [{function: nic0, to: h7}]\n", &faults));
    cr_expect_eq(faults_added(&faults), 1);
    faults_free(&faults);
    faults = (struct faults){0};
    cr_expect_null(load_change(RUNNING_RACK "assign: [{function: \"gpu*\", to: h0}]\n", &faults));
    cr_expect_eq(faults_added(&faults), 1);
    faults_free(&faults);
}
