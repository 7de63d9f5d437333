#include "fabric/pcie/arbiter.h"

#include <stdlib.h>

#include "fabric/base/check.h"

/* --- in turn --- */

static struct egress_queue *choose_in_turn(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    uint32_t index = arbiter_next(arbiter, arbiter->turn);
    for (uint32_t left = arbiter->active_count;;) {
        struct egress_queue *queue = arbiter->queues[index];
        *type = egress_queue_sendable(queue, look);
        if (*type != EGRESS_NO_TYPE)
            return queue;
        if (--left == 0)
            return NULL;
        index = arbiter_next(arbiter, index + 1);
    }
}

static void pass_turn(struct arbiter *arbiter, struct egress_queue *queue, uint32_t bytes)
{
    (void)bytes;
    arbiter->turn = queue->index + 1;
}

const struct arbiter_ops arbiter_round_robin = {.name = "round-robin", .choose = choose_in_turn, .sent = pass_turn};

/* --- by weights --- */

/* Gives QUEUE its share, as its turn begins. What an earlier turn left over counts as far as less than one TLP was. */
static void begin_turn(const struct arbiter *arbiter, struct egress_queue *queue)
{
    if (queue->deficit >= arbiter->quantum)
        queue->deficit = arbiter->quantum - 1;
    queue->deficit += queue->weight * arbiter->quantum;
}

/* True when QUEUE, which has the turn, has too little left for one of those that it might send. It must not be asked
 * then: it would lay a claim to credits, and with the claim get a turn that is another's. */
static bool turn_is_over(
    struct arbiter *arbiter, const struct egress_queue *queue, uint64_t (*cost)(struct arbiter *, const struct tlp *))
{
    for (uint32_t types = queue->types; types != 0; types &= types - 1)
        if (cost(arbiter, queue->fifos[__builtin_ctz(types)].first) > queue->deficit)
            return true;
    return false;
}

/* Those in turn that may go; the one that has the turn keeps it while its share suffices for what it COSTs. */
static struct egress_queue *choose_by_share(
    struct arbiter *arbiter, struct egress_look *look, enum credit_type *type,
    uint64_t (*cost)(struct arbiter *arbiter, const struct tlp *tlp))
{
    uint32_t index = arbiter_next(arbiter, arbiter->turn);
    bool begins = index != arbiter->turn;
    if (!begins && turn_is_over(arbiter, arbiter->queues[index], cost)) {
        begins = true;
        index = arbiter_next(arbiter, index + 1);
    }
    for (uint32_t left = arbiter->active_count; left > 0; left--) {
        struct egress_queue *queue = arbiter->queues[index];
        *type = egress_queue_sendable(queue, look);
        if (*type != EGRESS_NO_TYPE) {
            uint64_t share = cost(arbiter, queue->fifos[*type].first);
            if (begins)
                begin_turn(arbiter, queue);
            CHECK(queue->deficit >= share);
            arbiter->turn = index;
            return queue;
        }
        begins = true;
        index = arbiter_next(arbiter, index + 1);
    }
    return NULL;
}

static void spend(struct egress_queue *queue, uint64_t cost)
{
    queue->deficit = queue->types == 0 ? 0 : queue->deficit - cost;
}

static uint64_t one_each(struct arbiter *arbiter, const struct tlp *tlp)
{
    (void)arbiter;
    (void)tlp;
    return 1;
}

static struct egress_queue *choose_weighted(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    return choose_by_share(arbiter, look, type, one_each);
}

static void spend_one(struct arbiter *arbiter, struct egress_queue *queue, uint32_t bytes)
{
    (void)arbiter;
    (void)bytes;
    spend(queue, 1);
}

const struct arbiter_ops arbiter_weighted = {.name = "weighted", .choose = choose_weighted, .sent = spend_one};

/* A weight of 1 is worth the largest TLP, so that whoever has the turn may send at least one. */
static uint64_t bytes_of(struct arbiter *arbiter, const struct tlp *tlp)
{
    uint32_t bytes = wire_bytes(arbiter->wire, tlp);
    if (bytes > arbiter->quantum)
        arbiter->quantum = bytes;
    return bytes;
}

static struct egress_queue *choose_deficit(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    return choose_by_share(arbiter, look, type, bytes_of);
}

static void spend_bytes(struct arbiter *arbiter, struct egress_queue *queue, uint32_t bytes)
{
    (void)arbiter;
    spend(queue, bytes);
}

const struct arbiter_ops arbiter_deficit = {.name = "deficit", .choose = choose_deficit, .sent = spend_bytes};

/* --- by a property of what may go --- */

/* Whether TLP goes before BEST. */
typedef bool better_t(const struct tlp *tlp, const struct tlp *best);

/* Of those that may go, the first in turn that no other is BETTER than. */
static struct egress_queue *
find_best(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type, better_t *better)
{
    struct egress_queue *best = NULL;
    uint32_t best_data = 0;
    uint32_t index = arbiter_next(arbiter, arbiter->turn);
    for (uint32_t left = arbiter->active_count; left > 0; left--) {
        struct egress_queue *queue = arbiter->queues[index];
        enum credit_type found = egress_queue_sendable(queue, look);
        if (found != EGRESS_NO_TYPE && (best == NULL || better(queue->fifos[found].first, best->fifos[*type].first))) {
            best = queue;
            best_data = look->data;
            *type = found;
        }
        index = arbiter_next(arbiter, index + 1);
    }
    look->data = best_data;
    return best;
}

/* Those who were asked first have the claims on credits: gives them to the BETTER ones. */
static void hand_claims_over(struct arbiter *arbiter, uint64_t now_ps, better_t *better)
{
    uint32_t index = arbiter_next(arbiter, 0);
    for (uint32_t left = arbiter->active_count; left > 0; left--) {
        const struct egress_queue *queue = arbiter->queues[index];
        for (enum credit_type type = 0; type < CREDIT_TYPES; type++) {
            uint32_t *claimant = &queue->channel->credits[type].claimant;
            if (*claimant != 0 && egress_queue_wants_credits(queue, type, now_ps) &&
                better(queue->fifos[type].first, arbiter->queues[*claimant - 1]->fifos[type].first))
                *claimant = egress_queue_claim(queue);
        }
        index = arbiter_next(arbiter, index + 1);
    }
}

static struct egress_queue *
choose_best(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type, better_t *better)
{
    struct egress_queue *best = find_best(arbiter, look, type, better);
    if (!look->starved)
        return best;
    hand_claims_over(arbiter, look->now_ps, better);
    return find_best(arbiter, look, type, better);
}

static bool is_of_higher_class(const struct tlp *tlp, const struct tlp *best)
{
    return tlp->traffic_class > best->traffic_class;
}

static struct egress_queue *choose_strict(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    return choose_best(arbiter, look, type, is_of_higher_class);
}

const struct arbiter_ops arbiter_strict = {.name = "strict", .choose = choose_strict, .sent = pass_turn};

static bool has_waited_longer(const struct tlp *tlp, const struct tlp *best)
{
    return tlp->ready_ps < best->ready_ps;
}

static struct egress_queue *choose_oldest(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    return choose_best(arbiter, look, type, has_waited_longer);
}

const struct arbiter_ops arbiter_age = {.name = "age", .choose = choose_oldest, .sent = pass_turn};

/* The n-th that may go takes the place of the one chosen so far with probability 1/n. */
static struct egress_queue *choose_random(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type)
{
    struct egress_queue *chosen = NULL;
    uint32_t chosen_data = 0;
    uint64_t found_count = 0;
    uint32_t index = arbiter_next(arbiter, 0);
    /* Any of them is asked first, too: it would have the claim on credits that come. */
    for (uint64_t skipped = random_below(&arbiter->random, arbiter->active_count); skipped > 0; skipped--)
        index = arbiter_next(arbiter, index + 1);
    for (uint32_t left = arbiter->active_count; left > 0; left--) {
        struct egress_queue *queue = arbiter->queues[index];
        enum credit_type found = egress_queue_sendable(queue, look);
        if (found != EGRESS_NO_TYPE && random_below(&arbiter->random, ++found_count) == 0) {
            chosen = queue;
            chosen_data = look->data;
            *type = found;
        }
        index = arbiter_next(arbiter, index + 1);
    }
    look->data = chosen_data;
    return chosen;
}

static void keep_turn(struct arbiter *arbiter, struct egress_queue *queue, uint32_t bytes)
{
    (void)arbiter;
    (void)queue;
    (void)bytes;
}

const struct arbiter_ops arbiter_random = {.name = "random", .choose = choose_random, .sent = keep_turn};

/* --- queues --- */

void arbiter_init(
    struct arbiter *arbiter, const struct arbiter_ops *ops, const struct wire *wire, uint64_t seed, const char *stream)
{
    *arbiter = (struct arbiter){.ops = ops, .wire = wire, .quantum = 1};
    random_init(&arbiter->random, seed, stream);
}

static void free_active(struct arbiter *arbiter)
{
    if (arbiter->active != &arbiter->few)
        free(arbiter->active);
}

void arbiter_free(struct arbiter *arbiter)
{
    free(arbiter->queues);
    free_active(arbiter);
    *arbiter = (struct arbiter){0};
}

static void make_room(struct arbiter *arbiter)
{
    if (arbiter->count < arbiter->capacity)
        return;
    uint32_t capacity = arbiter->capacity == 0 ? 64 : arbiter->capacity * 2;
    arbiter->queues = reallocarray(arbiter->queues, capacity, sizeof(struct egress_queue *));
    uint64_t *active = capacity <= 64 ? &arbiter->few : calloc(capacity / 64, sizeof(uint64_t));
    CHECK(arbiter->queues != NULL && active != NULL);
    for (uint32_t word = 0; word < arbiter->capacity / 64; word++)
        active[word] = arbiter->active[word];
    free_active(arbiter);
    arbiter->active = active;
    arbiter->capacity = capacity;
}

void arbiter_add(struct arbiter *arbiter, struct egress_queue *queue)
{
    make_room(arbiter);
    queue->index = arbiter->count;
    queue->weight = 1;
    arbiter->queues[arbiter->count++] = queue;
}

bool arbiter_is_valid(const struct arbiter *arbiter)
{
    uint32_t active = 0;
    for (uint32_t index = 0; index < arbiter->count; index++) {
        const struct egress_queue *queue = arbiter->queues[index];
        bool marked = (arbiter->active[index / 64] >> index % 64 & 1) != 0;
        if (queue->index != index || marked == (queue->types == 0))
            return false;
        active += marked;
    }
    return active == arbiter->active_count;
}
