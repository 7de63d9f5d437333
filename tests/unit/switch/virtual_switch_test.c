#include "fabric/switch/virtual_switch.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/base/random.h"
#include "fabric/switch/switch.h"

#define PORTS 40

static struct switch_port ports[PORTS];
static struct virtual_bridge bridges[PORTS];

/* A tree of 0 to 30 downstream bridges, with gaps between what they claim and some windows empty. */
static uint32_t random_tree(struct random *random)
{
    uint32_t count = 1 + (uint32_t)random_below(random, 31);
    uint32_t bus = 1;
    uint64_t address = random_below(random, 1000) * 4096;
    for (uint32_t i = 0; i < PORTS; i++)
        ports[i].index = i;
    bridges[0] = (struct virtual_bridge){.port = &ports[PORTS - 1], .secondary = (uint8_t)bus, .subordinate = 255};
    bus++;
    for (uint32_t i = 1; i < count; i++) {
        bus += (uint32_t)random_below(random, 3);
        uint32_t buses = (uint32_t)random_below(random, 5);
        address += random_below(random, 3) * 4096;
        uint64_t bytes = random_below(random, 4) * 4096;
        bridges[i] = (struct virtual_bridge){
            .port = &ports[i],
            .secondary = (uint8_t)bus,
            .subordinate = (uint8_t)(bus + buses),
            .base = address,
            .limit = address + bytes,
        };
        bus += buses + 1;
        address += bytes;
    }
    return count;
}

enum routing { BY_ADDRESS, BY_REQUESTER, BY_COMPLETER, BY_NOTHING };

static enum routing routing_of(const struct tlp *tlp)
{
    switch ((enum tlp_type)tlp->type) {
    case TLP_CPL:
    case TLP_CPLD:
    case TLP_CPLLK:
    case TLP_CPLDLK:
        return BY_REQUESTER;
    case TLP_CFGRD0:
    case TLP_CFGWR0:
    case TLP_CFGRD1:
    case TLP_CFGWR1:
        return BY_COMPLETER;
    case TLP_MSG:
    case TLP_MSGD:
        return tlp->status == TLP_BY_ID ? BY_COMPLETER : BY_NOTHING;
    case TLP_IORD:
    case TLP_IOWR:
        return BY_NOTHING;
    default:
        return BY_ADDRESS;
    }
}

static bool claims(const struct virtual_bridge *bridge, const struct tlp *tlp)
{
    uint32_t bus;
    switch (routing_of(tlp)) {
    case BY_ADDRESS:
        return tlp->address >= bridge->base && tlp->address < bridge->limit;
    case BY_REQUESTER:
        bus = tlp->requester_id / 256;
        return bus >= bridge->secondary && bus <= bridge->subordinate;
    case BY_COMPLETER:
        bus = tlp->completer_id / 256;
        return bus >= bridge->secondary && bus <= bridge->subordinate;
    default:
        return false;
    }
}

/* The rules one after the other (PCI-to-PCI bridge architecture 1.2, 4). */
static int naive_route(uint32_t count, int from, const struct tlp *tlp)
{
    for (uint32_t i = 1; i < count; i++)
        if (claims(&bridges[i], tlp))
            return (int)i == from ? VIRTUAL_SWITCH_NOWHERE : (int)i;
    return from == VIRTUAL_SWITCH_UPSTREAM ? VIRTUAL_SWITCH_NOWHERE : VIRTUAL_SWITCH_UPSTREAM;
}

static uint64_t random_address(struct random *random, uint32_t count)
{
    const struct virtual_bridge *bridge = &bridges[random_below(random, count)];
    switch (random_below(random, 5)) {
    case 0:
        return bridge->base;
    case 1:
        return bridge->limit;
    case 2:
        return bridge->limit - 4; /* may be far above everything */
    case 3:
        return bridge->base - 4;
    default:
        return random_below(random, 2000) * 4096;
    }
}

Test(virtual_switch, routes_as_asking_every_bridge_does)
{
    struct random random;
    random_init(&random, 1, "virtual_switch");
    for (int tree = 0; tree < 300; tree++) {
        uint32_t count = random_tree(&random);
        struct virtual_switch *virtual_switch = virtual_switch_new(7, bridges, count, PORTS);
        for (int n = 0; n < 300; n++) {
            struct tlp tlp = {
                .type = (uint8_t)random_below(&random, TLP_TYPES),
                .address = random_address(&random, count),
                .requester_id = (uint16_t)(random_below(&random, 130) << 8 | random_below(&random, 256)),
                .completer_id = (uint16_t)(random_below(&random, 130) << 8 | random_below(&random, 256)),
                .status = (uint8_t)random_below(&random, 6),
            };
            int from = (int)random_below(&random, count);
            cr_assert_eq(virtual_switch_route(virtual_switch, from, &tlp), naive_route(count, from, &tlp));
        }
        virtual_switch_free(virtual_switch);
    }
}

Test(virtual_switch, knows_its_ports)
{
    struct random random;
    random_init(&random, 2, "virtual_switch");
    uint32_t count = random_tree(&random);
    struct virtual_switch *virtual_switch = virtual_switch_new(7, bridges, count, PORTS);
    for (uint32_t port = 0; port < PORTS; port++) {
        int expected = VIRTUAL_SWITCH_NOWHERE;
        for (uint32_t bridge = 0; bridge < count; bridge++)
            if (bridges[bridge].port == &ports[port])
                expected = (int)bridge;
        cr_assert_eq(virtual_switch->bridge_of_port[port], expected);
    }
    virtual_switch_free(virtual_switch);
}

Test(virtual_switch, each_pair_of_bridges_has_its_path)
{
    struct random random;
    random_init(&random, 3, "virtual_switch");
    uint32_t count = random_tree(&random);
    struct virtual_switch *virtual_switch = virtual_switch_new(7, bridges, count, PORTS);
    struct virtual_path *expected = virtual_switch->paths;
    for (int from = 0; from < (int)count; from++)
        for (int to = 0; to < (int)count; to++)
            cr_assert_eq(virtual_switch_path(virtual_switch, from, to), expected++);
    virtual_switch_free(virtual_switch);
}

/* Two bridges that are well, but for what a test spoils. */
static void make_two(void)
{
    for (uint32_t i = 0; i < PORTS; i++)
        ports[i].index = i;
    bridges[0] = (struct virtual_bridge){.port = &ports[0], .secondary = 1};
    bridges[1] = (struct virtual_bridge){
        .port = &ports[1], .secondary = 2, .subordinate = 3, .base = 0x1000, .limit = 0x2000, .weight = 1};
    bridges[2] = (struct virtual_bridge){
        .port = &ports[2], .secondary = 4, .subordinate = 4, .base = 0x2000, .limit = 0x3000, .weight = 1};
}

static void refuse(void)
{
    virtual_switch_free(virtual_switch_new(1, bridges, 3, PORTS));
}

Test(virtual_switch, neighbours_may_touch)
{
    make_two();
    refuse();
}

Test(virtual_switch, overlapping_windows_are_refused, .signal = SIGABRT)
{
    make_two();
    bridges[1].limit = 0x2001;
    refuse();
}

Test(virtual_switch, overlapping_buses_are_refused, .signal = SIGABRT)
{
    make_two();
    bridges[1].subordinate = 4;
    refuse();
}

Test(virtual_switch, a_window_that_ends_before_it_begins_is_refused, .signal = SIGABRT)
{
    make_two();
    bridges[2].limit = 0x1fff;
    refuse();
}

Test(virtual_switch, buses_that_end_before_they_begin_are_refused, .signal = SIGABRT)
{
    make_two();
    bridges[1].subordinate = 1;
    refuse();
}
