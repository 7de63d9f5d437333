#include "hostsim/rack/commands_pass.h"

#include "fabric/base/check.h"
#include "hostsim/rack/commands_job.h"

static struct plugs *plugs_of(const struct commands_job *job)
{
    return job->owner->world->plugs;
}

static bool ask_driver(struct commands_job *job)
{
    if (commands_is_dead(job)) {
        commands_give_up(job, "its owner cannot be reached");
        return true;
    }
    if (plugs_ask(plugs_of(job), commands_function(&job->at)))
        return false;
    commands_await(job, COMMANDS_LET_GO);
    return true;
}

void commands_let_go(void *rack, const struct pcim_binding *at, struct pcim_call *call)
{
    static const commands_step steps[] = {ask_driver, NULL};
    commands_begin(rack, at, call, steps);
}

void commands_let_go_cancel(void *rack, const struct pcim_binding *at)
{
    struct commands *commands = rack;
    commands_forget(commands, at);
    plugs_keep(commands->world->plugs, commands_function(at));
}

static bool pass_on(struct commands_job *job)
{
    struct scenario_owner to = {job->to.host, job->to.uplink, job->to.guest};
    if (commands_is_dead(job)) {
        commands_give_up(job, "its owner cannot be reached");
        return true;
    }
    /* Awaited first: the host may be done before this returns. */
    commands_await(job, COMMANDS_PASSED);
    if (plugs_pass(plugs_of(job), commands_function(&job->at), to, job->at_once))
        return true;
    job->awaited = COMMANDS_NOTHING;
    event_cancel(&job->poll);
    if (job->call != NULL)
        job->call->unseen = true;
    return false;
}

void commands_hand_over(
    void *rack, const struct pcim_binding *from, struct pcim_owner to, enum pcim_policy policy, struct pcim_call *call)
{
    static const commands_step steps[] = {pass_on, NULL};
    struct commands_job *job = commands_prepare(rack, from, call, steps);
    job->to = to;
    job->at_once = policy == PCIM_POLICY_SURPRISE;
    commands_start(job);
}

/* The jobs that await WHAT of FUNCTION or, of a PF, of its VFs. */
static struct commands_job *
next_job(struct commands_job *job, enum commands_awaited what, struct scenario_function function)
{
    for (; job != NULL; job = job->next) {
        struct scenario_function of = commands_function(&job->at);
        if (job->awaited == what && of.adapter == function.adapter && of.pf == function.pf &&
            (of.vf == SCENARIO_NONE || of.vf == function.vf))
            return job;
    }
    return NULL;
}

void commands_on_let_go(void *context, struct scenario_function function)
{
    struct commands *commands = context;
    struct commands_job *job = next_job(commands->jobs, COMMANDS_LET_GO, function);
    for (; job != NULL; job = next_job(job->next, COMMANDS_LET_GO, function))
        if (plugs_has_let_go(plugs_of(job), commands_function(&job->at)))
            commands_wake(job);
}

void commands_on_passed(void *context, struct scenario_function function, bool well)
{
    struct commands *commands = context;
    struct commands_job *job = next_job(commands->jobs, COMMANDS_PASSED, function);
    if (job == NULL)
        return;
    if (job->call != NULL)
        job->call->unseen = !plugs_is_attached(plugs_of(job), function);
    if (well)
        commands_wake(job);
    else
        commands_give_up(job, "the function does not answer");
}
