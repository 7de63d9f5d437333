/* Benchmark of the model: what a hop of the star and of the rack costs, in CPU time and in reference holds of the same
 * run, and what they need of memory.
 *
 *     cmake --build --preset release --target bench_model && build/release/tests/bench/bench_model
 *
 * The bar: a hop of the star costs no more than 1.2 reference holds, the rack needs less than 64 MiB, and nothing is
 * allocated while they run. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "fabric/base/check.h"
#include "hostsim/rack/scenario.h"
#include "hostsim/rack/world.h"
#include "tests/bench/reference_hold.h"
#include "tests/support/place.h"

#define ROUNDS 9
#define REFERENCE_HOLDS 200000

struct figures {
    double hop_ns;       /* median */
    double reference_ns; /* median of those measured between the rounds */
    double events_a_hop;
    uint64_t hops;            /* a round */
    uint64_t allocated_bytes; /* in all rounds */
    uint64_t growths;         /* of pools */
};

static uint64_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static struct scenario *load(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/docs/scenarios/%s.yaml", place_source_dir(), name);
    struct faults faults = {0};
    struct scenario *scenario = scenario_load(&(struct scenario_request){.path = path}, &faults);
    faults_print(&faults, stderr);
    faults_free(&faults);
    if (scenario == NULL)
        exit(2);
    return scenario;
}

/* A round is the same stretch of simulated time, after one that warms up; the reference is measured beside each. */
static struct figures measure(const char *name, uint64_t round_ps)
{
    struct scenario *scenario = load(name);
    struct world world;
    char reason[256];
    CHECK(world_init(&world, scenario, reason, sizeof reason) == STATUS_OK);
    struct simulation *simulation = &world.fabric.simulation;
    simulation_run(simulation, round_ps);
    struct hold_delay delay;
    hold_delay_init_exponential(&delay, REFERENCE_HOLD_MEAN_PS);
    struct figures figures = {0};
    double hops_ns[ROUNDS], references_ns[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        references_ns[round] = reference_hold_ns(&delay, REFERENCE_HOLD_PENDING, REFERENCE_HOLDS);
        uint64_t hops = world.fabric.hops, events = simulation->events, bytes = heap_bytes();
        double start_s = cpu_seconds();
        simulation_run(simulation, simulation->now_ps + round_ps);
        double spent_s = cpu_seconds() - start_s;
        figures.allocated_bytes += heap_bytes() - bytes;
        figures.hops = world.fabric.hops - hops;
        figures.events_a_hop = (double)(simulation->events - events) / (double)figures.hops;
        hops_ns[round] = spent_s * 1e9 / (double)figures.hops;
    }
    figures.hop_ns = median(hops_ns, ROUNDS);
    figures.reference_ns = median(references_ns, ROUNDS);
    figures.growths = world.fabric.tlps.growths + world.fabric.operations.growths;
    world_free(&world);
    scenario_free(scenario);
    return figures;
}

static void print(const char *name, const struct figures *figures)
{
    printf(
        "%-6s %9.1f %12.1f %7.2f %12.2f %10.2f %10lu %9lu\n", name, figures->hop_ns, figures->reference_ns,
        figures->hop_ns / figures->reference_ns, 1e3 / figures->hop_ns, figures->events_a_hop,
        (unsigned long)figures->allocated_bytes, (unsigned long)figures->growths);
}

int main(void)
{
    printf("       ns a hop  ns a ref.hold   ratio   Mhops/CPU s  events/hop  allocated  growths\n");
    struct figures star = measure("star", 500 * PS_PER_US);
    print("star", &star);
    struct figures rack = measure("rack", 500 * PS_PER_US);
    print("rack", &rack);
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    printf("peak memory of both: %.1f MiB\n", (double)usage.ru_maxrss / 1024);
    return 0;
}
