/* The contract's example with words exchanged at random, through scenario_load(): nothing may crash, leak or hang, what
 * is refused is refused with a fault, and what is accepted is a scenario whose indices are in range. The same every
 * time. */
#include "hostsim/rack/scenario.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/contract_example.h"

#define MUTANTS 2000
#define MUTANT_BYTES 16384
#define WORDS_LIMIT 2000

static uint64_t state = 88172645463325252u;

/* xorshift64 (Marsaglia 2003), below BOUND. */
static size_t draw(size_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % bound);
}

/* Words that mean something somewhere, beside those of the text itself. */
static const char *const others[] = {
    "0",
    "1",
    "on",
    "off",
    "infinite",
    "h0:1",
    "h0/vm0",
    "nic0.pf0",
    "nic0.bf",
    "ssd0.vf31",
    "\"*\"",
    "\"nic*.pf*\"",
    "nic1@h0.vf0",
    "exclusive",
    "sr-iov",
    "[h0, h1]",
    "{a: b}",
    "[]",
    "{}",
    "\"h[0-3]\"",
    "random",
    "dma-read",
    "peer-write",
    "1ps",
    "100%",
    "4096B",
    "999999s",
    "h3",
    "gpu0",
    "tor1",
    "[tor0, tor1]",
    "\"\"",
    "{uniform: [1B, 2B]}",
    "{closed: 3}",
    "{mix: {64B: 1}}",
    "{poisson: 1Gbps}",
};

struct word {
    size_t at, length;
};

static size_t find_words(const char *text, struct word words[WORDS_LIMIT])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.@*/[]ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t count = 0;
    for (size_t at = 0; text[at] && count < WORDS_LIMIT;) {
        size_t length = strspn(text + at, letters);
        if (text[at] == '#') {
            at += strcspn(text + at, "\n");
        } else if (length == 0) {
            at++;
        } else {
            words[count++] = (struct word){at, length};
            at += length;
        }
    }
    return count;
}

static void exchange(char *text)
{
    static struct word words[WORDS_LIMIT];
    char piece[256];
    size_t count = find_words(text, words);
    struct word to = words[draw(count)], from = words[draw(count)];
    if (draw(2))
        snprintf(piece, sizeof piece, "%s", others[draw(sizeof others / sizeof others[0])]);
    else
        snprintf(piece, sizeof piece, "%.*s", (int)from.length, text + from.at);
    size_t size = strlen(text), length = strlen(piece);
    if (size - to.length + length >= MUTANT_BYTES)
        return;
    memmove(text + to.at + length, text + to.at + to.length, size - to.at - to.length + 1);
    memcpy(text + to.at, piece, length);
}

static void check_function(const struct scenario *scenario, struct scenario_function function)
{
    cr_assert(function.adapter >= 0 && (size_t)function.adapter < scenario->adapter_count);
    const struct scenario_adapter *adapter = &scenario->adapters[function.adapter];
    cr_assert(function.pf >= 0 && function.pf < (int)adapter->pfs);
    cr_assert(function.vf >= SCENARIO_NONE && function.vf < (int)adapter->vfs);
}

static void check_owner(const struct scenario *scenario, struct scenario_owner owner)
{
    cr_assert(owner.host >= 0 && (size_t)owner.host < scenario->host_count);
    const struct scenario_host *host = &scenario->hosts[owner.host];
    cr_assert(owner.uplink >= SCENARIO_NONE && owner.uplink < (int)host->uplink_count);
    cr_assert(owner.guest >= SCENARIO_NONE && owner.guest < (int)host->guest_count);
}

static void check_scenario(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->assignment_count; i++) {
        check_function(scenario, scenario->assignments[i].function);
        check_owner(scenario, scenario->assignments[i].owner);
    }
    for (size_t i = 0; i < scenario->flow_count; i++) {
        const struct scenario_flow *flow = &scenario->flows[i];
        cr_assert_gt(flow->member_count, 0);
        for (size_t m = 0; m < flow->member_count; m++) {
            check_function(scenario, flow->members[m].function);
            check_owner(scenario, flow->members[m].owner);
        }
    }
    for (size_t i = 0; i < scenario->trunk_count; i++)
        cr_assert(scenario->trunks[i].between[0] >= 0 && scenario->trunks[i].between[1] >= 0);
    for (size_t i = 0; i < scenario->workload_count; i++)
        cr_assert(distribution_is_valid(&scenario->workloads[i].size));
}

Test(fuzz_scenario, survives_mutants, .timeout = 300)
{
    char *text = malloc(MUTANT_BYTES + 1);
    size_t valid = 0;
    for (int i = 0; i < MUTANTS; i++) {
        strcpy(text, contract_example);
        for (size_t k = 1 + draw(3); k > 0; k--)
            exchange(text);
        struct faults faults = {0};
        struct scenario_request request = {.path = "mutant", .text = text, .length = strlen(text)};
        struct scenario *scenario = scenario_load(&request, &faults);
        cr_assert_eq(scenario == NULL, faults_added(&faults) > 0, "%s", text);
        if (scenario)
            check_scenario(scenario);
        valid += scenario != NULL;
        scenario_free(scenario);
        faults_free(&faults);
    }
    cr_expect(valid > MUTANTS / 50 && valid < MUTANTS * 9 / 10, "%zu of %d are valid", valid, MUTANTS);
    free(text);
}
