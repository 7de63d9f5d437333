#include "fabric/pcie/gate.h"

#include <stdlib.h>

#include "fabric/base/check.h"

void gate_init(struct gate *gate, uint32_t places)
{
    CHECK(places > 0);
    *gate = (struct gate){.places = places, .ends_ps = calloc(places, sizeof(uint64_t))};
    CHECK(gate->ends_ps != NULL);
}

void gate_free(struct gate *gate)
{
    free(gate->ends_ps);
    *gate = (struct gate){0};
}

static uint32_t first_to_end(const struct gate *gate)
{
    uint32_t first = 0;
    for (uint32_t place = 1; place < gate->places; place++)
        if (gate->ends_ps[place] < gate->ends_ps[first])
            first = place;
    return first;
}

static uint32_t free_places(const struct gate *gate, uint64_t at_ps)
{
    uint32_t count = 0;
    for (uint32_t place = 0; place < gate->places; place++)
        count += gate->ends_ps[place] <= at_ps;
    return count;
}

uint64_t gate_opens_ps(struct gate *gate, const void *who, uint64_t at_ps)
{
    uint64_t free_ps = gate->ends_ps[first_to_end(gate)];
    if (free_ps > at_ps) {
        if (gate->claimant == NULL || at_ps < gate->claimed_ps) {
            gate->claimant = who;
            gate->claimed_ps = at_ps;
        }
        return free_ps;
    }
    bool is_anothers = gate->claimant != NULL && gate->claimant != who && gate->claimed_ps <= at_ps;
    return is_anothers && free_ps == at_ps && free_places(gate, at_ps) == 1 ? at_ps + 1 : at_ps;
}

void gate_pass(struct gate *gate, const void *who, uint64_t now_ps, uint64_t end_ps)
{
    uint32_t place = first_to_end(gate);
    CHECK(gate->ends_ps[place] <= now_ps);
    if (gate->claimant == who)
        gate->claimant = NULL;
    gate->ends_ps[place] = end_ps;
}
