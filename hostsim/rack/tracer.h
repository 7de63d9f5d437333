/* Tracer: the TLPs of a world's links, as they start on their wires, in a pcapng file (docs/trace.md).
 *
 * Each direction of a link is an interface, named as results name it: "h0 up". A packet is a TLP's bytes as
 * fabric/pcie/tlp_codec.h has them: on MR links the prefix, the header, and the payload and digest where the model
 * carries the payload; where it does not they are left out, and the packet's original length says how long they are.
 * The hierarchy and the virtual channel are the packet's queue (epb_queue): VH number * 256 + virtual channel.
 *
 * What the bytes cannot say is said in the packet's comment: a tag beyond 10 bits (flit mode), or why a TLP is not a
 * legal one and so has no bytes at all.
 *
 * A tracer belongs to who runs the world, between tracer_start() and tracer_stop(). Nothing is allocated in between,
 * and the model is not touched: the results of a run are the same with it and without. */
#ifndef HOSTSIM_RACK_TRACER_H
#define HOSTSIM_RACK_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fabric/base/status.h"
#include "fabric/engine/trace.h"
#include "fabric/pcie/link.h"
#include "fabric/pcie/tlp.h"
#include "hostsim/rack/pcapng.h"

struct world;

/* What is wanted. */
struct trace_request {
    FILE *stream;      /* where the file goes; the caller's */
    const char *name;  /* the file, for messages: "t.pcapng" */
    const char *links; /* names, ranges and patterns of links ("h0", "nic*") or of directions of them ("h[0-3] up"),
                          with commas between; NULL: all */
    uint64_t from_ps;  /* only TLPs that start in [from_ps, to_ps), counted from time zero */
    uint64_t to_ps;    /* TIME_NEVER: until the end */
};

/* One direction of a link that is traced. */
struct tracer_direction {
    struct trace_tap tap; /* the wire points here */
    struct tracer *tracer;
    const struct link_config *config; /* not owned */
    uint32_t vc_count;                /* virtual channels */
    bool mr;                          /* its TLPs have the MR prefix */
    uint32_t interface;               /* in the file */
};

struct tracer {
    struct trace_request request;
    struct world *world;                 /* not owned */
    struct tracer_direction *directions; /* owned */
    size_t direction_count;
    struct pcapng file;
};

/* Begins the trace of WORLD, which must stand still, and taps its wires. Failed, nothing is tapped, and one line in
 * REASON (of REASON_SIZE bytes) says why: STATUS_NOT_FOUND for what `links` names and is not there,
 * STATUS_UNAVAILABLE when the file cannot be written. */
MUST_CHECK enum status tracer_start(
    struct tracer *tracer, struct world *world, const struct trace_request *request, char *reason, size_t reason_size);

/* STATUS_UNAVAILABLE, and why in REASON, when something could not be written. To be looked at now and then. A tracer of
 * zeros, never started, is well, and may be stopped. */
MUST_CHECK enum status tracer_check(const struct tracer *tracer, char *reason, size_t reason_size);

/* Adds TLP, whose first byte starts on DIRECTION at START_PS, whatever the request's times. PAYLOAD: its bytes, in the
 * order of the wire; NULL: the model carries none. */
void tracer_add(
    struct tracer *tracer, const struct tracer_direction *direction, const struct tlp *tlp, const uint8_t *payload,
    uint64_t start_ps);

/* Takes the taps away and frees. What the stream still holds back is the caller's to flush. */
void tracer_stop(struct tracer *tracer);

#endif
