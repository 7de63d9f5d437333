/* Link control: what happens to a whole link while the model runs: down and up again, retraining, reset, bit errors.
 *
 *     up -> recovery -> up      retraining: nothing starts for `training`; nothing is lost
 *     up -> down -> training -> up
 *
 * A link is down while any cause for it holds, and comes up `training` after the last has ended. Both ends go down and
 * come up at once. Then what was on its wires and in its replay buffers is dropped and counted (DROP_LINK_DOWN): of
 * posted requests their operations fail, all else ends by its requester's timeout. Its transmitters are held
 * (fabric/pcie/egress_hold.h), and the owner of each end is told by on_link(), which says what becomes of what waits
 * there. Credits are as if both ends advertised anew what they have free: who lost a TLP has its credits back, what is
 * still in a receiver's buffer keeps them.
 *
 * A value in the upper port of each link (fabric/pcie/port.h). Any end stands for its link here. */
#ifndef FABRIC_PCIE_LINK_CONTROL_H
#define FABRIC_PCIE_LINK_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcie/link.h"
#include "fabric/pcie/link_state.h"

struct port;

/* Why a link is down; bits, as several may hold. */
enum link_cause {
    LINK_CAUSE_DISABLED = 1 << 0,   /* a manager wants it (Link Disable) */
    LINK_CAUSE_FAILED = 1 << 1,     /* the cable */
    LINK_CAUSE_REMOVED = 1 << 2,    /* nobody is at its lower end */
    LINK_CAUSE_UPPER_DEAD = 1 << 3, /* what is at its upper end is dead, or has no power */
    LINK_CAUSE_LOWER_DEAD = 1 << 4, /* likewise at its lower end */
};

/* Nobody meant these. */
#define LINK_CAUSES_OF_FAILURE (LINK_CAUSE_FAILED | LINK_CAUSE_REMOVED | LINK_CAUSE_UPPER_DEAD | LINK_CAUSE_LOWER_DEAD)

struct link_control {
    struct component component;
    struct event trained; /* training ends */
    struct port *upper, *lower;
    enum link_state state;     /* active, recovery, or inactive: down or training */
    uint32_t causes;           /* bits of enum link_cause */
    struct link_config config; /* as connected */
    uint64_t downs, retrains;  /* how often it went down; how often it was told to retrain */
};

/* CAUSE holds from now on. Does nothing when it does already. */
void link_take_down(struct port *end, enum link_cause cause);

/* CAUSE holds no more: unless another does the link trains. Does nothing when CAUSE did not hold. */
void link_bring_up(struct port *end, enum link_cause cause);

/* Trains anew, if the link is up. */
void link_retrain(struct port *end);

/* Hot reset of all hierarchies: down, and up again after training, if the link is up. (Of one hierarchy:
 * fabric/switch/containment.h.) */
void link_hot_reset(struct port *end);

/* Bits of both directions fail with RATE from now on, in BIT_ERRORS_ONE-ths; 0: none. Drawn from streams of NAME, the
 * link's. A link that had no data links gets some, so that this may allocate. */
void link_set_bit_errors(struct port *end, uint64_t rate, const char *name);

/* TLPs may travel: not down, not training. */
bool link_is_up(const struct port *end);

/* For port_connect(). */
void link_control_init(struct port *upper, struct port *lower, const struct link_config *config);

#endif
