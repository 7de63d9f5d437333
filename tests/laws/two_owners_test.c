/* Two owners never meet: functions change hands under load, at any time, and nothing of one owner's ends at another's:
 * no TLP, no completion, no operation. On racks whose adapters are shared either way, whose links are of every kind. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/adapter/cleanness.h"
#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/capability.h"
#include "hostsim/rack/loads.h"
#include "tests/support/credit_walk.h"
#include "tests/support/law.h"
#include "tests/support/test_source.h"

#define SEEDS 40
#define MOVES 40
#define HOSTS 3
#define SOURCES (MOVES * 2)

TestSuite(two_owners, .timeout = 240);

static const char *const links[] = {
    "gen: 3, width: 4, dllp: off", "gen: 4, width: 2, dllp: physical", "gen: 3, width: 8, dllp: physical, ber: 1e-6"};

/* Three hosts that share an adapter of SHARING and load it in every way. */
static char *rack_of(uint64_t seed, const char *sharing, const char *assign)
{
    struct random random;
    random_init(&random, seed, "rack");
    const char *link = links[random_below(&random, 3)];
    const char *forwarding = random_below(&random, 2) == 0 ? "cut-through" : "store-and-forward";
    const char *all = sharing[0] == 's' ? ".vf*" : "*";
    const char *queueing = random_below(&random, 2) == 0 ? "voq" : "fifo";
    return law_text(
        "mriov: 1\nseed: %llu\nrun: {warmup: 0us, duration: 40us}\n"
        "defaults: {link: {%s, propagation: %lluns}}\n"
        "chassis: [{name: c0, forwarding: %s, queueing: %s, latency: 150ns}]\n"
        "hosts: [{name: \"h[0-2]\", chassis: c0, mps: 256B, completion-timeout: 0s}]\n"
        "adapters: [{name: a, at: c0, sharing: %s, vfs: 9, outstanding: %llu, bar-latency: 200ns}]\n"
        "assign:\n%s"
        "workloads:\n"
        "  - {name: w, function: \"a%s\", op: dma-write, size: 700B, outstanding: 8}\n"
        "  - {name: r, function: \"a%s\", op: dma-read, size: 900B, outstanding: 8}\n"
        "  - {name: m, function: \"a%s\", op: mmio-read, size: 64B, outstanding: 2}\n"
        "  - {name: n, function: \"a%s\", op: mmio-write, size: 128B, outstanding: 2}\n",
        (unsigned long long)seed, link, (unsigned long long)random_below(&random, 500), forwarding, queueing, sharing,
        (unsigned long long)(1 + random_below(&random, 40)), assign, all, all, all, all);
}

static struct test_source *sources[SOURCES];
static uint32_t source_count;

/* The new owner of FUNCTION has work for it: writes and reads of its own host's memory. */
static void give_work(struct function *function)
{
    for (enum operation_kind kind = 0; kind < OPERATION_KINDS; kind++) {
        struct test_source *source = calloc(1, sizeof *source);
        cr_assert_not_null(source);
        test_source_init(source, kind);
        for (uint32_t n = 0; n < 40; n++)
            test_source_add(source, 0, (UINT64_C(5) << 30) + n * 4096, 1500);
        sources[source_count++] = source;
        dma_engine_add_source(&function->engine, &source->source);
    }
}

/* Software programs the function in PLACE of DEVICE: its BAR goes to ADDRESS. */
static void program(struct config_device *device, uint32_t place, uint64_t address)
{
    struct config_space *space = &device->functions[place];
    config_space_write(space, CONFIG_BAR, 0xf, (uint32_t)address);
    config_space_write(space, CONFIG_BAR + 4, 0xf, (uint32_t)(address >> 32));
    config_space_write(space, CONFIG_COMMAND, 0x3, COMMAND_MEMORY | COMMAND_BUS_MASTER);
}

static void look(const struct world *world)
{
    char where[128];
    unsigned long long at = (unsigned long long)fabric_now_ps(&world->fabric);
    law_holds(world_is_valid(world), "the world is valid at %llu ps", at);
    law_holds(world->fabric.cross_vh_deliveries == 0, "no two owners meet by %llu ps", at);
    credit_walk(world, false, where, sizeof where);
    law_holds(where[0] == '\0', "credits are conserved at %llu ps: %s", at, where);
}

static struct switch_port *port_of(const struct world *world)
{
    return CONTAINER_OF(world->adapters[0].port.peer, struct switch_port, port);
}

static void move_vf(struct world *world, struct random *random)
{
    struct adapter *adapter = &world->adapters[0];
    struct translator *translator = port_of(world)->translator;
    uint32_t vf = 1 + (uint32_t)random_below(random, 6);
    uint16_t vh = (uint16_t)(1 + random_below(random, HOSTS));
    char what[128];
    adapter_leave(adapter, vf);
    translator_unplace(translator, &world->fabric, vf);
    law_holds(function_is_clean(&adapter->functions[vf], what, sizeof what), "VF %u is clean: %s", vf, what);
    uint64_t bar = translator->hierarchies[vh].bar_base;
    uint32_t slot = translator_place(translator, vf, vh);
    struct function *function = adapter_enter(adapter, vf, vh, 1);
    law_holds(!function->master, "a function issues nothing before it is programmed");
    program(translator_registers(translator, vf), slot, bar + slot * translator->bar_bytes);
    translator_apply(translator, vh);
    law_holds(function->master, "it may issue once it is");
    give_work(function);
}

/* All of an mr-iov adapter that one hierarchy has goes, and comes again: its functions are others by then. */
static void move_pf(struct world *world, struct random *random)
{
    struct adapter *adapter = &world->adapters[0];
    uint16_t vh = (uint16_t)(1 + random_below(random, HOSTS));
    struct adapter_space *space = &adapter->spaces[vh];
    uint8_t bus = space->device.bus;
    uint64_t bar = space->pf_base;
    const struct config_device_config config = {
        .function =
            {.type = EXPRESS_ENDPOINT,
             .device = 0x1010,
             .class_code = 0x020000,
             .generation = 3,
             .width = 4,
             .mps_bytes = 256,
             .bar_bytes = FUNCTION_BAR_BYTES,
             .vectors = 4},
        .count = 1,
        .generation = 3,
        .width = 4};
    char what[128];
    adapter_close_hierarchy(adapter, vh);
    law_holds(adapter_is_clean(adapter, vh, what, sizeof what), "nothing is left of VH %u: %s", vh, what);
    for (uint32_t n = 0; n < adapter->function_count; n++)
        if (!adapter->functions[n].active)
            law_holds(
                function_is_clean(&adapter->functions[n], what, sizeof what), "function %u is clean: %s", n, what);
    adapter_open_hierarchy(adapter, vh, &config, 1);
    struct function *function = adapter_function(adapter, vh, 0);
    law_holds(!function->master, "a function issues nothing before it is programmed");
    adapter->spaces[vh].device.bus = bus;
    program(&adapter->spaces[vh].device, 0, bar);
    adapter_apply(adapter, vh);
    law_holds(function->master, "it may issue once it is");
    give_work(function);
}

static void try_rack(
    uint64_t seed, const char *sharing, const char *assign, void (*move)(struct world *world, struct random *random))
{
    char *text = rack_of(seed, sharing, assign);
    law_begin("laws/two_owners", seed, text);
    struct scenario *scenario = law_scenario(text);
    struct world *world = law_world(scenario);
    struct random random;
    random_init(&random, seed, "moves");
    source_count = 0;
    uint64_t at_ps = 2 * PS_PER_US;
    for (uint32_t n = 0; n < MOVES; n++) {
        at_ps += random_below(&random, 1200 * PS_PER_NS);
        simulation_run(&world->fabric.simulation, at_ps);
        move(world, &random);
        if (n % 4 == 0)
            look(world);
    }
    simulation_run(&world->fabric.simulation, at_ps + PS_PER_MS);
    look(world);
    law_holds(world->fabric.dropped[DROP_STALE] > 0, "functions changed hands under load");
    for (uint32_t n = 0; n < source_count; n++)
        law_holds(
            sources[n]->source.issuer == NULL || sources[n]->given == sources[n]->done_count,
            "all that an owner began has ended: %u of %u", sources[n]->done_count, sources[n]->given);
    law_world_free(world);
    for (uint32_t n = 0; n < source_count; n++)
        free(sources[n]);
    scenario_free(scenario);
    law_end();
    free(text);
}

Test(two_owners, of_single_vfs_of_an_sr_iov_adapter)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(
            seed, "sr-iov",
            "  - {function: \"a.vf[0-1]\", to: h0}\n  - {function: \"a.vf[2-3]\", to: h1}\n"
            "  - {function: \"a.vf[4-5]\", to: h2}\n",
            move_vf);
}

Test(two_owners, of_an_mr_iov_adapter)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++)
        try_rack(seed, "mr-iov, pfs: 3", "  - {function: \"a.pf[0-2]\", to: \"h[0-2]\"}\n", move_pf);
}
