/* What must not matter: which host has which name and place, and in what unit time passes. Where nothing is drawn. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/random.h"
#include "tests/support/law.h"

#define SEEDS 60
#define HOSTS_MOST 6
/* A link of this rate takes 1 ps a byte. */
#define RATE_KBPS 8000000000LL
#define SCALE 4

TestSuite(symmetry, .timeout = 240);

/* Times in ns, a byte's in ps, before scaling. All are whole ps, and so are the rates that belong to them whole
 * numbers: then a rack and its slower copy do the very same, rounding included. */
struct member {
    int byte, propagation, read, write, size, mps, period, think, in_flight, start;
    const char *op, *arrival; /* "closed", "periodic" or "saturate" */
};

struct family {
    struct member members[HOSTS_MOST];
    int count, adapter_byte, latency, scale;
    const char *forwarding, *credits;
    int place[HOSTS_MOST]; /* in the file: the member that stands there */
    int named[HOSTS_MOST]; /* by member: the number in its name */
};

static int between(struct random *random, int least, int most)
{
    return least + (int)random_below(random, (uint64_t)(most - least + 1));
}

static int one_of(struct random *random, const int *numbers, int count)
{
    return numbers[between(random, 0, count - 1)];
}

static struct member member_of(struct random *random)
{
    static const char *const ops[] = {"dma-write", "dma-read", "mmio-write", "mmio-read"};
    static const char *const arrivals[] = {"closed", "periodic", "saturate"};
    static const int bytes[] = {125, 160, 200, 250, 320, 400, 500, 800, 1000};
    static const int periods[] = {100, 125, 160, 200, 250, 400, 500, 800};
    return (struct member){
        .byte = one_of(random, bytes, 9),
        .propagation = between(random, 1, 100),
        .read = between(random, 50, 500),
        .write = between(random, 50, 500),
        .size = 64 << between(random, 0, 4),
        .mps = 128 << between(random, 0, 2),
        .period = one_of(random, periods, 8),
        .think = between(random, 100, 900),
        .in_flight = between(random, 1, 16),
        .start = between(random, 0, 2000000),
        .op = ops[between(random, 0, 3)],
        .arrival = arrivals[between(random, 0, 2)],
    };
}

static struct family family_of(uint64_t seed)
{
    static const char *const forwardings[] = {"cut-through", "store-and-forward"};
    static const char *const credits[] = {"per-vh", "shared"};
    static const int bytes[] = {20, 25, 40, 50, 80, 100, 125, 160, 200};
    struct random random;
    random_init(&random, seed, "family");
    struct family family = {
        .count = between(&random, 2, HOSTS_MOST),
        .adapter_byte = one_of(&random, bytes, 9),
        .latency = between(&random, 20, 300),
        .scale = 1,
        .forwarding = forwardings[between(&random, 0, 1)],
        .credits = credits[between(&random, 0, 1)],
    };
    for (int n = 0; n < family.count; n++) {
        family.members[n] = member_of(&random);
        family.place[n] = family.named[n] = n;
    }
    return family;
}

static char *append(char *text, char *more)
{
    char *both = law_text("%s%s", text, more);
    free(text);
    free(more);
    return both;
}

static char *host_text(const struct family *family, int member)
{
    const struct member *of = &family->members[member];
    int k = family->scale;
    return law_text(
        "  - {name: h%d, chassis: c0, mps: %dB, root-latency: %dns, link: {rate: %lldkbps, propagation: %dns}, "
        "memory: {read-latency: %dns, write-latency: %dns, bandwidth: %dMbps}}\n",
        family->named[member], of->mps, 10 * k, RATE_KBPS / of->byte / k, of->propagation * k, of->read * k,
        of->write * k, 400000 / k);
}

static char *workload_text(const struct family *family, int member)
{
    const struct member *of = &family->members[member];
    int k = family->scale;
    char *arrival = law_text("saturate");
    if (strcmp(of->arrival, "closed") == 0) {
        free(arrival);
        arrival = law_text("{closed: %d, think: %dns}", of->in_flight, of->think * k);
    } else if (strcmp(of->arrival, "periodic") == 0) {
        free(arrival);
        arrival = law_text("{periodic: %dops/s}", 1000000000 / of->period / k);
    }
    char *text = law_text(
        "  - {name: w, function: a0@h%d, op: %s, size: %dB, arrival: %s, start: %dps}\n", family->named[member], of->op,
        of->size, arrival, of->start * k);
    free(arrival);
    return text;
}

static char *family_text(const struct family *family)
{
    int k = family->scale;
    char *text = law_text(
        "mriov: 1\nrun: {warmup: %dus, duration: %dus}\ndefaults: {link: {dllp: off}}\nchassis:\n  - {name: c0, "
        "latency: %dns, forwarding: %s, "
        "credits: %s}\n"
        "adapters:\n  - {name: a0, at: c0, bar-latency: %dns, link: {rate: %lldkbps}}\nhosts:\n",
        20 * k, 200 * k, family->latency * k, family->forwarding, family->credits, 30 * k,
        RATE_KBPS / family->adapter_byte / k);
    for (int n = 0; n < family->count; n++)
        text = append(text, host_text(family, family->place[n]));
    text = append(text, law_text("assign:\n"));
    for (int n = 0; n < family->count; n++)
        text = append(text, law_text("  - {function: a0, to: h%d}\n", family->named[family->place[n]]));
    text = append(text, law_text("workloads:\n"));
    for (int n = 0; n < family->count; n++)
        text = append(text, workload_text(family, family->place[n]));
    return text;
}

/* What became of a member. */
struct outcome {
    double operations, mean_ps, min_ps, p99_ps;
};

static void run_family(const struct family *family, uint64_t seed, struct outcome outcomes[HOSTS_MOST])
{
    char *text = family_text(family);
    law_begin("laws/symmetry", seed, text);
    struct results results = law_run(text);
    for (int n = 0; n < family->count; n++) {
        char *host = law_text("h%d", family->named[n]);
        for (size_t index = 0; index < results.flow_count; index++) {
            const struct results_flow *flow = &results.flows[index];
            if (strcmp(flow->host, host) != 0)
                continue;
            outcomes[n] = (struct outcome){0};
            if (flow->operations == 0)
                continue;
            outcomes[n] = (struct outcome){
                (double)flow->operations, (double)flow->latency.mean_ps, (double)flow->latency.min_ps,
                (double)flow->latency.p99_ps};
        }
        free(host);
    }
    results_free(&results);
    law_end();
    free(text);
}

static bool is_near(double one, double other, double tolerance, double slack)
{
    return fabs(one - other) <= tolerance * fmax(one, other) + slack;
}

static void exchange(int *numbers, int one, int other)
{
    int number = numbers[one];
    numbers[one] = numbers[other];
    numbers[other] = number;
}

/* Names alone change nothing at all. */
Test(symmetry, hosts_with_other_names)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        struct family family = family_of(seed);
        struct outcome plain[HOSTS_MOST], swapped[HOSTS_MOST];
        run_family(&family, seed, plain);
        exchange(family.named, 0, family.count - 1);
        run_family(&family, seed, swapped);
        for (int n = 0; n < family.count; n++)
            cr_assert_eq(
                memcmp(&plain[n], &swapped[n], sizeof plain[n]), 0, "seed %llu, member %d", (unsigned long long)seed,
                n);
    }
}

/* All hosts move on by one, so that they follow each other as before: turns go round. What comes at the very same time
 * is served in the order of the file; different starts make that rare, and it may move an operation or two. */
Test(symmetry, hosts_with_other_names_at_other_places)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        struct family family = family_of(seed);
        struct outcome plain[HOSTS_MOST], moved[HOSTS_MOST];
        run_family(&family, seed, plain);
        for (int n = 0; n < family.count; n++) {
            family.place[n] = (n + 1) % family.count;
            family.named[(n + 1) % family.count] = n;
        }
        run_family(&family, seed, moved);
        for (int n = 0; n < family.count; n++)
            cr_assert(
                is_near(plain[n].operations, moved[n].operations, 0.01, 2) &&
                    is_near(plain[n].mean_ps, moved[n].mean_ps, 0.02, 1),
                "seed %llu, member %d of %d: %g and %g operations, %g and %g ps", (unsigned long long)seed, n,
                family.count, plain[n].operations, moved[n].operations, plain[n].mean_ps, moved[n].mean_ps);
    }
}

/* All latencies times k and all rates over k: all times are times k. */
Test(symmetry, time_in_another_unit)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        struct family family = family_of(seed);
        struct outcome plain[HOSTS_MOST], scaled[HOSTS_MOST];
        run_family(&family, seed, plain);
        family.scale = SCALE;
        run_family(&family, seed, scaled);
        for (int n = 0; n < family.count; n++) {
            bool same = plain[n].operations == scaled[n].operations && SCALE * plain[n].min_ps == scaled[n].min_ps &&
                        fabs(SCALE * plain[n].mean_ps - scaled[n].mean_ps) <= SCALE;
            cr_assert(
                same, "seed %llu, member %d: %g and %g operations, %g and %g ps, least %g and %g",
                (unsigned long long)seed, n, plain[n].operations, scaled[n].operations, SCALE * plain[n].mean_ps,
                scaled[n].mean_ps, SCALE * plain[n].min_ps, scaled[n].min_ps);
        }
    }
}
