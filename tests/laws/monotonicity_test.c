/* More never gives less: credits, lanes, MPS, of one saturated flow. And one more hop never shortens a round trip. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/random.h"
#include "tests/support/law.h"

#define SEEDS 40

TestSuite(monotonicity, .timeout = 240);

/* A chain of chassis with a host at one end and an adapter at the other. */
struct chain {
    int chassis, gen, width, mps, propagation_ns, write_ns, size;
    const char *op, *forwarding, *credits;
    char *buffer; /* of every receiver: `infinite` or {...}; owned */
};

static int between(struct random *random, int least, int most)
{
    return least + (int)random_below(random, (uint64_t)(most - least + 1));
}

static struct chain chain_of(struct random *random)
{
    static const char *const ops[] = {"dma-write", "dma-read", "mmio-write"};
    static const char *const forwardings[] = {"cut-through", "store-and-forward"};
    static const char *const credits[] = {"per-vh", "shared"};
    return (struct chain){
        .chassis = between(random, 1, 3),
        .gen = between(random, 1, 5),
        .width = 1 << between(random, 0, 4),
        .mps = 128 << between(random, 0, 3),
        .propagation_ns = between(random, 0, 300),
        .write_ns = between(random, 0, 300),
        .size = 64 << between(random, 0, 6),
        .op = ops[between(random, 0, 2)],
        .forwarding = forwardings[between(random, 0, 1)],
        .credits = credits[between(random, 0, 1)],
        .buffer = law_text("{}"),
    };
}

/* The text of CHAIN, whose only flow's arrival is ARRIVAL. */
static char *chain_text(const struct chain *chain, const char *arrival)
{
    char *trunks = law_text("%s", chain->chassis > 1 ? "trunks:\n" : "");
    for (int n = 1; n < chain->chassis; n++) {
        char *longer = law_text("%s  - {name: t%d, between: [c%d, c%d]}\n", trunks, n, n - 1, n);
        free(trunks);
        trunks = longer;
    }
    char *text = law_text(
        "mriov: 1\nrun: {warmup: 20us, duration: 200us}\n"
        "defaults: {link: {gen: %d, width: %d, propagation: %dns}}\n"
        "chassis:\n  - {name: \"c[0-%d]\", forwarding: %s, credits: %s, buffer: %s}\n%s"
        "hosts:\n  - {name: h0, chassis: c0, mps: %dB, mrrs: 512B, memory: {write-latency: %dns}}\n"
        "adapters:\n  - {name: a0, at: c%d, outstanding: 256}\n"
        "assign:\n  - {function: a0, to: h0}\n"
        "workloads:\n  - {name: w, function: a0.pf0, op: %s, size: %dB, arrival: %s}\n",
        chain->gen, chain->width, chain->propagation_ns, chain->chassis - 1, chain->forwarding, chain->credits,
        chain->buffer, trunks, chain->mps, chain->write_ns, chain->chassis - 1, chain->op, chain->size, arrival);
    free(trunks);
    return text;
}

static struct results_flow run_chain(const struct chain *chain, uint64_t seed, const char *arrival)
{
    char *text = chain_text(chain, arrival);
    law_begin("laws/monotonicity", seed, text);
    struct results results = law_run(text);
    struct results_flow flow = results.flows[0];
    law_holds(flow.operations > 0, "something completes");
    results_free(&results);
    law_end();
    free(text);
    return flow; /* its numbers; what it points to is gone */
}

/* MORE must have at least the bytes of LESS, but for what the window's two ends cut: an operation each, and in the
 * rhythm of credits that come back in bursts a burst: together under 2 % here. */
static void
expect_no_less(struct results_flow less, struct results_flow more, uint64_t seed, int size, const char *what)
{
    cr_assert(
        more.bytes + 2 * (uint64_t)size + less.bytes / 50 >= less.bytes, "seed %llu: %s: %llu B, and with more %llu B",
        (unsigned long long)seed, what, (unsigned long long)less.bytes, (unsigned long long)more.bytes);
}

/* Buffers of all receivers from the least on, each at least as large in everything as the one before. */
static void set_buffer(struct chain *chain, int step)
{
    free(chain->buffer);
    int headers = 1 << step;
    chain->buffer = step == 9 ? law_text("infinite")
                              : law_text(
                                    "{posted-headers: %d, posted-data: %dB, nonposted-headers: %d, "
                                    "completion-headers: %d, completion-data: %dB}",
                                    headers, chain->mps * headers, headers, headers, chain->mps * headers);
}

Test(monotonicity, more_credits_never_lower_goodput)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        struct random random;
        random_init(&random, seed, "credits");
        struct chain chain = chain_of(&random);
        struct results_flow less = {0};
        for (int step = 0; step < 10; step += 3) {
            set_buffer(&chain, step);
            struct results_flow more = run_chain(&chain, seed, "saturate");
            expect_no_less(less, more, seed, chain.size, chain.buffer);
            less = more;
        }
        free(chain.buffer);
    }
}

Test(monotonicity, a_wider_link_never_lowers_goodput)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        struct random random;
        random_init(&random, seed, "width");
        struct chain chain = chain_of(&random);
        set_buffer(&chain, between(&random, 0, 9));
        struct results_flow less = {0};
        for (chain.width = 1; chain.width <= 16; chain.width *= 2) {
            struct results_flow more = run_chain(&chain, seed, "saturate");
            expect_no_less(less, more, seed, chain.size, "width");
            less = more;
        }
        free(chain.buffer);
    }
}

Test(monotonicity, a_larger_mps_never_lowers_goodput_of_large_writes)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        struct random random;
        random_init(&random, seed, "mps");
        struct chain chain = chain_of(&random);
        set_buffer(&chain, 9);
        chain.op = "dma-write";
        chain.size = 16 * 1024;
        struct results_flow less = {0};
        for (chain.mps = 128; chain.mps <= 4096; chain.mps *= 2) {
            struct results_flow more = run_chain(&chain, seed, "saturate");
            expect_no_less(less, more, seed, chain.size, "mps");
            less = more;
        }
        free(chain.buffer);
    }
}

Test(monotonicity, one_more_hop_never_shortens_a_round_trip)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        struct random random;
        random_init(&random, seed, "hops");
        struct chain chain = chain_of(&random);
        struct results_flow less = {0};
        for (chain.chassis = 1; chain.chassis <= 4; chain.chassis++) {
            struct results_flow more = run_chain(&chain, seed, "{closed: 1, think: 2us}");
            cr_assert(more.latency.min_ps > less.latency.min_ps, "seed %llu", (unsigned long long)seed);
            cr_assert(more.latency.max_ps > less.latency.max_ps, "seed %llu", (unsigned long long)seed);
            less = more;
        }
        free(chain.buffer);
    }
}
