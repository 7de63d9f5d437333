/* Hardware: what operations ask of the rack, as a table of functions.
 *
 * Behind it are MR-PCIM's commands over its own hierarchy (configuration TLPs of VH 0) and what hosts do with their
 * slots; a test puts a fake there. Every command is asynchronous: it takes a call that its caller keeps until it is
 * answered, and answers once, by call->done(), in simulated time or before it returns. A command that fails leaves the
 * rack as it was, as far as it can know; call->why says what went wrong.
 *
 * `at` is where a function is, or is to be: which hierarchy, and how many VFs come with a PF. */
#ifndef FABRIC_PCIM_HARDWARE_H
#define FABRIC_PCIM_HARDWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/pcim/inventory.h"
#include "fabric/pcim/request.h"
#include "fabric/pcim/resolve.h"

struct pcim_call {
    void (*done)(struct pcim_call *call, enum status status);
    char why[160]; /* with a status other than OK: one line; "": nothing more to say */
    bool unseen;   /* answer of `present`: the owner will not look before it reboots */
};

struct pcim_binding {
    struct pcim_function_id function; /* a PF with its VFs, or a single VF */
    struct pcim_owner owner;
    uint16_t vh;
    uint32_t vfs; /* of a PF */
};

struct pcim_hardware {
    const char *name;

    /* --- from nobody to an owner --- */

    /* The adapter and the chassis give the function to that hierarchy: base function, translation, bridges on the way,
     * all still empty slots to the host. */
    void (*bind)(void *rack, const struct pcim_binding *at, struct pcim_call *call);
    /* The slot is occupied, and the host adds what is in it. Answered when the host has, with `unseen` when it never
     * looks. */
    void (*present)(void *rack, const struct pcim_binding *at, struct pcim_call *call);

    /* --- from an owner to nobody --- */

    /* Asks the host to give it up (attention) and answers when it has (power is off). */
    void (*withdraw)(void *rack, const struct pcim_binding *at, struct pcim_call *call);
    /* The wish is not waited for any more: a withdraw, or let_go, whose call has not been answered never is. */
    void (*withdraw_cancel)(void *rack, const struct pcim_binding *at);
    /* Takes the wish back, after that or when it has failed. Answered, always OK, when the host keeps the function or
     * has it again; with `unseen` where it cannot be told. */
    void (*keep)(void *rack, const struct pcim_binding *at, struct pcim_call *call);
    /* It is gone, whether the host has given it up or not: the slot is empty, its TLPs are dropped. */
    void (*remove)(void *rack, const struct pcim_binding *at, struct pcim_call *call);
    /* Function-level reset of the function (a PF with its VFs), and all that it did for its owner is over. */
    void (*reset)(void *rack, const struct pcim_binding *at, struct pcim_call *call);
    /* The way back from `bind`. */
    void (*unbind)(void *rack, const struct pcim_binding *at, struct pcim_call *call);
    /* True when nothing in the model names the old owner of the function any more. It costs no simulated time: it is
     * the model's proof, not the rack's. */
    bool (*is_clean)(void *rack, const struct pcim_binding *at, char *why, size_t why_size);

    /* --- between a host and its guests: no bridge changes, and the host's hypervisor does it --- */

    /* Whoever has it lets go of it, and uses it no more. */
    void (*let_go)(void *rack, const struct pcim_binding *at, struct pcim_call *call);
    /* It may be used again: also after the call was answered, and when it was not it never is. */
    void (*let_go_cancel)(void *rack, const struct pcim_binding *at);
    /* It is reset, with the model's proof that nothing of its user is left, and TO has it. With policy SURPRISE it need
     * not have been let go of. */
    void (*hand_over)(
        void *rack, const struct pcim_binding *from, struct pcim_owner to, enum pcim_policy policy,
        struct pcim_call *call);

    /* --- asking --- */

    /* Whether operations of workloads are under way, or workloads that have not ended use it. */
    bool (*is_in_use)(void *rack, const struct pcim_binding *at);
    /* Answers when it is in use no longer. */
    void (*await_idle)(void *rack, const struct pcim_binding *at, struct pcim_call *call);
    void (*await_idle_cancel)(void *rack, const struct pcim_binding *at);

    /* --- the rest --- */

    void (*set_limits)(
        void *rack, const struct pcim_binding *at, uint64_t min_bps, uint64_t max_bps, uint32_t weight,
        struct pcim_call *call);
    /* The VF migration handshake for VF (from 0) of a PF: offers it to the host, which takes it or not; asks for it
     * back. `vf_retract` takes an offer back that was not taken. */
    void (*vf_offer)(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call);
    void (*vf_retract)(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call);
    void (*vf_take_back)(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call);
    void (*control_port)(void *rack, int port, enum pcim_port_action action, struct pcim_call *call);
    void (*reset_hierarchy)(void *rack, uint16_t vh, struct pcim_call *call);
    /* HOST: only in its hierarchies; PCIM_NONE: in all. When it ends is the caller's matter (`end_fault`). */
    void (*inject)(
        void *rack, const struct pcim_target *target, const struct pcim_fault_request *fault, int host,
        struct pcim_call *call);
    /* All that is wrong with TARGET is over. */
    void (*repair)(void *rack, const struct pcim_target *target, struct pcim_call *call);
    /* FAULT of TARGET is over, and what else is wrong with it is not. Of BIT_ERRORS, RATE are left; 0: the link's own.
     */
    void (*end_fault)(void *rack, const struct pcim_target *target, enum pcim_fault fault, uint64_t rate);
};

#endif
