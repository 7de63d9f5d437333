#include "hostsim/rack/deadlock.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/data_link.h"
#include "fabric/switch/switch.h"

#define NOWHERE SIZE_MAX

/* A buffer: that of one TLP type which a direction of a link fills. */
struct buffer_pool {
    const struct credits *credits; /* the sender's */
    size_t link;                   /* of the world ... */
    enum link_direction direction; /* ... and its direction */
    enum credit_type type;
    bool occupied; /* by what waits to leave it */
    bool lives;    /* something may leave it yet */
};

/* What waits in a switch: the TLPs of one type in one queue. */
struct line {
    size_t in;    /* the pool that it keeps places of; NOWHERE: none */
    size_t wants; /* the pool that its first TLP waits for; NOWHERE: it waits for none */
};

struct search {
    const struct world *world;
    struct buffer_pool *pools; /* by their credits' address; owned */
    size_t pool_count;
    struct line *lines; /* owned */
    size_t line_count;
};

static bool waits_since(const struct world *world, uint64_t since_ps)
{
    for (size_t index = 0; index < world->link_count; index++)
        for (int direction = 0; direction < LINK_DIRECTIONS; direction++)
            if (world->links[index].directions[direction]->stall_since_ps <= since_ps)
                return true;
    return false;
}

/* --- buffers --- */

static bool is_coming_back(const struct credits *credits)
{
    if (credits->count > 0)
        return true;
    const struct update_fc *updates = credits->updates;
    return updates != NULL && (update_fc_untold_headers(updates) > 0 || update_fc_untold_data(updates) > 0);
}

static bool is_on_the_way(const struct egress *egress)
{
    return egress->wire.first != NULL || (egress->data_link != NULL && data_link_held(egress->data_link) > 0);
}

/* The credits that CHANNEL of EGRESS spends; NULL: it has none, or those of another before it. */
static const struct credits *credits_of(const struct egress *egress, uint32_t channel)
{
    if (egress->shared != NULL)
        return channel < egress->vc_count ? &egress->shared[channel * CREDIT_TYPES] : NULL;
    return egress->channels[channel] != NULL ? egress->channels[channel]->credits : NULL;
}

static size_t count_pools(const struct world *world)
{
    size_t count = 0;
    for (size_t index = 0; index < world->link_count; index++)
        for (int direction = 0; direction < LINK_DIRECTIONS; direction++) {
            const struct egress *egress = world->links[index].directions[direction];
            for (uint32_t channel = 0; channel < egress->vh_count * egress->vc_count; channel++)
                count += credits_of(egress, channel) != NULL ? CREDIT_TYPES : 0;
        }
    return count;
}

static void add_pools(struct search *search, size_t link, enum link_direction direction)
{
    const struct egress *egress = search->world->links[link].directions[direction];
    for (uint32_t channel = 0; channel < egress->vh_count * egress->vc_count; channel++) {
        const struct credits *credits = credits_of(egress, channel);
        if (credits == NULL)
            continue;
        for (enum credit_type type = 0; type < CREDIT_TYPES; type++)
            search->pools[search->pool_count++] = (struct buffer_pool){
                .credits = &credits[type],
                .link = link,
                .direction = direction,
                .type = type,
                .lives = is_on_the_way(egress) || is_coming_back(&credits[type]),
            };
    }
}

static int compare_pools(const void *one, const void *other)
{
    const struct credits *a = ((const struct buffer_pool *)one)->credits,
                         *b = ((const struct buffer_pool *)other)->credits;
    return (a > b) - (a < b);
}

static size_t find_pool(const struct search *search, const struct credits *credits)
{
    struct buffer_pool key = {.credits = credits};
    const struct buffer_pool *found =
        bsearch(&key, search->pools, search->pool_count, sizeof *search->pools, compare_pools);
    CHECK(found != NULL);
    return (size_t)(found - search->pools);
}

/* --- what waits --- */

static bool lacks_credits(const struct egress_queue *queue, enum credit_type type, uint64_t now)
{
    const struct tlp *head = queue->fifos[type].first;
    struct credits *credits = &queue->channel->credits[type];
    if (head == NULL || head->ready_ps > now)
        return false;
    bool is_anothers = credits->claimant != 0 && credits->claimant != egress_queue_claim(queue);
    return is_anothers || !credits_suffice(credits, tlp_data_credits(head), now);
}

/* The pool that the first TLP of TYPE in QUEUE waits for: its own, or that of a posted TLP which came before it. */
static size_t wanted_pool(const struct search *search, const struct egress_queue *queue, enum credit_type type)
{
    uint64_t now = fabric_now_ps(&search->world->fabric);
    if (queue->fifos[type].first->ready_ps > now)
        return NOWHERE;
    const struct tlp *posted = queue->fifos[CREDIT_POSTED].first;
    bool is_behind = posted != NULL && posted->ready_ps <= queue->fifos[type].first->ready_ps;
    if (lacks_credits(queue, type, now))
        return find_pool(search, &queue->channel->credits[type]);
    if (is_behind && lacks_credits(queue, CREDIT_POSTED, now))
        return find_pool(search, &queue->channel->credits[CREDIT_POSTED]);
    return NOWHERE;
}

/* TLPs from FIRST on, in an input whose places SENDER has, wait for what is in WANTS. */
static void add_waiting(struct search *search, const struct egress *sender, const struct tlp *first, size_t wants)
{
    for (const struct tlp *tlp = first; tlp != NULL; tlp = tlp->next) {
        const struct egress_channel *channel = egress_channel(sender, tlp->vh, tlp->traffic_class);
        size_t in = find_pool(search, &channel->credits[tlp_credit_type(tlp)]);
        search->lines[search->line_count++] = (struct line){.in = in, .wants = wants};
        search->pools[in].occupied = true;
    }
}

/* QUEUE, in a switch, holds the head of a line of TYPE: those behind it keep places of their own hierarchies, and so do
 * those that posted ones among them hold. */
static void add_behind(struct search *search, const struct egress_queue *queue, enum credit_type type, size_t wants)
{
    const struct input_fifos *fifos = CONTAINER_OF(queue, struct path_queue, queue)->fifos;
    if (fifos == NULL)
        return;
    add_waiting(search, queue->back.sender, fifos->lines[type].behind.first, wants);
    for (enum credit_type other = 0; type == CREDIT_POSTED && other < CREDIT_TYPES; other++) {
        if (fifos->lines[other].held == NULL)
            continue;
        add_waiting(search, queue->back.sender, fifos->lines[other].held, wants);
        add_waiting(search, queue->back.sender, fifos->lines[other].behind.first, wants);
    }
}

static void add_lines(struct search *search, const struct egress *egress)
{
    for (uint32_t index = 0; index < egress->arbiter.count; index++) {
        const struct egress_queue *queue = egress->arbiter.queues[index];
        for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
            if (queue->fifos[type].first == NULL)
                continue;
            struct line *line = &search->lines[search->line_count++];
            line->in = queue->back.sender != NULL ? find_pool(search, &queue->back.channel->credits[type]) : NOWHERE;
            line->wants = wanted_pool(search, queue, type);
            if (line->in == NOWHERE)
                continue;
            search->pools[line->in].occupied = true;
            add_behind(search, queue, type, line->wants);
        }
    }
}

/* --- the circle --- */

/* A pool lives when nothing of what is in it waits, or something there waits for one that lives. */
static void spread_life(struct search *search)
{
    for (size_t index = 0; index < search->pool_count; index++)
        search->pools[index].lives |= !search->pools[index].occupied;
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t index = 0; index < search->line_count; index++) {
            const struct line *line = &search->lines[index];
            bool moves = line->wants == NOWHERE || search->pools[line->wants].lives;
            if (!moves || line->in == NOWHERE || search->pools[line->in].lives)
                continue;
            search->pools[line->in].lives = true;
            changed = true;
        }
    }
}

/* What some line in POOL, which is dead, waits for: dead as well. */
static size_t next_pool(const struct search *search, size_t pool)
{
    for (size_t index = 0; index < search->line_count; index++)
        if (search->lines[index].in == pool)
            return search->lines[index].wants;
    CHECK(false);
    return NOWHERE;
}

/* Any line that never moves leads into a circle: as many steps as there are pools end within it. */
static size_t find_circle(const struct search *search)
{
    for (size_t index = 0; index < search->line_count; index++) {
        size_t pool = search->lines[index].wants;
        if (pool == NOWHERE || search->pools[pool].lives)
            continue;
        for (size_t step = 0; step < search->pool_count; step++)
            pool = next_pool(search, pool);
        return pool;
    }
    return NOWHERE;
}

static size_t put_pool(const struct search *search, size_t pool, char *text, size_t size)
{
    static const char *const types[] = {
        [CREDIT_POSTED] = "posted", [CREDIT_NONPOSTED] = "non-posted", [CREDIT_COMPLETION] = "completion"};
    const struct buffer_pool *at = &search->pools[pool];
    int length = snprintf(
        text, size, "%s %s (%s)", search->world->links[at->link].name, at->direction == LINK_UP ? "up" : "down",
        types[at->type]);
    return (size_t)length < size ? (size_t)length : size - 1;
}

/* The circle through FIRST, beginning where its first link of the file is. */
static void put_circle(const struct search *search, size_t first, char *text, size_t size)
{
    size_t begin = first, pool = first;
    do {
        pool = next_pool(search, pool);
        const struct buffer_pool *one = &search->pools[pool], *least = &search->pools[begin];
        if (one->link < least->link || (one->link == least->link && one->direction < least->direction))
            begin = pool;
    } while (pool != first);
    int length = snprintf(text, size, "deadlock: TLPs wait for each other's places in a circle: ");
    size_t end = (size_t)length;
    pool = begin;
    do {
        end += put_pool(search, pool, text + end, size - end);
        length = snprintf(text + end, size - end, "%s waits for ", pool == begin ? "" : ", which");
        end = end + (size_t)length < size ? end + (size_t)length : size - 1;
        pool = next_pool(search, pool);
    } while (pool != begin && end < size - 200);
    end += put_pool(search, begin, text + end, size - end);
    snprintf(text + end, size - end, "; `credits: per-vh`, `queueing: voq` or trunks without a ring avoid that");
}

bool deadlock_find(const struct world *world, uint64_t since_ps, char *text, size_t size)
{
    CHECK(size >= DEADLOCK_TEXT_BYTES);
    if (!waits_since(world, since_ps))
        return false;
    struct search search = {.world = world, .pools = calloc(count_pools(world), sizeof(struct buffer_pool))};
    size_t queues = 0;
    CHECK(search.pools != NULL);
    for (size_t index = 0; index < world->link_count; index++)
        for (enum link_direction direction = 0; direction < LINK_DIRECTIONS; direction++) {
            add_pools(&search, index, direction);
            queues += world->links[index].directions[direction]->arbiter.count;
        }
    qsort(search.pools, search.pool_count, sizeof *search.pools, compare_pools);
    size_t behind = 0;
    for (size_t index = 0; index < world->scenario->chassis_count; index++)
        behind += switch_count_behind(&world->switches[index]);
    search.lines = calloc(queues * CREDIT_TYPES + behind, sizeof *search.lines);
    CHECK(search.lines != NULL);
    for (size_t index = 0; index < world->link_count; index++)
        for (int direction = 0; direction < LINK_DIRECTIONS; direction++)
            add_lines(&search, world->links[index].directions[direction]);
    spread_life(&search);
    size_t circle = find_circle(&search);
    if (circle != NOWHERE)
        put_circle(&search, circle, text, size);
    free(search.lines);
    free(search.pools);
    return circle != NOWHERE;
}
