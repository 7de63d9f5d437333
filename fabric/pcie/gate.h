/* Gate: how many TLPs one input of a switch may send at once, to different outputs (the input's speedup).
 *
 * Nothing tells a gate that a transmission has ended: it is asked when one wants to begin, and knows when those under
 * way end. Who found no place has a claim on the next: at the very time that a place becomes free it is the claimant's,
 * and everybody's right after, so that nobody is passed over forever and no place is kept for who cannot use it. */
#ifndef FABRIC_PCIE_GATE_H
#define FABRIC_PCIE_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate {
    uint32_t places;
    uint64_t *ends_ps;    /* when the transmission in each place ends; owned */
    const void *claimant; /* who found no place, and has not passed since; NULL: nobody */
    uint64_t claimed_ps;  /* from when it would have passed */
};

void gate_init(struct gate *gate, uint32_t places);
void gate_free(struct gate *gate);

/* From when WHO, who would like to pass at AT_PS (now, or when that has been foreseen), may do so: AT_PS, or later. */
uint64_t gate_opens_ps(struct gate *gate, const void *who, uint64_t at_ps);

/* WHO takes a place, which must be free at NOW_PS, until END_PS. */
void gate_pass(struct gate *gate, const void *who, uint64_t now_ps, uint64_t end_ps);

#endif
