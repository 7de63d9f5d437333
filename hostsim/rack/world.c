#include "hostsim/rack/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/check.h"
#include "hostsim/rack/boot.h"
#include "hostsim/rack/hierarchy.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/management.h"
#include "hostsim/rack/placement.h"
#include "hostsim/rack/plugs.h"

/* What a receiver advertises where neither its link nor a chassis says so. */
static const struct credit_limits default_buffer = {
    .headers = {64, 64, 64},
    .data = {16 * 1024 / CREDIT_DATA_BYTES, 1024 / CREDIT_DATA_BYTES, 16 * 1024 / CREDIT_DATA_BYTES},
};

static struct credit_limits overridden(struct credit_limits buffer, const struct link_config *link)
{
    for (int type = 0; type < CREDIT_TYPES && link->credits_given; type++) {
        if (link->credits_given_each[type][0])
            buffer.headers[type] = link->credits.headers[type];
        if (link->credits_given_each[type][1])
            buffer.data[type] = link->credits.data[type];
    }
    return buffer;
}

/* The buffer of a host or an adapter at the other end of a port with BUFFER: completions always find room. */
static struct credit_limits end_buffer(struct credit_limits buffer)
{
    buffer.headers[CREDIT_COMPLETION] = CREDITS_INFINITE;
    buffer.data[CREDIT_COMPLETION] = CREDITS_INFINITE;
    return buffer;
}

static const struct arbiter_ops *arbiter_ops(enum scenario_arbitration arbitration)
{
    static const struct arbiter_ops *const ops[] = {
        [ARBITRATION_ROUND_ROBIN] = &arbiter_round_robin,
        [ARBITRATION_WEIGHTED] = &arbiter_weighted,
        [ARBITRATION_DEFICIT] = &arbiter_deficit,
        [ARBITRATION_STRICT] = &arbiter_strict,
        [ARBITRATION_AGE] = &arbiter_age,
        [ARBITRATION_RANDOM] = &arbiter_random,
    };
    CHECK((size_t)arbitration < sizeof ops / sizeof ops[0]);
    return ops[arbitration];
}

static void set_switch_port(struct port *port, const struct scenario_chassis *chassis, const struct link_config *link)
{
    port->arbiter = arbiter_ops(chassis->arbitration);
    port->receiver.buffer = overridden(chassis->buffer, link);
    port->receiver.per_vh = chassis->credits_per_vh;
}

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    char *made = NULL;
    CHECK(vasprintf(&made, text, arguments) >= 0);
    va_end(arguments);
    return made;
}

/* Generations from this on know scaled flow control. */
#define SCALED_FLOW_CONTROL_GEN 4

/* Which ends of a link are aware of MR-IOV. */
struct awareness {
    bool upper, lower;
};

/* An end of a link of CONFIG, where PORT is, down. */
static struct link_end end_of(const struct port *port, const struct link_config *config, bool mr_aware)
{
    struct link_ability ability = {
        .mr = mr_aware,
        .scaled = config->gen >= SCALED_FLOW_CONTROL_GEN,
        .buffer = port->receiver.buffer,
    };
    struct link_end end;
    link_end_init(&end, &ability);
    return end;
}

/* Joins UPPER and LOWER by the link called NAME, which has come up before time zero: an MR or a plain one as both
 * agree, with credits that its InitFCs could carry. */
static void connect_link(
    struct world *world, struct port *upper, struct port *lower, const struct link_config *config,
    struct awareness aware, char *name)
{
    struct link_end upper_end = end_of(upper, config, aware.upper), lower_end = end_of(lower, config, aware.lower);
    link_agree(&upper_end, &lower_end);
    upper->receiver.buffer = lower_end.advertised;
    lower->receiver.buffer = upper_end.advertised;
    port_connect(
        &world->fabric, upper, lower, config, name, upper_end.agreement.mr, topology_vh_count(&world->topology));
    struct world_link *link = &world->links[world->link_count++];
    *link = (struct world_link){.name = name, .config = config};
    link->directions[LINK_UP] = &lower->egress;
    link->directions[LINK_DOWN] = &upper->egress;
}

/* Ports that CHASSIS needs; MR-PCIM's is the last. */
static uint32_t port_count(const struct world *world, int chassis)
{
    const struct scenario *scenario = world->scenario;
    uint32_t count = 1;
    for (size_t index = 0; index < world->topology.root_count; index++)
        count += world->topology.roots[index].chassis == chassis;
    for (size_t index = 0; index < scenario->trunk_count; index++)
        count += topology_end_at(&scenario->trunks[index], chassis) != SCENARIO_NONE;
    for (size_t index = 0; index < scenario->adapter_count; index++)
        count += scenario->adapters[index].chassis == chassis;
    return count;
}

static void make_switches(struct world *world)
{
    const struct scenario *scenario = world->scenario;
    for (size_t index = 0; index < scenario->chassis_count; index++) {
        const struct scenario_chassis *chassis = &scenario->chassis[index];
        struct switch_config config = {
            .name = chassis->name,
            .latency = latency_of(&chassis->latency),
            .store_and_forward = chassis->forwarding == FORWARDING_STORE_AND_FORWARD,
            .speedup = chassis->speedup,
            .fifo = chassis->queueing == QUEUEING_FIFO,
        };
        switch_init(
            &world->switches[index], &world->fabric, &config, port_count(world, (int)index),
            topology_vh_count(&world->topology));
    }
}

static void make_root_complexes(struct world *world)
{
    const struct scenario *scenario = world->scenario;
    for (size_t index = 0; index < scenario->host_count; index++) {
        const struct scenario_host *host = &scenario->hosts[index];
        struct root_complex_config config = {
            .mps = host->mps,
            .mrrs = host->mrrs,
            .rcb = host->rcb,
            .split_at_rcb = host->completions == COMPLETIONS_RCB,
            .root_latency = latency_of(&host->root_latency),
            .outstanding = host->outstanding,
            .completion_timeout_ps = host->completion_timeout_ps,
        };
        struct memory_config memory = {
            .read_latency_ps = &host->memory.read_latency,
            .write_latency_ps = &host->memory.write_latency,
            .bandwidth_bps = host->memory.bandwidth_bps,
        };
        root_complex_init(
            &world->root_complexes[index], &world->fabric, &config, &memory,
            topology_port_count(&world->topology, (int)index), host->name);
        if (host->iommu.present)
            root_complex_add_iommu(
                &world->root_complexes[index], &(struct iommu_config){
                                                   .entries = host->iommu.entries,
                                                   .page_bytes = host->iommu.page_bytes,
                                                   .walk_ps = host->iommu.walk_ps,
                                                   .walkers = host->iommu.walkers,
                                               });
    }
}

/* Functions that ADAPTER has in the model: those that are assigned, or all where that may change, and of an SR-IOV
 * adapter, whose places say which VF is which. */
static uint32_t count_functions(const struct scenario *scenario, size_t adapter)
{
    if (scenario->adapters[adapter].sharing == SHARING_SR_IOV)
        return scenario->adapters[adapter].vfs + 1;
    if (scenario->managed && scenario->adapters[adapter].chassis != SCENARIO_NONE)
        return scenario->adapters[adapter].pfs + scenario->adapters[adapter].vfs;
    uint32_t count = 0;
    for (size_t index = 0; index < scenario->assignment_count; index++)
        count += scenario->assignments[index].function.adapter == (int)adapter;
    return count;
}

static bool is_mr(const struct scenario_adapter *adapter)
{
    return adapter->chassis != SCENARIO_NONE && adapter->sharing == SHARING_MR_IOV;
}

static void make_adapters(struct world *world)
{
    const struct scenario *scenario = world->scenario;
    for (size_t index = 0; index < scenario->adapter_count; index++) {
        const struct scenario_adapter *adapter = &scenario->adapters[index];
        struct adapter_config config = {
            .name = adapter->name,
            .outstanding = adapter->outstanding,
            .function_outstanding = adapter->function_outstanding,
            .issue_interval_ps = adapter->issue_interval_ps,
            .completion_timeout_ps = adapter->completion_timeout_ps,
            .bar_latency = latency_of(&adapter->bar_latency),
            .flr_delay_ps = adapter->flr_delay_ps,
        };
        uint32_t spaces = is_mr(adapter) ? topology_vh_count(&world->topology) : 1;
        adapter_init(&world->adapters[index], &world->fabric, &config, count_functions(scenario, index), spaces);
    }
}

/* The next free port of each chassis, as links are connected. */
static struct switch_port *next_port(struct world *world, uint32_t *used, int chassis)
{
    return &world->switches[chassis].ports[used[chassis]++];
}

static void connect_uplinks(struct world *world, uint32_t *used)
{
    const struct scenario *scenario = world->scenario;
    for (size_t index = 0; index < world->topology.root_count; index++) {
        const struct topology_root *root = &world->topology.roots[index];
        if (root->chassis == SCENARIO_NONE)
            continue;
        const struct scenario_host *host = &scenario->hosts[root->host];
        const struct scenario_chassis *chassis = &scenario->chassis[root->chassis];
        struct root_port *root_port = &world->root_complexes[root->host].ports[root->port];
        struct switch_port *switch_port = next_port(world, used, root->chassis);
        root_port->vh = root->vh;
        root_port->port.receiver.buffer = overridden(end_buffer(chassis->buffer), &host->link);
        switch_port->vh = root->vh;
        set_switch_port(&switch_port->port, chassis, &host->link);
        char *name = host->uplink_count > 1 ? format("%s:%d", host->name, root->uplink) : format("%s", host->name);
        connect_link(world, &root_port->port, &switch_port->port, &host->link, (struct awareness){.lower = true}, name);
    }
}

static void connect_trunks(struct world *world, uint32_t *used)
{
    const struct scenario *scenario = world->scenario;
    for (size_t index = 0; index < scenario->trunk_count; index++) {
        const struct scenario_trunk *trunk = &scenario->trunks[index];
        for (int end = 0; end < 2; end++) {
            struct switch_port *port = next_port(world, used, trunk->between[end]);
            set_switch_port(&port->port, &scenario->chassis[trunk->between[end]], &trunk->link);
            world->trunk_ports[index][end] = port;
        }
        struct switch_port **ends = world->trunk_ports[index];
        connect_link(
            world, &ends[0]->port, &ends[1]->port, &trunk->link, (struct awareness){true, true},
            format("%s", trunk->name));
    }
}

/* An SR-IOV adapter's place in VH 0: its own bus, and BARs from an address that no hierarchy's windows use. */
#define NATIVE_FIRST_ID 0x0100
#define NATIVE_BAR_BASE (UINT64_C(1) << 45)

/* The greatest MPS and MRRS that there are. */
#define FUNCTION_SIZE_MOST 4096

static void add_translator(struct world *world, size_t adapter, struct switch_port *switch_port)
{
    uint32_t functions = world->adapters[adapter].function_count;
    switch_port->translator = calloc(1, sizeof *switch_port->translator);
    CHECK(switch_port->translator != NULL);
    translator_init(
        switch_port->translator, functions, NATIVE_FIRST_ID, NATIVE_BAR_BASE, FUNCTION_BAR_BYTES,
        topology_vh_count(&world->topology));
    adapter_open_space(&world->adapters[adapter], 0, NATIVE_BAR_BASE, functions);
    uint32_t mps = FUNCTION_SIZE_MOST, mrrs = FUNCTION_SIZE_MOST;
    hierarchy_least_sizes(world, (int)adapter, &mps, &mrrs);
    adapter_follow(&world->adapters[adapter], switch_port->translator, mps, mrrs);
}

static void connect_in_chassis(struct world *world, size_t index, uint32_t *used)
{
    const struct scenario *scenario = world->scenario;
    const struct scenario_adapter *adapter = &scenario->adapters[index];
    const struct scenario_chassis *chassis = &scenario->chassis[adapter->chassis];
    struct switch_port *switch_port = next_port(world, used, adapter->chassis);
    struct port *port = &world->adapters[index].port;
    set_switch_port(&switch_port->port, chassis, &adapter->link);
    port->receiver.buffer = overridden(end_buffer(chassis->buffer), &adapter->link);
    port->receiver.per_vh = chassis->credits_per_vh;
    if (adapter->sharing == SHARING_SR_IOV)
        add_translator(world, index, switch_port);
    connect_link(
        world, &switch_port->port, port, &adapter->link, (struct awareness){.upper = true, .lower = is_mr(adapter)},
        format("%s", adapter->name));
}

static void connect_in_host(struct world *world, size_t index)
{
    const struct scenario_adapter *adapter = &world->scenario->adapters[index];
    struct scenario_owner owner = {.host = adapter->host, .uplink = SCENARIO_NONE, .guest = SCENARIO_NONE};
    const struct topology_root *root = topology_root_of(&world->topology, owner, (int)index);
    struct root_port *root_port = &world->root_complexes[root->host].ports[root->port];
    struct port *port = &world->adapters[index].port;
    root_port->vh = root->vh;
    root_port->port.receiver.buffer = overridden(end_buffer(default_buffer), &adapter->link);
    port->receiver.buffer = root_port->port.receiver.buffer;
    connect_link(world, &root_port->port, port, &adapter->link, (struct awareness){0}, format("%s", adapter->name));
}

static void connect_adapters(struct world *world, uint32_t *used)
{
    for (size_t index = 0; index < world->scenario->adapter_count; index++) {
        if (world->scenario->adapters[index].chassis != SCENARIO_NONE)
            connect_in_chassis(world, index, used);
        else
            connect_in_host(world, index);
        adapter_start(&world->adapters[index]);
    }
}

/* An exclusive adapter's port leads to its owner's hierarchy only. */
static void bind_exclusive_adapters(struct world *world)
{
    for (size_t index = 0; index < world->scenario->assignment_count; index++) {
        int adapter = world->scenario->assignments[index].function.adapter;
        const struct scenario_adapter *spec = &world->scenario->adapters[adapter];
        if (spec->chassis == SCENARIO_NONE || spec->sharing != SHARING_EXCLUSIVE)
            continue;
        struct switch_port *port = CONTAINER_OF(world->adapters[adapter].port.peer, struct switch_port, port);
        port->vh = world->functions[index].root->vh;
    }
}

static void connect_all(struct world *world)
{
    uint32_t *used = calloc(world->scenario->chassis_count + 1, sizeof *used);
    CHECK(used != NULL);
    connect_uplinks(world, used);
    connect_trunks(world, used);
    connect_adapters(world, used);
    bind_exclusive_adapters(world);
    for (size_t host = 0; host < world->scenario->host_count; host++)
        root_complex_start(&world->root_complexes[host]);
    free(used);
}

static void find_roots(struct world *world)
{
    for (size_t index = 0; index < world->scenario->assignment_count; index++) {
        const struct scenario_assignment *assignment = &world->scenario->assignments[index];
        world->functions[index].root =
            topology_root_of(&world->topology, assignment->owner, assignment->function.adapter);
    }
}

/* A host has one configuration request under way. */
#define TLPS_TO_BOOT 1024

/* TLPs that the receive buffers of all links hold when full, for the pool; more than that only grows it. */
static size_t tlps_expected(const struct scenario *scenario)
{
    size_t vh_count = 0;
    for (size_t index = 0; index < scenario->host_count; index++)
        vh_count += scenario->hosts[index].uplink_count;
    size_t per_port = 256, ports = 2 * (scenario->trunk_count + scenario->adapter_count) * vh_count;
    for (size_t index = 0; index < scenario->host_count; index++)
        ports += 2 * scenario->hosts[index].uplink_count;
    size_t tlps = 1024 + per_port * ports;
    for (size_t index = 0; index < scenario->adapter_count; index++)
        tlps += 2 * (size_t)scenario->adapters[index].outstanding;
    return tlps < (size_t)1 << 20 ? tlps : (size_t)1 << 20;
}

static struct window window_of(const struct scenario_run *run)
{
    return (struct window){
        .from_ps = run->warmup_ps,
        .to_ps = run->until_done ? TIME_NEVER : run->warmup_ps + run->duration_ps,
    };
}

static void allocate(struct world *world)
{
    const struct scenario *scenario = world->scenario;
    size_t links = world->topology.root_count + scenario->trunk_count + scenario->adapter_count;
    world->switches = calloc(scenario->chassis_count + 1, sizeof *world->switches);
    world->root_complexes = calloc(scenario->host_count + 1, sizeof *world->root_complexes);
    world->adapters = cache_line_calloc(scenario->adapter_count, sizeof *world->adapters);
    world->functions = calloc(scenario->assignment_count + 1, sizeof *world->functions);
    world->trees = calloc(world->topology.root_count + 1, sizeof *world->trees);
    world->presences = calloc(world->topology.root_count * scenario->adapter_count + 1, sizeof *world->presences);
    world->management = calloc(scenario->chassis_count + 1, sizeof *world->management);
    world->adapter_ports = calloc(scenario->adapter_count + 1, sizeof *world->adapter_ports);
    world->trunk_ports = calloc(scenario->trunk_count + 1, sizeof *world->trunk_ports);
    world->links = calloc(links + 1, sizeof *world->links);
    world->loads = calloc(1, sizeof *world->loads);
    world->plugs = scenario->managed ? calloc(1, sizeof *world->plugs) : NULL;
    CHECK(world->plugs != NULL || !scenario->managed);
    CHECK(
        world->switches != NULL && world->root_complexes != NULL && world->adapters != NULL &&
        world->functions != NULL && world->trees != NULL && world->presences != NULL && world->trunk_ports != NULL &&
        world->management != NULL && world->adapter_ports != NULL && world->links != NULL && world->loads != NULL);
}

/* Everything but numbers, addresses and workloads; with room for TLPS TLPs before pools grow. */
static enum status
build(struct world *world, const struct scenario *scenario, size_t tlps, char *reason, size_t reason_size)
{
    *world = (struct world){.scenario = scenario};
    topology_init(&world->topology, scenario);
    fabric_init(&world->fabric, scenario->seed, window_of(&scenario->run), tlps, tlps);
    allocate(world);
    find_roots(world);
    make_switches(world);
    make_root_complexes(world);
    make_adapters(world);
    connect_all(world);
    enum status status = hierarchies_build(world, reason, reason_size);
    if (status == STATUS_OK)
        management_build(world);
    return status;
}

/* Has the hosts of another rack like WORLD boot. */
static enum status boot(struct world *world, char *reason, size_t reason_size)
{
    struct world booted;
    enum status status = build(&booted, world->scenario, TLPS_TO_BOOT, reason, reason_size);
    if (status == STATUS_OK)
        status = boot_hosts(&booted, world, reason, reason_size);
    world_free(&booted);
    return status;
}

enum status world_init(struct world *world, const struct scenario *scenario, char *reason, size_t reason_size)
{
    enum status status = build(world, scenario, tlps_expected(scenario), reason, reason_size);
    if (status == STATUS_OK)
        status = boot(world, reason, reason_size);
    if (status != STATUS_OK)
        return status;
    management_place(world);
    functions_place(world);
    holdings_init(&world->holdings, world);
    status = loads_init(world->loads, world, reason, reason_size);
    if (status == STATUS_OK && scenario->managed)
        plugs_join_loads(world->plugs);
    return status;
}

struct enumeration_config world_enumeration_config(const struct world *world, const struct topology_root *root)
{
    const struct scenario_host *host = &world->scenario->hosts[root->host];
    return (struct enumeration_config){
        .mps = host->mps,
        .mrrs = host->mrrs,
        .sr_iov = host->capabilities & CAPABILITY_SR_IOV,
        .ari = host->capabilities & CAPABILITY_ARI,
        .acs = host->capabilities & CAPABILITY_ACS && (host->guest_count > 0 || host->iommu.present),
        .vf_delay_ps = host->vf_enable_delay_ps,
        .vf_migration = host->capabilities & CAPABILITY_VF_MIGRATION,
        .room = world->scenario->managed,
        .buses = root->chassis != SCENARIO_NONE ? hierarchy_buses : NULL,
        .rack = world,
        .vh = root->vh,
    };
}

struct translator *world_translator(const struct world *world, int adapter)
{
    return CONTAINER_OF(world->adapters[adapter].port.peer, struct switch_port, port)->translator;
}

const struct config_device *world_device(const struct world *world, const struct topology_root *root, int index)
{
    const struct scenario_adapter *spec = &world->scenario->adapters[index];
    const struct adapter *adapter = &world->adapters[index];
    const struct config_device *device;
    if (spec->chassis != SCENARIO_NONE && spec->sharing == SHARING_SR_IOV) {
        device = &world_translator(world, index)->hierarchies[root->vh].device;
    } else {
        const struct adapter_space *space = &adapter->spaces[adapter->port.mr ? root->vh : 0];
        device = space->vh == root->vh ? &space->device : NULL;
    }
    return device != NULL && device->count > 0 ? device : NULL;
}

void world_free(struct world *world)
{
    const struct scenario *scenario = world->scenario;
    if (world->plugs != NULL)
        plugs_free(world->plugs);
    free(world->plugs);
    loads_free(world->loads);
    for (size_t index = 0; index < scenario->adapter_count; index++)
        adapter_free(&world->adapters[index]);
    for (size_t index = 0; index < scenario->host_count; index++)
        root_complex_free(&world->root_complexes[index]);
    for (size_t index = 0; index < scenario->chassis_count; index++)
        switch_free(&world->switches[index]);
    management_free(world);
    for (size_t index = 0; index < world->link_count; index++)
        free(world->links[index].name);
    for (size_t index = 0; index < world->topology.root_count; index++)
        free(world->trees[index].functions);
    holdings_free(&world->holdings);
    free(world->presences);
    free(world->trees);
    free(world->loads);
    free(world->links);
    free(world->trunk_ports);
    free(world->management);
    free(world->adapter_ports);
    free(world->functions);
    free(world->adapters);
    free(world->root_complexes);
    free(world->switches);
    fabric_free(&world->fabric);
    topology_free(&world->topology);
    *world = (struct world){0};
}

static uint64_t count_egress(const struct egress *egress)
{
    uint64_t count = egress->waiting.count + tlp_list_count(egress->wire.first);
    if (egress->data_link != NULL)
        count += data_link_held(egress->data_link);
    return count;
}

/* Reads that wait for their data or are being answered. */
static uint64_t count_completer(const struct completer *completer)
{
    return (completer->current != NULL) + tlp_list_count(completer->pending.first);
}

static uint64_t count_function(const struct function *function)
{
    uint64_t count = 0;
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        count += count_completer(&function->channels[vc].completer);
    return count;
}

uint64_t world_count_tlps(const struct world *world)
{
    uint64_t count = 0;
    for (size_t index = 0; index < world->link_count; index++)
        for (int direction = 0; direction < LINK_DIRECTIONS; direction++)
            count += count_egress(world->links[index].directions[direction]);
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++) {
        const struct management_port *management = &world->management[chassis].port;
        count += switch_count_behind(&world->switches[chassis]);
        count += count_egress(&management->port.egress) + count_egress(&management->port.peer->egress);
    }
    for (size_t host = 0; host < world->scenario->host_count; host++)
        for (uint32_t port = 0; port < world->root_complexes[host].port_count; port++) {
            const struct root_port *root_port = &world->root_complexes[host].ports[port];
            count += tlp_list_count(root_port->translating.first);
            for (uint32_t vc = 0; vc < root_port->channel_count; vc++)
                count += count_completer(&root_port->channels[vc].completer);
        }
    for (size_t index = 0; index < world->scenario->adapter_count; index++)
        count += tlp_list_count(world->adapters[index].unheard.first);
    for (size_t index = 0; index < world->scenario->adapter_count; index++)
        for (uint32_t function = 0; function < world->adapters[index].function_count; function++)
            count += count_function(&world->adapters[index].functions[function]);
    return count;
}

bool world_is_valid(const struct world *world)
{
    const struct fabric *fabric = &world->fabric;
    for (size_t index = 0; index < world->scenario->chassis_count; index++)
        if (!switch_is_valid(&world->switches[index]))
            return false;
    for (size_t index = 0; index < world->scenario->host_count; index++)
        if (!root_complex_is_valid(&world->root_complexes[index]))
            return false;
    for (size_t index = 0; index < world->scenario->adapter_count; index++)
        if (!adapter_is_valid(&world->adapters[index]))
            return false;
    uint64_t in_flight = world_count_tlps(world);
    return loads_are_valid(world->loads) && (world->plugs == NULL || plugs_are_valid(world->plugs)) &&
           simulation_is_valid(&fabric->simulation) && pool_is_valid(&fabric->tlps) &&
           in_flight == fabric_in_flight(fabric) &&
           fabric->created == fabric->delivered + fabric_dropped(fabric) + in_flight;
}
