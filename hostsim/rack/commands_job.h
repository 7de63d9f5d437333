/* Commands job: one command of MR-PCIM's hardware table under way; the parts of commands.h share it. */
#ifndef HOSTSIM_RACK_COMMANDS_JOB_H
#define HOSTSIM_RACK_COMMANDS_JOB_H

#include "fabric/base/time.h"
#include "fabric/pcim/adapter_port.h"
#include "fabric/pcim/chassis_port.h"
#include "fabric/switch/slot.h"
#include "hostsim/rack/commands.h"
#include "hostsim/rack/way.h"

/* One step. False: there is nothing to do; otherwise the job goes on when its command or what it waits for has ended.
 */
typedef bool (*commands_step)(struct commands_job *job);

/* How long MR-PCIM waits for a host that does nothing: long enough for several links that the host waits a second for.
 */
#define COMMANDS_PATIENCE_PS (10 * PS_PER_S)

struct commands_job {
    struct commands *owner;
    struct commands_job *next;
    bool busy;
    struct pcim_call *call; /* NULL: nobody waits for it */
    struct pcim_binding at;
    const commands_step *steps; /* ends with NULL */
    size_t step;
    struct management_command command;
    struct way_hop hops[WAY_HOPS];
    uint32_t hop_count, hop;
    bool is_up_shown;  /* of that hop */
    const char *what;  /* the step under way, for messages */
    struct event poll; /* what nobody tells is looked at again */

    /* Until this comes, if anything. */
    enum commands_awaited {
        COMMANDS_NOTHING,
        COMMANDS_ATTACHED,  /* the function's workloads have it */
        COMMANDS_POWER_OFF, /* the slot's power is off */
        COMMANDS_RELEASED,  /* the function in the place has been let go of, */
        COMMANDS_KEPT,      /* or is used after all */
        COMMANDS_REACTION,  /* the slot's power is off, or its indicator blinks */
        COMMANDS_OUTCOME,   /* the slot's power is off, or its indicator is on */
        COMMANDS_VACANCY,   /* nobody takes the slot along */
        COMMANDS_LET_GO,    /* drivers of the host have let go of the function, */
        COMMANDS_PASSED,    /* or the host has passed it on */
    } awaited;
    bool goes_on;              /* also when that does not come in time, or a command fails; others fail then */
    struct slot *slot;         /* whose power, indicator or places those are about */
    uint8_t place;             /* of steps that are not about the whole slot */
    bool whole_slot;           /* nobody else of the hierarchy is in the function's slot */
    bool is_over;              /* nothing is left to do, but to say so */
    bool is_released, is_kept; /* the host has said so, of the function in `place` */

    /* What some steps are about. */
    uint64_t min_bps, max_bps;
    uint32_t weight;
    bool sets_limits;            /* to those */
    uint32_t item;               /* of a step that does several things one after the other */
    uint32_t vf;                 /* from 0 */
    enum vf_state wanted, back;  /* what MR-PCIM makes of its state; and when the host does not do its part */
    enum vf_state awaited_state; /* what the host makes of it */
    uint64_t patience_ps;        /* until then */
    uint64_t poll_ps;            /* to the next look */
    int chassis;
    uint32_t port, vh;
    enum pcim_port_action action;
    struct pcim_target target; /* a chassis that has power again */
    bool over;
    struct pcim_owner to; /* who gets a function that passes on, */
    bool at_once;         /* whatever it has under way */
    bool is_refused;      /* what it awaited will not come ... */
    enum status refused;  /* ... which is this */
};

/* Of no function: what is about a port, or another part. */
extern const struct pcim_binding commands_nowhere;

/* A job for the function at AT; CALL is answered at the end of STEPS, or by the first that fails. It begins with
 * commands_start(). */
struct commands_job *commands_prepare(
    struct commands *commands, const struct pcim_binding *at, struct pcim_call *call, const commands_step *steps);
void commands_start(struct commands_job *job);

/* Both. */
void commands_begin(
    struct commands *commands, const struct pcim_binding *at, struct pcim_call *call, const commands_step *steps);

/* The job of the function at AT is not to answer any more. One that waits for its host ends. */
void commands_forget(struct commands *commands, const struct pcim_binding *at);

/* JOB awaits WHAT of the host of its function: for COMMANDS_PATIENCE_PS besides what the host takes by its delays, and
 * then fails as unavailable. */
void commands_await(struct commands_job *job, enum commands_awaited what);

/* What JOB awaits has come: it goes on, as an event of its own. Or that step is to look again. */
void commands_wake(struct commands_job *job);
void commands_wake_again(struct commands_job *job);

/* JOB need not wait any more, for the reason WHY, one line. It fails, as an event of its own. */
void commands_give_up(struct commands_job *job, const char *why);

/* The same with STATUS; commands_give_up() says that something is not there. */
void commands_refuse(struct commands_job *job, enum status status, const char *why);

/* The host of JOB's hierarchy is dead, or the way from it to the adapter's chassis is down. */
bool commands_is_dead(const struct commands_job *job);
bool commands_is_cut_off(const struct commands_job *job);

/* The host of JOB's hierarchy had no bus numbers left for a bridge on the way: JOB, which awaits its host, ends as
 * RESOURCES_EXHAUSTED. False: it had. */
bool commands_lack_buses(struct commands_job *job);

/* Something has gone down: jobs that wait for hosts that are dead or cannot be told do so no more, and workloads of
 * what is dead are interrupted. */
void commands_review(struct commands *commands);

/* The step under way has ended. */
void commands_end_step(struct commands_job *job, enum status status);

/* job->command is about to be submitted; WHAT it does, for messages. */
struct management_command *commands_use(struct commands_job *job, const char *what);

/* The function at AT as the scenario has it. */
struct scenario_function commands_function(const struct pcim_binding *at);

/* MR-PCIM's ports of a chassis and of an adapter. */
struct chassis_port *commands_chassis(const struct commands_job *job, int chassis);
struct adapter_port *commands_adapter(const struct commands_job *job);

/* The chassis in front of the adapter. */
const struct way_hop *commands_last_hop(const struct commands_job *job);

/* Of the single VF that JOB is about: VFs are numbered from 1 in registers. */
uint16_t commands_vf_number(const struct commands_job *job);

/* The bridge's slot in front of the adapter, in the function's hierarchy; NULL: the bridge is not shown. */
struct slot *commands_slot_of(const struct commands_job *job);

#endif
