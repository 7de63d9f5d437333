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

uint64_t gate_free_at_ps(const struct gate *gate)
{
    return gate->ends_ps[first_to_end(gate)];
}

void gate_pass(struct gate *gate, uint64_t now_ps, uint64_t end_ps)
{
    uint32_t place = first_to_end(gate);
    CHECK(gate->ends_ps[place] <= now_ps);
    gate->ends_ps[place] = end_ps;
}
