/* What holds whatever is asked of a rack that runs: random racks whose functions change hands by random operations,
 * with every policy, deadline and cancel, while links, adapters, hosts and chassis fail and are repaired, under load.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/adapter/function.h"
#include "fabric/base/time.h"
#include "hostsim/rack/holdings.h"
#include "hostsim/rack/live.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/results_json.h"
#include "tests/support/credit_walk.h"
#include "tests/support/history.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"

#define SEEDS 150
#define SEEDS_TWICE 40
#define STEPS 40
/* Long after all that waits for a completion, or for its host, has given up. */
#define AT_REST_PS (UINT64_C(100) * PS_PER_S)

TestSuite(histories, .timeout = 3600);

/* A rack of a seed, and what is done to it. On the heap: it must not move. */
struct tried {
    char *text; /* the scenario, and behind it the history's log: what a failure prints */
    struct scenario *scenario;
    struct live live;
    struct history history;
};

/* NULL: its hosts do not boot. A few of them have links whose bit errors take longer than their completion timeout, and
 * a rack that says so is right. */
static struct tried *begin(uint64_t seed)
{
    char reason[256] = "", *generated = rack_generate_live(seed);
    size_t length = strlen(generated);
    struct tried *tried = calloc(1, sizeof *tried);
    cr_assert_not_null(tried);
    tried->text = realloc(generated, length + HISTORY_LOG);
    cr_assert_not_null(tried->text);
    law_begin("laws/histories", seed, tried->text);
    tried->scenario = law_scenario(tried->text);
    tried->scenario->managed = true;
    enum status status = live_init(&tried->live, tried->scenario, &(struct live_options){0}, reason, sizeof reason);
    if (status == STATUS_DEADLINE_EXCEEDED) {
        live_free(&tried->live);
        scenario_free(tried->scenario);
        law_end();
        free(tried->text);
        free(tried);
        return NULL;
    }
    law_holds(status == STATUS_OK, "it can be built: %s", reason);
    history_init(&tried->history, &tried->live.world, &tried->live.manager.pcim, seed, tried->text + length);
    return tried;
}

static void end(struct tried *tried)
{
    history_free(&tried->history);
    live_free(&tried->live);
    scenario_free(tried->scenario);
    law_end();
    free(tried->text);
    free(tried);
}

static void look(struct tried *tried, bool at_rest)
{
    const struct world *world = &tried->live.world;
    const struct fabric *fabric = &world->fabric;
    unsigned long long at_ps = (unsigned long long)fabric_now_ps(fabric);
    char where[128];
    law_holds(world_is_valid(world), "the world is valid at %llu ps", at_ps);
    law_holds(pcim_is_valid(tried->history.pcim), "MR-PCIM is valid at %llu ps", at_ps);
    law_holds(fabric->cross_vh_deliveries == 0, "nothing is delivered outside its hierarchy by %llu ps", at_ps);
    credit_walk(world, at_rest, where, sizeof where);
    law_holds(where[0] == '\0', "credits are conserved at %llu ps: %s", at_ps, where);
    const char *wrong = ownership_ledger_compare(&tried->history.ledger);
    law_holds(wrong[0] == '\0', "ownership is as operations said at %llu ps: %s", at_ps, wrong);
}

static void run_to(struct tried *tried, uint64_t at_ps)
{
    simulation_run(&tried->live.world.fabric.simulation, at_ps);
}

/* The steps of the history at random times, some at one, while the workloads run. */
static void live_through(struct tried *tried)
{
    struct random times;
    random_init(&times, tried->scenario->seed, "times");
    uint64_t at_ps = 0, step_ps = UINT64_C(2) * RACK_LIVE_US * PS_PER_US / STEPS;
    for (int step = 0; step < STEPS; step++) {
        at_ps += random_below(&times, 4) == 0 ? 0 : random_below(&times, step_ps);
        run_to(tried, at_ps);
        history_step(&tried->history);
        if (random_below(&times, 2) == 0) {
            run_to(tried, at_ps += random_below(&times, step_ps / 8));
            look(tried, false);
        }
    }
}

/* What ROW's workload has picked for functions that can do nothing, and nobody has begun: the functions of a host
 * without hot-plug have lost their registers with a chassis, and are dead until it reboots. */
static uint64_t waiting_for_the_dead(const struct world *world, const struct load_row *row)
{
    const struct flow *flow = row->flow;
    uint64_t count = flow->held != NULL;
    for (size_t n = 0; n < row->spec->member_count; n++) {
        const struct holding *holding = holdings_find(&world->holdings, row->spec->members[n].function);
        bool dead = holding->at->function != NULL && !holding->at->function->master;
        for (uint32_t op = 0; dead && op < flow->config.op_count; op++)
            for (int kind = 0; kind < OPERATION_KINDS; kind++) {
                const struct flow_issuer *issuer = flow_route(flow, (uint32_t)n, op)->issuers[kind];
                if (issuer != NULL && issuer->inbox != NULL && issuer->inbox != flow->held)
                    count++; /* one that is read and written together is held until both may begin */
            }
    }
    return count;
}

static void look_at_rest(struct tried *tried)
{
    const struct world *world = &tried->live.world;
    law_holds(tried->history.running == 0, "no operation hangs: %zu have not ended", tried->history.running);
    look(tried, true);
    law_holds(fabric_in_flight(&world->fabric) == 0, "no TLP is in flight at rest");
    uint64_t waiting = 0;
    for (size_t index = 0; index < world->loads->row_count; index++) {
        const struct load_row *row = world->loads->rows[index];
        uint64_t dead = waiting_for_the_dead(world, row);
        waiting += dead;
        law_holds(
            row->flow->in_flight == dead, "all that workload %d has begun has ended: %lu of %lu wait",
            row->spec->workload, (unsigned long)dead, (unsigned long)row->flow->in_flight);
    }
    law_holds(world->fabric.operations.live == waiting, "every operation of a workload ends");
    const char *wrong = tried->history.calm ? ownership_ledger_compare_hosts(&tried->history.ledger) : "";
    law_holds(wrong[0] == '\0', "hosts have found what they own: %s", wrong);
}

Test(histories, of_operations_and_faults_under_load)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        struct tried *tried = begin(seed);
        if (tried == NULL)
            continue;
        live_through(tried);
        history_repair(&tried->history);
        for (uint64_t at_ps = RACK_LIVE_US * PS_PER_US * 3; at_ps < AT_REST_PS; at_ps *= 4) {
            run_to(tried, at_ps);
            look(tried, false);
            history_repair(&tried->history); /* what failed by an operation that was under way */
        }
        run_to(tried, AT_REST_PS);
        look_at_rest(tried);
        end(tried);
    }
}

/* What a history writes: the results at the end of the scenario's run, and all that was said of operations. */
static char *written(uint64_t seed, uint64_t *log_hash)
{
    struct tried *tried = begin(seed);
    *log_hash = 0;
    if (tried == NULL)
        return strdup("it does not boot");
    struct results results = {0};
    char *bytes = NULL;
    size_t size = 0;
    struct random times;
    random_init(&times, seed, "times");
    for (uint64_t at_ps = 0; at_ps < tried->live.end_ps; at_ps += random_below(&times, 12 * PS_PER_US)) {
        run_to(tried, at_ps);
        history_step(&tried->history);
    }
    run_to(tried, tried->live.end_ps);
    live_results(&tried->live, &results);
    FILE *out = open_memstream(&bytes, &size);
    cr_assert_not_null(out);
    results_json_write(&results, out);
    cr_assert_eq(fclose(out), 0);
    results_free(&results);
    *log_hash = tried->history.log_hash;
    end(tried);
    return bytes;
}

Test(histories, again_from_the_same_seed)
{
    struct law_seeds seeds = law_seeds_of(SEEDS_TWICE);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        uint64_t first_hash, second_hash;
        char *first = written(seed, &first_hash), *second = written(seed, &second_hash);
        cr_assert(strcmp(first, second) == 0, "seed %llu: the same results", (unsigned long long)seed);
        cr_assert_eq(first_hash, second_hash, "seed %llu: the same operations", (unsigned long long)seed);
        free(first);
        free(second);
    }
}
