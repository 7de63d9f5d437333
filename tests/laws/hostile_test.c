/* A host's software that has gone mad while functions change hands: it writes anything anywhere in its hierarchies,
 * slots' registers too, while MR-PCIM releases, assigns and moves functions, to it and to others. Nothing breaks, what
 * happens between the others happens, and nothing of one hierarchy ends in another. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/config_requester.h"
#include "hostsim/rack/live.h"
#include "tests/support/credit_walk.h"
#include "tests/support/law.h"
#include "tests/support/rack.h"

#define SEEDS 40
#define WRITES 4000
#define LOOKS 40
#define CHANGES 24
#define END_PS (2 * PS_PER_MS)

TestSuite(hostile, .timeout = 240);

struct madman {
    struct config_request request;
    struct config_requester *requester;
    struct random random;
    uint32_t left;
};

/* Where it likes to write best: headers, and the PCI Express capability with its slot. */
static uint16_t offset_of(struct random *random)
{
    static const uint16_t reach[] = {0x40, 0xa0, 0x200, 0x1000};
    return (uint16_t)(random_below(random, reach[random_below(random, 4)] / 4) * 4);
}

static void attack(struct madman *madman)
{
    struct random *random = &madman->random;
    uint32_t bus = (uint32_t)random_below(random, 7), place = (uint32_t)random_below(random, 20);
    madman->request.id = (uint16_t)(bus << 8 | (random_below(random, 3) == 0 ? place : place & 8));
    madman->request.offset = offset_of(random);
    madman->request.enables = (uint8_t)random_below(random, 16);
    madman->request.value = (uint32_t)random_below(random, UINT64_C(1) << 32);
    config_requester_submit(madman->requester, &madman->request);
}

static void on_done(struct config_request *request)
{
    struct madman *madman = CONTAINER_OF(request, struct madman, request);
    if (--madman->left > 0)
        attack(madman);
}

static const char *const functions[] = {"m.pf0", "m.pf1", "m.pf2", "s.vf0", "s.vf1", "s.vf2", "x"};

/* h0 is the mad one. */
static char *rack_of(uint64_t seed)
{
    struct random random;
    random_init(&random, seed, "rack");
    static const char *const modes[] = {"managed", "surprise", "none"};
    static const char *const policies[] = {"managed", "surprise"};
    char *text = law_text(
        "mriov: 1\nseed: %llu\nrun: {duration: 2ms}\n"
        "chassis: [{name: \"c[0-1]\"}]\ntrunks: [{name: t, between: [c0, c1]}]\n"
        "hosts: [{name: h0, chassis: %s, hotplug: %s, completion-timeout: 20us},\n"
        "  {name: \"h[1-2]\", chassis: c0, completion-timeout: 20us}]\n"
        "adapters: [{name: m, at: c0, pfs: 4, vfs: 8, completion-timeout: 20us},\n"
        "  {name: s, at: c1, sharing: sr-iov, vfs: 4, completion-timeout: 20us},\n"
        "  {name: x, at: c0, sharing: exclusive, completion-timeout: 20us}]\n"
        "assign: [{function: m.pf0, to: h0, vfs: 2}, {function: m.pf1, to: h1}, {function: s.vf0, to: h0},\n"
        "  {function: s.vf1, to: h2}, {function: x, to: h0}]\n"
        "workloads: [{name: w, function: \"m.pf*\", op: dma-write, size: 1KiB, arrival: {closed: 4}},\n"
        "  {name: r, function: \"s.vf*\", op: dma-read, size: 1KiB, arrival: {closed: 4}},\n"
        "  {name: i, function: m.pf0, op: mmio-read, size: 64B, arrival: {closed: 1}}]\n",
        (unsigned long long)seed, random_below(&random, 2) == 0 ? "c0" : "c1", modes[random_below(&random, 3)]);
    size_t size;
    char *whole = NULL;
    FILE *out = open_memstream(&whole, &size);
    fprintf(out, "%stimeline:\n", text);
    free(text);
    for (uint32_t n = 1; n <= CHANGES; n++) {
        const char *function = functions[random_below(&random, 7)];
        unsigned long long at = n * 60ull, host = random_below(&random, 3);
        const char *policy = policies[random_below(&random, 2)];
        if (random_below(&random, 3) == 0)
            fprintf(out, "  - {at: %lluus, release: {function: %s, policy: %s}}\n", at, function, policy);
        else if (random_below(&random, 2) == 0)
            fprintf(out, "  - {at: %lluus, assign: {function: %s, to: h%llu}}\n", at, function, host);
        else
            fprintf(
                out, "  - {at: %lluus, move: {function: %s, to: h%llu, policy: %s, deadline: 100us}}\n", at, function,
                host, policy);
    }
    fclose(out);
    return whole;
}

static void look(const struct world *world)
{
    char where[128];
    unsigned long long at = (unsigned long long)fabric_now_ps(&world->fabric);
    law_holds(world_is_valid(world), "the world is valid at %llu ps", at);
    law_holds(world->fabric.cross_vh_deliveries == 0, "nothing is delivered outside its hierarchy at %llu ps", at);
    credit_walk(world, false, where, sizeof where);
    law_holds(where[0] == '\0', "credits are conserved at %llu ps: %s", at, where);
}

static void try_rack(uint64_t seed)
{
    char *text = rack_of(seed), reason[256];
    law_begin("laws/hostile", seed, text);
    struct scenario *scenario = law_scenario(text);
    struct live *live = calloc(1, sizeof *live);
    enum status status = live_init(live, scenario, &(struct live_options){0}, reason, sizeof reason);
    law_holds(status == STATUS_OK, "it starts: %s", reason);
    struct madman madman = {
        .request = {.done = on_done},
        .requester = live->world.root_complexes[0].ports[0].requester,
        .left = WRITES,
    };
    random_init(&madman.random, seed, "madman");
    attack(&madman);
    for (uint64_t n = 1; n <= LOOKS; n++) {
        while (live_now_ps(live) < END_PS * n / LOOKS && !live_has_ended(live)) {
            status = live_slice(live, END_PS * n / LOOKS, 100000, reason, sizeof reason);
            law_holds(status == STATUS_OK, "it goes on: %s", reason);
        }
        look(&live->world);
    }
    live_free(live);
    free(live);
    scenario_free(scenario);
    law_end();
    free(text);
}

Test(hostile, software_that_writes_anything_while_functions_change_hands)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed);
}

/* Its function goes while it holds the bridge above in reset: once it lets go, nothing may pass to who has it by then.
 */
Test(hostile, software_that_lets_go_of_a_reset_when_the_function_has_gone)
{
    try_rack(2470);
}
