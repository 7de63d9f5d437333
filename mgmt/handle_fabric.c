/* GetFabric, ListFunctions. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/pcim/pcim.h"
#include "hostsim/rack/schema.h"
#include "mgmt/arena.h"
#include "mgmt/call.h"
#include "mgmt/function_list.h"
#include "mgmt/handlers.h"
#include "mgmt/limits.h"
#include "mgmt/mriovd.h"
#include "proto/frame.h"
#include "proto/mriov.pb-c.h"

typedef Mriov__V1__GetFabricResponse Fabric;

/* The link of that name, as MR-PCIM knows it; NULL: it is within a host, and always up. */
static const struct pcim_link *find_link(const struct pcim_inventory *inventory, const char *name)
{
    for (size_t i = 0; i < inventory->link_count; i++)
        if (strcmp(inventory->links[i].name, name) == 0)
            return &inventory->links[i];
    return NULL;
}

static Mriov__V1__LinkState__Kind desired_state(const struct pcim_link *link)
{
    return link == NULL || link->enabled ? MRIOV__V1__LINK_STATE__KIND__UP : MRIOV__V1__LINK_STATE__KIND__DISABLED;
}

static Mriov__V1__LinkState__Kind actual_state(const struct pcim_link *link)
{
    return link != NULL && link->enabled && !link->up ? MRIOV__V1__LINK_STATE__KIND__DOWN : desired_state(link);
}

/* One more entry of an array that was made with room for it, cleared by INIT. */
#define ADD(arena, array, count, init)                                                                                 \
    ((array)[(count)++] = arena_get(arena, sizeof **(array)), init((array)[(count)-1]), (array)[(count)-1])

/* --- parts --- */

static const char *root_name(const struct world *world, const struct topology_root *root, struct arena *arena)
{
    const struct scenario_host *host = &world->scenario->hosts[root->host];
    char name[256];
    if (root->adapter != SCENARIO_NONE)
        return world->scenario->adapters[root->adapter].name;
    if (host->uplink_count == 1)
        return host->name;
    snprintf(name, sizeof name, "%s:%d", host->name, root->uplink);
    return arena_text(arena, name);
}

static void add_port(Fabric *fabric, struct arena *arena, const char *name, const char *chassis, const char *link)
{
    Mriov__V1__GetFabricResponse__Port *port =
        ADD(arena, fabric->ports, fabric->n_ports, mriov__v1__get_fabric_response__port__init);
    port->name = (char *)name;
    port->chassis = (char *)chassis;
    port->link = (char *)link;
}

static void fill_port_states(Fabric *fabric, const struct pcim_inventory *inventory)
{
    for (size_t i = 0; i < fabric->n_ports; i++) {
        const struct pcim_link *link = find_link(inventory, fabric->ports[i]->link);
        fabric->ports[i]->desired = desired_state(link);
        fabric->ports[i]->actual = actual_state(link);
    }
}

static void add_ports(Fabric *fabric, const struct world *world, struct arena *arena)
{
    const struct scenario *scenario = world->scenario;
    fabric->ports = arena_get(
        arena,
        (world->topology.root_count + scenario->adapter_count + 2 * scenario->trunk_count) * sizeof *fabric->ports);
    for (size_t i = 0; i < world->topology.root_count; i++) {
        const struct topology_root *root = &world->topology.roots[i];
        const char *name = root_name(world, root, arena);
        if (root->chassis != SCENARIO_NONE)
            add_port(fabric, arena, name, scenario->chassis[root->chassis].name, name);
    }
    for (size_t i = 0; i < scenario->trunk_count; i++)
        for (int end = 0; end < 2; end++) {
            const struct scenario_trunk *trunk = &scenario->trunks[i];
            const char *chassis = scenario->chassis[trunk->between[end]].name;
            char name[256];
            snprintf(name, sizeof name, "%s:%s", trunk->name, chassis);
            add_port(fabric, arena, arena_text(arena, name), chassis, trunk->name);
        }
    for (size_t i = 0; i < scenario->adapter_count; i++)
        if (scenario->adapters[i].chassis != SCENARIO_NONE)
            add_port(
                fabric, arena, scenario->adapters[i].name, scenario->chassis[scenario->adapters[i].chassis].name,
                scenario->adapters[i].name);
}

static void add_chassis(Fabric *fabric, const struct scenario *scenario, struct arena *arena)
{
    fabric->chassis = arena_get(arena, scenario->chassis_count * sizeof *fabric->chassis);
    for (size_t i = 0; i < scenario->chassis_count; i++) {
        Mriov__V1__GetFabricResponse__Chassis *chassis =
            ADD(arena, fabric->chassis, fabric->n_chassis, mriov__v1__get_fabric_response__chassis__init);
        chassis->name = scenario->chassis[i].name;
        chassis->ports = arena_get(arena, fabric->n_ports * sizeof *chassis->ports);
        for (size_t port = 0; port < fabric->n_ports; port++)
            if (strcmp(fabric->ports[port]->chassis, chassis->name) == 0)
                chassis->ports[chassis->n_ports++] = fabric->ports[port]->name;
    }
}

static void add_link(
    Fabric *fabric, struct arena *arena, const struct link_config *config, const char *name, const char *up,
    const char *down)
{
    Mriov__V1__GetFabricResponse__Link *link =
        ADD(arena, fabric->links, fabric->n_links, mriov__v1__get_fabric_response__link__init);
    link->name = (char *)name;
    link->gen = config->gen;
    link->width = config->width;
    link->ends = arena_get(arena, 2 * sizeof *link->ends);
    link->ends[0] = (char *)up;
    link->ends[1] = (char *)down;
    link->n_ends = 2;
}

static void add_links(Fabric *fabric, const struct world *world, struct arena *arena)
{
    const struct scenario *scenario = world->scenario;
    fabric->links = arena_get(
        arena, (world->topology.root_count + scenario->trunk_count + scenario->adapter_count) * sizeof *fabric->links);
    for (size_t i = 0; i < world->topology.root_count; i++) {
        const struct topology_root *root = &world->topology.roots[i];
        const struct scenario_host *host = &scenario->hosts[root->host];
        if (root->chassis != SCENARIO_NONE)
            add_link(
                fabric, arena, &host->link, root_name(world, root, arena), host->name,
                scenario->chassis[root->chassis].name);
    }
    for (size_t i = 0; i < scenario->trunk_count; i++) {
        const struct scenario_trunk *trunk = &scenario->trunks[i];
        add_link(
            fabric, arena, &trunk->link, trunk->name, scenario->chassis[trunk->between[0]].name,
            scenario->chassis[trunk->between[1]].name);
    }
    for (size_t i = 0; i < scenario->adapter_count; i++) {
        const struct scenario_adapter *adapter = &scenario->adapters[i];
        const char *at = adapter->chassis != SCENARIO_NONE ? scenario->chassis[adapter->chassis].name
                                                           : scenario->hosts[adapter->host].name;
        add_link(fabric, arena, &adapter->link, adapter->name, at, adapter->name);
    }
}

static void fill_link_states(Fabric *fabric, const struct pcim_inventory *inventory)
{
    for (size_t i = 0; i < fabric->n_links; i++)
        fabric->links[i]->state = actual_state(find_link(inventory, fabric->links[i]->name));
}

static void add_guests(Mriov__V1__GetFabricResponse__Host *host, const struct scenario_host *spec, struct arena *arena)
{
    host->guests = arena_get(arena, spec->guest_count * sizeof *host->guests);
    for (size_t i = 0; i < spec->guest_count; i++) {
        Mriov__V1__GetFabricResponse__Guest *guest =
            ADD(arena, host->guests, host->n_guests, mriov__v1__get_fabric_response__guest__init);
        char name[256];
        snprintf(name, sizeof name, "%s/%s", spec->name, spec->guests[i].name);
        guest->name = arena_text(arena, name);
        guest->memory_bytes = spec->guests[i].memory_bytes;
    }
}

static void add_hosts(Fabric *fabric, const struct scenario *scenario, struct arena *arena)
{
    fabric->hosts = arena_get(arena, scenario->host_count * sizeof *fabric->hosts);
    for (size_t i = 0; i < scenario->host_count; i++) {
        const struct scenario_host *spec = &scenario->hosts[i];
        Mriov__V1__GetFabricResponse__Host *host =
            ADD(arena, fabric->hosts, fabric->n_hosts, mriov__v1__get_fabric_response__host__init);
        host->name = spec->name;
        host->up = true;
        host->uplinks = arena_get(arena, spec->uplink_count * sizeof *host->uplinks);
        for (size_t port = 0; port < spec->uplink_count; port++)
            host->uplinks[host->n_uplinks++] = scenario->chassis[spec->uplinks[port]].name;
        add_guests(host, spec, arena);
    }
}

static void add_adapters(Fabric *fabric, const struct scenario *scenario, struct arena *arena)
{
    fabric->adapters = arena_get(arena, scenario->adapter_count * sizeof *fabric->adapters);
    for (size_t i = 0; i < scenario->adapter_count; i++) {
        const struct scenario_adapter *spec = &scenario->adapters[i];
        Mriov__V1__GetFabricResponse__Adapter *adapter =
            ADD(arena, fabric->adapters, fabric->n_adapters, mriov__v1__get_fabric_response__adapter__init);
        adapter->name = spec->name;
        adapter->at =
            spec->chassis != SCENARIO_NONE ? scenario->chassis[spec->chassis].name : scenario->hosts[spec->host].name;
        adapter->kind = (char *)schema_word_name(schema_kinds, (int)spec->kind);
        adapter->sharing = (char *)schema_word_name(schema_sharings, (int)spec->sharing);
        adapter->pfs = spec->pfs;
        adapter->vfs = spec->vfs;
        adapter->up = true;
    }
}

/* What has failed is not up. */
static void fill_failures(Fabric *fabric, const struct pcim_inventory *inventory)
{
    for (size_t i = 0; i < fabric->n_hosts && i < inventory->host_count; i++)
        fabric->hosts[i]->up = !inventory->hosts[i].failed;
    for (size_t i = 0; i < fabric->n_adapters && i < inventory->adapter_count; i++)
        fabric->adapters[i]->up = !inventory->adapters[i].failed;
}

/* MR-PCIM's own, 0, is the first. */
static void add_hierarchies(Fabric *fabric, const struct world *world, struct arena *arena)
{
    size_t count = topology_vh_count(&world->topology);
    fabric->hierarchies = arena_get(arena, count * sizeof *fabric->hierarchies);
    for (size_t vh = 0; vh < count; vh++) {
        Mriov__V1__GetFabricResponse__Hierarchy *hierarchy =
            ADD(arena, fabric->hierarchies, fabric->n_hierarchies, mriov__v1__get_fabric_response__hierarchy__init);
        hierarchy->vh = (uint32_t)vh;
        for (size_t i = 0; i < fabric->n_functions; i++) {
            const Mriov__V1__Function *function = fabric->functions[i];
            bool is_somewhere = function->actual != MRIOV__V1__FUNCTION_STATE__KIND__FREE;
            hierarchy->functions += is_somewhere && function->vh == vh;
        }
        if (vh == 0)
            continue;
        const struct topology_root *root = &world->topology.roots[vh - 1];
        hierarchy->host = world->scenario->hosts[root->host].name;
        hierarchy->root_port = (char *)root_name(world, root, arena);
    }
}

void handle_get_fabric(struct call *call, const ProtobufCMessage *request)
{
    (void)request;
    const struct world *world = &call->daemon->live.world;
    const struct pcim *pcim = call->daemon->pcim;
    struct arena arena = {0};
    Fabric fabric = MRIOV__V1__GET_FABRIC_RESPONSE__INIT;
    add_ports(&fabric, world, &arena);
    add_chassis(&fabric, world->scenario, &arena);
    add_links(&fabric, world, &arena);
    add_hosts(&fabric, world->scenario, &arena);
    add_adapters(&fabric, world->scenario, &arena);
    fabric.functions = function_list(&pcim->inventory, world, &arena, &fabric.n_functions);
    add_hierarchies(&fabric, world, &arena);
    fill_port_states(&fabric, &pcim->inventory);
    fill_link_states(&fabric, &pcim->inventory);
    fill_failures(&fabric, &pcim->inventory);
    fabric.sequence = pcim->events.next_sequence - 1;
    fabric.generation = pcim->inventory.generation;
    if (protobuf_c_message_get_packed_size(&fabric.base) > FRAME_RESPONSE_MOST_BYTES - LIMIT_PAGE)
        call_refuse(
            call, STATUS_RESOURCES_EXHAUSTED, "GetFabric: %zu functions are more than one answer holds: ListFunctions",
            fabric.n_functions);
    else
        call_answer(call, &fabric.base);
    arena_free(&arena);
}

/* --- ListFunctions --- */

static bool find_state(const char *word, Mriov__V1__FunctionState__Kind *state)
{
    for (int kind = 0; kind <= MRIOV__V1__FUNCTION_STATE__KIND__FAILED; kind++)
        if (strcmp(word, function_state_word((Mriov__V1__FunctionState__Kind)kind)) == 0) {
            *state = (Mriov__V1__FunctionState__Kind)kind;
            return true;
        }
    return false;
}

static bool has_adapter(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->adapter_count; i++)
        if (strcmp(scenario->adapters[i].name, name) == 0)
            return true;
    return false;
}

/* Whether OWNER is NAME, or something of NAME's: "h0" has "h0:1" and "h0/vm1". */
static bool owner_is_of(const char *owner, const char *name)
{
    size_t length = strlen(name);
    return strncmp(owner, name, length) == 0 && strchr(":/", owner[length]) != NULL;
}

static bool has_owner(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->host_count; i++) {
        const struct scenario_host *host = &scenario->hosts[i];
        size_t length = strlen(host->name);
        if (strncmp(name, host->name, length) != 0)
            continue;
        if (name[length] == '\0' || name[length] == ':')
            return true;
        for (size_t guest = 0; guest < host->guest_count && name[length] == '/'; guest++)
            if (strcmp(host->guests[guest].name, name + length + 1) == 0)
                return true;
    }
    return false;
}

static bool fits(
    const Mriov__V1__Function *function, const Mriov__V1__ListFunctionsRequest *request,
    Mriov__V1__FunctionState__Kind state)
{
    return (request->adapter[0] == '\0' || strcmp(function->adapter, request->adapter) == 0) &&
           (request->owner[0] == '\0' || owner_is_of(function->owner, request->owner)) &&
           (request->state[0] == '\0' || function->actual == state);
}

/* A page token is the number of the function to go on from. */
static bool parse_token(const char *token, uint64_t *from)
{
    char *end;
    *from = strtoull(token[0] != '\0' ? token : "0", &end, 10);
    return *end == '\0' && token[0] != '-';
}

static void answer_page(
    struct call *call, const Mriov__V1__ListFunctionsRequest *request, uint64_t from,
    Mriov__V1__FunctionState__Kind state)
{
    struct arena arena = {0};
    char token[24];
    size_t count, most = request->page_size == 0 || request->page_size > LIMIT_PAGE ? LIMIT_PAGE : request->page_size;
    Mriov__V1__Function **all =
        function_list(&call->daemon->pcim->inventory, &call->daemon->live.world, &arena, &count);
    Mriov__V1__ListFunctionsResponse response = MRIOV__V1__LIST_FUNCTIONS_RESPONSE__INIT;
    response.functions = arena_get(&arena, most * sizeof *response.functions);
    for (uint64_t i = from; i < count; i++) {
        if (!fits(all[i], request, state))
            continue;
        if (response.n_functions == most) {
            snprintf(token, sizeof token, "%" PRIu64, i);
            response.next_page_token = token;
            break;
        }
        response.functions[response.n_functions++] = all[i];
    }
    call_answer(call, &response.base);
    arena_free(&arena);
}

void handle_list_functions(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__ListFunctionsRequest *request = (const Mriov__V1__ListFunctionsRequest *)message;
    const struct scenario *scenario = call->daemon->scenario;
    Mriov__V1__FunctionState__Kind state = MRIOV__V1__FUNCTION_STATE__KIND__FREE;
    uint64_t from;
    if (!parse_token(request->page_token, &from))
        call_refuse(call, STATUS_INVALID_ARGUMENT, "page_token: is none that was given");
    else if (request->state[0] != '\0' && !find_state(request->state, &state))
        call_refuse(call, STATUS_INVALID_ARGUMENT, "state: there is none called `%s`", request->state);
    else if (request->adapter[0] != '\0' && !has_adapter(scenario, request->adapter))
        call_refuse(call, STATUS_NOT_FOUND, "adapter: there is none called `%s`", request->adapter);
    else if (request->owner[0] != '\0' && !has_owner(scenario, request->owner))
        call_refuse(call, STATUS_NOT_FOUND, "owner: there is no host or guest called `%s`", request->owner);
    else
        answer_page(call, request, from, state);
}
