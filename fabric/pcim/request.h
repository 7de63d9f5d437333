/* Request: what MR-PCIM may be asked to do: a method of the management API and its fields.
 *
 * One structure a method, with the fields of the contract; texts are the asker's and only read during pcim_submit().
 * Whether somebody waits for the end is no matter of MR-PCIM's. A field that is not given is 0, NULL or false, unless
 * it says otherwise. */
#ifndef FABRIC_PCIM_REQUEST_H
#define FABRIC_PCIM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/pcie/link.h"

enum pcim_method {
    PCIM_METHOD_ASSIGN,
    PCIM_METHOD_RELEASE,
    PCIM_METHOD_MOVE,
    PCIM_METHOD_APPLY,
    PCIM_METHOD_SET_QOS,
    PCIM_METHOD_SET_VFS,
    PCIM_METHOD_CONTROL_PORT,
    PCIM_METHOD_INJECT_FAULT,
    PCIM_METHOD_REPAIR_FAULT,
    PCIM_METHOD_MIGRATE_GUEST,
    PCIM_METHODS,
};

/* How an owner loses a function. 0 is what stands for "not said". */
enum pcim_policy {
    PCIM_POLICY_MANAGED,        /* the host is asked, and gives it up */
    PCIM_POLICY_WAIT,           /* likewise, once nothing uses it */
    PCIM_POLICY_SURPRISE,       /* it is gone */
    PCIM_POLICY_REFUSE_IF_BUSY, /* likewise, unless something uses it: then BUSY */
    PCIM_POLICIES,
};

enum pcim_port_action {
    PCIM_PORT_RETRAIN,
    PCIM_PORT_DISABLE,
    PCIM_PORT_ENABLE,
    PCIM_PORT_HOT_RESET,
    PCIM_PORT_ACTIONS
};

/* What a name means where a link and an adapter, or a link and a host, have one name. */
enum pcim_part {
    PCIM_PART_ANY,
    PCIM_PART_LINK,
    PCIM_PART_ADAPTER,
    PCIM_PART_CHASSIS,
    PCIM_PART_FUNCTION,
    PCIM_PART_HOST
};

enum pcim_fault {
    PCIM_FAULT_FAIL,             /* the part is dead until it is repaired */
    PCIM_FAULT_BIT_ERRORS,       /* a link damages bits */
    PCIM_FAULT_POISONED,         /* data is marked as bad */
    PCIM_FAULT_HANG,             /* an adapter does not answer */
    PCIM_FAULT_LOST_COMPLETION,  /* a completion never comes */
    PCIM_FAULT_SURPRISE_REMOVAL, /* an adapter is gone */
    PCIM_FAULTS,
};

/* What its asker thinks is so: the generation of a function, or of the inventory; {0}: nothing. */
struct pcim_expected {
    bool given;
    uint64_t generation;
};

/* A line of a desired ownership. */
struct pcim_wish {
    const char *function, *to;
    bool vfs_given;
    uint32_t vfs;
};

struct pcim_assign_request {
    const char *function, *to;
    bool vfs_given;
    uint32_t vfs;                  /* VFs that come with a PF; single VFs of an sr-iov adapter's next free ones */
    struct pcim_expected expected; /* of the function */
    bool dry_run;
};

struct pcim_release_request {
    const char *function;
    enum pcim_policy policy;
    uint64_t deadline_ps; /* how long the owner has, from now; 0: as long as it takes */
    struct pcim_expected expected;
    bool dry_run;
};

struct pcim_move_request {
    const char *function, *to;
    enum pcim_policy policy;
    uint64_t deadline_ps;
    struct pcim_expected expected;
    bool dry_run;
};

struct pcim_apply_request {
    const struct pcim_wish *wishes; /* bindings */
    size_t wish_count;
    bool prune;
    enum pcim_policy policy;
    uint64_t deadline_ps;
    struct pcim_expected expected; /* of the inventory */
    bool dry_run;
};

/* What is not given stays; 0 is no limit. */
struct pcim_set_qos_request {
    const char *function;
    bool min_given, max_given, weight_given;
    uint64_t min_bps, max_bps; /* of payload, each way */
    uint32_t weight;
    struct pcim_expected expected;
};

struct pcim_set_vfs_request {
    const char *pf;
    uint32_t count;
    struct pcim_expected expected;
};

struct pcim_control_port_request {
    const char *port;
    enum pcim_port_action action;
    const char *hierarchy; /* HOT_RESET: of that root port only; NULL: of all that go through the port */
};

struct pcim_fault_request {
    const char *target;
    enum pcim_part part; /* what the name means; ANY: an adapter, host, chassis, trunk or function */
    enum pcim_fault fault;
    const char *host;     /* only in that host's hierarchies; NULL: in all */
    bool direction_given; /* only in that direction of a link */
    enum link_direction direction;
    uint64_t count;       /* POISONED, LOST_COMPLETION: how often; 0: once */
    uint64_t duration_ps; /* how long; 0: without end */
    uint64_t rate;        /* BIT_ERRORS: of a bit, in 2^-64 (as the link's `ber`) */
};

struct pcim_migrate_request {
    const char *guest, *to;
};

struct pcim_request {
    enum pcim_method method;
    union {
        struct pcim_assign_request assign;
        struct pcim_release_request release;
        struct pcim_move_request move;
        struct pcim_apply_request apply;
        struct pcim_set_qos_request set_qos;
        struct pcim_set_vfs_request set_vfs;
        struct pcim_control_port_request control_port;
        struct pcim_fault_request fault; /* INJECT_FAULT, REPAIR_FAULT (target, part) */
        struct pcim_migrate_request migrate;
    };
};

/* "Assign", "SetQos", ...: as the API has it. */
const char *pcim_method_name(enum pcim_method method);

/* "managed", "wait", "surprise", "refuse-if-busy"; "retrain", "disable", "enable", "hot-reset"; "fail", "bit-errors",
 * "poisoned", "hang", "lost-completion", "surprise-removal": as scenarios have them. */
const char *pcim_policy_name(enum pcim_policy policy);
const char *pcim_port_action_name(enum pcim_port_action action);
const char *pcim_fault_name(enum pcim_fault fault);

#endif
