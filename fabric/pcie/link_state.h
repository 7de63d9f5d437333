/* Link state: how one end of a link comes up, and what it has agreed on with the other by then.
 *
 *     inactive -> feature -> init FC1 -> init FC2 -> active <-> recovery
 *
 * An end that can do MR-IOV says so by MRInit, and one of generation 4 or later offers scaled flow control by the Data
 * Link Feature exchange; whoever does not know a DLLP ignores it (base specification, 3.3, 3.4). Two ends that both
 * send MRInit make an MR link, and give the feature exchange up: MR links have no scaled flow control. An end whose
 * partner answers with anything else falls back to a plain link. Then InitFC1 and InitFC2 carry what each receiver
 * advertises, as far as their fields go, in both directions; on an MR link MRInitFC1 and 2 do.
 *
 * A table says what each event does in each state. An end is a plain value that its user steps; nothing takes simulated
 * time here. link_agree() runs two of them against each other, over the bytes of their DLLPs. */
#ifndef FABRIC_PCIE_LINK_STATE_H
#define FABRIC_PCIE_LINK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/credits.h"
#include "fabric/pcie/dllp.h"

enum link_state {
    LINK_INACTIVE, /* the physical layer is down */
    LINK_FEATURE,  /* finding out what both ends can do */
    LINK_INIT_FC1, /* saying what the receiver has, until the partner's is known */
    LINK_INIT_FC2, /* saying it on, until the partner knows it too */
    LINK_ACTIVE,   /* TLPs flow */
    LINK_RECOVERY, /* retraining: TLPs wait, nothing that was agreed is lost */
    LINK_STATES,
};

enum link_event {
    LINK_EVENT_UP,             /* the physical layer has trained */
    LINK_EVENT_FEATURES_KNOWN, /* both ends know what both can do, or the partner does not take part */
    LINK_EVENT_CREDITS_KNOWN,  /* the partner's credits of all three types */
    LINK_EVENT_PARTNER_READY,  /* it has this end's: InitFC2, UpdateFC or a TLP has come */
    LINK_EVENT_RETRAIN,        /* the fourth replay in a row, or management wants it */
    LINK_EVENT_TRAINED,        /* retraining has ended */
    LINK_EVENT_DOWN,           /* the physical layer has gone */
    LINK_EVENTS,
};

/* What an event makes the end do. */
enum link_action {
    LINK_IGNORE, /* nothing, and the state stays */
    LINK_GO,     /* to the next state */
    LINK_FORGET, /* to the next state, with nothing agreed any more */
};

struct link_step {
    uint8_t next;   /* enum link_state */
    uint8_t action; /* enum link_action */
};

/* What EVENT does in STATE. */
struct link_step link_state_step(enum link_state state, enum link_event event);

/* "inactive", "feature", ... */
const char *link_state_name(enum link_state state);

/* What an end can do. */
struct link_ability {
    bool mr;                     /* may lead to an MR link */
    bool scaled;                 /* knows scaled flow control: generation 4 or later */
    struct credit_limits buffer; /* what its receiver has */
};

/* What two ends agree on. */
struct link_agreement {
    bool mr;
    bool scaled;
};

struct link_end {
    struct link_ability ability;
    enum link_state state;
    struct link_agreement agreement;
    struct credit_limits advertised; /* the partner's, as this end got it: at most what the fields carry */
    uint8_t credits_known;           /* bitmap by credit type */
    bool partner_mr;                 /* MRInit has come */
    bool partner_scaled;             /* it has offered scaled flow control */
    bool partner_heard;              /* its Feature or MRInit has come */
    bool acknowledged;               /* the partner has had this end's */
};

/* An inactive end. */
void link_end_init(struct link_end *end, const struct link_ability *ability);

/* EVENT happens to END. */
void link_end_step(struct link_end *end, enum link_event event);

/* The DLLPs that END repeats in its state; returns how many there are. */
#define LINK_END_DLLPS 3
uint32_t link_end_says(const struct link_end *end, struct dllp dllps[LINK_END_DLLPS]);

/* DLLP has come from the partner. */
void link_end_hears(struct link_end *end, const struct dllp *dllp);

/* Brings two ends up, each hearing all that the other says; both are active afterwards, and agree. */
void link_agree(struct link_end *one, struct link_end *other);

/* What of LIMIT credits the fields of an InitFC can carry: headers of 8 bits, at most 127, data of 12, at most 2047;
 * with scaled flow control in units of 1, 4 or 16 (the least that fits), whole units (3.4.1, 3.4.2). Infinite stays so.
 */
uint32_t link_headers_carried(uint32_t limit, bool scaled);
uint32_t link_data_carried(uint32_t limit, bool scaled);

#endif
