/* Nothing is allocated once a world is built.
 *
 * The linker leads the calls of the libraries under test to the functions below (`--wrap`), which count while they are
 * asked to. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>

#include "fabric/base/time.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/tracer.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"

#define SEEDS 150

TestSuite(allocation, .timeout = 240);

static uint64_t calls;

/* NOLINTBEGIN: the names are the linker's. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_malloc(size_t size)
{
    calls++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    calls++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    calls++;
    return __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    calls++;
    return __real_reallocarray(block, count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    calls++;
    return __real_aligned_alloc(alignment, size);
}
/* NOLINTEND */

/* Runs TEXT to the end of its window and beyond, traced. */
static void expect_no_allocation(const char *text)
{
    calls = 0;
    struct scenario *scenario = law_scenario(text);
    struct world *world = law_world(scenario);
    law_holds(calls > 0, "the calls are counted");
    struct trace_request request = {.stream = fopen("/dev/null", "w"), .name = "null", .to_ps = TIME_NEVER};
    struct tracer tracer;
    char reason[256];
    law_holds(tracer_start(&tracer, world, &request, reason, sizeof reason) == STATUS_OK, "it is traced");
    calls = 0;
    simulation_run(&world->fabric.simulation, 2 * (scenario->run.warmup_ps + scenario->run.duration_ps));
    law_holds(calls == 0, "nothing is allocated while the model runs: %llu calls", (unsigned long long)calls);
    tracer_stop(&tracer);
    fclose(request.stream);
    law_holds(world->fabric.tlps.growths == 0, "there are TLPs enough");
    law_holds(world->fabric.operations.growths == 0, "there are operations enough");
    law_world_free(world);
    scenario_free(scenario);
}

Test(allocation, random_racks_allocate_nothing_while_they_run)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        char *text = rack_generate_links(seed, (enum rack_links)(seed % 3));
        law_begin("laws/allocation", seed, text);
        expect_no_allocation(text);
        law_end();
        free(text);
    }
}

/* Sixteen busy hosts, and as many adapters as four of them can take. */
Test(allocation, busy_racks_allocate_nothing_while_they_run)
{
    static const char *const texts[] = {
        "mriov: 1\nrun: {duration: 100us}\nchassis:\n  - {name: tor0}\n"
        "hosts:\n  - {name: \"h[0-15]\", chassis: tor0}\n"
        "adapters:\n  - {name: nic, count: 4, at: tor0}\n"
        "assign:\n  - {function: \"nic*\", to: \"h[0-15]\", vfs: 2}\n"
        "workloads:\n  - {name: w, function: \"nic*@h*\", op: dma-write}\n"
        "  - {name: r, function: \"nic*@h*\", op: dma-read, size: 4KiB, arrival: {closed: 64}}\n"
        "  - {name: m, function: \"nic*@h*\", op: mmio-read, size: 64B, arrival: {poisson: 1Gbps}}\n",
        "mriov: 1\nrun: {duration: 50us}\nchassis:\n  - {name: tor0}\ndefaults: {link: {gen: 5, width: 16}}\n"
        "hosts:\n  - {name: \"h[0-3]\", chassis: tor0, link: {propagation: 100ns}}\n"
        "adapters:\n  - {name: a, count: 16, at: tor0, sharing: exclusive, link: {propagation: 100ns}}\n"
        "assign:\n  - {function: \"a*\", to: \"h[0-3]\"}\n"
        "workloads:\n  - {name: w, function: \"a*\", op: dma-write, size: 256B}\n",
    };
    for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++) {
        law_begin("laws/allocation", n, texts[n]);
        expect_no_allocation(texts[n]);
        law_end();
    }
}
