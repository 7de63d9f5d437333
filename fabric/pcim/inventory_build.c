/* The building of an inventory: parts one by one, then what follows from them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcim/inventory.h"

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *made = NULL;
    CHECK(vasprintf(&made, format, arguments) >= 0);
    va_end(arguments);
    return made;
}

/* One more element in *ARRAY of *COUNT, zeroed. */
static void *grow(void *array, size_t *count, size_t size)
{
    char *grown = reallocarray(array, *count + 1, size);
    CHECK(grown != NULL);
    memset(grown + *count * size, 0, size);
    (*count)++;
    return grown;
}
#define GROW(array, count) ((array) = grow((array), &(count), sizeof *(array)), &(array)[(count)-1])

int pcim_inventory_add_chassis(struct pcim_inventory *inventory, const char *name)
{
    GROW(inventory->chassis, inventory->chassis_count)->name = text("%s", name);
    return (int)inventory->chassis_count - 1;
}

static int
add_link(struct pcim_inventory *inventory, enum pcim_link_kind kind, int of, int uplink, int from, int to, char *name)
{
    struct pcim_link *link = GROW(inventory->links, inventory->link_count);
    *link = (struct pcim_link){
        .name = name,
        .kind = kind,
        .of = of,
        .uplink = uplink,
        .chassis = {from, to},
        .enabled = true,
        .up = true,
        .generation = 1,
    };
    return (int)inventory->link_count - 1;
}

static void add_hierarchy(struct pcim_inventory *inventory, int host, int uplink, int adapter)
{
    struct pcim_hierarchy *hierarchy = GROW(inventory->hierarchies, inventory->hierarchy_count);
    *hierarchy = (struct pcim_hierarchy){
        .vh = (uint16_t)inventory->hierarchy_count,
        .host = host,
        .uplink = uplink,
        .adapter = adapter,
        .generation = 1,
    };
}

int pcim_inventory_add_host(struct pcim_inventory *inventory, const struct pcim_host_config *config)
{
    struct pcim_host *host = GROW(inventory->hosts, inventory->host_count);
    int index = (int)inventory->host_count - 1;
    host->name = text("%s", config->name);
    host->hotplug = config->hotplug;
    host->sr_iov = config->sr_iov;
    host->vf_migration = config->vf_migration;
    host->plugs_guests = config->plugs_guests;
    host->uplink_count = config->uplink_count;
    host->chassis = calloc(config->uplink_count + 1, sizeof *host->chassis);
    host->links = calloc(config->uplink_count + 1, sizeof *host->links);
    CHECK(host->chassis != NULL && host->links != NULL);
    for (size_t uplink = 0; uplink < config->uplink_count; uplink++) {
        int chassis = config->chassis[uplink];
        host->chassis[uplink] = chassis;
        char *name = config->uplink_count > 1 ? text("%s:%zu", config->name, uplink) : text("%s", config->name);
        host->links[uplink] = add_link(inventory, PCIM_LINK_UPLINK, index, (int)uplink, PCIM_NONE, chassis, name);
        inventory->links[host->links[uplink]].most_min_bps = config->most_min_bps;
        add_hierarchy(inventory, index, (int)uplink, PCIM_NONE);
    }
    for (size_t guest = 0; guest < config->guest_count; guest++)
        GROW(host->guests, host->guest_count)->name = text("%s", config->guests[guest]);
    return index;
}

int pcim_inventory_add_trunk(struct pcim_inventory *inventory, const char *name, int from, int to)
{
    return add_link(inventory, PCIM_LINK_TRUNK, PCIM_NONE, PCIM_NONE, from, to, text("%s", name));
}

static struct pcim_function function_in(enum pcim_function_state state)
{
    return (struct pcim_function){
        .exists = true,
        .state = state,
        .owner = PCIM_NOBODY,
        .actual = PCIM_NOBODY,
        .origin = PCIM_NOBODY,
        .generation = 1,
        .weight = 1,
    };
}

static void add_functions(struct pcim_adapter *adapter)
{
    bool sr_iov = adapter->sharing == PCIM_SR_IOV;
    if (adapter->sharing == PCIM_MR_IOV && adapter->host == PCIM_NONE)
        adapter->bf = function_in(PCIM_MANAGED);
    adapter->pfs = calloc(adapter->pf_count + 1, sizeof *adapter->pfs);
    CHECK(adapter->pfs != NULL);
    for (uint32_t pf = 0; pf < adapter->pf_count; pf++)
        adapter->pfs[pf].function = function_in(sr_iov ? PCIM_MANAGED : PCIM_FREE);
    if (!sr_iov)
        return;
    adapter->pfs->vfs = calloc(adapter->vf_limit + 1, sizeof *adapter->pfs->vfs);
    CHECK(adapter->pfs->vfs != NULL);
    adapter->pfs->vf_room = adapter->vf_limit;
    for (uint32_t vf = 0; vf < adapter->vf_limit; vf++)
        adapter->pfs->vfs[vf] = function_in(PCIM_FREE);
}

int pcim_inventory_add_adapter(struct pcim_inventory *inventory, const struct pcim_adapter_config *config)
{
    struct pcim_adapter *adapter = GROW(inventory->adapters, inventory->adapter_count);
    int index = (int)inventory->adapter_count - 1;
    CHECK((config->chassis == PCIM_NONE) != (config->host == PCIM_NONE));
    *adapter = (struct pcim_adapter){
        .name = text("%s", config->name),
        .chassis = config->chassis,
        .host = config->host,
        .sharing = config->host == PCIM_NONE ? config->sharing : PCIM_EXCLUSIVE,
        .vf_limit = config->vfs,
    };
    adapter->pf_count = adapter->sharing == PCIM_MR_IOV ? config->pfs : 1;
    add_functions(adapter);
    adapter->link =
        add_link(inventory, PCIM_LINK_ADAPTER, index, PCIM_NONE, config->chassis, PCIM_NONE, text("%s", config->name));
    inventory->links[adapter->link].most_min_bps = config->most_min_bps;
    return index;
}

/* --- what follows --- */

static void add_port(struct pcim_inventory *inventory, int link, int end, char *name)
{
    struct pcim_port *port = GROW(inventory->ports, inventory->port_count);
    *port = (struct pcim_port){.name = name, .link = link, .end = end};
}

static void add_ports(struct pcim_inventory *inventory)
{
    for (int index = 0; index < (int)inventory->link_count; index++) {
        const struct pcim_link *link = &inventory->links[index];
        for (int end = 0; end < 2; end++) {
            if (link->chassis[end] == PCIM_NONE)
                continue;
            const char *chassis = inventory->chassis[link->chassis[end]].name;
            add_port(
                inventory, index, end,
                link->kind == PCIM_LINK_TRUNK ? text("%s:%s", link->name, chassis) : text("%s", link->name));
        }
    }
}

/* Distances, by trying each trunk as a step until nothing becomes nearer. */
static void measure(struct pcim_inventory *inventory)
{
    size_t count = inventory->chassis_count;
    inventory->hops = calloc(count * count + 1, sizeof *inventory->hops);
    CHECK(inventory->hops != NULL);
    for (size_t pair = 0; pair < count * count; pair++)
        inventory->hops[pair] = pair % (count + 1) == 0 ? 0 : PCIM_NONE;
    for (bool nearer = true; nearer;) {
        nearer = false;
        for (size_t step = 0; step < 2 * inventory->link_count; step++) {
            const struct pcim_link *link = &inventory->links[step / 2];
            if (link->kind != PCIM_LINK_TRUNK)
                continue;
            size_t near = (size_t)link->chassis[step % 2], far = (size_t)link->chassis[1 - step % 2];
            for (size_t from = 0; from < count; from++) {
                int way = inventory->hops[from * count + near], *to = &inventory->hops[from * count + far];
                if (way == PCIM_NONE || (*to != PCIM_NONE && *to <= way + 1))
                    continue;
                *to = way + 1;
                nearer = true;
            }
        }
    }
}

static void add_name(struct pcim_inventory *inventory, enum pcim_name_kind kind, int index, const char *called)
{
    struct pcim_name *name = GROW(inventory->names, inventory->name_count);
    *name = (struct pcim_name){called, kind, index};
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(((const struct pcim_name *)one)->text, ((const struct pcim_name *)other)->text);
}

static void add_names(struct pcim_inventory *inventory)
{
    for (size_t index = 0; index < inventory->chassis_count; index++)
        add_name(inventory, PCIM_NAME_CHASSIS, (int)index, inventory->chassis[index].name);
    for (size_t index = 0; index < inventory->host_count; index++)
        add_name(inventory, PCIM_NAME_HOST, (int)index, inventory->hosts[index].name);
    for (size_t index = 0; index < inventory->adapter_count; index++)
        add_name(inventory, PCIM_NAME_ADAPTER, (int)index, inventory->adapters[index].name);
    for (size_t index = 0; index < inventory->link_count; index++)
        if (inventory->links[index].kind == PCIM_LINK_TRUNK)
            add_name(inventory, PCIM_NAME_TRUNK, (int)index, inventory->links[index].name);
    if (inventory->name_count > 0)
        qsort(inventory->names, inventory->name_count, sizeof *inventory->names, compare_names);
}

void pcim_inventory_seal(struct pcim_inventory *inventory)
{
    CHECK(inventory->names == NULL && inventory->hops == NULL);
    for (int host = 0; host < (int)inventory->host_count; host++)
        for (int adapter = 0; adapter < (int)inventory->adapter_count; adapter++)
            if (inventory->adapters[adapter].host == host)
                add_hierarchy(inventory, host, PCIM_NONE, adapter);
    add_ports(inventory);
    measure(inventory);
    add_names(inventory);
    inventory->generation = 1;
}

/* --- copies --- */

static void *copy_of(const void *array, size_t count, size_t size)
{
    void *copy = calloc(count + 1, size);
    CHECK(copy != NULL);
    if (count > 0)
        memcpy(copy, array, count * size);
    return copy;
}

struct pcim_inventory pcim_inventory_copy(const struct pcim_inventory *inventory)
{
    struct pcim_inventory copy = *inventory;
    copy.adapters = copy_of(inventory->adapters, inventory->adapter_count, sizeof *inventory->adapters);
    for (size_t index = 0; index < copy.adapter_count; index++) {
        struct pcim_adapter *adapter = &copy.adapters[index];
        adapter->pfs = copy_of(adapter->pfs, adapter->pf_count, sizeof *adapter->pfs);
        for (uint32_t pf = 0; pf < adapter->pf_count; pf++)
            adapter->pfs[pf].vfs =
                copy_of(adapter->pfs[pf].vfs, adapter->pfs[pf].vf_room, sizeof *adapter->pfs[pf].vfs);
    }
    return copy;
}

static void free_functions(struct pcim_adapter *adapter)
{
    for (uint32_t pf = 0; pf < adapter->pf_count; pf++)
        free(adapter->pfs[pf].vfs);
    free(adapter->pfs);
}

void pcim_inventory_free_copy(struct pcim_inventory *copy)
{
    for (size_t index = 0; index < copy->adapter_count; index++)
        free_functions(&copy->adapters[index]);
    free(copy->adapters);
    *copy = (struct pcim_inventory){0};
}

/* --- freeing --- */

static void free_host(struct pcim_host *host)
{
    for (size_t guest = 0; guest < host->guest_count; guest++)
        free(host->guests[guest].name);
    free(host->guests);
    free(host->chassis);
    free(host->links);
    free(host->name);
}

static void free_adapter(struct pcim_adapter *adapter)
{
    free_functions(adapter);
    free(adapter->name);
}

void pcim_inventory_free(struct pcim_inventory *inventory)
{
    for (size_t index = 0; index < inventory->chassis_count; index++)
        free(inventory->chassis[index].name);
    for (size_t index = 0; index < inventory->host_count; index++)
        free_host(&inventory->hosts[index]);
    for (size_t index = 0; index < inventory->adapter_count; index++)
        free_adapter(&inventory->adapters[index]);
    for (size_t index = 0; index < inventory->link_count; index++)
        free(inventory->links[index].name);
    for (size_t index = 0; index < inventory->port_count; index++)
        free(inventory->ports[index].name);
    free(inventory->chassis);
    free(inventory->hosts);
    free(inventory->adapters);
    free(inventory->links);
    free(inventory->ports);
    free(inventory->hierarchies);
    free(inventory->hops);
    free(inventory->names);
    *inventory = (struct pcim_inventory){0};
}
