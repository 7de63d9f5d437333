#include "hostsim/rack/boot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/slot.h"
#include "hostsim/host/enumeration.h"
#include "hostsim/host/root_registers.h"
#include "hostsim/rack/plugs.h"

static struct root_port *root_port_of(const struct world *world, const struct topology_root *root)
{
    return &world->root_complexes[root->host].ports[root->port];
}

/* --- the walks --- */

/* The walks of all hosts, and their hot-plug drivers, which begin when the last of them has ended. */
struct boot {
    struct world *world; /* not owned */
    struct boot_walk {
        struct enumeration walk;
        struct boot *boot;
    } * walks; /* by root of the topology; owned */
    size_t count, walking;
    struct enumeration *own_walks; /* MR-PCIM's, by chassis, which follow; owned */
    uint64_t own_start_ps;
};

/* MR-PCIM finds the largest sizes useful, everywhere: what a VF may send is its host's to say. */
#define MANAGEMENT_MPS 4096

static void on_own_done(struct enumeration *walk)
{
    CHECK(walk->finished);
}

/* MR-PCIM walks VH 0 of every chassis. */
static void start_own_walks(struct boot *boot)
{
    const struct enumeration_config config = {
        .mps = MANAGEMENT_MPS,
        .mrrs = MANAGEMENT_MPS,
        .sr_iov = true,
        .ari = true,
    };
    boot->own_start_ps = fabric_now_ps(&boot->world->fabric);
    for (size_t chassis = 0; chassis < boot->world->scenario->chassis_count; chassis++)
        enumeration_start(
            &boot->own_walks[chassis], &boot->world->management[chassis].port.requester, &config, on_own_done);
}

static void on_done(struct enumeration *walk)
{
    struct boot *boot = CONTAINER_OF(walk, struct boot_walk, walk)->boot;
    CHECK(walk->finished);
    if (--boot->walking > 0)
        return;
    start_own_walks(boot);
    if (!boot->world->scenario->managed)
        return;
    for (size_t index = 0; index < boot->count; index++) {
        struct enumeration *done = &boot->walks[index].walk;
        boot->world->trees[index] = (struct world_tree){.functions = done->functions, .count = done->count};
        done->functions = NULL;
    }
    plugs_init(boot->world->plugs, boot->world, NULL);
    plugs_start(boot->world->plugs);
}

static void start_walks(struct boot *boot)
{
    const struct world *world = boot->world;
    boot->walking = boot->count;
    for (size_t index = 0; index < boot->count; index++) {
        const struct topology_root *root = &world->topology.roots[index];
        const struct enumeration_config config = world_enumeration_config(world, root);
        boot->walks[index].boot = boot;
        enumeration_start(&boot->walks[index].walk, root_port_of(world, root)->requester, &config, on_done);
    }
    if (boot->count == 0)
        start_own_walks(boot);
}

static enum status
check_walk(const struct world *world, size_t index, const struct enumeration *walk, char *reason, size_t reason_size)
{
    const struct topology_root *root = &world->topology.roots[index];
    const char *host = world->scenario->hosts[root->host].name;
    if (root_port_of(world, root)->requester->timeouts > 0) {
        /* What it has not been told it does not know, and it is all the same what that was. */
        snprintf(
            reason, reason_size,
            "host %s: its completion timeout passed before a configuration request was answered as it booted: it needs "
            "a "
            "longer one (completion-timeout), or links with fewer bit errors",
            host);
        return STATUS_DEADLINE_EXCEEDED;
    }
    if (!walk->finished)
        snprintf(reason, reason_size, "host %s: its enumeration of the bus came to no end", host);
    else if (walk->out_of_buses)
        snprintf(reason, reason_size, "host %s: its hierarchy needs more than 256 buses: assign it fewer VFs", host);
    else if (walk->out_of_addresses)
        snprintf(reason, reason_size, "host %s: its hierarchy needs more addresses below 4 GiB than there are", host);
    else
        return STATUS_OK;
    return STATUS_RESOURCES_EXHAUSTED;
}

/* --- what boot leaves --- */

static void copy_space(const struct config_space *from, struct config_space *to)
{
    CHECK(from->layout->bytes == to->layout->bytes);
    memcpy(to->values, from->values, from->layout->bytes);
}

static void copy_device(const struct config_device *from, struct config_device *to)
{
    CHECK(from->count == to->count);
    to->bus = from->bus;
    for (uint32_t place = 0; place < from->count; place++)
        if (config_device_has(from, place))
            copy_space(&from->functions[place], &to->functions[place]);
}

static void copy_virtual_switch(const struct virtual_switch *from, struct virtual_switch *to)
{
    for (uint32_t index = 0; index < from->bridge_count; index++) {
        if (from->bridges[index].absent)
            continue;
        to->bridges[index].primary = from->bridges[index].primary;
        copy_space(from->bridges[index].config, to->bridges[index].config);
        slot_apply(to->bridges[index].slot);
    }
    bridge_config_apply(to);
}

static void copy_translator(const struct translator *from, struct translator *to)
{
    for (uint32_t vh = 0; vh < from->vh_count; vh++)
        copy_device(&from->hierarchies[vh].device, &to->hierarchies[vh].device);
}

static void copy_switch(const struct mr_switch *from, struct mr_switch *to)
{
    for (uint32_t vh = 0; vh < from->vh_count; vh++)
        if (from->virtual_switches[vh] != NULL)
            copy_virtual_switch(from->virtual_switches[vh], to->virtual_switches[vh]);
    for (uint32_t port = 0; port < from->port_count; port++)
        if (from->ports[port].translator != NULL)
            copy_translator(from->ports[port].translator, to->ports[port].translator);
}

static void copy_adapter(const struct adapter *from, struct adapter *to)
{
    for (uint32_t space = 0; space < from->space_count; space++) {
        if (from->spaces[space].device.count == 0)
            continue;
        copy_device(&from->spaces[space].device, &to->spaces[space].device);
        if (from->spaces[space].memory != NULL)
            pf_memory_take(to->spaces[space].memory, from->spaces[space].memory);
        adapter_apply(to, space);
    }
}

static void copy_root_port(const struct root_port *from, struct root_port *to)
{
    copy_space(&from->requester->registers, &to->requester->registers);
    config_requester_apply(to->requester);
    root_registers_apply(to);
}

static void copy_management_port(const struct management_port *from, struct management_port *to)
{
    copy_space(&from->requester.registers, &to->requester.registers);
    config_requester_apply(&to->requester);
}

static void copy_registers(const struct world *from, struct world *to)
{
    for (size_t index = 0; index < from->topology.root_count; index++) {
        const struct topology_root *root = &from->topology.roots[index];
        copy_root_port(root_port_of(from, root), root_port_of(to, root));
    }
    for (size_t chassis = 0; chassis < from->scenario->chassis_count; chassis++) {
        copy_switch(&from->switches[chassis], &to->switches[chassis]);
        copy_management_port(&from->management[chassis].port, &to->management[chassis].port);
    }
    for (size_t adapter = 0; adapter < from->scenario->adapter_count; adapter++)
        copy_adapter(&from->adapters[adapter], &to->adapters[adapter]);
}

/* WORLD's host knows what WALK has found. */
static void take_tree(const struct boot *boot, struct world *world, size_t index)
{
    struct enumeration *walk = &boot->walks[index].walk;
    struct world_tree *tree = &world->trees[index], *driven = &boot->world->trees[index];
    *tree = (struct world_tree){.functions = walk->functions, .count = walk->count};
    walk->functions = NULL;
    if (driven->functions != NULL) { /* the driver's, by now */
        tree->functions = calloc(driven->count + 1, sizeof *tree->functions);
        CHECK(tree->functions != NULL);
        memcpy(tree->functions, driven->functions, driven->count * sizeof *tree->functions);
        tree->count = driven->count;
    }
    if (walk->finished_ps > world->boot_ps)
        world->boot_ps = walk->finished_ps;
}

/* VH 0 has room for all that is in it (hostsim/rack/management.h), and nothing in it is anybody else's. */
static void take_own_tree(const struct boot *boot, struct world *world, size_t chassis)
{
    struct enumeration *walk = &boot->own_walks[chassis];
    CHECK(walk->finished && !walk->out_of_buses && !walk->out_of_addresses);
    world->management[chassis].tree = (struct world_tree){.functions = walk->functions, .count = walk->count};
    walk->functions = NULL;
    uint64_t took_ps = walk->finished_ps - boot->own_start_ps;
    world->management_boot_ps = took_ps > world->management_boot_ps ? took_ps : world->management_boot_ps;
}

static void take_over(const struct boot *boot, struct world *world)
{
    copy_registers(boot->world, world);
    for (size_t index = 0; index < boot->count; index++)
        take_tree(boot, world, index);
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++)
        take_own_tree(boot, world, chassis);
}

enum status boot_hosts(struct world *booted, struct world *world, char *reason, size_t reason_size)
{
    struct boot boot = {.world = booted, .count = booted->topology.root_count};
    size_t chassis_count = booted->scenario->chassis_count;
    boot.walks = calloc(boot.count + 1, sizeof *boot.walks);
    boot.own_walks = calloc(chassis_count + 1, sizeof *boot.own_walks);
    CHECK(boot.walks != NULL && boot.own_walks != NULL);
    start_walks(&boot);
    simulation_run(&booted->fabric.simulation, TIME_NEVER - 1);
    enum status status = STATUS_OK;
    for (size_t index = 0; index < boot.count && status == STATUS_OK; index++)
        status = check_walk(booted, index, &boot.walks[index].walk, reason, reason_size);
    if (status == STATUS_OK)
        take_over(&boot, world);
    for (size_t index = 0; index < boot.count; index++)
        enumeration_free(&boot.walks[index].walk);
    for (size_t chassis = 0; chassis < chassis_count; chassis++)
        enumeration_free(&boot.own_walks[chassis]);
    if (status == STATUS_OK && world->scenario->managed)
        plugs_init(world->plugs, world, booted->plugs);
    free(boot.own_walks);
    free(boot.walks);
    return status;
}
