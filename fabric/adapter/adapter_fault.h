/* Adapter faults: what goes wrong in an adapter because somebody wants to see what comes of it.
 *
 * An adapter without faults pays nothing for them: one with a fault receives by other functions (struct port_ops).
 * Surprise removal is its link's (fabric/pcie/link_control.h: LINK_CAUSE_REMOVED). */
#ifndef FABRIC_ADAPTER_ADAPTER_FAULT_H
#define FABRIC_ADAPTER_ADAPTER_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/adapter/adapter.h"

/* While it hangs ADAPTER takes nothing out of its receive buffer and sends nothing: who asks it has no answer, and what
 * waits for room in its buffer stays where it is. Afterwards it goes on with what has come meanwhile. */
void adapter_hang(struct adapter *adapter, bool hangs);

/* While it has failed FUNCTION, which is active, does nothing: it issues nothing, drops what is written to it and
 * answers reads with Completer Abort. What it had under way ends (function_stop()). It logs an internal error. */
void function_fail(struct function *function, bool fails);

/* The next COUNT TLPs with data that FUNCTION sends, writes or completions, are marked as bad (poisoned); 0: no more.
 */
void function_poison(struct function *function, uint32_t count);

/* The next COUNT completions for FUNCTION get lost in the adapter: their reads time out; 0: no more. */
void function_lose_completions(struct function *function, uint32_t count);

/* The link of ADAPTER, or hierarchy VH's part of it, has gone down: what functions had under way ends, and they begin
 * nothing until it is up again. For the adapter's port. */
void adapter_on_link(struct port *port, bool up);
void adapter_on_virtual_link(struct port *port, uint16_t vh, bool up);

#endif
