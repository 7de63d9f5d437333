/* Gate: how many TLPs one input of a switch may send at once, to different outputs (the input's speedup).
 *
 * Nothing tells a gate that a transmission has ended: it is asked when one wants to begin, and knows when those under
 * way end. */
#ifndef FABRIC_PCIE_GATE_H
#define FABRIC_PCIE_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate {
    uint32_t places;
    uint32_t outputs;  /* that the input sends to; with a place for each it is always open */
    uint64_t *ends_ps; /* when the transmission in each place ends; owned */
};

void gate_init(struct gate *gate, uint32_t places);
void gate_free(struct gate *gate);

/* One more output that the input sends to. */
void gate_add_output(struct gate *gate);

/* When a place is free: the past or present means now. */
uint64_t gate_free_at_ps(const struct gate *gate);

/* Takes a place, which must be free at NOW_PS, until END_PS. */
void gate_take(struct gate *gate, uint64_t now_ps, uint64_t end_ps);

static inline bool gate_is_open(const struct gate *gate, uint64_t now_ps)
{
    return gate->outputs <= gate->places || gate_free_at_ps(gate) <= now_ps;
}

/* Begins a transmission at NOW_PS, when the gate is open, that ends at END_PS. */
static inline void gate_pass(struct gate *gate, uint64_t now_ps, uint64_t end_ps)
{
    if (gate->outputs > gate->places)
        gate_take(gate, now_ps, end_ps);
}

#endif
