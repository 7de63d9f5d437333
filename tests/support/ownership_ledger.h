/* Ownership ledger: who has what, by what MR-PCIM's operations have said, kept apart from MR-PCIM's own inventory.
 *
 * It begins with the scenario's assignments, and each operation that has ended well adds what it said it changed: it
 * must have taken each function from whom the ledger has, and given it to nobody who has another that excludes it. Then
 * the inventory, and the hardware, must say the same of every function that no operation is changing. */
#ifndef TESTS_SUPPORT_OWNERSHIP_LEDGER_H
#define TESTS_SUPPORT_OWNERSHIP_LEDGER_H

#include "fabric/pcim/pcim.h"
#include "hostsim/rack/world.h"

struct ownership_entry {
    struct pcim_function_id function;
    struct pcim_owner owner; /* nobody: it is free */
    bool lost;               /* an operation failed, and nobody has it before another has worked */
};

struct ownership_ledger {
    const struct world *world;
    const struct pcim *pcim;
    struct ownership_entry *entries; /* of all functions that anybody ever had; owned */
    size_t count;
    char wrong[320]; /* the first thing that did not agree; "": all did */
};

/* Of WORLD, managed by PCIM, at time zero. */
void ownership_ledger_init(struct ownership_ledger *ledger, const struct world *world, const struct pcim *pcim);
void ownership_ledger_free(struct ownership_ledger *ledger);

/* OPERATION has ended, whatever it was and however. */
void ownership_ledger_note(struct ownership_ledger *ledger, const struct pcim_operation *operation);

/* Compares with the inventory, and with which hierarchies adapters work for. "": they agree. */
const char *ownership_ledger_compare(struct ownership_ledger *ledger);

/* Long after the last operation and the last fault: the hosts that look have found what they own. */
const char *ownership_ledger_compare_hosts(struct ownership_ledger *ledger);

#endif
