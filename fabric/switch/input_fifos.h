/* Input FIFOs: what waits at an input that queues by `fifo`: one line for each TLP type of a virtual channel, whose
 * head alone competes for its output. The head leaves when its last byte has; until then those behind it wait, wherever
 * they want to go (head-of-line blocking).
 *
 * A line for each type, as otherwise completions would wait behind reads and everything could stop. Posted TLPs are not
 * passed for that (base specification 2.4.1): a head of another type is held while one that came before it, of its
 * hierarchy and for its output, waits behind the posted head. */
#ifndef FABRIC_SWITCH_INPUT_FIFOS_H
#define FABRIC_SWITCH_INPUT_FIFOS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/tlp_fifo.h"

struct switch_port;

struct input_fifos {
    struct switch_port *input; /* not owned */
    struct {
        struct tlp_fifo behind; /* those that wait behind the head */
        bool has_head;          /* which is on its way out, unless it is ... */
        struct tlp *held;       /* ... by posted TLPs behind theirs; owned */
    } lines[CREDIT_TYPES];
    uint64_t latest_ps; /* `ready_ps` of the last that came in */
    uint64_t posted_ps; /* when the posted head was or will be ready: no other that came later is before that */
};

/* TLP comes in. True: it is the head of its line, and may go on. False: it waits, and is the line's. */
bool input_fifos_enter(struct input_fifos *fifos, struct tlp *tlp);

/* The head of the line of TYPE has left. Returns the new one, if it may go on; otherwise NULL. */
struct tlp *input_fifos_next(struct input_fifos *fifos, enum credit_type type);

/* The posted line has moved on, and its new head goes on from READY_PS. Returns a head that is not held any more, and
 * may go on behind that one; NULL when there is none, or no other. */
struct tlp *input_fifos_release(struct input_fifos *fifos, uint64_t ready_ps);

/* TLPs that wait. */
uint64_t input_fifos_count(const struct input_fifos *fifos);

bool input_fifos_is_valid(const struct input_fifos *fifos);

#endif
