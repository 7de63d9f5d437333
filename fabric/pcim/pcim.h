/* MR-PCIM: the manager of the rack. It knows who owns what, and is the one way to change it.
 *
 *     pcim_init(&pcim, &simulation, &hardware, rack);
 *     ... pcim_inventory_add_...(&pcim.inventory, ...), _seal(), _own() ...
 *     struct pcim_request request = {.method = PCIM_METHOD_MOVE, .move = {.function = "nic0@h0", .to = "h3"}};
 *     enum status status = pcim_submit(&pcim, &request, &operation, &refusal);
 *
 * The scenario's timeline, the management daemon and tests call the same pcim_submit(). It answers at once: with an
 * operation that goes on in simulated time, or with a refusal that says what is wrong, who holds what is in the way and
 * what would work. Asking again for what is already so succeeds and changes nothing. Two operations never change one
 * function at a time: the second is refused with BUSY and the first one's number.
 *
 * What MR-PCIM changes in the rack it changes by its hardware table (hardware.h), whose commands take simulated time
 * and may fail. All of it runs within the simulation of the model, on one thread; between two runs of the simulation
 * anybody may submit, cancel and read. */
#ifndef FABRIC_PCIM_PCIM_H
#define FABRIC_PCIM_PCIM_H

#include <stdint.h>

#include "fabric/engine/simulation.h"
#include "fabric/pcim/event_log.h"
#include "fabric/pcim/faults.h"
#include "fabric/pcim/hardware.h"
#include "fabric/pcim/inventory.h"
#include "fabric/pcim/operation.h"
#include "fabric/pcim/request.h"

#define PCIM_OPERATIONS_RUNNING 1024 /* at a time; more are RESOURCES_EXHAUSTED */
#define PCIM_OPERATIONS_KEPT 16384   /* of those that have ended, the last ones */

struct pcim {
    struct pcim_inventory inventory;
    struct pcim_event_log events;
    struct pcim_operation **operations; /* those listed, by id; owned */
    size_t operation_count;
    struct pcim_operation *rehearsed; /* the last dry run, which is not among them; owned; NULL: none */
    struct pcim_faults faults;        /* in force */

    /* private */
    struct component component;
    const struct pcim_hardware *hardware;
    void *rack; /* HARDWARE's */
    uint64_t next_operation;
    size_t running;
};

/* An MR-PCIM of an empty rack; SIMULATION, HARDWARE and RACK outlive it. */
void pcim_init(struct pcim *pcim, struct simulation *simulation, const struct pcim_hardware *hardware, void *rack);
void pcim_free(struct pcim *pcim);

/* For a state that outlives the process: the first operation and the first event get these numbers. Before either.
 * Every change is an event, so generations that go on from the same number are above all that were told. */
void pcim_resume(struct pcim *pcim, uint64_t first_operation, uint64_t first_event);

/* Likewise: lists PAST, which has ended, with its public fields; its number is higher than any before. */
void pcim_recall(struct pcim *pcim, const struct pcim_operation *past);

/* Does what REQUEST asks. STATUS_OK: *OPERATION is it, and may have succeeded at once (nothing to do, a dry run). Any
 * other status: nothing was changed, *OPERATION is NULL and REFUSAL says why. A dry run is listed nowhere, has no
 * number (0) and is there until the next one is asked for. */
MUST_CHECK enum status pcim_submit(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation **operation,
    struct pcim_refusal *refusal);

/* For who must write an operation down before it happens. OPERATION, just accepted, does not begin, in however much
 * simulated time, before pcim_go(). */
void pcim_hold(struct pcim_operation *operation);
void pcim_go(struct pcim_operation *operation);

/* OPERATION, which is held, ends CANCELLED because of WHY: nothing of it has happened. */
void pcim_withdraw(struct pcim_operation *operation, const char *why);

/* Cancels operation ID while nobody has lost anything by it: it ends CANCELLED and all is as it was. NOT_FOUND; BUSY
 * when it is too far. One that has ended stays what it is: OK. */
MUST_CHECK enum status pcim_cancel(struct pcim *pcim, uint64_t id, struct pcim_refusal *refusal);

/* NULL: there was none of that number, or it is long over. */
struct pcim_operation *pcim_operation_find(const struct pcim *pcim, uint64_t id);

bool pcim_is_valid(const struct pcim *pcim);

/* --- for operations --- */

uint64_t pcim_now_ps(const struct pcim *pcim);

/* OPERATION has ended: OK with its status cleared, CANCELLED, or as its `status` says. */
void pcim_operation_end(struct pcim_operation *operation, enum status status);

#endif
