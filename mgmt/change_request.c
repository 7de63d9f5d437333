#include "mgmt/change_request.h"

#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/bit_errors.h"
#include "mgmt/limits.h"
#include "proto/mriov.pb-c.h"

/* Bindings of one Apply. */
#define WISHES_MOST 4096

static const char *or_none(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static enum pcim_policy policy_of(Mriov__V1__Policy__Kind kind)
{
    static const enum pcim_policy policies[] = {
        [MRIOV__V1__POLICY__KIND__UNSPECIFIED] = PCIM_POLICY_MANAGED,
        [MRIOV__V1__POLICY__KIND__WAIT] = PCIM_POLICY_WAIT,
        [MRIOV__V1__POLICY__KIND__MANAGED] = PCIM_POLICY_MANAGED,
        [MRIOV__V1__POLICY__KIND__SURPRISE] = PCIM_POLICY_SURPRISE,
        [MRIOV__V1__POLICY__KIND__REFUSE_IF_BUSY] = PCIM_POLICY_REFUSE_IF_BUSY,
    };
    return policies[kind];
}

static enum status read_duration(uint64_t ns, const char *field, uint64_t *ps, struct pcim_refusal *refusal)
{
    if (ns > LIMIT_TIME_NS)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "%s: must be at most 8.64e15, 100 days", field);
    *ps = ns * PS_PER_NS;
    return STATUS_OK;
}

/* --- one function each, in the order of the service --- */

static enum status read_assign(
    const Mriov__V1__AssignRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    (void)arena;
    (void)refusal;
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_ASSIGN;
    change->request.assign = (struct pcim_assign_request){
        .function = message->function,
        .to = message->to,
        .vfs_given = message->vfs != 0,
        .vfs = message->vfs,
        .expected = {.given = message->expected_case != 0, .generation = message->expected_generation},
        .dry_run = message->dry_run,
    };
    return STATUS_OK;
}

static enum status read_release(
    const Mriov__V1__ReleaseRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    (void)arena;
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_RELEASE;
    change->request.release = (struct pcim_release_request){
        .function = message->function,
        .policy = policy_of(message->policy),
        .expected = {.given = message->expected_case != 0, .generation = message->expected_generation},
        .dry_run = message->dry_run,
    };
    return read_duration(message->deadline_ns, "deadline_ns", &change->request.release.deadline_ps, refusal);
}

static enum status read_move(
    const Mriov__V1__MoveRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    (void)arena;
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_MOVE;
    change->request.move = (struct pcim_move_request){
        .function = message->function,
        .to = message->to,
        .policy = policy_of(message->policy),
        .expected = {.given = message->expected_case != 0, .generation = message->expected_generation},
        .dry_run = message->dry_run,
    };
    return read_duration(message->deadline_ns, "deadline_ns", &change->request.move.deadline_ps, refusal);
}

static enum status read_apply(
    const Mriov__V1__ApplyRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    if (message->n_bindings > WISHES_MOST)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "bindings: %d are the most", WISHES_MOST);
    struct pcim_wish *wishes = arena_get(arena, message->n_bindings * sizeof *wishes);
    for (size_t i = 0; i < message->n_bindings; i++)
        wishes[i] = (struct pcim_wish){
            .function = message->bindings[i]->function,
            .to = or_none(message->bindings[i]->to),
            .vfs_given = message->bindings[i]->vfs != 0,
            .vfs = message->bindings[i]->vfs,
        };
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_APPLY;
    change->request.apply = (struct pcim_apply_request){
        .wishes = wishes,
        .wish_count = message->n_bindings,
        .prune = message->prune,
        .policy = policy_of(message->policy),
        .expected = {.given = message->expected_case != 0, .generation = message->expected_generation},
        .dry_run = message->dry_run,
    };
    return read_duration(message->deadline_ns, "deadline_ns", &change->request.apply.deadline_ps, refusal);
}

static enum status read_set_qos(
    const Mriov__V1__SetQosRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    (void)arena;
    (void)refusal;
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_SET_QOS;
    change->request.set_qos = (struct pcim_set_qos_request){
        .function = message->function,
        .min_given = message->min_case != 0,
        .max_given = message->max_case != 0,
        .weight_given = message->share_case != 0,
        .min_bps = message->min_case != 0 ? message->min_bps : 0,
        .max_bps = message->max_case != 0 ? message->max_bps : 0,
        .weight = message->share_case == 0 ? 0
                  : message->weight == 0   ? 1
                                           : message->weight,
    };
    return STATUS_OK;
}

static enum status read_set_vfs(
    const Mriov__V1__SetVfsRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    (void)arena;
    (void)refusal;
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_SET_VFS;
    change->request.set_vfs = (struct pcim_set_vfs_request){.pf = message->pf, .count = message->count};
    return STATUS_OK;
}

static enum status read_control_port(
    const Mriov__V1__ControlPortRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    static const enum pcim_port_action actions[] = {
        [MRIOV__V1__PORT_ACTION__KIND__DISABLE] = PCIM_PORT_DISABLE,
        [MRIOV__V1__PORT_ACTION__KIND__ENABLE] = PCIM_PORT_ENABLE,
        [MRIOV__V1__PORT_ACTION__KIND__RETRAIN] = PCIM_PORT_RETRAIN,
        [MRIOV__V1__PORT_ACTION__KIND__HOT_RESET] = PCIM_PORT_HOT_RESET,
    };
    (void)arena;
    if (message->action == MRIOV__V1__PORT_ACTION__KIND__UNSPECIFIED)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "action: must be DISABLE, ENABLE, RETRAIN or HOT_RESET");
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_CONTROL_PORT;
    change->request.control_port = (struct pcim_control_port_request){
        .port = message->port, .action = actions[message->action], .hierarchy = or_none(message->vh)};
    return STATUS_OK;
}

/* The part that a word names; "" is any. */
static enum status read_part(const char *word, enum pcim_part *part, struct pcim_refusal *refusal)
{
    static const char *const words[] = {"", "link", "adapter", "chassis", "function", "host"};
    for (int i = PCIM_PART_ANY; i <= PCIM_PART_HOST; i++)
        if (strcmp(word, words[i]) == 0) {
            *part = (enum pcim_part)i;
            return STATUS_OK;
        }
    return pcim_refuse(
        refusal, STATUS_INVALID_ARGUMENT, "part: must be link, adapter, chassis, function or host, or empty");
}

static enum status read_fault_word(const char *word, enum pcim_fault *fault, struct pcim_refusal *refusal)
{
    for (int i = 0; i < PCIM_FAULTS; i++)
        if (strcmp(word, pcim_fault_name((enum pcim_fault)i)) == 0) {
            *fault = (enum pcim_fault)i;
            return STATUS_OK;
        }
    return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "fault: there is none called `%s`", word);
}

#define MOST_BIT_ERRORS ((double)BIT_ERRORS_MOST / (double)BIT_ERRORS_ONE)

/* What a fault is restricted to, and how much of it there is. */
static enum status read_fault_bounds(
    const Mriov__V1__InjectFaultRequest *message, struct pcim_fault_request *fault, struct pcim_refusal *refusal)
{
    bool is_up = strcmp(message->direction, "up") == 0;
    if (message->direction[0] != '\0' && !is_up && strcmp(message->direction, "down") != 0)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "direction: must be up or down, or empty");
    if (!(message->ber >= 0 && message->ber <= MOST_BIT_ERRORS) ||
        (fault->fault == PCIM_FAULT_BIT_ERRORS && message->ber == 0))
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "ber: must be above 0 and at most 1e-3");
    fault->direction_given = message->direction[0] != '\0';
    fault->direction = is_up ? LINK_UP : LINK_DOWN;
    fault->host = or_none(message->host);
    fault->count = message->count;
    fault->rate = (uint64_t)(message->ber * (double)BIT_ERRORS_ONE + 0.5);
    return read_duration(message->duration_ns, "duration_ns", &fault->duration_ps, refusal);
}

static enum status read_inject(
    const Mriov__V1__InjectFaultRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    struct pcim_fault_request *fault = &change->request.fault;
    (void)arena;
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_INJECT_FAULT;
    *fault = (struct pcim_fault_request){.target = message->target};
    enum status status = read_part(message->part, &fault->part, refusal);
    if (status == STATUS_OK)
        status = read_fault_word(message->fault, &fault->fault, refusal);
    if (status == STATUS_OK)
        status = read_fault_bounds(message, fault, refusal);
    return status;
}

static enum status read_repair(
    const Mriov__V1__RepairFaultRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    (void)arena;
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_REPAIR_FAULT;
    change->request.fault = (struct pcim_fault_request){.target = message->target};
    return read_part(message->part, &change->request.fault.part, refusal);
}

static enum status read_migrate(
    const Mriov__V1__MigrateGuestRequest *message, struct arena *arena, struct change_request *change,
    struct pcim_refusal *refusal)
{
    (void)arena;
    (void)refusal;
    change->wait = message->wait;
    change->request.method = PCIM_METHOD_MIGRATE_GUEST;
    change->request.migrate = (struct pcim_migrate_request){.guest = message->guest, .to = message->to};
    return STATUS_OK;
}

enum status change_request_read(
    const ProtobufCMessage *message, struct arena *arena, struct change_request *change, struct pcim_refusal *refusal)
{
    pcim_refusal_clear(refusal);
#define READ(type, reader)                                                                                             \
    if (message->descriptor == &mriov__v1__##type##__descriptor)                                                       \
    return reader((const void *)message, arena, change, refusal)
    READ(assign_request, read_assign);
    READ(release_request, read_release);
    READ(move_request, read_move);
    READ(apply_request, read_apply);
    READ(set_qos_request, read_set_qos);
    READ(set_vfs_request, read_set_vfs);
    READ(control_port_request, read_control_port);
    READ(inject_fault_request, read_inject);
    READ(repair_fault_request, read_repair);
    READ(migrate_guest_request, read_migrate);
#undef READ
    CHECK(!"a request that changes nothing");
    return STATUS_INTERNAL;
}

const char *change_request_target(const struct pcim_request *request)
{
    const char *text = NULL;
    switch (request->method) {
    case PCIM_METHOD_ASSIGN:
        text = request->assign.function;
        break;
    case PCIM_METHOD_RELEASE:
        text = request->release.function;
        break;
    case PCIM_METHOD_MOVE:
        text = request->move.function;
        break;
    case PCIM_METHOD_SET_QOS:
        text = request->set_qos.function;
        break;
    case PCIM_METHOD_SET_VFS:
        text = request->set_vfs.pf;
        break;
    case PCIM_METHOD_CONTROL_PORT:
        text = request->control_port.port;
        break;
    case PCIM_METHOD_INJECT_FAULT:
    case PCIM_METHOD_REPAIR_FAULT:
        text = request->fault.target;
        break;
    case PCIM_METHOD_MIGRATE_GUEST:
        text = request->migrate.guest;
        break;
    default:
        break;
    }
    return text != NULL ? text : "";
}

bool change_request_is_dry(const struct pcim_request *request)
{
    switch (request->method) {
    case PCIM_METHOD_ASSIGN:
        return request->assign.dry_run;
    case PCIM_METHOD_RELEASE:
        return request->release.dry_run;
    case PCIM_METHOD_MOVE:
        return request->move.dry_run;
    case PCIM_METHOD_APPLY:
        return request->apply.dry_run;
    default:
        return false;
    }
}

/* --- whose --- */

static bool may_touch(const struct pcim_inventory *inventory, int host, const struct peer *peer)
{
    return host == PCIM_NONE || access_may_touch(peer, inventory->hosts[host].name);
}

/* Who has it, and who is to have it. */
static bool may_touch_function(const struct pcim_inventory *inventory, const char *text, const struct peer *peer)
{
    struct pcim_refusal refusal;
    struct pcim_function_id id;
    if (text == NULL || pcim_resolve_function(inventory, text, true, &id, &refusal) != STATUS_OK || id.pf == PCIM_NEXT)
        return true;
    const struct pcim_function *function = pcim_function_at(inventory, id);
    return function == NULL ||
           (may_touch(inventory, function->owner.host, peer) && may_touch(inventory, function->actual.host, peer));
}

static bool may_touch_owner(const struct pcim_inventory *inventory, const char *text, const struct peer *peer)
{
    struct pcim_refusal refusal;
    struct pcim_owner owner;
    if (text == NULL || pcim_resolve_owner(inventory, text, &owner, &refusal) != STATUS_OK)
        return true;
    return may_touch(inventory, owner.host, peer);
}

/* A host's own port, or its own hierarchy through another. */
static bool may_touch_port(
    const struct pcim_inventory *inventory, const struct pcim_control_port_request *request, const struct peer *peer)
{
    struct pcim_refusal refusal;
    int hierarchy, port;
    if (request->hierarchy != NULL)
        return pcim_resolve_hierarchy(inventory, request->hierarchy, &hierarchy, &refusal) != STATUS_OK ||
               may_touch(inventory, inventory->hierarchies[hierarchy].host, peer);
    if (pcim_resolve_port(inventory, request->port, &port, &refusal) != STATUS_OK)
        return true;
    const struct pcim_link *link = &inventory->links[inventory->ports[port].link];
    return link->kind == PCIM_LINK_UPLINK && may_touch(inventory, link->of, peer);
}

static bool
may_apply(const struct pcim_inventory *inventory, const struct pcim_apply_request *request, const struct peer *peer)
{
    for (size_t i = 0; i < request->wish_count; i++)
        if (!may_touch_function(inventory, request->wishes[i].function, peer) ||
            !may_touch_owner(inventory, request->wishes[i].to, peer))
            return false;
    return !request->prune; /* which releases whatever it does not name */
}

bool change_request_is_allowed(
    const struct pcim_request *request, const struct pcim_inventory *inventory, const struct peer *peer)
{
    if (peer->role == ROLE_ADMINISTRATOR)
        return true;
    if (peer->role < ROLE_OPERATOR)
        return false;
    switch (request->method) {
    case PCIM_METHOD_ASSIGN:
        return may_touch_function(inventory, request->assign.function, peer) &&
               may_touch_owner(inventory, request->assign.to, peer);
    case PCIM_METHOD_RELEASE:
        return may_touch_function(inventory, request->release.function, peer);
    case PCIM_METHOD_MOVE:
        return may_touch_function(inventory, request->move.function, peer) &&
               may_touch_owner(inventory, request->move.to, peer);
    case PCIM_METHOD_APPLY:
        return may_apply(inventory, &request->apply, peer);
    case PCIM_METHOD_SET_QOS:
        return may_touch_function(inventory, request->set_qos.function, peer);
    case PCIM_METHOD_SET_VFS:
        return may_touch_function(inventory, request->set_vfs.pf, peer);
    case PCIM_METHOD_CONTROL_PORT:
        return may_touch_port(inventory, &request->control_port, peer);
    case PCIM_METHOD_MIGRATE_GUEST:
        return may_touch_owner(inventory, request->migrate.guest, peer) &&
               may_touch_owner(inventory, request->migrate.to, peer);
    default:
        return false; /* faults are for administrators */
    }
}
