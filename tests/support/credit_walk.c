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

/* Whose credits are looked for. */
struct sought {
    const struct egress *sender;
    int vh; /* < 0: of all hierarchies, where they share a buffer */
    uint32_t vc;
    enum credit_type type;
};

static bool is_sought(const struct sought *sought, const struct tlp *tlp)
{
    return (tlp->attributes & TLP_NULLIFIED) == 0 && (sought->vh < 0 || tlp->vh == sought->vh) &&
           tlp->traffic_class * sought->sender->vc_count / 8 == sought->vc &&
           (enum credit_type)tlp_traits[tlp->type].credit == sought->type;
}

static void walk_list(const struct sought *sought, const struct tlp *first, struct found *found)
{
    for (const struct tlp *tlp = first; tlp != NULL; tlp = tlp->next)
        if (is_sought(sought, tlp))
            add_tlp(found, tlp);
}

/* What was sent and has to be sent again. */
static void walk_held(const struct sought *sought, const struct data_link *link, struct found *found)
{
    for (uint64_t count = link->buffer.taken; count < link->buffer.next; count++) {
        const struct tlp *tlp = replay_buffer_entry(&link->buffer, count)->held;
        if (is_sought(sought, tlp))
            add_tlp(found, tlp);
    }
}

static void walk_path(const struct sought *sought, const struct virtual_path *path, struct found *found)
{
    for (uint32_t index = 0; index < path->queue_count; index++) {
        const struct egress_queue *queue = &path->queues[index].queue;
        if (queue->back.sender == sought->sender)
            walk_list(sought, queue->fifos[sought->type].first, found);
    }
}

/* What came in through PORT of a switch and has not gone on. */
static void walk_switch(
    const struct sought *sought, const struct mr_switch *mr_switch, const struct switch_port *port, struct found *found)
{
    for (uint32_t number = 0; number < mr_switch->vh_count; number++) {
        const struct virtual_switch *virtual_switch = mr_switch->virtual_switches[number];
        uint32_t paths = virtual_switch == NULL ? 0 : virtual_switch->path_stride * virtual_switch->path_stride;
        for (uint32_t path = 0; path < paths; path++)
            walk_path(sought, &virtual_switch->paths[path], found);
    }
    for (uint32_t vc = 0; port->fifos != NULL && vc < port->port.egress.vc_count; vc++) {
        walk_list(sought, port->fifos[vc].lines[sought->type].behind.first, found);
        walk_list(sought, port->fifos[vc].lines[sought->type].held, found);
    }
}

/* The switch's or host's port that the receiver is; an adapter takes what comes at once, unless it hangs. */
static void walk_receiver(const struct sought *sought, const struct world *world, struct found *found)
{
    const struct port *receiver = sought->sender->wire.receiver;
    for (size_t chassis = 0; chassis < world->scenario->chassis_count; chassis++)
        for (uint32_t index = 0; index < world->switches[chassis].port_count; index++)
            if (&world->switches[chassis].ports[index].port == receiver)
                walk_switch(sought, &world->switches[chassis], &world->switches[chassis].ports[index], found);
    for (size_t host = 0; host < world->scenario->host_count; host++)
        for (uint32_t index = 0; index < world->root_complexes[host].port_count; index++)
            if (&world->root_complexes[host].ports[index].port == receiver) /* what waits for the IOMMU */
                walk_list(sought, world->root_complexes[host].ports[index].translating.first, found);
    for (size_t adapter = 0; adapter < world->scenario->adapter_count; adapter++)
        if (&world->adapters[adapter].port == receiver)
            walk_list(sought, world->adapters[adapter].unheard.first, found);
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

static bool check_type(const struct world *world, const struct credits *credits, struct sought sought, bool at_rest)
{
    struct found found = {0}, returning = {0};
    walk_list(&sought, sought.sender->wire.first, &found);
    if (sought.sender->data_link != NULL)
        walk_held(&sought, sought.sender->data_link, &found);
    walk_receiver(&sought, world, &found);
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

/* Channel VC of hierarchy VH, or of all of them. */
static bool check_channel(
    const struct world *world, const struct credits *credits, struct sought sought, bool at_rest, struct sought *wrong)
{
    for (sought.type = 0; sought.type < CREDIT_TYPES; sought.type++) {
        *wrong = sought;
        if (!check_type(world, &credits[sought.type], sought, at_rest))
            return false;
    }
    return true;
}

static bool check_egress(const struct world *world, const struct egress *egress, bool at_rest, struct sought *wrong)
{
    for (uint32_t vc = 0; vc < egress->vc_count; vc++) {
        struct sought sought = {.sender = egress, .vh = -1, .vc = vc};
        if (egress->shared != NULL) {
            if (!check_channel(world, &egress->shared[vc * CREDIT_TYPES], sought, at_rest, wrong))
                return false;
            continue;
        }
        for (sought.vh = 0; sought.vh < (int)egress->vh_count; sought.vh++) {
            const struct egress_channel *channel = egress->channels[(uint32_t)sought.vh * egress->vc_count + vc];
            if (channel != NULL && !check_channel(world, channel->own, sought, at_rest, wrong))
                return false;
        }
    }
    return true;
}

void credit_walk(const struct world *world, bool at_rest, char *where, size_t size)
{
    static const char *const types[] = {"posted", "non-posted", "completion"};
    where[0] = '\0';
    for (size_t link = 0; link < world->link_count; link++)
        for (int direction = 0; direction < LINK_DIRECTIONS; direction++) {
            struct sought wrong;
            if (check_egress(world, world->links[link].directions[direction], at_rest, &wrong))
                continue;
            snprintf(
                where, size, "%s %s: %s credits of VC %u of %s %d", world->links[link].name,
                direction == LINK_UP ? "up" : "down", types[wrong.type], wrong.vc,
                wrong.vh < 0 ? "all hierarchies" : "VH", wrong.vh);
            return;
        }
}
