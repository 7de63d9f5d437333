/* Trace: who looks at TLPs as they start on a wire.
 *
 * A tap belongs to whoever looks, embedded in what it keeps of one direction of a link; the wire
 * (fabric/pcie/wire.h) only points to it, and points nowhere while nobody looks. What becomes of a TLP is none of a
 * tap's business: it changes nothing, sends nothing, schedules nothing and allocates nothing, so a run is the same with
 * taps and without. */
#ifndef FABRIC_ENGINE_TRACE_H
#define FABRIC_ENGINE_TRACE_H

#include <stdint.h>

struct tlp;

struct trace_tap {
    /* The first byte of TLP starts on the wire at START_PS. TLP is the wire's: to be looked at until the call returns.
     */
    void (*on_tlp)(struct trace_tap *tap, const struct tlp *tlp, uint64_t start_ps);
};

#endif
