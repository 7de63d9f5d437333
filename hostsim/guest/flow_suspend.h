/* Flow suspend: flows whose function's driver lets go of it, and those whose function is gone: they wait, and go on
 * when their owner has the function again.
 *
 * While a flow is suspended no operation arrives: what an open process would have had in that time never was. What is
 * under way goes on, and on_quiet tells when all of it has ended. */
#ifndef HOSTSIM_GUEST_FLOW_SUSPEND_H
#define HOSTSIM_GUEST_FLOW_SUSPEND_H

#include "hostsim/guest/flow.h"

/* Nothing arrives any more. */
void flow_suspend(struct flow *flow);

/* Operations arrive again, from now on. */
void flow_resume(struct flow *flow);

/* Ends operations that no issuer has taken, as dropped: their function is gone. The flow is suspended. */
void flow_drop_waiting(struct flow *flow);

/* TARGET is picked no more, or again. A flow of which all are absent must be suspended. */
void flow_set_absent(struct flow *flow, uint32_t target, bool absent);

/* The window of OP at TARGET begins at ADDRESS from now on. */
void flow_set_address(struct flow *flow, uint32_t target, uint32_t op, uint64_t address);

/* Its last completion was at LAST_PS (0: there was none), and something has come between. Nothing changes while it is
 * interrupted already. */
void flow_interrupt(struct flow *flow, uint64_t last_ps);

#endif
