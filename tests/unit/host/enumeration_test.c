/* Bus walks of small racks, by hand. */
#include "hostsim/host/enumeration.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_device.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/capability_sr_iov.h"
#include "hostsim/rack/host_tree.h"
#include "tests/support/rack.h"

#define RACK(CAPABILITIES)                                                                                             \
    "mriov: 1\nchassis: [{name: t}]\n"                                                                                 \
    "hosts: [{name: h, chassis: t, mps: 512B, mrrs: 1KiB, capabilities: " CAPABILITIES "}]\n"                          \
    "adapters: [{name: m, at: t}, {name: s, at: t, sharing: sr-iov}]\n"                                                \
    "assign: [{function: m, to: h, vfs: 3}, {function: \"s.vf[0-9]\", to: h}]\n"

static const struct host_function *found(const struct rack *rack, uint16_t id)
{
    const struct world_tree *tree = &rack->world.trees[0];
    return host_function_find(tree->functions, tree->count, id);
}

/* How many functions there are on BUS. */
static size_t count_on(const struct rack *rack, uint32_t bus)
{
    size_t count = 0;
    for (uint32_t place = 0; place < 256; place++)
        count += found(rack, (uint16_t)(bus << 8 | place)) != NULL;
    return count;
}

Test(enumeration, with_ari_a_bus_has_all_functions_of_a_device)
{
    struct rack rack;
    rack_open(&rack, RACK("[sr-iov, ari]"));
    cr_expect_eq(rack.world.trees[0].count, 4 + 4 + 10);
    cr_expect_eq(count_on(&rack, 2), 2);
    cr_expect_eq(count_on(&rack, 3), 4);
    cr_expect_eq(count_on(&rack, 4), 10);
    cr_expect(found(&rack, 0x0301)->is_vf && found(&rack, 0x0301)->pf == 0x0300);
    cr_expect_not(found(&rack, 0x0409)->is_vf, "a function of its own");
    cr_expect(found(&rack, 0x0200)->ari && found(&rack, 0x0208)->ari);
    cr_expect_eq(found(&rack, 0x0301)->device, found(&rack, 0x0300)->vf_device);
    rack_close(&rack);
}

Test(enumeration, without_ari_vfs_have_a_bus_and_functions_past_the_eighth_are_lost)
{
    struct rack rack;
    rack_open(&rack, RACK("[sr-iov]"));
    cr_expect_eq(count_on(&rack, 3), 1);
    cr_expect_eq(count_on(&rack, 4), 3);
    cr_expect_eq(count_on(&rack, 5), 8);
    cr_expect_eq(found(&rack, 0x0200)->subordinate, 4);
    cr_expect_eq(rack.world.trees[0].count, 4 + 4 + 8);
    cr_expect_eq(rack.world.functions[1].id, 0x0400, "VF 0 of m");
    cr_expect_not_null(rack.world.functions[4 + 7].function);
    cr_expect_null(rack.world.functions[4 + 8].function, "the ninth of s");
    rack_close(&rack);
}

Test(enumeration, a_workload_of_a_function_that_is_not_seen_is_refused)
{
    struct scenario *scenario =
        rack_scenario(RACK("[sr-iov]") "workloads: [{name: w, function: s.vf9, op: dma-write}]\n");
    struct world world;
    char reason[256] = "";
    cr_assert_eq(world_init(&world, scenario, reason, sizeof reason), STATUS_UNAVAILABLE);
    cr_expect(strstr(reason, "workload w: host h does not see s.pf0.vf9"), "%s", reason);
    world_free(&world);
    scenario_free(scenario);
}

/* What access control the ports of a host have on, of the root port and both downstream bridges: the same of all. */
static uint32_t access_control(const char *host)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t, %s}]\n"
        "adapters: [{name: m, at: t}, {name: s, at: t, sharing: sr-iov}]\n"
        "assign: [{function: m, to: h}, {function: s.vf0, to: h}]\n",
        host);
    struct rack rack;
    rack_open(&rack, text);
    static const uint16_t ids[] = {0x0000, 0x0200, 0x0208};
    uint32_t enabled[3];
    for (size_t n = 0; n < 3; n++) {
        const struct config_space *space = host_tree_find(&rack.world, &rack.world.topology.roots[0], ids[n]);
        enabled[n] = acs_enabled(space, capability_find_extended(space->layout, EXTENDED_ACS));
        cr_assert_eq(enabled[n], enabled[0], "%04x: %s", ids[n], host);
    }
    rack_close(&rack);
    return enabled[0];
}

Test(enumeration, with_acs_who_has_guests_or_an_iommu_validates_sources)
{
    const uint32_t on = ACS_SOURCE_VALIDATION | ACS_UPSTREAM_FORWARDING;
    cr_expect_eq(access_control("guests: [{name: vm}]"), on);
    cr_expect_eq(access_control("iommu: {}"), on);
    cr_expect_eq(access_control("iommu: {}, capabilities: [acs]"), on);
    cr_expect_eq(access_control("mps: 256B"), 0);
    cr_expect_eq(access_control("guests: [{name: vm}], iommu: {}, capabilities: [sr-iov, ari]"), 0);
}

Test(enumeration, programs_sizes_and_switches_on)
{
    struct rack rack;
    rack_open(&rack, RACK("[sr-iov, ari]"));
    static const uint16_t ids[] = {0x0000, 0x0100, 0x0200, 0x0208, 0x0300, 0x0400, 0x0409};
    for (size_t n = 0; n < sizeof ids / sizeof ids[0]; n++) {
        const struct config_space *space = host_tree_find(&rack.world, &rack.world.topology.roots[0], ids[n]);
        uint16_t express = capability_find(space->layout, CAPABILITY_EXPRESS);
        cr_expect_eq(express_mps_bytes(space, express), 512, "%04x", ids[n]);
        cr_expect(found(&rack, ids[n])->type != EXPRESS_ENDPOINT || express_mrrs_bytes(space, express) == 1024);
        uint32_t command = config_space_get(space, CONFIG_COMMAND, 2);
        cr_expect_eq(command & (COMMAND_MEMORY | COMMAND_BUS_MASTER), COMMAND_MEMORY | COMMAND_BUS_MASTER);
    }
    const struct config_space *pf = host_tree_find(&rack.world, &rack.world.topology.roots[0], 0x0300);
    struct sr_iov_state state = sr_iov_state(pf, capability_find_extended(pf->layout, EXTENDED_SR_IOV));
    cr_expect(state.enabled && state.memory);
    cr_expect_eq(state.vfs, 3);
    rack_close(&rack);
}

/* One request and its answer take what the parts of their way take, and a walk is its requests. */
Test(enumeration, takes_the_time_of_its_requests)
{
    struct rack rack;
    rack_open(
        &rack, "mriov: 1\ndefaults: {link: {rate: 8Gbps, propagation: 0ns, dllp: off}}\n"
               "hosts: [{name: h, root-latency: 10ns}]\nadapters: [{name: a, at: h, vfs: 0, bar-latency: 100ns}]\n");
    cr_expect_eq(rack.world.trees[0].count, 2);
    /* A CfgRd has 12 + 8 bytes, its answer 24; a CfgWr 24, its answer 20; 1 ns a byte: 44 ns either way, 100 in the
     * adapter and 20 for the core. The root port's own take 20 ns. */
    cr_expect_eq(rack.world.boot_ps % PS_PER_NS, 0);
    uint64_t ns = rack.world.boot_ps / PS_PER_NS;
    uint64_t below = (ns - ns % 164) / 164;
    bool agrees = false;
    for (uint64_t requests = 1; requests <= below; requests++)
        agrees |= (ns - requests * 164) % 20 == 0;
    cr_expect(agrees, "%lu ns", (unsigned long)ns);
    cr_expect_geq(ns, 40 * 164);
    rack_close(&rack);
}

Test(enumeration, waits_before_it_looks_at_vfs)
{
    uint64_t boot_ps[2];
    for (int n = 0; n < 2; n++) {
        struct rack rack;
        rack_open(
            &rack,
            n == 0 ? "mriov: 1\ndefaults: {link: {dllp: off}}\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t}]\n"
                     "adapters: [{name: m, at: t}]\nassign: [{function: m, to: h, vfs: 3}]\n"
                   : "mriov: 1\ndefaults: {link: {dllp: off}}\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t, "
                     "vf-enable-delay: 100ms}]\n"
                     "adapters: [{name: m, at: t}]\nassign: [{function: m, to: h, vfs: 3}]\n");
        boot_ps[n] = rack.world.boot_ps;
        rack_close(&rack);
    }
    cr_expect_eq(boot_ps[1] - boot_ps[0], 100 * PS_PER_MS);
}
