/* History: random requests to the MR-PCIM of a rack that runs, the same ones for every seed: all that the management
 * API can change, with names that exist and names that do not, every policy, deadlines, cancels, and faults of every
 * kind.
 *
 * What was asked and what became of it is written down, in the words of a scenario's timeline where it has them. */
#ifndef TESTS_SUPPORT_HISTORY_H
#define TESTS_SUPPORT_HISTORY_H

#include "fabric/base/random.h"
#include "tests/support/ownership_ledger.h"

#define HISTORY_LOG 65536

struct history {
    const struct scenario *scenario;
    struct pcim *pcim;
    struct random random;
    bool calm; /* nothing fails, no port is touched and nothing is taken back: hosts hear of all that is meant for them
                */
    struct ownership_ledger ledger;
    size_t running;        /* operations that were accepted and have not ended */
    size_t accepted, good; /* operations, and those that ended well */
    uint64_t log_hash;     /* of all that was written down, also of what found no room */
    char *log;             /* HISTORY_LOG bytes, from `written` on free; not owned */
    size_t written;
};

/* A history of SEED, every third of which is calm, of WORLD, whose MR-PCIM is PCIM; written to LOG, of HISTORY_LOG
 * bytes. It must not be moved. */
void history_init(struct history *history, const struct world *world, struct pcim *pcim, uint64_t seed, char *log);
void history_free(struct history *history);

/* One more request, now. */
void history_step(struct history *history);

/* Asks for all ports to be enabled and all faults to be repaired, now. */
void history_repair(struct history *history);

#endif
