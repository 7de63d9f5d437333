/* Fake hardware: a rack that does what MR-PCIM asks, or not, as a test says; and writes down what it was asked.
 *
 * Each command is answered `delay_ps` later (0: before it returns). `fails_at` makes the command of that name fail once
 * with `fails_with`; `hangs_at` never answers it. */
#ifndef TESTS_SUPPORT_FAKE_HARDWARE_H
#define TESTS_SUPPORT_FAKE_HARDWARE_H

#include "fabric/pcim/pcim.h"

#define FAKE_CALLS 64

struct fake_call {
    struct event event;
    struct pcim_call *call;
    enum status status;
};

struct fake_hardware {
    struct component component;
    const struct pcim_inventory *inventory; /* for names; not owned */
    uint64_t delay_ps;
    const char *fails_at, *hangs_at;
    enum status fails_with;
    bool unseen, in_use, dirty;
    char log[4096]; /* "withdraw nic0.pf0 h0; ..." */
    struct fake_call calls[FAKE_CALLS];
    size_t call_count;
};

extern const struct pcim_hardware fake_hardware_ops;

void fake_hardware_init(struct fake_hardware *fake, struct simulation *simulation);

/* Fills an empty inventory with what a fake rack has. */
void fake_inventory_fill(struct pcim_inventory *inventory);

/* A rack of two chassis (tor0, tor1, joined by isl0), hosts h0 to h3 at tor0 and h4 at tor1 (h0 with guests vm0 and
 * vm1; h3 without hot-plug), nic0 (mr-iov, 4 PFs, 8 VFs), ssd0 (sr-iov, 4 VFs) and gpu0 (exclusive) at tor0; nobody has
 * anything. */
struct fake_rack {
    struct simulation simulation;
    struct fake_hardware hardware;
    struct pcim pcim;
    struct pcim_refusal refusal;
};
void fake_rack_init(struct fake_rack *rack);
void fake_rack_free(struct fake_rack *rack);

/* Submits and runs to the end; the operation, or NULL with the refusal in RACK. */
const struct pcim_operation *fake_rack_do(struct fake_rack *rack, const struct pcim_request *request);

/* "h0", "" of FUNCTION. */
const char *fake_rack_owner(const struct fake_rack *rack, const char *function);

#endif
