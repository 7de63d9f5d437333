/* Operation: one request that MR-PCIM has accepted, from then until it has ended and for those who ask later.
 *
 *     pending ──> running ──> succeeded | failed | cancelled
 *
 * What is already so, and a dry run, succeed at once. Everybody may read all above "private"; it changes only in
 * simulated time. Operations are MR-PCIM's; one stays where it is while it is listed (PCIM_OPERATIONS_KEPT), a dry run
 * until the next one. */
#ifndef FABRIC_PCIM_OPERATION_H
#define FABRIC_PCIM_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcim/change.h"
#include "fabric/pcim/parts.h"
#include "fabric/pcim/refusal.h"
#include "fabric/pcim/request.h"
#include "fabric/pcim/resolve.h"

enum pcim_operation_state {
    PCIM_PENDING,
    PCIM_RUNNING,
    PCIM_SUCCEEDED,
    PCIM_FAILED_OPERATION,
    PCIM_CANCELLED,
    PCIM_OPERATION_STATES,
};

struct pcim;
struct pcim_method_ops;

struct pcim_operation {
    uint64_t id; /* from 1; 0: a dry run */
    enum pcim_method method;
    enum pcim_operation_state state;
    uint32_t progress;           /* per cent of its steps */
    struct pcim_refusal status;  /* why it ended so; OK until then */
    uint64_t started_ps;         /* when it was accepted */
    uint64_t ended_ps;           /* TIME_NEVER: it has not */
    bool dry_run;                /* it has changed nothing, and was not to */
    char subject[PCIM_TEXT];     /* the function, port or part; "": several, or none */
    char detail[PCIM_DETAIL];    /* what there is to know besides: "h3 does not see it before it reboots"; "" */
    struct pcim_change *changes; /* the plan, in its order: who gets what, from whom (change.h) */
    size_t change_count;
    struct pcim_parts parts; /* of its time, where it has changes */
    /* Called when it ends, if not at once; may be set by who submitted it, before simulated time goes on. */
    void (*on_end)(void *context, const struct pcim_operation *operation);
    void *context;

    /* private */
    struct pcim *pcim;
    const struct pcim_method_ops *ops;
    struct event begin, deadline;
    uint64_t deadline_ps; /* how long owners have; 0: as long as it takes */
    enum pcim_policy policy;
    size_t phase;       /* of its changes (change.h) */
    size_t outstanding; /* changes that have not ended this phase */
    size_t steps_done, steps;
    bool undoing;
    struct pcim_call call; /* of operations without changes */
    union {
        struct {
            struct pcim_function_id function;
            uint64_t min_bps, max_bps;
            uint32_t weight;
        } qos;
        struct {
            struct pcim_function_id pf;
            uint32_t count, was;
            uint32_t doubtful; /* the highest VF that it may have, from 1, where that is not known; otherwise 0 */
        } vfs;
        struct {
            int port;
            enum pcim_port_action action;
            uint16_t vh; /* HOT_RESET of one hierarchy; 0: of all */
        } port;
        struct {
            struct pcim_target target;
            struct pcim_fault_request fault; /* its texts are not kept */
            int host;                        /* only in that host's hierarchies; PCIM_NONE: in all */
        } fault;
    };
};

static inline bool pcim_operation_has_ended(const struct pcim_operation *operation)
{
    return operation->state >= PCIM_SUCCEEDED;
}

/* "pending", "running", "succeeded", "failed", "cancelled". */
const char *pcim_operation_state_name(enum pcim_operation_state state);

#endif
