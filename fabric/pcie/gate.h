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
    uint64_t *ends_ps; /* when the transmission in each place ends; owned */
};

void gate_init(struct gate *gate, uint32_t places);
void gate_free(struct gate *gate);

/* When a place is free: the past or present means now. */
uint64_t gate_free_at_ps(const struct gate *gate);

/* Takes a place, which must be free at NOW_PS, until END_PS. */
void gate_pass(struct gate *gate, uint64_t now_ps, uint64_t end_ps);

#endif
