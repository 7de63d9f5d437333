#include "tests/support/fake_hardware.h"

#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcim/resolve.h"

static void write_down(struct fake_hardware *fake, const char *command, const struct pcim_binding *at)
{
    char function[PCIM_TEXT] = "", owner[PCIM_TEXT] = "";
    size_t length = strlen(fake->log);
    if (at != NULL) {
        pcim_function_text(fake->inventory, at->function, function);
        pcim_owner_text(fake->inventory, at->owner, owner);
    }
    snprintf(
        fake->log + length, sizeof fake->log - length, "%s%s%s%s%s%s", length > 0 ? "; " : "", command,
        at != NULL ? " " : "", function, owner[0] != '\0' ? " " : "", owner);
}

static void answer_now(struct fake_call *answer)
{
    struct pcim_call *call = answer->call;
    answer->call = NULL;
    if (answer->status != STATUS_OK)
        snprintf(call->why, sizeof call->why, "as the test says");
    call->done(call, answer->status);
}

static void answer_late(struct event *event)
{
    answer_now(CONTAINER_OF(event, struct fake_call, event));
}

static void ask(struct fake_hardware *fake, const char *command, const struct pcim_binding *at, struct pcim_call *call)
{
    write_down(fake, command, at);
    if (fake->hangs_at != NULL && strcmp(fake->hangs_at, command) == 0)
        return;
    struct fake_call *answer = &fake->calls[fake->call_count++ % FAKE_CALLS];
    CHECK(answer->call == NULL);
    answer->call = call;
    answer->status = STATUS_OK;
    if (fake->fails_at != NULL && strcmp(fake->fails_at, command) == 0) {
        answer->status = fake->fails_with;
        fake->fails_at = NULL;
    }
    call->unseen = fake->unseen && strcmp(command, "present") == 0;
    event_init(&answer->event, &fake->component, answer_late);
    if (fake->delay_ps == 0)
        answer_now(answer);
    else
        event_schedule(&answer->event, fake->component.simulation->now_ps + fake->delay_ps);
}

#define COMMAND(name)                                                                                                  \
    static void do_##name(void *rack, const struct pcim_binding *at, struct pcim_call *call)                           \
    {                                                                                                                  \
        ask(rack, #name, at, call);                                                                                    \
    }
COMMAND(bind)
COMMAND(present)
COMMAND(withdraw)
COMMAND(keep)
COMMAND(remove)
COMMAND(reset)
COMMAND(unbind)
COMMAND(await_idle)
COMMAND(let_go)

#define CANCEL(name)                                                                                                   \
    static void do_##name(void *rack, const struct pcim_binding *at)                                                   \
    {                                                                                                                  \
        write_down(rack, #name, at);                                                                                   \
    }
CANCEL(withdraw_cancel)
CANCEL(await_idle_cancel)
CANCEL(let_go_cancel)

static bool is_clean(void *rack, const struct pcim_binding *at, char *why, size_t why_size)
{
    (void)at;
    snprintf(why, why_size, "as the test says");
    return !((struct fake_hardware *)rack)->dirty;
}

static void hand_over(
    void *rack, const struct pcim_binding *from, struct pcim_owner to, enum pcim_policy policy, struct pcim_call *call)
{
    (void)policy;
    struct pcim_binding at = *from;
    at.owner = to;
    ask(rack, "hand_over", &at, call);
}

static bool is_in_use(void *rack, const struct pcim_binding *at)
{
    (void)at;
    return ((struct fake_hardware *)rack)->in_use;
}

static void set_limits(
    void *rack, const struct pcim_binding *at, uint64_t min_bps, uint64_t max_bps, uint32_t weight,
    struct pcim_call *call)
{
    (void)min_bps, (void)max_bps, (void)weight;
    ask(rack, "set_limits", at, call);
}

#define VF_COMMAND(name)                                                                                               \
    static void do_##name(void *rack, const struct pcim_binding *pf, uint32_t vf, struct pcim_call *call)              \
    {                                                                                                                  \
        struct pcim_binding at = *pf;                                                                                  \
        at.function.vf = (int)vf;                                                                                      \
        ask(rack, #name, &at, call);                                                                                   \
    }
VF_COMMAND(vf_offer)
VF_COMMAND(vf_retract)
VF_COMMAND(vf_take_back)

static void control_port(void *rack, int port, enum pcim_port_action action, struct pcim_call *call)
{
    (void)port, (void)action;
    ask(rack, "control_port", NULL, call);
}

static void reset_hierarchy(void *rack, uint16_t vh, struct pcim_call *call)
{
    (void)vh;
    ask(rack, "reset_hierarchy", NULL, call);
}

static void inject(
    void *rack, const struct pcim_target *target, const struct pcim_fault_request *fault, int host,
    struct pcim_call *call)
{
    (void)target, (void)fault, (void)host;
    ask(rack, "inject", NULL, call);
}

static void repair(void *rack, const struct pcim_target *target, struct pcim_call *call)
{
    (void)target;
    ask(rack, "repair", NULL, call);
}

static void end_fault(void *rack, const struct pcim_target *target, enum pcim_fault fault, uint64_t rate)
{
    struct fake_hardware *fake = rack;
    size_t length = strlen(fake->log);
    (void)target, (void)rate;
    snprintf(
        fake->log + length, sizeof fake->log - length, "%send_fault %s", length > 0 ? "; " : "",
        pcim_fault_name(fault));
}

const struct pcim_hardware fake_hardware_ops = {
    .name = "fake",
    .bind = do_bind,
    .present = do_present,
    .withdraw = do_withdraw,
    .withdraw_cancel = do_withdraw_cancel,
    .keep = do_keep,
    .remove = do_remove,
    .reset = do_reset,
    .unbind = do_unbind,
    .is_clean = is_clean,
    .let_go = do_let_go,
    .let_go_cancel = do_let_go_cancel,
    .hand_over = hand_over,
    .is_in_use = is_in_use,
    .await_idle = do_await_idle,
    .await_idle_cancel = do_await_idle_cancel,
    .set_limits = set_limits,
    .vf_offer = do_vf_offer,
    .vf_retract = do_vf_retract,
    .vf_take_back = do_vf_take_back,
    .control_port = control_port,
    .reset_hierarchy = reset_hierarchy,
    .inject = inject,
    .repair = repair,
    .end_fault = end_fault,
};

void fake_hardware_init(struct fake_hardware *fake, struct simulation *simulation)
{
    *fake = (struct fake_hardware){.fails_with = STATUS_UNAVAILABLE};
    component_init(&fake->component, simulation);
}

/* --- the rack --- */

static void add_hosts(struct pcim_inventory *inventory)
{
    static const char *const names[] = {"h0", "h1", "h2", "h3", "h4"}, *const guests[] = {"vm0", "vm1"};
    static const int chassis[] = {0, 0, 0, 0, 1};
    for (int host = 0; host < 5; host++) {
        struct pcim_host_config config = {
            .name = names[host],
            .chassis = &chassis[host],
            .uplink_count = 1,
            .guests = guests,
            .guest_count = host == 0 ? 2 : 0,
            .hotplug = host == 3 ? PCIM_HOTPLUG_NONE : PCIM_HOTPLUG_MANAGED,
            .plugs_guests = true,
            .sr_iov = true,
            .vf_migration = host != 2,
        };
        pcim_inventory_add_host(inventory, &config);
    }
}

static void add_adapters(struct pcim_inventory *inventory)
{
    static const struct pcim_adapter_config adapters[] = {
        {"nic0", 0, PCIM_NONE, PCIM_MR_IOV, 4, 8, 1000},
        {"ssd0", 0, PCIM_NONE, PCIM_SR_IOV, 1, 4, 0},
        {"gpu0", 0, PCIM_NONE, PCIM_EXCLUSIVE, 1, 0, 0},
    };
    for (size_t index = 0; index < sizeof adapters / sizeof adapters[0]; index++)
        pcim_inventory_add_adapter(inventory, &adapters[index]);
}

void fake_inventory_fill(struct pcim_inventory *inventory)
{
    pcim_inventory_add_chassis(inventory, "tor0");
    pcim_inventory_add_chassis(inventory, "tor1");
    add_hosts(inventory);
    pcim_inventory_add_trunk(inventory, "isl0", 0, 1);
    add_adapters(inventory);
    pcim_inventory_seal(inventory);
}

void fake_rack_init(struct fake_rack *rack)
{
    simulation_init(&rack->simulation, 1);
    fake_hardware_init(&rack->hardware, &rack->simulation);
    pcim_init(&rack->pcim, &rack->simulation, &fake_hardware_ops, &rack->hardware);
    rack->hardware.inventory = &rack->pcim.inventory;
    fake_inventory_fill(&rack->pcim.inventory);
    pcim_refusal_clear(&rack->refusal);
}

void fake_rack_free(struct fake_rack *rack)
{
    pcim_free(&rack->pcim);
    simulation_free(&rack->simulation);
}

const struct pcim_operation *fake_rack_do(struct fake_rack *rack, const struct pcim_request *request)
{
    struct pcim_operation *operation;
    enum status status = pcim_submit(&rack->pcim, request, &operation, &rack->refusal);
    CHECK((status == STATUS_OK) == (operation != NULL) && rack->refusal.code == status);
    simulation_run(&rack->simulation, rack->simulation.now_ps + PS_PER_S);
    CHECK(pcim_is_valid(&rack->pcim));
    return operation;
}

const char *fake_rack_owner(const struct fake_rack *rack, const char *function)
{
    static char text[PCIM_TEXT];
    struct pcim_function_id id;
    struct pcim_refusal refusal;
    enum status status = pcim_resolve_function(&rack->pcim.inventory, function, false, &id, &refusal);
    CHECK(status == STATUS_OK);
    return pcim_owner_text(&rack->pcim.inventory, pcim_function_at(&rack->pcim.inventory, id)->owner, text);
}
