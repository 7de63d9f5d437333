#include "hostsim/guest/arrival.h"

#include "fabric/base/check.h"
#include "fabric/base/fixed.h"
#include "fabric/base/time.h"

#define FRACTION_MASK ((UINT64_C(1) << ARRIVAL_FRACTION_BITS) - 1)

unsigned __int128 arrival_interval_of_operations(uint64_t milli_per_s)
{
    CHECK(milli_per_s > 0);
    return (((unsigned __int128)PS_PER_S * 1000 << ARRIVAL_FRACTION_BITS) + milli_per_s / 2) / milli_per_s;
}

unsigned __int128 arrival_interval_of_payload(uint64_t milli_per_s, uint64_t size_bytes)
{
    CHECK(milli_per_s > 0);
    unsigned __int128 bit_seconds = (unsigned __int128)size_bytes * 8 * PS_PER_S * 1000;
    return ((bit_seconds << ARRIVAL_FRACTION_BITS) + milli_per_s / 2) / milli_per_s;
}

/* Moves the next arrival on by INTERVAL, with fractional bits. */
static void move_on(struct arrival *arrival, unsigned __int128 interval)
{
    unsigned __int128 sum = interval + arrival->fraction;
    arrival->fraction = (uint64_t)sum & FRACTION_MASK;
    unsigned __int128 at_ps = arrival->at_ps + (sum >> ARRIVAL_FRACTION_BITS);
    arrival->at_ps = at_ps < TIME_NEVER ? (uint64_t)at_ps : TIME_NEVER;
}

static uint64_t next_by_clock(const struct arrival *arrival, uint64_t now_ps)
{
    (void)now_ps;
    return arrival->at_ps;
}

static void ignore_completion(struct arrival *arrival, uint64_t at_ps)
{
    (void)arrival;
    (void)at_ps;
}

static uint64_t saturate_next(const struct arrival *arrival, uint64_t now_ps)
{
    return now_ps > arrival->config.start_ps ? now_ps : arrival->config.start_ps;
}

static uint64_t saturate_take(struct arrival *arrival, uint64_t now_ps)
{
    (void)arrival;
    return now_ps;
}

/* An exponential interval: -ln(U) times the mean, in integers. */
static void move_on_exponentially(struct arrival *arrival)
{
    uint64_t uniform = random_next(&arrival->random);
    uint64_t factor = (uint64_t)fixed_minus_ln_fraction(uniform != 0 ? uniform : 1) >> (FIXED_FRACTION_BITS - 32);
    move_on(arrival, arrival->config.interval * factor >> 32);
}

static uint64_t poisson_take(struct arrival *arrival, uint64_t now_ps)
{
    (void)now_ps;
    uint64_t arrived_ps = arrival->at_ps;
    move_on_exponentially(arrival);
    return arrived_ps;
}

static uint64_t periodic_take(struct arrival *arrival, uint64_t now_ps)
{
    (void)now_ps;
    uint64_t arrived_ps = arrival->at_ps;
    move_on(arrival, arrival->config.interval);
    return arrived_ps;
}

/* Moves the next arrival on by LEFT_PS of the time that the process is on, from where it is. */
static void move_on_while_on(struct arrival *arrival, unsigned __int128 left_ps)
{
    if (distribution_mean(arrival->config.on) == 0) {
        arrival->at_ps = TIME_NEVER; /* never on */
        return;
    }
    while (left_ps >= arrival->on_until_ps - arrival->at_ps) {
        left_ps -= arrival->on_until_ps - arrival->at_ps;
        arrival->at_ps = arrival->on_until_ps + distribution_draw(arrival->config.off, &arrival->random);
        arrival->on_until_ps = arrival->at_ps + distribution_draw(arrival->config.on, &arrival->random);
        if (arrival->on_until_ps >= TIME_NEVER / 4) {
            arrival->at_ps = TIME_NEVER; /* beyond any run */
            return;
        }
    }
    arrival->at_ps += (uint64_t)left_ps;
}

/* What is left of an interval when the process goes off is left when it is on again: its rate is exact over any
 * lengths of either. */
static uint64_t onoff_take(struct arrival *arrival, uint64_t now_ps)
{
    (void)now_ps;
    uint64_t arrived_ps = arrival->at_ps;
    unsigned __int128 sum = arrival->config.interval + arrival->fraction;
    arrival->fraction = (uint64_t)sum & FRACTION_MASK;
    move_on_while_on(arrival, sum >> ARRIVAL_FRACTION_BITS);
    return arrived_ps;
}

static void onoff_begin(struct arrival *arrival)
{
    arrival->on_until_ps = arrival->at_ps + distribution_draw(arrival->config.on, &arrival->random);
    move_on_while_on(arrival, 0);
}

static uint64_t closed_next(const struct arrival *arrival, uint64_t now_ps)
{
    (void)now_ps;
    return tokens_next_ps(&arrival->tokens);
}

static uint64_t closed_take(struct arrival *arrival, uint64_t now_ps)
{
    (void)now_ps;
    uint64_t arrived_ps = tokens_next_ps(&arrival->tokens);
    tokens_take(&arrival->tokens);
    return arrived_ps;
}

static void closed_completed(struct arrival *arrival, uint64_t at_ps)
{
    tokens_give(&arrival->tokens, at_ps + distribution_draw(arrival->config.think, &arrival->random));
}

static uint64_t trace_next(const struct arrival *arrival, uint64_t now_ps)
{
    (void)now_ps;
    const struct trace_entry *entry = arrival_entry(arrival);
    return entry != NULL ? arrival->config.start_ps + entry->at_ps : TIME_NEVER;
}

static uint64_t trace_take(struct arrival *arrival, uint64_t now_ps)
{
    uint64_t arrived_ps = trace_next(arrival, now_ps);
    CHECK(arrived_ps <= now_ps);
    arrival->next_entry++;
    return arrived_ps;
}

const struct arrival_ops arrival_saturate = {"saturate", false, saturate_next, saturate_take, ignore_completion};
const struct arrival_ops arrival_poisson = {"poisson", true, next_by_clock, poisson_take, ignore_completion};
const struct arrival_ops arrival_periodic = {"periodic", true, next_by_clock, periodic_take, ignore_completion};
const struct arrival_ops arrival_closed = {"closed", false, closed_next, closed_take, closed_completed};
const struct arrival_ops arrival_onoff = {"onoff", true, next_by_clock, onoff_take, ignore_completion};
const struct arrival_ops arrival_trace = {"trace", true, trace_next, trace_take, ignore_completion};

void arrival_init(struct arrival *arrival, const struct arrival_config *config, uint64_t seed, const char *stream)
{
    *arrival = (struct arrival){.config = *config, .at_ps = config->start_ps};
    random_init(&arrival->random, seed, stream);
    if (config->ops == &arrival_poisson)
        move_on_exponentially(arrival);
    else if (config->ops == &arrival_onoff)
        onoff_begin(arrival);
    else if (config->ops == &arrival_closed)
        tokens_init(&arrival->tokens, config->in_flight, config->start_ps);
}

void arrival_free(struct arrival *arrival)
{
    tokens_free(&arrival->tokens);
}
