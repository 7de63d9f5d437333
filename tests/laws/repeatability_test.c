/* One scenario and one seed always give the same bytes, and what draws is not moved by what else changes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/results_csv.h"
#include "hostsim/rack/results_json.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"
#include "tests/support/shell.h"

#define SEEDS 60
#define SEEDS_OF_PROGRAM 8

TestSuite(repeatability, .fini = shell_end, .timeout = 240);

/* All that a run writes, but run.json. */
static char *written(const char *text)
{
    struct results results = law_run(text);
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    CHECK(out != NULL);
    results_json_write(&results, out);
    results_flows_csv(&results, out);
    results_links_csv(&results, out);
    results_links_by_vh_csv(&results, out);
    results_histograms_csv(&results, out);
    results_series_csv(&results, out);
    CHECK(fclose(out) == 0);
    results_free(&results);
    return bytes;
}

/* Leaves other bytes and other addresses behind for the next run. */
static void stir_heap(uint64_t seed)
{
    for (size_t n = 0; n < 64; n++) {
        size_t size = 64u << (seed + n) % 12;
        void *block = malloc(size);
        CHECK(block != NULL);
        memset(block, (int)(0x5a + n), size);
        free(block);
    }
}

Test(repeatability, twice_in_one_process)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        char *text = rack_generate_links(seed, (enum rack_links)(seed % 3));
        law_begin("laws/repeatability", seed, text);
        char *once = written(text);
        stir_heap(seed);
        char *again = written(text);
        law_holds(strcmp(once, again) == 0, "the second run writes the bytes of the first");
        law_end();
        free(again);
        free(once);
        free(text);
    }
}

#define SAME_FILES                                                                                                     \
    " && for f in results.json flows.csv links.csv histograms.csv; do cmp once/$f again/$f >&2 || exit 9; done"

/* Through the program, in other surroundings. */
Test(repeatability, whatever_surrounds_the_program)
{
    static const char *const commands[] = {
        "$M run law.yaml --quiet -o again" SAME_FILES,
        "[ -d loc ] || localedef -i de_DE -f UTF-8 ./loc 2> unused; LOCPATH=$PWD LC_ALL=loc $M run law.yaml --quiet -o "
        "again" SAME_FILES,
        "TZ=Pacific/Chatham LC_ALL=tr_TR.UTF-8 LANG=fr_FR $M run law.yaml --quiet -o again" SAME_FILES,
        "mkdir -p else && cd else && $M run ../law.yaml --quiet -o ../again && cd .." SAME_FILES,
        "env -i MALLOC_PERTURB_=165 COLUMNS=20 $M run law.yaml --quiet -o again" SAME_FILES,
        "{ ! setarch -R true 2> unused || setarch -R $M run law.yaml --quiet -o again; }" SAME_FILES,
        "$M run law.yaml --json > again/results.json" SAME_FILES,
    };
    struct law_seeds seeds = law_seeds_of(SEEDS_OF_PROGRAM);
    uint64_t last = seeds.last < seeds.first + SEEDS_OF_PROGRAM ? seeds.last : seeds.first + SEEDS_OF_PROGRAM - 1;
    for (uint64_t seed = seeds.first; seed <= last; seed++) {
        char *text = rack_generate(seed);
        law_begin("laws/repeatability", seed, text);
        shell_put("law.yaml", text);
        struct shell_answer answer = shell_run("rm -rf once again; $M run law.yaml --quiet -o once");
        law_holds(answer.exit_code == 0, "the program runs it: %s", answer.err);
        shell_free(&answer);
        for (size_t n = 0; n < sizeof commands / sizeof commands[0]; n++) {
            answer = shell_run(commands[n]);
            law_holds(answer.exit_code == 0, "the same bytes from %s: %s", commands[n], answer.err);
            shell_free(&answer);
        }
        law_end();
        free(text);
    }
}

static bool offers_the_same(const struct results *one, const struct results *other)
{
    bool same = one->flow_count == other->flow_count;
    for (size_t index = 0; same && index < one->flow_count; index++) {
        double first = one->flows[index].offered_gbps, second = other->flows[index].offered_gbps;
        same = (isnan(first) && isnan(second)) || first == second;
    }
    return same;
}

/* Links, chassis and memories change what becomes of operations, and not when they arrive nor how large they are. */
Test(repeatability, arrivals_do_not_depend_on_the_rack)
{
    static const char *const sets[] = {
        "hosts.*.link={gen: 1, width: 1}",
        "hosts.*.memory={read-latency: {exponential: 1us}}",
        "adapters.*.link={gen: 5, width: 2}",
        "adapters.*.outstanding=3",
        "chassis.*.latency=17ns",
        "chassis.*.forwarding=store-and-forward",
        "chassis.*.speedup=1",
    };
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        char *text = rack_generate(seed);
        law_begin("laws/repeatability", seed, text);
        struct results plain = law_run(text);
        for (size_t n = 0; n < sizeof sets / sizeof sets[0]; n++) {
            struct scenario *changed = law_scenario_with(text, &sets[n], 1);
            struct results results = law_run_scenario(changed);
            law_holds(offers_the_same(&plain, &results), "--set %s leaves the arrivals as they were", sets[n]);
            results_free(&results);
            scenario_free(changed);
        }
        results_free(&plain);
        law_end();
        free(text);
    }
}
