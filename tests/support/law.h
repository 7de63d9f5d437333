/* Law: what tests of laws share: seeds to try, worlds made of texts, and failures that tell how to repeat them.
 *
 *     struct law_seeds seeds = law_seeds_of(300);
 *     for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
 *         char *text = rack_generate(seed);
 *         law_begin("laws/conservation", seed, text);
 *         ...
 *         law_holds(credits_agree, "credits of %s", name);
 *         law_end();
 *         free(text);
 *     }
 *
 * Whatever ends the process between law_begin() and law_end(), a failed law, a CHECK or a sanitizer, the seed, the
 * scenario and the command that repeats it are printed. */
#ifndef TESTS_SUPPORT_LAW_H
#define TESTS_SUPPORT_LAW_H

#include <stdbool.h>
#include <stdint.h>

#include "hostsim/rack/results.h"
#include "hostsim/rack/scenario.h"
#include "hostsim/rack/world.h"

/* Seeds from first to last, both included. */
struct law_seeds {
    uint64_t first, last;
};

/* 1 to COUNT, or what the environment says: MRIOV_LAWS_SEEDS=17 or MRIOV_LAWS_SEEDS=1000-1999. */
struct law_seeds law_seeds_of(uint64_t count);

/* From now on a failure is one of SEED, whose scenario is TEXT, in the ctest entry TEST. Both outlive law_end(). */
void law_begin(const char *test, uint64_t seed, const char *text);
void law_end(void);

/* Fails the test unless HELD. */
void law_holds(bool held, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The scenario of TEXT, which must be valid and modelled; for the caller to free. */
struct scenario *law_scenario(const char *text);

/* The same with `--set` SETS, of COUNT. */
struct scenario *law_scenario_with(const char *text, const char *const *sets, size_t count);

/* What running TEXT, or a scenario, gives; for the caller to free. */
struct results law_run(const char *text);
struct results law_run_scenario(const struct scenario *scenario);

/* The world of SCENARIO; for the caller to free. On the heap: it must not move. */
struct world *law_world(const struct scenario *scenario);
void law_world_free(struct world *world);

/* A text as by printf; for the caller to free. */
char *law_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
