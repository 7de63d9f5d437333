/* Two operations on one slot, hierarchy or function at about the same time: whichever comes first, by whatever time,
 * both end well or are refused, and then MR-PCIM, the adapters and the hosts are of one mind about who has what.
 *
 * The times are MRIOV_RACES_STEP_NS apart, 1301 by default (target `races_long`: 37). */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/live.h"
#include "tests/support/law.h"
#include "tests/support/ownership_ledger.h"

TestSuite(races, .timeout = 3600);

#define ASKED 3
#define BOUND 4
/* Longer than anything takes here: no host, and nobody, may need MR-PCIM's patience. */
#define REST_PS (UINT64_C(300) * PS_PER_US)

struct request {
    const char *what; /* "assign", "release", "move", "retrain" (a port), "cancel" (the first), "apply" (all) */
    const char *function, *to;
};

struct race {
    const char *name;
    const char *owns[BOUND][2];  /* at first: function, owner */
    struct request asked[ASKED]; /* one after the other */
    bool may_be_late;            /* the last may be refused: it depends on the first's having ended, or not */
};

/* ssd0 is sr-iov, nic0 mr-iov, gpu0 exclusive. */
static const struct race races[] = {
    {"the last leaves as another comes",
     {{"ssd0.vf3", "h0"}},
     {{"release", "ssd0.vf3", NULL}, {"assign", "ssd0.vf7", "h0"}},
     false},
    {"another comes as the last leaves",
     {{"ssd0.vf3", "h0"}},
     {{"assign", "ssd0.vf7", "h0"}, {"release", "ssd0.vf3", NULL}},
     false},
    {"the last goes elsewhere as another comes",
     {{"ssd0.vf3", "h0"}},
     {{"move", "ssd0.vf3", "h1"}, {"assign", "ssd0.vf7", "h0"}},
     false},
    {"two change places",
     {{"ssd0.vf3", "h0"}, {"ssd0.vf7", "h1"}},
     {{"move", "ssd0.vf3", "h1"}, {"move", "ssd0.vf7", "h0"}},
     false},
    {"one comes as one leaves, of three",
     {{"ssd0.vf3", "h0"}, {"ssd0.vf4", "h0"}},
     {{"release", "ssd0.vf3", NULL}, {"release", "ssd0.vf4", NULL}, {"assign", "ssd0.vf7", "h0"}},
     false},
    {"two come to an empty slot", {{0}}, {{"assign", "ssd0.vf1", "h0"}, {"assign", "ssd0.vf2", "h0"}}, false},
    {"one comes after two have gone",
     {{"ssd0.vf1", "h0"}, {"ssd0.vf2", "h0"}},
     {{"apply", NULL, NULL}, {"assign", "ssd0.vf3", "h0"}},
     false},
    {"one replaces the other",
     {{"ssd0.vf3", "h0"}},
     {{"apply", "ssd0.vf7", "h0"}, {"assign", "ssd0.vf5", "h0"}},
     false},
    {"nobody has it after all", {{"ssd0.vf3", "h0"}}, {{"release", "ssd0.vf3", NULL}, {"cancel", NULL, NULL}}, true},
    {"somebody comes, and the last stays after all",
     {{"ssd0.vf3", "h0"}},
     {{"release", "ssd0.vf3", NULL}, {"assign", "ssd0.vf7", "h0"}, {"cancel", NULL, NULL}},
     true},
    {"the last stays after all, and then goes",
     {{"ssd0.vf3", "h0"}},
     {{"release", "ssd0.vf3", NULL}, {"cancel", NULL, NULL}, {"release", "ssd0.vf3", NULL}},
     true},
    {"one of two stays after all, and then goes",
     {{"ssd0.vf3", "h0"}, {"ssd0.vf4", "h0"}},
     {{"release", "ssd0.vf3", NULL}, {"cancel", NULL, NULL}, {"release", "ssd0.vf3", NULL}},
     true},
    {"the very first function stays after all, as a port trains",
     {{"ssd0.vf0", "h0"}},
     {{"release", "ssd0.vf0", NULL}, {"retrain", "h1", NULL}, {"cancel", NULL, NULL}},
     true},
    {"a PF leaves as another comes",
     {{"nic0.pf0", "h0"}},
     {{"release", "nic0.pf0", NULL}, {"assign", "nic0.pf1", "h0"}},
     true},
    {"a PF moves as another comes",
     {{"nic0.pf0", "h0"}},
     {{"move", "nic0.pf0", "h1"}, {"assign", "nic0.pf1", "h0"}},
     true},
    {"a PF stays after all",
     {{"nic0.pf0", "h0"}},
     {{"move", "nic0.pf0", "h1"}, {"cancel", NULL, NULL}, {"move", "nic0.pf0", "h1"}},
     true},
    {"PFs change places",
     {{"nic0.pf0", "h0"}, {"nic0.pf1", "h1"}},
     {{"apply both", NULL, NULL}, {"release", "nic0.pf2", NULL}},
     true},
    {"an adapter goes, and is asked for by another",
     {{"gpu0", "h0"}},
     {{"release", "gpu0.pf0", NULL}, {"assign", "gpu0.pf0", "h1"}},
     true},
    {"an adapter stays after all",
     {{"gpu0", "h0"}},
     {{"move", "gpu0.pf0", "h1"}, {"cancel", NULL, NULL}, {"move", "gpu0", "h1"}},
     true},
};

struct delays {
    const char *hotplug, *flr;
};

struct tried {
    char *text;
    struct scenario *scenario;
    struct live live;
    struct ownership_ledger ledger;
    size_t running;
    const struct race *race;
    enum pcim_policy policy;
    uint64_t apart_ps;
};

static struct pcim *pcim_of(struct tried *tried)
{
    return &tried->live.manager.pcim;
}

static struct tried *begin(const struct delays *delays, const char *mode)
{
    char reason[256] = "";
    struct tried *tried = calloc(1, sizeof *tried);
    cr_assert_not_null(tried);
    tried->text = law_text(
        "mriov: 1\nrun: {duration: 1ms}\nchassis: [{name: tor0}]\n"
        "hosts: [{name: \"h[0-1]\", chassis: tor0, hotplug: %s, hotplug-delay: %s}]\n"
        "adapters:\n"
        "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 8, flr-delay: %s}\n"
        "  - {name: nic0, at: tor0, pfs: 3, vfs: 4, flr-delay: %s}\n"
        "  - {name: gpu0, at: tor0, sharing: exclusive, flr-delay: %s}\n"
        "assign: [{function: ssd0.vf3, to: h0}, {function: ssd0.vf7, to: h1}, {function: nic0.pf0, to: h0}]\n"
        "workloads:\n"
        "  - {name: w, function: ssd0.vf3, op: dma-write, size: 4KiB, arrival: {closed: 2, think: 100ns}}\n"
        "  - {name: v, function: ssd0.vf7, op: dma-read, size: 2KiB, arrival: {closed: 2, think: 300ns}}\n"
        "  - {name: p, function: nic0.pf0, op: dma-write, size: 4KiB, arrival: {closed: 1, think: 200ns}}\n",
        mode, delays->hotplug, delays->flr, delays->flr, delays->flr);
    law_begin("laws/races", 0, tried->text);
    tried->scenario = law_scenario(tried->text);
    tried->scenario->managed = true;
    enum status status = live_init(&tried->live, tried->scenario, &(struct live_options){0}, reason, sizeof reason);
    law_holds(status == STATUS_OK, "it can be built: %s", reason);
    ownership_ledger_init(&tried->ledger, &tried->live.world, pcim_of(tried));
    return tried;
}

static void end(struct tried *tried)
{
    ownership_ledger_free(&tried->ledger);
    live_free(&tried->live);
    scenario_free(tried->scenario);
    law_end();
    free(tried->text);
    free(tried);
}

static void holds(struct tried *tried, bool held, const char *what, const char *detail)
{
    law_holds(
        held, "%s, %s, %llu ps apart: %s: %s", tried->race->name, pcim_policy_name(tried->policy),
        (unsigned long long)tried->apart_ps, what, detail);
}

static void on_end(void *context, const struct pcim_operation *operation)
{
    struct tried *tried = context;
    tried->running--;
    ownership_ledger_note(&tried->ledger, operation);
    bool well = operation->state == PCIM_SUCCEEDED || operation->state == PCIM_CANCELLED;
    holds(tried, well, "it ends well", operation->status.message);
}

/* The operation, or NULL where it was refused. */
static struct pcim_operation *submit(struct tried *tried, const struct pcim_request *request)
{
    struct pcim_operation *operation;
    struct pcim_refusal refusal;
    if (pcim_submit(pcim_of(tried), request, &operation, &refusal) != STATUS_OK) {
        holds(
            tried, refusal.code == STATUS_BUSY || refusal.code == STATUS_ALREADY_ASSIGNED, "refused", refusal.message);
        return NULL;
    }
    if (pcim_operation_has_ended(operation)) {
        ownership_ledger_note(&tried->ledger, operation);
        return operation;
    }
    tried->running++;
    operation->on_end = on_end;
    operation->context = tried;
    return operation;
}

static struct pcim_operation *
apply(struct tried *tried, const struct pcim_wish *wishes, size_t count, enum pcim_policy policy)
{
    return submit(
        tried, &(struct pcim_request){
                   .method = PCIM_METHOD_APPLY,
                   .apply = {.wishes = wishes, .wish_count = count, .prune = true, .policy = policy}});
}

static void run_on(struct tried *tried, uint64_t ps)
{
    simulation_run(&tried->live.world.fabric.simulation, live_now_ps(&tried->live) + ps);
}

static void look(struct tried *tried)
{
    holds(tried, tried->running == 0, "nothing hangs", "");
    holds(tried, world_is_valid(&tried->live.world) && pcim_is_valid(pcim_of(tried)), "all is valid", "");
    holds(tried, tried->live.world.fabric.cross_vh_deliveries == 0, "nothing is delivered elsewhere", "");
    const char *wrong = ownership_ledger_compare(&tried->ledger);
    holds(tried, wrong[0] == '\0', "ownership is as operations said", wrong);
    wrong = ownership_ledger_compare_hosts(&tried->ledger);
    holds(tried, wrong[0] == '\0', "hosts have found what they own", wrong);
}

static void ask(struct tried *tried, const struct request *asked, bool is_last, struct pcim_operation **first)
{
    struct pcim_refusal refusal;
    struct pcim_request request = {0};
    struct pcim_operation *made;
    if (strcmp(asked->what, "cancel") == 0) {
        if (*first != NULL)
            (void)!pcim_cancel(pcim_of(tried), (*first)->id, &refusal);
        return;
    }
    if (strcmp(asked->what, "apply") == 0) {
        made = apply(
            tried, &(struct pcim_wish){.function = asked->function, .to = asked->to}, asked->function != NULL,
            tried->policy);
    } else if (strcmp(asked->what, "apply both") == 0) {
        const struct pcim_wish wishes[] = {{.function = "nic0.pf0", .to = "h1"}, {.function = "nic0.pf1", .to = "h0"}};
        made = apply(tried, wishes, 2, tried->policy);
    } else {
        if (strcmp(asked->what, "retrain") == 0) {
            request.method = PCIM_METHOD_CONTROL_PORT;
            request.control_port =
                (struct pcim_control_port_request){.port = asked->function, .action = PCIM_PORT_RETRAIN};
        } else if (strcmp(asked->what, "assign") == 0) {
            request.method = PCIM_METHOD_ASSIGN;
            request.assign = (struct pcim_assign_request){.function = asked->function, .to = asked->to};
        } else if (strcmp(asked->what, "release") == 0) {
            request.method = PCIM_METHOD_RELEASE;
            request.release = (struct pcim_release_request){.function = asked->function, .policy = tried->policy};
        } else {
            request.method = PCIM_METHOD_MOVE;
            request.move =
                (struct pcim_move_request){.function = asked->function, .to = asked->to, .policy = tried->policy};
        }
        made = submit(tried, &request);
    }
    holds(tried, made != NULL || (is_last && tried->race->may_be_late), asked->what, "it was refused");
    if (*first == NULL)
        *first = made;
}

/* The race with its requests APART_PS apart, from its own beginning, which is brought about first. */
static void run_race(struct tried *tried, const struct race *race, enum pcim_policy policy, uint64_t apart_ps)
{
    struct pcim_wish wishes[BOUND];
    size_t count = 0;
    tried->race = race;
    tried->policy = policy;
    tried->apart_ps = apart_ps;
    for (; count < BOUND && race->owns[count][0] != NULL; count++)
        wishes[count] = (struct pcim_wish){.function = race->owns[count][0], .to = race->owns[count][1]};
    apply(tried, wishes, count, PCIM_POLICY_SURPRISE);
    run_on(tried, REST_PS);
    look(tried);
    struct pcim_operation *first = NULL;
    for (size_t n = 0; n < ASKED && race->asked[n].what != NULL; n++) {
        if (n > 0)
            run_on(tried, apart_ps);
        ask(tried, &race->asked[n], n > 0 && (n + 1 == ASKED || race->asked[n + 1].what == NULL), &first);
    }
    run_on(tried, REST_PS);
    look(tried);
}

static void run_races(const struct delays *delays, const char *mode, const enum pcim_policy *policies, size_t count)
{
    const char *given = getenv("MRIOV_RACES_STEP_NS");
    uint64_t step_ps = (given != NULL ? strtoull(given, NULL, 10) : 1301) * PS_PER_NS;
    for (size_t n = 0; n < sizeof races / sizeof races[0]; n++) {
        struct tried *tried = begin(delays, mode);
        for (size_t policy = 0; policy < count; policy++)
            for (uint64_t apart_ps = 0; apart_ps < 24 * PS_PER_US; apart_ps += step_ps)
                run_race(tried, &races[n], policies[policy], apart_ps);
        end(tried);
    }
}

static const enum pcim_policy every[] = {PCIM_POLICY_MANAGED, PCIM_POLICY_SURPRISE, PCIM_POLICY_REFUSE_IF_BUSY};

Test(races, without_delays)
{
    run_races(&(struct delays){"0s", "0s"}, "managed", every, 2);
}

Test(races, with_an_attention_window)
{
    run_races(&(struct delays){"5us", "0s"}, "managed", every, 1);
}

Test(races, with_slow_resets)
{
    run_races(&(struct delays){"0s", "7us"}, "managed", every, 2);
}

Test(races, with_both)
{
    run_races(&(struct delays){"3us", "4us"}, "managed", every, 1);
}

Test(races, of_hosts_that_cannot_be_asked)
{
    run_races(&(struct delays){"0s", "3us"}, "surprise", every + 1, 1);
    run_races(&(struct delays){"0s", "0s"}, "none", every + 1, 1);
}
