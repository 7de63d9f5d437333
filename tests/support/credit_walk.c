#include "tests/support/credit_walk.h"

#include <stdio.h>

#include "fabric/base/check.h"

/* One type of credits, as found. */
struct found {
    uint64_t headers, data;
};

static void add_tlp(struct found *found, const struct tlp *tlp)
{
    uint32_t payload_bytes = tlp_traits[tlp->type].has_data ? tlp->length_dw * 4u : 0;
    found->headers++;
    found->data += (payload_bytes + 15) / 16;
}

static bool is_of(const struct tlp *tlp, int vh, enum credit_type type)
{
    bool has_room = (tlp->attributes & TLP_NULLIFIED) == 0;
    return has_room && (vh < 0 || tlp->vh == vh) && (enum credit_type)tlp_traits[tlp->type].credit == type;
}

static void walk_wire(const struct wire *wire, int vh, enum credit_type type, struct found *found)
{
    for (const struct tlp *tlp = wire->first; tlp != NULL; tlp = tlp->next)
        if (is_of(tlp, vh, type))
            add_tlp(found, tlp);
}

/* What was sent and has to be sent again. */
static void walk_held(const struct data_link *link, int vh, enum credit_type type, struct found *found)
{
    for (uint64_t count = link->buffer.taken; count < link->buffer.next; count++) {
        const struct tlp *tlp = replay_buffer_entry(&link->buffer, count)->held;
        if (is_of(tlp, vh, type))
            add_tlp(found, tlp);
    }
}

/* What came in through port INDEX of a switch and has not gone on. */
static void
walk_switch(const struct mr_switch *mr_switch, uint32_t index, int vh, enum credit_type type, struct found *found)
{
    for (uint32_t number = 0; number < mr_switch->vh_count; number++) {
        const struct virtual_switch *virtual_switch = mr_switch->virtual_switches[number];
        if (virtual_switch == NULL || (vh >= 0 && (uint32_t)vh != number))
            continue;
        uint32_t paths = virtual_switch->bridge_count * virtual_switch->bridge_count;
        for (uint32_t path = 0; path < paths; path++) {
            const struct virtual_path *way = &virtual_switch->paths[path];
            if (way->queue.back.sender != &mr_switch->ports[index].port.peer->egress)
                continue;
            for (const struct tlp *tlp = way->queue.fifos[type].first; tlp != NULL; tlp = tlp->next)
                if (is_of(tlp, -1, type))
                    add_tlp(found, tlp);
        }
    }
}

/* What waits for the host's IOMMU. */
static void walk_root_port(const struct root_port *root_port, int vh, enum credit_type type, struct found *found)
{
    for (const struct tlp *tlp = root_port->translating.first; tlp != NULL; tlp = tlp->next)
        if (is_of(tlp, vh, type))
            add_tlp(found, tlp);
}

/* The switch's or host's port that RECEIVER is; an adapter takes what comes at once, so nothing waits there. */
static void walk_receiver(
    const struct world *world, const struct port *receiver, int vh, enum credit_type type, struct found *found)
{
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++)
        for (uint32_t index = 0; index < world->switches[chassis].port_count; index++)
            if (&world->switches[chassis].ports[index].port == receiver)
                walk_switch(&world->switches[chassis], index, vh, type, found);
    for (size_t host = 0; host < world->scenario->host_count; host++)
        for (uint32_t index = 0; index < world->root_complexes[host].port_count; index++)
            if (&world->root_complexes[host].ports[index].port == receiver)
                walk_root_port(&world->root_complexes[host].ports[index], vh, type, found);
}

static void walk_returns(const struct credits *credits, struct found *found)
{
    for (uint32_t n = 0; n < credits->count; n++) {
        const struct credit_return *coming = &credits->returns[(credits->first + n) & credits->mask];
        found->headers += coming->headers;
        found->data += coming->data;
    }
    if (credits->updates == NULL)
        return;
    found->headers += update_fc_untold_headers(credits->updates);
    found->data += update_fc_untold_data(credits->updates);
}

static bool agrees(uint32_t limit, uint32_t left, uint64_t found)
{
    return limit == CREDITS_INFINITE ? left == CREDITS_INFINITE : left <= limit && limit - left == found;
}

/* VH < 0: of all hierarchies, where they share a buffer. */
static bool check_type(
    const struct world *world, const struct egress *egress, const struct credits *credits, int vh,
    enum credit_type type, bool at_rest)
{
    struct found found = {0}, returning = {0};
    walk_wire(&egress->wire, vh, type, &found);
    if (egress->data_link != NULL)
        walk_held(egress->data_link, vh, type, &found);
    walk_receiver(world, egress->wire.receiver, vh, type, &found);
    if (at_rest && (found.headers > 0 || found.data > 0))
        return false;
    walk_returns(credits, &returning);
    if (at_rest && credits->updates != NULL &&
        (update_fc_untold_headers(credits->updates) > 0 || update_fc_untold_data(credits->updates) > 0))
        return false;
    for (uint32_t n = 0; n < credits->count && at_rest; n++)
        if (credits->returns[(credits->first + n) & credits->mask].at_ps > fabric_now_ps(&world->fabric))
            return false;
    return agrees(credits->headers_limit, credits->headers, found.headers + returning.headers) &&
           agrees(credits->data_limit, credits->data, found.data + returning.data);
}

static bool check_egress(const struct world *world, const struct egress *egress, bool at_rest, int *vh, int *type)
{
    for (*type = 0; *type < CREDIT_TYPES; (*type)++) {
        *vh = -1;
        if (egress->shared != NULL &&
            !check_type(world, egress, &egress->shared[*type], *vh, (enum credit_type) * type, at_rest))
            return false;
        for (*vh = 0; egress->shared == NULL && *vh < (int)egress->vh_count; (*vh)++)
            if (egress->channels[*vh] != NULL &&
                !check_type(world, egress, &egress->channels[*vh]->own[*type], *vh, (enum credit_type) * type, at_rest))
                return false;
    }
    return true;
}

void credit_walk(const struct world *world, bool at_rest, char *where, size_t size)
{
    static const char *const types[] = {"posted", "non-posted", "completion"};
    where[0] = '\0';
    for (size_t link = 0; link < world->link_count; link++)
        for (int direction = 0; direction < LINK_DIRECTIONS; direction++) {
            int vh, type;
            if (check_egress(world, world->links[link].directions[direction], at_rest, &vh, &type))
                continue;
            snprintf(
                where, size, "%s %s: %s credits of %s %d", world->links[link].name,
                direction == LINK_UP ? "up" : "down", types[type], vh < 0 ? "all hierarchies" : "VH", vh);
            return;
        }
}
