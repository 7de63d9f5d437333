/* Hops against a plain table of all distances (Floyd and Warshall's), on random graphs. */
#include "hostsim/rack/hops.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"

#define CHASSIS 7
#define FAR 1000

static void fill_table(const struct scenario *scenario, int table[CHASSIS][CHASSIS])
{
    for (int i = 0; i < CHASSIS; i++)
        for (int j = 0; j < CHASSIS; j++)
            table[i][j] = i == j ? 0 : FAR;
    for (size_t i = 0; i < scenario->trunk_count; i++) {
        const int *between = scenario->trunks[i].between;
        if (between[0] != between[1])
            table[between[0]][between[1]] = table[between[1]][between[0]] = 1;
    }
    for (int k = 0; k < CHASSIS; k++)
        for (int i = 0; i < CHASSIS; i++)
            for (int j = 0; j < CHASSIS; j++)
                if (table[i][k] + table[k][j] < table[i][j])
                    table[i][j] = table[i][k] + table[k][j];
}

Test(hops, agree_with_a_table_of_all)
{
    struct scenario_chassis chassis[CHASSIS] = {0};
    struct scenario_trunk trunks[CHASSIS * 2] = {0};
    char name[] = "isl";
    for (int i = 0; i < CHASSIS * 2; i++)
        trunks[i].name = name;
    struct random random;
    random_init(&random, 1, "hops");
    for (int round = 0; round < 300; round++) {
        int uplinks[3], table[CHASSIS][CHASSIS];
        struct scenario_host host = {.uplinks = uplinks, .uplink_count = 3};
        struct scenario scenario = {.chassis = chassis, .chassis_count = CHASSIS, .trunks = trunks, .hosts = &host};
        scenario.trunk_count = random_below(&random, CHASSIS * 2);
        for (size_t i = 0; i < scenario.trunk_count; i++)
            for (int end = 0; end < 2; end++)
                trunks[i].between[end] = (int)random_below(&random, CHASSIS);
        for (int i = 0; i < 3; i++)
            uplinks[i] = (int)random_below(&random, CHASSIS);
        fill_table(&scenario, table);
        for (int i = 0; i < CHASSIS; i++)
            for (int j = 0; j < CHASSIS; j++)
                cr_assert_eq(hops_between(&scenario, i, j), table[i][j] >= FAR ? HOPS_NO_PATH : table[i][j]);
        for (int to = 0; to < CHASSIS; to++) {
            int nearest = SCENARIO_NONE;
            for (int i = 2; i >= 0; i--)
                if (table[uplinks[i]][to] < FAR &&
                    (nearest == SCENARIO_NONE || table[uplinks[i]][to] <= table[uplinks[nearest]][to]))
                    nearest = i;
            cr_assert_eq(hops_nearest_uplink(&scenario, 0, to), nearest);
        }
    }
}
