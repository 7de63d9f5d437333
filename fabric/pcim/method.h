/* Method: what MR-PCIM does for one kind of request; a constant table each, in a file of its name. */
#ifndef FABRIC_PCIM_METHOD_H
#define FABRIC_PCIM_METHOD_H

#include "fabric/pcim/pcim.h"

struct pcim_method_ops {
    const char *name;
    /* Looks at REQUEST and fills OPERATION, or refuses and fills REFUSAL; changes nothing. An operation that it leaves
     * without changes and with `nothing_to_do` succeeds at once. */
    enum status (*prepare)(
        struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
        struct pcim_refusal *refusal);
    /* What the operation will change is marked as its own, at once. NULL: nothing. */
    void (*claim)(struct pcim_operation *operation);
    /* Begins; ends by pcim_operation_end(). */
    void (*start)(struct pcim_operation *operation);
    /* NULL: cannot be cancelled once it has begun. */
    bool (*may_cancel)(const struct pcim_operation *operation);
    void (*cancel)(struct pcim_operation *operation);
};

extern const struct pcim_method_ops pcim_assign, pcim_release, pcim_move, pcim_apply, pcim_set_qos, pcim_set_vfs,
    pcim_control_port, pcim_inject_fault, pcim_repair_fault, pcim_migrate_guest;

/* Faults of MR-PCIM's whose time is over end (fault.c). */
void pcim_faults_end(struct event *event);

#endif
