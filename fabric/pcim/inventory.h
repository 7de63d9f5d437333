/* Inventory: what there is in the rack, who is to have it, and who has it, as MR-PCIM knows it.
 *
 * Built once from what the rack is made of (pcim_inventory_add_*(), in the order of the file, then _seal()), with the
 * ownership of time zero (pcim_inventory_own()). From then on only operations change it. Numbers are indices into its
 * arrays and never change; PCIM_NONE is none. It owns all it points to.
 *
 * Desired and actual differ while an operation is under way, and after a failure: a function that is on its way to h2
 * has `owner` h2 and `actual` nobody; a port that is enabled and whose cable is cut is desired up and actually down. */
#ifndef FABRIC_PCIM_INVENTORY_H
#define FABRIC_PCIM_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/pcim/refusal.h"

#define PCIM_NONE (-1)
#define PCIM_BF (-2) /* as a PF's number: the base function */

enum pcim_sharing { PCIM_MR_IOV, PCIM_SR_IOV, PCIM_EXCLUSIVE };

/* How a host takes hot-plug. */
enum pcim_hotplug {
    PCIM_HOTPLUG_MANAGED,  /* it may be asked for a function */
    PCIM_HOTPLUG_SURPRISE, /* it sees what comes and goes, and cannot be asked */
    PCIM_HOTPLUG_NONE,     /* it sees what was there when it booted */
};

/* Which function: nic0.bf has pf PCIM_BF; nic0.pf2 has vf PCIM_NONE; nic0.pf2.vf5 has both. */
struct pcim_function_id {
    int adapter;
    int pf;
    int vf;
};

/* Whose. */
struct pcim_owner {
    int host;   /* PCIM_NONE: nobody's */
    int uplink; /* which of its root ports toward chassis; PCIM_NONE: the root port of an adapter in the host */
    int guest;  /* PCIM_NONE: the host's own */
};
#define PCIM_NOBODY ((struct pcim_owner){PCIM_NONE, PCIM_NONE, PCIM_NONE})

enum pcim_function_state {
    PCIM_FREE,     /* for whoever it is assigned to */
    PCIM_ASSIGNED, /* its owner has it */
    PCIM_MANAGED,  /* MR-PCIM's own: a base function, the PF of an sr-iov adapter */
    PCIM_UNSEEN,   /* its owner cannot see it before it reboots */
    PCIM_ARRIVING, /* on its way to its owner */
    PCIM_LEAVING,  /* its owner gives it up, or it is being reset */
    PCIM_FAILED,   /* it could not be reset or programmed: nobody gets it before it is repaired */
    PCIM_FUNCTION_STATES,
};

#define PCIM_WEIGHT_MOST 65535

struct pcim_function {
    bool exists;   /* VFs of an mr-iov or exclusive PF: as many as it offers */
    bool reserved; /* the file names it: not for whoever takes the next free one */
    enum pcim_function_state state;
    struct pcim_owner owner;   /* who is to have it */
    struct pcim_owner actual;  /* who has it */
    struct pcim_owner origin;  /* while an operation changes it: who has it again if that fails; otherwise nobody */
    uint64_t generation;       /* from 1, one more with each change of hands or limits */
    uint64_t operation;        /* that changes it now; 0: none */
    bool seen;                 /* its host has found it since it began to arrive; while that operation runs */
    uint64_t min_bps, max_bps; /* of payload each way; 0: none */
    uint64_t asked_min_bps;    /* what an operation is about to make `min_bps`; 0: nothing more than that */
    uint32_t weight;           /* 1 to PCIM_WEIGHT_MOST */
};

struct pcim_pf {
    struct pcim_function function;
    struct pcim_function *vfs; /* vf_room of them: what it offers, or ever did; all of an sr-iov adapter's */
    uint32_t vf_room;
    uint32_t offered; /* VFs that it offers in its hierarchy (mr-iov, exclusive) */
    uint32_t claimed; /* that are its, whatever becomes of the operation that changes how many, or has become of the
                         last one, which did not learn it; 0: that is known */
};

struct pcim_adapter {
    char *name;
    int chassis; /* where it is; PCIM_NONE: in a host */
    int host;    /* likewise */
    int link;    /* its own */
    enum pcim_sharing sharing;
    uint32_t pf_count;       /* 1 unless mr-iov */
    uint32_t vf_limit;       /* VFs of all its PFs together */
    struct pcim_function bf; /* mr-iov */
    struct pcim_pf *pfs;
    bool failed; /* by a fault that was injected */
};

struct pcim_guest {
    char *name;
};

struct pcim_host {
    char *name;
    int *chassis; /* of each uplink */
    int *links;   /* likewise */
    size_t uplink_count;
    struct pcim_guest *guests;
    size_t guest_count;
    enum pcim_hotplug hotplug;
    bool sr_iov, vf_migration; /* what its hypervisor can do */
    bool plugs_guests;         /* and that running guests get functions from it, and lose them */
    bool failed;
};

struct pcim_chassis {
    char *name;
    bool failed;
};

enum pcim_link_kind { PCIM_LINK_UPLINK, PCIM_LINK_TRUNK, PCIM_LINK_ADAPTER };

struct pcim_link {
    char *name; /* as results have it: "h0", "h0:1", "isl0", "nic0" */
    enum pcim_link_kind kind;
    int of;                /* the host, trunk or adapter */
    int uplink;            /* UPLINK */
    int chassis[2];        /* at its ends; a host's or an adapter's end has PCIM_NONE */
    uint64_t most_min_bps; /* what may be guaranteed on it in all, of payload each way; 0: no bound */
    bool enabled;          /* desired: no one has disabled its port */
    bool up;               /* actual */
    bool failed;           /* by a fault that was injected */
    uint64_t generation;
};

/* An end of a link that can be told something. */
struct pcim_port {
    char *name; /* "h0", "h0:1", "nic0", "isl0:tor0" */
    int link;
    int end; /* of the link's chassis */
};

/* A virtual hierarchy: hierarchies[n] has the number n + 1; 0 is MR-PCIM's own. */
struct pcim_hierarchy {
    uint16_t vh;
    int host;
    int uplink;  /* PCIM_NONE: of an adapter in the host */
    int adapter; /* that one */
    bool in_reset;
    uint64_t generation;
};

struct pcim_inventory {
    struct pcim_chassis *chassis;
    size_t chassis_count;
    struct pcim_link *links; /* hosts', trunks', adapters' */
    size_t link_count;
    struct pcim_port *ports;
    size_t port_count;
    struct pcim_host *hosts;
    size_t host_count;
    struct pcim_adapter *adapters;
    size_t adapter_count;
    struct pcim_hierarchy *hierarchies;
    size_t hierarchy_count;
    uint64_t generation;         /* one more with each change of anything */
    uint64_t generations_before; /* what all generations began with: told in an earlier life */
    int *hops;                   /* trunks from chassis to chassis, chassis_count squared; PCIM_NONE: no way */
    struct pcim_name *names;
    size_t name_count;
};

/* --- building --- */

struct pcim_host_config {
    const char *name;
    const int *chassis; /* of each uplink */
    size_t uplink_count;
    const char *const *guests;
    size_t guest_count;
    enum pcim_hotplug hotplug;
    bool sr_iov, vf_migration, plugs_guests;
    uint64_t most_min_bps; /* of each uplink, as in struct pcim_link */
};

struct pcim_adapter_config {
    const char *name;
    int chassis, host; /* where it is: one of them */
    enum pcim_sharing sharing;
    uint32_t pfs, vfs;
    uint64_t most_min_bps; /* of its link */
};

/* {0} is empty. Chassis first, then hosts, trunks and adapters; each returns its index. Names must be unique. */
int pcim_inventory_add_chassis(struct pcim_inventory *inventory, const char *name);
int pcim_inventory_add_host(struct pcim_inventory *inventory, const struct pcim_host_config *config);
int pcim_inventory_add_trunk(struct pcim_inventory *inventory, const char *name, int from, int to);
int pcim_inventory_add_adapter(struct pcim_inventory *inventory, const struct pcim_adapter_config *config);

/* Ends the building: links, ports, hierarchies (uplinks in the order of hosts, then adapters in hosts) and names. */
void pcim_inventory_seal(struct pcim_inventory *inventory);

/* FUNCTION is OWNER's at time zero; a VF comes into being. For building, and for who restores a state. */
void pcim_inventory_own(
    struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_owner owner, uint32_t weight);

/* A copy of INVENTORY's functions, to try ownership on: everything else is shared, and it is freed with
 * pcim_inventory_free_copy(). */
struct pcim_inventory pcim_inventory_copy(const struct pcim_inventory *inventory);
void pcim_inventory_free_copy(struct pcim_inventory *copy);

void pcim_inventory_free(struct pcim_inventory *inventory);

/* --- asking --- */

/* The entry of FUNCTION, whose numbers are the adapter's; NULL where it names a VF that nobody ever offered. Valid
 * until VFs are offered (pcim_inventory_offer). */
struct pcim_function *pcim_function_at(const struct pcim_inventory *inventory, struct pcim_function_id function);

/* Whether the adapter has such a function at all, offered or not. */
bool pcim_function_is_possible(const struct pcim_inventory *inventory, struct pcim_function_id function);

static inline bool pcim_owner_is_nobody(struct pcim_owner owner)
{
    return owner.host == PCIM_NONE;
}
bool pcim_owner_equal(struct pcim_owner one, struct pcim_owner other);

/* Whether OWNER counts as BY: the same host, and the uplink and guest that BY names (PCIM_NONE: any). */
bool pcim_owner_counts(struct pcim_owner owner, struct pcim_owner by);

/* The hierarchy in which OWNER has functions of ADAPTER; NULL for nobody. */
const struct pcim_hierarchy *
pcim_hierarchy_of(const struct pcim_inventory *inventory, struct pcim_owner owner, int adapter);

/* Trunks between two chassis; PCIM_NONE: no way. */
int pcim_hops(const struct pcim_inventory *inventory, int from, int to);

/* VFs of PF that no other can have. */
static inline uint32_t pcim_pf_vfs(const struct pcim_pf *pf)
{
    return pf->claimed > pf->offered ? pf->claimed : pf->offered;
}

/* Likewise of all PFs of ADAPTER. */
uint32_t pcim_offered(const struct pcim_adapter *adapter);

/* "nic0.pf0.vf5", "nic0.bf"; "h0", "h0:1", "h0/vm1", and "" for nobody; "h0" of a hierarchy. BUFFER is returned. */
const char *
pcim_function_text(const struct pcim_inventory *inventory, struct pcim_function_id function, char buffer[PCIM_TEXT]);
const char *pcim_owner_text(const struct pcim_inventory *inventory, struct pcim_owner owner, char buffer[PCIM_TEXT]);

/* "free", "assigned", "managed", "unseen", "arriving", "leaving", "failed". */
const char *pcim_function_state_name(enum pcim_function_state state);

/* Calls VISIT for each function that exists, by adapter, BF, then each PF followed by its VFs. */
void pcim_each_function(
    const struct pcim_inventory *inventory, void *context,
    void (*visit)(void *context, struct pcim_function_id id, const struct pcim_function *function));

/* --- changing: operations only --- */

/* Says that something of FUNCTION has changed: its generation and the inventory's. */
void pcim_inventory_touch(struct pcim_inventory *inventory, struct pcim_function *function);

/* The owner of FUNCTION has found it, which it could not before it was told or had rebooted. */
void pcim_inventory_see(struct pcim_inventory *inventory, struct pcim_function_id function);

/* PF has entries for VFS VFs, whether they exist or not; entries move. */
void pcim_inventory_make_room(struct pcim_inventory *inventory, struct pcim_function_id pf, uint32_t vfs);

/* PF offers VFS from now on, with the PF's owner; those beyond end to exist. */
void pcim_inventory_offer(struct pcim_inventory *inventory, struct pcim_function_id pf, uint32_t vfs);

bool pcim_inventory_is_valid(const struct pcim_inventory *inventory);

/* --- names (resolve.c) --- */

enum pcim_name_kind { PCIM_NAME_CHASSIS, PCIM_NAME_HOST, PCIM_NAME_TRUNK, PCIM_NAME_ADAPTER };
struct pcim_name {
    const char *text; /* the part's own */
    enum pcim_name_kind kind;
    int index; /* TRUNK: of its link */
};

/* NULL: nothing is called that. */
const struct pcim_name *pcim_name_find(const struct pcim_inventory *inventory, const char *text);

#endif
