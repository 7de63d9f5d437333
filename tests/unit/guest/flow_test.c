/* Flows against issuers that serve one operation at a time, for a fixed time. */
#include "hostsim/guest/flow.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/time.h"
#include "tests/support/test_port.h"

#define NS PS_PER_NS
#define SERVERS 4

struct server {
    struct operation_issuer issuer;
    struct component component;
    struct event wake;
    struct operation_source *source;
    struct operation *operation; /* in service */
    uint64_t end_ps, service_ps;
    uint64_t served;
    uint32_t wide; /* it takes so many at once, all done after service_ps; 0: one at a time */
};

static struct fabric fabric;
static struct flow flow;
static struct server servers[SERVERS];
static struct distribution size;

/* Every operation taken, in that order. */
static struct taken {
    uint64_t arrival_ps, address, bytes;
    uint32_t server;
} taken[100000];
static uint32_t taken_count;

static void serve(struct server *server)
{
    uint64_t now = fabric_now_ps(&fabric);
    while (server->operation == NULL) {
        struct operation *operation = server->source->ops->next(server->source, now);
        if (operation == NULL) {
            if (server->source->next_ps != TIME_NEVER)
                event_schedule_before(&server->wake, server->source->next_ps);
            return;
        }
        cr_assert_leq(operation->arrival_ps, now);
        cr_assert_eq(CONTAINER_OF(operation->source, struct flow_issuer, source)->flow, &flow);
        taken[taken_count++] =
            (struct taken){operation->arrival_ps, operation->address, operation->bytes, (uint32_t)(server - servers)};
        server->served++;
        if (server->wide) { /* posted: it ends later, and more may come at once */
            operation_part_done(operation, now + server->service_ps);
            continue;
        }
        server->operation = operation;
        server->end_ps = now + server->service_ps;
        event_schedule_before(&server->wake, server->end_ps);
    }
}

static void on_wake(struct event *event)
{
    struct server *server = CONTAINER_OF(event, struct server, wake);
    if (server->operation != NULL) {
        if (fabric_now_ps(&fabric) < server->end_ps) {
            event_schedule_before(&server->wake, server->end_ps);
            return;
        }
        struct operation *operation = server->operation;
        server->operation = NULL;
        operation_part_done(operation, server->end_ps);
    }
    serve(server);
}

static void on_kick(struct operation_issuer *issuer, struct operation_source *source)
{
    struct server *server = CONTAINER_OF(issuer, struct server, issuer);
    cr_assert_eq(source, server->source);
    serve(server);
}

static struct flow_config config_of(const struct arrival_ops *ops)
{
    return (struct flow_config){
        .name = "test",
        .op_weights = {1},
        .op_count = 1,
        .arrival = {.ops = ops},
        .size = &size,
        .pattern = &pattern_sequential,
        .window_bytes = 4096,
        .stop_ps = TIME_NEVER,
    };
}

static struct flow_config periodic(uint64_t interval_ps)
{
    struct flow_config config = config_of(&arrival_periodic);
    config.arrival.interval = (unsigned __int128)interval_ps << ARRIVAL_FRACTION_BITS;
    return config;
}

/* COUNT servers, the n-th with a target at n << 20. */
static void open(struct flow_config config, uint32_t count, uint64_t service_ps, struct window window)
{
    if (size.a == 0)
        size = distribution_constant(100);
    taken_count = 0;
    fabric_init(&fabric, 1, window, 64, 64);
    flow_init(&flow, &fabric, &config);
    for (uint32_t n = 0; n < count; n++) {
        struct flow_issuer *issuer = flow_add_issuer(&flow, OPERATION_WRITE);
        servers[n] = (struct server){.issuer = {.kick = on_kick}, .source = &issuer->source, .service_ps = service_ps};
        issuer->source.issuer = &servers[n].issuer;
        component_init(&servers[n].component, &fabric.simulation);
        event_init(&servers[n].wake, &servers[n].component, on_wake);
        event_schedule(&servers[n].wake, 0);
        flow_add_target(&flow, &(struct flow_route){.issuers = {issuer}, .address = (uint64_t)n << 20});
    }
}

static void run(uint64_t until_ps)
{
    simulation_run(&fabric.simulation, until_ps);
    cr_assert(flow_is_valid(&flow));
}

static void close(void)
{
    flow_free(&flow);
    fabric_free(&fabric);
}

Test(flow, latency_runs_from_the_arrival, .fini = close)
{
    open(periodic(10 * NS), 1, 30 * NS, TEST_WINDOW);
    run(1000 * NS);
    /* One in 10 ns comes, one in 30 ns goes: operation n waits 20 n. */
    cr_expect_eq(flow.counters.operations, 33);
    cr_expect_eq(histogram_min(&flow.counters.latency), 30 * NS);
    cr_expect_eq(flow.counters.latency.max, 30 * NS + 32 * 20 * NS);
    cr_expect_eq(flow.counters.bytes, 3300);
    for (uint32_t n = 0; n < taken_count; n++)
        cr_assert_eq(taken[n].arrival_ps, n * 10 * NS);
}

Test(flow, what_was_offered_counts_though_nobody_asked_for_it, .fini = close)
{
    open(periodic(10 * NS), 1, 300 * NS, (struct window){200 * NS, 1000 * NS});
    run(1000 * NS);
    flow_settle(&flow, 1000 * NS);
    cr_expect_eq(flow.counters.offered_operations, 80);
    cr_expect_eq(flow.counters.offered_bytes, 8000);
    cr_expect_eq(flow.counters.operations, 3); /* ended at 300, 600, 900 */
}

Test(flow, only_what_ends_in_the_window_counts, .fini = close)
{
    open(periodic(100 * NS), 1, 50 * NS, (struct window){150 * NS, 550 * NS});
    run(1000 * NS);
    /* They end at 50, 150, ..., and the window has no end of its own. */
    cr_expect_eq(flow.counters.operations, 4);
}

Test(flow, outstanding_bounds_what_is_in_flight, .fini = close)
{
    struct flow_config config = config_of(&arrival_saturate);
    config.outstanding = 3;
    open(config, 1, 100 * NS, TEST_WINDOW);
    servers[0].wide = 1;
    run(1000 * NS);
    /* Three at a time, each for 100 ns: at 0, 100, ..., 1,000. */
    cr_expect_eq(taken_count, 33);
    for (uint32_t n = 0; n < taken_count; n++)
        cr_assert_eq(taken[n].arrival_ps, n / 3 * 100 * NS);
}

Test(flow, a_closed_one_thinks_between, .fini = close)
{
    static struct distribution think;
    think = distribution_constant(400 * NS);
    struct flow_config config = config_of(&arrival_closed);
    config.arrival.in_flight = 2;
    config.arrival.think = &think;
    open(config, 1, 100 * NS, TEST_WINDOW);
    run(3000 * NS);
    /* 0-100 and 100-200, then again 500 and 600, ... */
    cr_expect_eq(taken_count, 13);
    for (uint32_t n = 2; n < taken_count; n++)
        cr_assert_eq(taken[n].arrival_ps, (n / 2 * 500 + n % 2 * 100) * NS);
}

static uint32_t finished;
static uint64_t finished_ps;

static void on_finished(struct flow *ended)
{
    cr_assert_eq(ended, &flow);
    finished++;
    finished_ps = flow.last_done_ps;
}

Test(flow, a_count_ends_it, .fini = close)
{
    struct flow_config config = periodic(10 * NS);
    config.count = 7;
    open(config, 1, 20 * NS, TEST_WINDOW);
    flow.on_finished = on_finished;
    cr_expect(flow_is_finite(&flow));
    run(5000 * NS);
    cr_expect_eq(taken_count, 7);
    cr_expect_eq(finished, 1);
    cr_expect_eq(finished_ps, 140 * NS);
    flow_settle(&flow, 5000 * NS);
    cr_expect_eq(flow.counters.offered_operations, 7);
}

Test(flow, a_total_cuts_its_last_operation, .fini = close)
{
    struct flow_config config = config_of(&arrival_saturate);
    config.total_bytes = 1234;
    open(config, 1, 20 * NS, TEST_WINDOW);
    flow.on_finished = on_finished;
    run(5000 * NS);
    cr_expect_eq(taken_count, 13);
    cr_expect_eq(taken[11].bytes, 100);
    cr_expect_eq(taken[12].bytes, 34);
    cr_expect_eq(flow.completed_bytes, 1234);
    cr_expect_eq(finished, 1);
    cr_expect_eq(finished_ps, 260 * NS);
}

Test(flow, nothing_arrives_at_stop_or_later, .fini = close)
{
    struct flow_config config = periodic(10 * NS);
    config.stop_ps = 100 * NS;
    open(config, 1, 50 * NS, TEST_WINDOW);
    run(5000 * NS);
    flow_settle(&flow, 5000 * NS);
    cr_expect_eq(taken_count, 10, "what arrived before is served after");
    cr_expect_eq(flow.counters.offered_operations, 10);
}

Test(flow, an_operation_is_no_larger_than_its_target, .fini = close)
{
    struct flow_config config = config_of(&arrival_saturate);
    config.most_bytes = 64;
    config.count = 5;
    open(config, 1, NS, TEST_WINDOW);
    run(100 * NS);
    for (uint32_t n = 0; n < 5; n++)
        cr_assert(taken[n].bytes == 64 && taken[n].address == n * 64);
}

Test(flow, one_that_picks_in_turn_waits_for_the_slow, .fini = close)
{
    struct flow_config config = config_of(&arrival_saturate);
    config.picks_in_turn = true;
    config.pattern = &pattern_repeat;
    open(config, 3, 10 * NS, TEST_WINDOW);
    servers[1].service_ps = 100 * NS;
    run(100000 * NS);
    /* The slow one has a hundred of the hundred thousand ns each; all get as many. */
    for (uint32_t n = 0; n < 3; n++)
        cr_expect(servers[n].served >= 999 && servers[n].served <= 1003, "%lu", (unsigned long)servers[n].served);
    uint32_t count[3] = {0};
    for (uint32_t n = 0; n < taken_count; n++) {
        cr_assert_eq(taken[n].address, (uint64_t)taken[n].server << 20, "the target of another");
        count[taken[n].server]++;
    }
    cr_expect_eq(flow.in_flight, flow.issued - flow.counters.operations, "none is lost");
}

Test(flow, one_that_picks_at_random_is_fair_and_loses_nothing)
{
    static const struct arrival_ops *const arrivals[] = {&arrival_saturate, &arrival_periodic};
    for (size_t kind = 0; kind < 2; kind++)
        for (uint32_t outstanding = 0; outstanding <= 2; outstanding += 2) {
            struct flow_config config =
                arrivals[kind] == &arrival_periodic ? periodic(7 * NS) : config_of(&arrival_saturate);
            config.outstanding = outstanding;
            config.count = 20000;
            open(config, SERVERS, 10 * NS, TEST_WINDOW);
            flow.on_finished = on_finished;
            finished = 0;
            run(PS_PER_MS);
            cr_expect_eq(
                finished, 1, "%s, outstanding %u: %lu of 20000", arrivals[kind]->name, outstanding,
                (unsigned long)flow.counters.operations);
            cr_expect_eq(flow.counters.operations, 20000);
            cr_expect_eq(flow.in_flight, 0);
            for (uint32_t n = 0; n < SERVERS; n++) /* 5,000 each, with a deviation of 61 */
                cr_expect(
                    servers[n].served > 4700 && servers[n].served < 5300, "%lu", (unsigned long)servers[n].served);
            close();
        }
}

Test(flow, arrivals_sizes_and_picks_do_not_hang_on_the_speed_of_the_rack)
{
    size = (struct distribution){.kind = DISTRIBUTION_UNIFORM, .a = 1, .b = 4096};
    distribution_prepare(&size);
    static struct taken first[2000];
    for (uint64_t round = 0; round < 2; round++) {
        struct flow_config config = config_of(&arrival_poisson);
        config.arrival.interval = (unsigned __int128)(50 * NS) << ARRIVAL_FRACTION_BITS;
        config.pattern = &pattern_random;
        config.window_bytes = 1 << 16;
        open(config, 1, round == 0 ? 10 * NS : 77 * NS, TEST_WINDOW);
        run(PS_PER_MS);
        cr_assert_gt(taken_count, 2000);
        for (uint32_t n = 0; n < 2000; n++) {
            if (round == 0)
                first[n] = taken[n];
            cr_assert_eq(taken[n].arrival_ps, first[n].arrival_ps);
            cr_assert_eq(taken[n].bytes, first[n].bytes);
            cr_assert_eq(taken[n].address, first[n].address);
        }
        close();
    }
}

Test(flow, what_failed_is_no_goodput, .fini = close)
{
    open(config_of(&arrival_saturate), 1, 10 * NS, TEST_WINDOW);
    run(5 * NS);
    servers[0].operation->failed = true;
    run(95 * NS);
    cr_expect_eq(flow.counters.failed, 1);
    cr_expect_eq(flow.counters.operations, 8);
    cr_expect_eq(flow.completed_bytes, 800);
}

/* One target of three ops: a write (server 0), a read (server 1), and both together. */
enum { WRITE_OP, READ_OP, BOTH_OP, OPS };

static void open_mix(struct flow_config config, uint64_t write_ps, uint64_t read_ps)
{
    if (size.a == 0)
        size = distribution_constant(100);
    taken_count = 0;
    config.op_count = OPS;
    fabric_init(&fabric, 1, TEST_WINDOW, 64, 64);
    flow_init(&flow, &fabric, &config);
    struct flow_issuer *issuers[OPERATION_KINDS];
    for (uint32_t n = 0; n < OPERATION_KINDS; n++) {
        issuers[n] = flow_add_issuer(&flow, n == 0 ? OPERATION_WRITE : OPERATION_READ);
        servers[n] = (struct server){
            .issuer = {.kick = on_kick}, .source = &issuers[n]->source, .service_ps = n == 0 ? write_ps : read_ps};
        issuers[n]->source.issuer = &servers[n].issuer;
        component_init(&servers[n].component, &fabric.simulation);
        event_init(&servers[n].wake, &servers[n].component, on_wake);
        event_schedule(&servers[n].wake, 0);
    }
    struct flow_route routes[OPS] = {
        [WRITE_OP] = {.issuers = {issuers[0], NULL}, .address = 0x10000},
        [READ_OP] = {.issuers = {NULL, issuers[1]}, .address = 0x20000},
        [BOTH_OP] = {.issuers = {issuers[0], issuers[1]}, .address = 0x30000},
    };
    flow_add_target(&flow, routes);
}

Test(flow, a_mix_keeps_its_shares_whatever_is_slow, .fini = close)
{
    struct flow_config config = config_of(&arrival_saturate);
    config.op_weights[WRITE_OP] = 3;
    config.op_weights[READ_OP] = 7;
    config.count = 10000;
    open_mix(config, NS, 50 * NS);
    flow.on_finished = on_finished;
    finished = 0;
    run(PS_PER_MS);
    cr_expect_eq(finished, 1);
    cr_expect_eq(servers[0].served + servers[1].served, 10000);
    cr_expect(servers[0].served > 2860 && servers[0].served < 3140, "3,000 with a deviation of 46");
    cr_expect_eq(flow.by_op[WRITE_OP].operations, servers[0].served);
    cr_expect_eq(flow.by_op[READ_OP].operations, servers[1].served);
    cr_expect_eq(flow.by_op[BOTH_OP].operations, 0);
    cr_expect_eq(flow.by_op[READ_OP].bytes, 100 * servers[1].served);
    cr_expect_eq(flow.by_op[WRITE_OP].latency.count + flow.by_op[READ_OP].latency.count, flow.counters.latency.count);
    for (uint32_t n = 0; n < taken_count; n++)
        cr_assert_eq(taken[n].address >> 16, taken[n].server + 1);
}

Test(flow, a_read_and_a_write_together_are_one_operation, .fini = close)
{
    struct flow_config config = periodic(1000 * NS);
    config.op_weights[WRITE_OP] = 0;
    config.op_weights[BOTH_OP] = 1;
    config.count = 5;
    config.outstanding = 3;
    open_mix(config, 10 * NS, 70 * NS);
    run(PS_PER_MS);
    cr_expect_eq(servers[0].served, 5);
    cr_expect_eq(servers[1].served, 5);
    cr_expect_eq(flow.counters.operations, 5);
    cr_expect_eq(flow.counters.bytes, 500, "one direction counts");
    cr_expect_eq(flow.counters.offered_operations, 5);
    cr_expect_eq(histogram_min(&flow.counters.latency), 70 * NS, "it has ended when both have");
    cr_expect_eq(flow.counters.latency.max, 70 * NS);
    cr_expect_eq(flow.in_flight, 0);
    for (uint32_t n = 0; n < taken_count; n += 2)
        cr_assert(taken[n].address == taken[n + 1].address && taken[n].arrival_ps == taken[n + 1].arrival_ps);
}

/* Every order of who is slow, with all three ops: nothing is lost, and no operation ends twice. */
Test(flow, all_ops_mixed_lose_nothing)
{
    for (uint64_t write_ps = 1; write_ps <= 100; write_ps *= 10)
        for (uint64_t read_ps = 1; read_ps <= 100; read_ps *= 10)
            for (uint32_t outstanding = 0; outstanding <= 2; outstanding++) {
                struct flow_config config = config_of(&arrival_saturate);
                for (int op = 0; op < OPS; op++)
                    config.op_weights[op] = 1 + (uint64_t)op;
                config.count = 600;
                config.outstanding = outstanding;
                open_mix(config, write_ps * NS, read_ps * NS);
                run(PS_PER_MS);
                uint64_t sum = 0;
                for (int op = 0; op < OPS; op++)
                    sum += flow.by_op[op].operations;
                cr_expect_eq(sum, 600);
                cr_expect_eq(servers[0].served, flow.by_op[WRITE_OP].operations + flow.by_op[BOTH_OP].operations);
                cr_expect_eq(servers[1].served, flow.by_op[READ_OP].operations + flow.by_op[BOTH_OP].operations);
                cr_expect_eq(flow.in_flight, 0);
                cr_expect_eq(fabric.operations.live, 0);
                close();
            }
}

Test(flow, half_of_a_pair_that_failed_is_a_failure, .fini = close)
{
    struct flow_config config = config_of(&arrival_saturate);
    config.op_weights[WRITE_OP] = 0;
    config.op_weights[BOTH_OP] = 1;
    config.count = 1;
    open_mix(config, 10 * NS, 70 * NS);
    run(5 * NS);
    servers[0].operation->failed = true;
    run(PS_PER_US);
    cr_expect_eq(flow.counters.failed, 1);
    cr_expect_eq(flow.by_op[BOTH_OP].failed, 1);
    cr_expect_eq(flow.counters.operations, 0);
}

static struct trace_entry entries[] = {
    {.at_ps = 0, .bytes = 64, .offset = 128, .op = WRITE_OP},
    {.at_ps = 100 * NS, .bytes = 1, .offset = 7, .op = READ_OP},
    {.at_ps = 100 * NS, .bytes = 4096, .offset = 0, .op = BOTH_OP},
    {.at_ps = 250 * NS, .bytes = 8, .offset = 8, .op = WRITE_OP},
    {.at_ps = 900 * NS, .bytes = 16, .offset = 16, .op = WRITE_OP},
};
static const struct trace trace = {entries, 5};

static struct flow_config replay(uint64_t start_ps)
{
    struct flow_config config = config_of(&arrival_trace);
    config.arrival.trace = &trace;
    config.arrival.start_ps = start_ps;
    return config;
}

Test(flow, a_trace_is_replayed_as_it_stands, .fini = close)
{
    open_mix(replay(1000 * NS), 10 * NS, 20 * NS);
    flow.on_finished = on_finished;
    finished = 0;
    run(PS_PER_MS);
    flow_settle(&flow, PS_PER_MS);
    cr_expect(flow_is_finite(&flow));
    cr_expect_eq(finished, 1);
    cr_expect_eq(flow.counters.operations, 5);
    cr_expect_eq(flow.counters.offered_bytes, 64 + 1 + 4096 + 8 + 16);
    cr_assert_eq(taken_count, 6);
    uint32_t found[5] = {0};
    for (uint32_t n = 0; n < taken_count; n++)
        for (uint32_t entry = 0; entry < 5; entry++)
            found[entry] += taken[n].arrival_ps == 1000 * NS + entries[entry].at_ps &&
                            taken[n].bytes == entries[entry].bytes &&
                            taken[n].address == (entries[entry].op + 1) * UINT64_C(0x10000) + entries[entry].offset;
    for (uint32_t entry = 0; entry < 5; entry++)
        cr_expect_eq(found[entry], entries[entry].op == BOTH_OP ? 2 : 1);
}

Test(flow, a_trace_can_be_cut_short)
{
    struct flow_config configs[3] = {replay(0), replay(0), replay(0)};
    configs[0].count = 3;
    configs[1].stop_ps = 250 * NS;
    configs[2].total_bytes = 64 + 1 + 4096;
    for (int n = 0; n < 3; n++) {
        open_mix(configs[n], 10 * NS, 20 * NS);
        run(PS_PER_MS);
        flow_settle(&flow, PS_PER_MS);
        cr_expect_eq(flow.counters.operations, 3);
        cr_expect_eq(flow.counters.offered_operations, 3);
        close();
    }
}

Test(flow, arrivals_of_a_trace_that_nobody_asked_for_are_offered, .fini = close)
{
    open_mix(replay(0), 5000 * NS, 5000 * NS);
    run(500 * NS);
    flow_settle(&flow, 500 * NS);
    cr_expect_eq(flow.counters.offered_operations, 4);
}

static uint64_t told, told_ps;

static void on_operation(struct flow *of, const struct operation *operation)
{
    cr_assert_eq(of, &flow);
    told++;
    told_ps = operation->done_ps;
}

Test(flow, who_wants_to_know_is_told_of_every_operation, .fini = close)
{
    struct flow_config config = periodic(100 * NS);
    config.count = 4;
    open(config, 1, 30 * NS, TEST_WINDOW);
    flow.on_operation = on_operation;
    run(PS_PER_US);
    cr_expect_eq(told, 4);
    cr_expect_eq(told_ps, flow.last_done_ps);
}
