/* ReadConfig. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/pcie/config_space.h"
#include "hostsim/rack/host_tree.h"
#include "hostsim/rack/routing_id.h"
#include "mgmt/arena.h"
#include "mgmt/call.h"
#include "mgmt/handlers.h"
#include "mgmt/mriovd.h"
#include "proto/mriov.pb-c.h"

#define SPACE_BYTES 4096

/* The root port that HOST names, "h0" (its first) or "h0:1"; NULL: there is none. */
static const struct topology_root *find_root(const struct world *world, const char *host)
{
    size_t length = strcspn(host, ":");
    char *end = (char *)host + length;
    unsigned long port = host[length] == ':' ? strtoul(host + length + 1, &end, 10) : 0;
    if (*end != '\0')
        return NULL;
    for (size_t i = 0; i < world->topology.root_count; i++) {
        const struct topology_root *root = &world->topology.roots[i];
        const char *name = world->scenario->hosts[root->host].name;
        if (strlen(name) == length && strncmp(name, host, length) == 0 && root->port == port)
            return root;
    }
    return NULL;
}

static void list_functions(struct call *call, const struct lspci_function *functions, size_t count)
{
    struct arena arena = {0};
    Mriov__V1__ReadConfigResponse response = MRIOV__V1__READ_CONFIG_RESPONSE__INIT;
    response.routing_ids = arena_get(&arena, count * sizeof *response.routing_ids);
    for (; response.n_routing_ids < count; response.n_routing_ids++) {
        char id[ROUTING_ID_TEXT];
        routing_id_text(functions[response.n_routing_ids].routing_id, id);
        response.routing_ids[response.n_routing_ids] = arena_text(&arena, id);
    }
    call_answer(call, &response.base);
    arena_free(&arena);
}

static uint8_t byte_at(const struct config_space *space, uint32_t offset)
{
    uint32_t dword = config_space_read(space, (uint16_t)(offset & ~UINT32_C(3)));
    return (uint8_t)(dword >> 8 * (offset & 3));
}

static void
read_function(struct call *call, const struct lspci_function *function, const Mriov__V1__ReadConfigRequest *request)
{
    uint8_t bytes[SPACE_BYTES];
    Mriov__V1__ReadConfigResponse response = MRIOV__V1__READ_CONFIG_RESPONSE__INIT;
    uint32_t length = request->length != 0 ? request->length : SPACE_BYTES - request->offset;
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = byte_at(function->space, request->offset + i);
    response.data = (ProtobufCBinaryData){.len = length, .data = bytes};
    response.vendor = function->vendor;
    response.device = function->device;
    call_answer(call, &response.base);
}

static const struct lspci_function *
find_function(const struct lspci_function *functions, size_t count, const char *routing_id)
{
    char id[ROUTING_ID_TEXT];
    for (size_t i = 0; i < count; i++)
        if (strcmp(routing_id_text(functions[i].routing_id, id), routing_id) == 0)
            return &functions[i];
    return NULL;
}

void handle_read_config(struct call *call, const ProtobufCMessage *message)
{
    const Mriov__V1__ReadConfigRequest *request = (const Mriov__V1__ReadConfigRequest *)message;
    const struct world *world = &call->daemon->live.world;
    const struct topology_root *root = find_root(world, request->host);
    if (root == NULL) {
        call_refuse(call, STATUS_NOT_FOUND, "host: there is no root port `%s`", request->host);
        return;
    }
    if (request->offset >= SPACE_BYTES || request->length > SPACE_BYTES - request->offset) {
        call_refuse(call, STATUS_INVALID_ARGUMENT, "offset, length: a configuration space has 4096 bytes");
        return;
    }
    size_t count;
    struct lspci_function *functions = host_tree_list(world, root, 0, true, &count);
    const struct lspci_function *function = find_function(functions, count, request->routing_id);
    if (request->routing_id[0] == '\0')
        list_functions(call, functions, count);
    else if (function == NULL)
        call_refuse(call, STATUS_NOT_FOUND, "routing_id: `%s` has nothing at %s", request->host, request->routing_id);
    else
        read_function(call, function, request);
    free(functions);
}
