/* UpdateFC: when a receiver tells the sender that places in its buffer are free again.
 *
 * One for each pool of credits: a type, of one hierarchy where each has its own. The receiver says when a place becomes
 * free, now or later. It tells the sender so with a DLLP, for all that are free by then (base specification, 2.6.1.2):
 *
 *     every N            when the Nth since the last is free; the rest once none has come free for the latency limit
 *     by the limit       the latency limit after the first since the last; at once when the sender has none left, or
 * not enough data for a TLP of MPS
 *
 * The counts in an UpdateFC are cumulative: what one that is lost would have said, the next one says, and one is sent
 * again after 30 us when nothing comes free until then. (The other idle repetitions, every 30 us, are not modelled:
 * they say nothing new.)
 *
 * Belongs to the receiver's end of the link (fabric/pcie/data_link.h), which sends the DLLP. */
#ifndef FABRIC_PCIE_UPDATE_FC_H
#define FABRIC_PCIE_UPDATE_FC_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcie/credits.h"

#define UPDATE_FC_REPEAT_PS UINT64_C(30000000)

struct update_fc;

struct update_fc_policy {
    uint32_t every;     /* TLPs; 0: by the limit */
    uint64_t limit_ps;  /* the latency limit */
    uint32_t most_data; /* credits of a TLP of MPS */
    /* Sends the DLLP from now on. Returns when it arrives; TIME_NEVER when it will be discarded there. */
    uint64_t (*send)(void *sender, struct update_fc *update, uint64_t now_ps);
    /* HEADERS and DATA credits are the transmitter's at AT_PS. */
    void (*give)(void *sender, struct credits *credits, uint32_t headers, uint32_t data, uint64_t at_ps);
    void *sender; /* of both; not owned */
};

struct update_fc {
    const struct update_fc_policy *policy; /* not owned */
    struct credits *credits;               /* the transmitter's; not owned */
    struct credits freed;                  /* not told yet: its counts are free by now, its returns become so */
    uint32_t freed_tlps;                   /* that are free by now, since the last UpdateFC */
    uint64_t last_ps;                      /* when the last that is known becomes free */
    uint64_t repeat_ps;                    /* the data link's, as the next ones: when it is told again at the latest */
    struct update_fc *next, *previous;     /* in the order of that; not owned */
    struct event due;
};

/* Tells about CREDITS, of COMPONENT's end. */
void update_fc_init(
    struct update_fc *update, const struct update_fc_policy *policy, struct credits *credits,
    struct component *component);
void update_fc_free(struct update_fc *update);

/* A TLP with DATA data credits leaves the buffer at AT_PS: now or later, in any order. */
void update_fc_add(struct update_fc *update, uint32_t data, uint64_t at_ps);

/* Credits that are free, or will be, and that no UpdateFC has told yet. */
uint64_t update_fc_untold_headers(const struct update_fc *update);
uint64_t update_fc_untold_data(const struct update_fc *update);

bool update_fc_is_valid(const struct update_fc *update);

#endif
