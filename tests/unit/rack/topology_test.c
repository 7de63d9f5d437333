#include "hostsim/rack/topology.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/random.h"
#include "tests/support/rack.h"

Test(topology, hierarchies_follow_the_file_s_root_ports)
{
    struct scenario *scenario = rack_scenario("mriov: 1\n"
                                              "chassis: [{name: tor0}, {name: tor1}]\n"
                                              "trunks: [{name: isl, between: [tor0, tor1]}]\n"
                                              "hosts:\n"
                                              "  - {name: b, chassis: [tor0, tor1]}\n"
                                              "  - {name: lonely}\n"
                                              "  - {name: a, chassis: tor1, uplinks: 2}\n"
                                              "adapters:\n"
                                              "  - {name: own1, at: a}\n"
                                              "  - {name: shared, at: tor0}\n"
                                              "  - {name: own0, at: b}\n"
                                              "  - {name: own2, at: b}\n");
    struct topology topology;
    topology_init(&topology, scenario);
    static const struct {
        int host, uplink, chassis, adapter;
        uint32_t port;
    } expected[] = {
        {0, 0, 0, SCENARIO_NONE, 0},
        {0, 1, 1, SCENARIO_NONE, 1},
        {2, 0, 1, SCENARIO_NONE, 0},
        {2, 1, 1, SCENARIO_NONE, 1},
        {0, SCENARIO_NONE, SCENARIO_NONE, 2, 2},
        {0, SCENARIO_NONE, SCENARIO_NONE, 3, 3},
        {2, SCENARIO_NONE, SCENARIO_NONE, 0, 2},
    };
    cr_assert_eq(topology.root_count, sizeof expected / sizeof expected[0]);
    cr_expect_eq(topology_vh_count(&topology), 8);
    for (size_t n = 0; n < topology.root_count; n++) {
        const struct topology_root *root = &topology.roots[n];
        cr_expect_eq(root->vh, n + 1);
        cr_expect_eq(root->host, expected[n].host, "vh %zu", n + 1);
        cr_expect_eq(root->uplink, expected[n].uplink, "vh %zu", n + 1);
        cr_expect_eq(root->chassis, expected[n].chassis, "vh %zu", n + 1);
        cr_expect_eq(root->adapter, expected[n].adapter, "vh %zu", n + 1);
        cr_expect_eq(root->port, expected[n].port, "vh %zu", n + 1);
    }
    cr_expect_eq(topology_port_count(&topology, 0), 4);
    cr_expect_eq(topology_port_count(&topology, 1), 0);
    cr_expect_eq(topology_port_count(&topology, 2), 3);
    struct scenario_owner owner = {.host = 2, .uplink = 1, .guest = SCENARIO_NONE};
    cr_expect_eq(topology_root_of(&topology, owner, 1)->vh, 4);
    cr_expect_eq(topology_root_of(&topology, owner, 0)->vh, 7, "its own adapter's root port, whatever the uplink");
    topology_free(&topology);
    scenario_free(scenario);
}

#define CHASSIS 7
#define FAR 1000

/* Chassis c0 to c6 and TRUNK_COUNT random trunks, named so that names and places differ in order. */
static struct scenario *random_chassis(struct random *random, int trunk_count)
{
    char text[4096];
    int length = snprintf(text, sizeof text, "mriov: 1\nchassis: [{name: \"c[0-%d]\"}]\ntrunks:\n", CHASSIS - 1);
    for (int n = 0; n < trunk_count; n++) {
        uint64_t from = random_below(random, CHASSIS), to = (from + 1 + random_below(random, CHASSIS - 1)) % CHASSIS;
        length += snprintf(
            text + length, sizeof text - (size_t)length, "  - {name: t%c%d, between: [c%d, c%d]}\n",
            (char)('a' + random_below(random, 26)), n, (int)from, (int)to);
    }
    return rack_scenario(text);
}

Test(topology, ways_are_the_shortest_and_then_the_lowest_name)
{
    struct random random;
    random_init(&random, 1, "test");
    for (int round = 0; round < 200; round++) {
        struct scenario *scenario = random_chassis(&random, 1 + (int)random_below(&random, 12));
        int distance[CHASSIS][CHASSIS]; /* Floyd and Warshall's */
        for (int from = 0; from < CHASSIS; from++)
            for (int to = 0; to < CHASSIS; to++)
                distance[from][to] = from == to ? 0 : FAR;
        for (size_t n = 0; n < scenario->trunk_count; n++) {
            const int *between = scenario->trunks[n].between;
            distance[between[0]][between[1]] = distance[between[1]][between[0]] = 1;
        }
        for (int over = 0; over < CHASSIS; over++)
            for (int from = 0; from < CHASSIS; from++)
                for (int to = 0; to < CHASSIS; to++)
                    if (distance[from][over] + distance[over][to] < distance[from][to])
                        distance[from][to] = distance[from][over] + distance[over][to];
        struct topology topology;
        topology_init(&topology, scenario);
        for (int from = 0; from < CHASSIS; from++) {
            struct topology_tree tree = topology_tree_from(topology.scenario, from);
            for (int to = 0; to < CHASSIS; to++) {
                int hops = distance[from][to];
                cr_assert_eq(
                    tree.distance[to], hops >= FAR ? SCENARIO_NONE : hops, "round %d: %d to %d", round, from, to);
                int best = SCENARIO_NONE;
                for (size_t n = 0; n < scenario->trunk_count && hops > 0 && hops < FAR; n++) {
                    int end = topology_end_at(&scenario->trunks[n], to);
                    if (end == SCENARIO_NONE || distance[from][scenario->trunks[n].between[1 - end]] != hops - 1)
                        continue;
                    if (best == SCENARIO_NONE || strcmp(scenario->trunks[n].name, scenario->trunks[best].name) < 0)
                        best = (int)n;
                }
                cr_assert_eq(tree.parent_trunk[to], best, "round %d: %d to %d", round, from, to);
            }
            topology_tree_free(&tree);
        }
        topology_free(&topology);
        scenario_free(scenario);
    }
}
