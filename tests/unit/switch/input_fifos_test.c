/* Inputs that queue by `fifo`: random writes and reads through a chassis whose outputs random lacks of credits hold up.
 * The lines of an input are one behind the other, and not one beside the other: reads do not pass writes (base
 * specification 2.4.1), wherever those wait. */
#include "fabric/switch/input_fifos.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "tests/support/test_chassis.h"

#define SEEDS 200
#define TLPS 60

static struct test_chassis rack;
static struct random holds;

static uint64_t hold_a_while(struct test_port *port, const struct tlp *tlp)
{
    (void)port;
    return tlp->type == TLP_MWR ? random_below(&holds, 4) * 700 : 0;
}

static void open_rack(struct random *random)
{
    rack.plan = test_chassis_plan();
    rack.plan.config.fifo = true;
    rack.plan.config.speedup = 1;
    rack.plan.config.store_and_forward = random_below(random, 2) == 0;
    rack.plan.far = test_credits(1, 16);
    test_chassis_init(&rack);
    for (uint32_t adapter = 0; adapter < rack.plan.adapters; adapter++)
        rack.adapters[adapter].hold_ps = hold_a_while;
}

/* What arrives at ADAPTER: a read after all writes that were sent before it. */
static void check_order(uint64_t seed, uint32_t adapter)
{
    const struct test_port *port = &rack.adapters[adapter];
    for (uint32_t later = 0; later < port->arrival_count; later++)
        for (uint32_t earlier = 0; earlier < later; earlier++) {
            const struct tlp *first = &port->arrivals[earlier].tlp, *second = &port->arrivals[later].tlp;
            bool passed = first->address > second->address;
            cr_assert(
                !passed || (first->type == TLP_MWR && second->type == TLP_MRD),
                "seed %llu, adapter %u: a %s of %llx came before a %s of %llx", (unsigned long long)seed, adapter,
                tlp_traits[first->type].name, (unsigned long long)first->address, tlp_traits[second->type].name,
                (unsigned long long)second->address);
        }
}

Test(input_fifos, reads_pass_no_write_of_their_way)
{
    uint32_t passed_others = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct random random;
        random_init(&random, seed, "traffic");
        random_init(&holds, seed, "holds");
        open_rack(&random);
        uint32_t sent[TEST_CHASSIS_ADAPTERS] = {0};
        uint64_t at_ps = 0;
        for (uint64_t number = 0; number < TLPS; number++) {
            uint32_t adapter = (uint32_t)random_below(&random, rack.plan.adapters);
            bool writes = random_below(&random, 3) > 0;
            struct tlp tlp =
                writes ? test_write(1, 4 * (1 + (uint32_t)random_below(&random, 64)), 0) : test_read(1, 4, 0);
            tlp.address = test_chassis_address(adapter) + number * 8;
            test_send(&rack.from_host[0], tlp, at_ps += random_below(&random, 300));
            sent[adapter]++;
        }
        test_chassis_run(&rack);
        for (uint32_t adapter = 0; adapter < rack.plan.adapters; adapter++) {
            cr_assert_eq(rack.adapters[adapter].arrival_count, sent[adapter], "seed %llu", (unsigned long long)seed);
            check_order(seed, adapter);
        }
        /* On another way they do, and need not wait for it. */
        for (uint32_t index = 0; index < rack.adapters[0].arrival_count; index++)
            for (uint32_t other = 0; other < rack.adapters[1].arrival_count; other++) {
                const struct test_arrival *write = &rack.adapters[0].arrivals[index];
                const struct test_arrival *read = &rack.adapters[1].arrivals[other];
                bool sent_later =
                    read->tlp.address - test_chassis_address(1) > write->tlp.address - test_chassis_address(0);
                passed_others +=
                    write->tlp.type == TLP_MWR && read->tlp.type == TLP_MRD && sent_later && read->at_ps < write->at_ps;
            }
        cr_assert(switch_is_valid(&rack.mr_switch));
        test_chassis_free(&rack);
    }
    cr_expect_gt(passed_others, 0);
}
