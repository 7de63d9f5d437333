/* Input FIFOs: what waits at an input that queues by `fifo`: one line for each TLP type of a virtual channel, whose
 * head alone competes for its output. The head leaves when its last byte has; until then those behind it wait, wherever
 * they want to go (head-of-line blocking).
 *
 * A line for each type, as otherwise completions would wait behind reads and everything could stop. */
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
        bool has_head;          /* which is on its way out */
    } lines[CREDIT_TYPES];
};

/* TLP comes in. True: it is the head of its line, and may go on. False: it waits, and is the line's. */
bool input_fifos_enter(struct input_fifos *fifos, struct tlp *tlp);

/* The head of the line of TYPE has left. Returns the new one, which may go on; NULL when there is none. */
struct tlp *input_fifos_next(struct input_fifos *fifos, enum credit_type type);

/* TLPs behind heads. */
uint64_t input_fifos_count(const struct input_fifos *fifos);

bool input_fifos_is_valid(const struct input_fifos *fifos);

#endif
