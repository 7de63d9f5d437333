/* Plugs: what comes and goes below the root ports of a world's hosts: each has a hot-plug driver
 * (hostsim/host/hotplug.h), which tells the workloads of its host (hostsim/rack/loads.h) what they have.
 *
 * Only in a managed scenario: one whose ownership may change. MR-PCIM's side says whom it gives what with plugs_bind(),
 * before the slot shows it, and hears here what became of it. */
#ifndef HOSTSIM_RACK_PLUGS_H
#define HOSTSIM_RACK_PLUGS_H

#include <stdbool.h>
#include <stddef.h>

#include "hostsim/host/hotplug.h"
#include "hostsim/rack/scenario.h"

struct world;
struct plugs;

/* Who manages the rack. Any may be NULL. */
struct plugs_ops {
    const char *name;
    /* FUNCTION has been found by its owner, and its workloads may use it. */
    void (*on_attached)(void *context, struct scenario_function function);
    /* FUNCTION is its owner's no longer, as its host sees it: nobody uses it. */
    void (*on_detached)(void *context, struct scenario_function function);
    /* The driver that has FUNCTION has let go of it, as plugs_ask() asked. */
    void (*on_let_go)(void *context, struct scenario_function function);
    /* FUNCTION has passed on, as plugs_pass() asked; not WELL: it did not answer, and is as it was. */
    void (*on_passed)(void *context, struct scenario_function function, bool well);
    /* The host of hierarchy VH has no room for something that it has found. */
    void (*on_refused)(void *context, uint16_t vh);
    /* The host of hierarchy VH has dealt with an event of the bridge ID: whatever it found. */
    void (*on_settled)(void *context, uint16_t vh, uint16_t id);
};

/* What becomes of the host of a root (hostsim/rack/crash.h). */
enum plugs_state { PLUGS_RUNS, PLUGS_DEAD, PLUGS_BOOTS };

struct plugs {
    struct world *world;      /* not owned */
    struct hotplug *drivers;  /* by root of the topology; owned */
    enum plugs_state *states; /* likewise; owned */
    size_t count;
    const struct plugs_ops *ops; /* NULL: nobody asks */
    void *context;               /* theirs */
};

/* The drivers of WORLD, whose hosts have booted; they take its trees over. FROM: those that have started at boot, of a
 * world of the same scenario; NULL: they have not started (plugs_start()). */
void plugs_init(struct plugs *plugs, struct world *world, const struct plugs *from);

/* The world has its workloads. */
void plugs_join_loads(struct plugs *plugs);
void plugs_free(struct plugs *plugs);

/* Has all drivers turn their slots' interrupts on. */
void plugs_start(struct plugs *plugs);

/* MR-PCIM gives FUNCTION (a PF with VFs: each of them) to OWNER, whose host will find it; takes it away. */
void plugs_bind(struct plugs *plugs, struct scenario_function function, struct scenario_owner owner);
void plugs_unbind(struct plugs *plugs, struct scenario_function function);

/* Nothing of FUNCTION, which has been taken away, comes to its host any more: what had been under way when the host
 * forgot it has left translations behind, which go. */
void plugs_unbound(struct plugs *plugs, struct scenario_function function);

/* Whether FUNCTION's owner has found it; and whether its host is done with its slot. on_settled() tells of that. */
bool plugs_is_attached(const struct plugs *plugs, struct scenario_function function);
bool plugs_has_settled(const struct plugs *plugs, struct scenario_function function);

/* --- within one host: functions (a PF with its VFs) pass between it and its guests --- */

/* The driver of FUNCTION is to let go of it; on_let_go() tells when it has, of each VF too. True when it has already.
 */
bool plugs_ask(struct plugs *plugs, struct scenario_function function);
bool plugs_has_let_go(const struct plugs *plugs, struct scenario_function function);

/* It is not to any more, and goes on. */
void plugs_keep(struct plugs *plugs, struct scenario_function function);

/* FUNCTION passes to OWNER, of the same host; AT_ONCE: without waiting for what it has under way. on_passed() tells of
 * the end. False: the host does not see it, and will give it to OWNER when it does. */
bool plugs_pass(struct plugs *plugs, struct scenario_function function, struct scenario_owner owner, bool at_once);

/* It stays with whoever had it; nobody is told. */
void plugs_pass_cancel(struct plugs *plugs, struct scenario_function function);

/* How the host of hierarchy VH is told of what comes and goes. */
enum hotplug_mode plugs_mode(const struct plugs *plugs, uint16_t vh);

/* The host of hierarchy VH had no bus numbers left for what is behind bridge ID. */
bool plugs_is_dead_end(const struct plugs *plugs, uint16_t vh, uint16_t id);

bool plugs_are_valid(const struct plugs *plugs);

#endif
