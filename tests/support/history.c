#include "tests/support/history.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/bit_errors.h"

#define WISHES_MOST 4

/* A request that is being drawn, with room for its texts. */
struct drawn {
    struct pcim_request request;
    struct pcim_wish wishes[WISHES_MOST];
    char texts[2 * WISHES_MOST + 2][64];
    size_t text_count;
};

/* --- dice --- */

static int below(struct history *history, size_t bound)
{
    return (int)random_below(&history->random, bound);
}

static bool chance(struct history *history, int percent)
{
    return below(history, 100) < percent;
}

/* --- the log --- */

static void note(struct history *history, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct history *history, const char *format, ...)
{
    char line[800];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (const char *at = line; *at != '\0'; at++)
        history->log_hash = (history->log_hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    if (length > 0 && history->written + (size_t)length + 1 < HISTORY_LOG) {
        strcpy(history->log + history->written, line);
        history->written += strlen(line);
    }
}

static unsigned long long now_ps(const struct history *history)
{
    return (unsigned long long)pcim_now_ps(history->pcim);
}

static void note_end(struct history *history, const struct pcim_operation *operation)
{
    note(
        history, "# %llups: operation %llu %s%s%s\n", now_ps(history), (unsigned long long)operation->id,
        pcim_operation_state_name(operation->state), operation->status.message[0] != '\0' ? ": " : "",
        operation->status.message);
    history->good += operation->state == PCIM_SUCCEEDED;
    ownership_ledger_note(&history->ledger, operation);
}

static void on_end(void *context, const struct pcim_operation *operation)
{
    struct history *history = context;
    history->running--;
    note_end(history, operation);
}

/* --- names --- */

static const char *text(struct drawn *drawn, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *text(struct drawn *drawn, const char *format, ...)
{
    CHECK(drawn->text_count < sizeof drawn->texts / sizeof drawn->texts[0]);
    char *at = drawn->texts[drawn->text_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(at, sizeof drawn->texts[0], format, arguments);
    va_end(arguments);
    return at;
}

/* Somebody's, by the ledger. NULL: nobody has anything. */
static const struct ownership_entry *owned(struct history *history)
{
    const struct ownership_ledger *ledger = &history->ledger;
    size_t first = ledger->count > 0 ? (size_t)below(history, ledger->count) : 0;
    for (size_t n = 0; n < ledger->count; n++) {
        const struct ownership_entry *entry = &ledger->entries[(first + n) % ledger->count];
        bool whole = entry->function.vf == PCIM_NONE || chance(history, 40);
        if (!pcim_owner_is_nobody(entry->owner) && whole)
            return entry;
    }
    return NULL;
}

static const char *any_function(struct history *history, struct drawn *drawn)
{
    const struct scenario *scenario = history->scenario;
    int index = below(history, scenario->adapter_count);
    const struct scenario_adapter *adapter = &scenario->adapters[index];
    int host = below(history, scenario->host_count);
    bool sr_iov = adapter->sharing == SHARING_SR_IOV;
    switch (below(history, 10)) {
    case 0:
    case 1:
    case 2:
        return text(drawn, "%s", adapter->name);
    case 3:
        return text(drawn, "%s@%s", adapter->name, scenario->hosts[host].name);
    case 4:
        return text(drawn, "%s.%s", adapter->name, chance(history, 50) ? "bf" : "pf0");
    case 5:
        return text(drawn, "%s.pf%d.vf%d", adapter->name, sr_iov ? 0 : below(history, 4), below(history, 4));
    default:
        return sr_iov
                   ? text(drawn, "%s.vf%d", adapter->name, below(history, 8))
                   : text(drawn, "%s.pf%d", adapter->name, below(history, adapter->sharing == SHARING_MR_IOV ? 6 : 1));
    }
}

/* One that somebody has, mostly. */
static const char *a_function(struct history *history, struct drawn *drawn)
{
    const struct ownership_entry *entry = chance(history, 80) ? owned(history) : NULL;
    if (entry == NULL)
        return any_function(history, drawn);
    char name[PCIM_TEXT];
    return text(drawn, "%.63s", pcim_function_text(&history->pcim->inventory, entry->function, name));
}

static const char *an_owner(struct history *history, struct drawn *drawn)
{
    const struct scenario_host *host = &history->scenario->hosts[below(history, history->scenario->host_count)];
    if (host->guest_count > 0 && chance(history, 15))
        return text(drawn, "%s/%s", host->name, host->guests[below(history, host->guest_count)].name);
    if (chance(history, 30))
        return text(drawn, "%s:%d", host->name, below(history, host->uplink_count + 1));
    return text(drawn, "%s", host->name);
}

/* --- each kind of request --- */

static uint64_t any_deadline(struct history *history)
{
    return history->calm || chance(history, 50) ? 0 : 1 + random_below(&history->random, 60 * PS_PER_US);
}

static struct pcim_expected any_generation(struct history *history)
{
    if (chance(history, 90))
        return (struct pcim_expected){0};
    return (struct pcim_expected){.given = true, .generation = 1 + random_below(&history->random, 6)};
}

static enum pcim_policy any_policy(struct history *history)
{
    return (enum pcim_policy)below(history, PCIM_POLICIES);
}

static void draw_assign(struct history *history, struct drawn *drawn)
{
    drawn->request.method = PCIM_METHOD_ASSIGN;
    drawn->request.assign = (struct pcim_assign_request){
        .function = any_function(history, drawn),
        .to = an_owner(history, drawn),
        .vfs_given = chance(history, 30),
        .vfs = (uint32_t)below(history, 4),
        .expected = any_generation(history),
        .dry_run = chance(history, 8),
    };
}

static void draw_release(struct history *history, struct drawn *drawn)
{
    drawn->request.method = PCIM_METHOD_RELEASE;
    drawn->request.release = (struct pcim_release_request){
        .function = a_function(history, drawn),
        .policy = any_policy(history),
        .deadline_ps = any_deadline(history),
        .expected = any_generation(history),
    };
}

static void draw_move(struct history *history, struct drawn *drawn)
{
    drawn->request.method = PCIM_METHOD_MOVE;
    drawn->request.move = (struct pcim_move_request){
        .function = a_function(history, drawn),
        .to = an_owner(history, drawn),
        .policy = any_policy(history),
        .deadline_ps = any_deadline(history),
        .expected = any_generation(history),
    };
}

static void draw_apply(struct history *history, struct drawn *drawn)
{
    size_t count = (size_t)below(history, WISHES_MOST + 1);
    for (size_t wish = 0; wish < count; wish++)
        drawn->wishes[wish] = (struct pcim_wish){
            .function = chance(history, 60) ? a_function(history, drawn) : any_function(history, drawn),
            .to = an_owner(history, drawn),
            .vfs_given = chance(history, 15),
            .vfs = (uint32_t)below(history, 3),
        };
    drawn->request.method = PCIM_METHOD_APPLY;
    drawn->request.apply = (struct pcim_apply_request){
        .wishes = drawn->wishes,
        .wish_count = count,
        .prune = chance(history, 15),
        .policy = any_policy(history),
        .deadline_ps = any_deadline(history),
        .dry_run = chance(history, 8),
    };
}

static void draw_qos(struct history *history, struct drawn *drawn)
{
    drawn->request.method = PCIM_METHOD_SET_QOS;
    drawn->request.set_qos = (struct pcim_set_qos_request){
        .function = a_function(history, drawn),
        .min_given = chance(history, 50),
        .max_given = chance(history, 50),
        .weight_given = chance(history, 50),
        .min_bps = UINT64_C(1000000000) * (uint64_t)below(history, 20),
        .max_bps = UINT64_C(1000000000) * (uint64_t)below(history, 40),
        .weight = (uint32_t)below(history, 6),
        .expected = any_generation(history),
    };
}

static void draw_vfs(struct history *history, struct drawn *drawn)
{
    drawn->request.method = PCIM_METHOD_SET_VFS;
    drawn->request.set_vfs =
        (struct pcim_set_vfs_request){.pf = a_function(history, drawn), .count = (uint32_t)below(history, 5)};
}

static const char *a_port(struct history *history, struct drawn *drawn)
{
    const struct pcim_inventory *inventory = &history->pcim->inventory;
    for (size_t tries = 0; tries < 4 * inventory->port_count; tries++) {
        const struct pcim_port *port = &inventory->ports[below(history, inventory->port_count)];
        if (inventory->links[port->link].enabled != chance(history, 60))
            return text(drawn, "%.63s", port->name);
    }
    return inventory->port_count > 0 ? text(drawn, "%.63s", inventory->ports[0].name) : "h0";
}

static void draw_port(struct history *history, struct drawn *drawn)
{
    const struct scenario_host *host = &history->scenario->hosts[below(history, history->scenario->host_count)];
    enum pcim_port_action action = (enum pcim_port_action)below(history, PCIM_PORT_ACTIONS);
    drawn->request.method = PCIM_METHOD_CONTROL_PORT;
    drawn->request.control_port = (struct pcim_control_port_request){
        .port = a_port(history, drawn),
        .action = action,
        .hierarchy = action == PCIM_PORT_HOT_RESET && chance(history, 50)
                         ? text(drawn, "%s:%d", host->name, below(history, host->uplink_count + 1))
                         : NULL,
    };
}

/* A part of the rack, and what its name means. */
static const char *a_part(struct history *history, struct drawn *drawn, enum pcim_part *part)
{
    const struct scenario *scenario = history->scenario;
    const struct pcim_inventory *inventory = &history->pcim->inventory;
    *part = (enum pcim_part)(PCIM_PART_LINK + below(history, PCIM_PART_HOST - PCIM_PART_LINK + 1));
    switch (*part) {
    case PCIM_PART_LINK:
        return text(drawn, "%.63s", inventory->links[below(history, inventory->link_count)].name);
    case PCIM_PART_CHASSIS:
        if (chance(history, 40))
            return text(drawn, "%s", scenario->chassis[below(history, scenario->chassis_count)].name);
        *part = PCIM_PART_ADAPTER;
        return text(drawn, "%s", scenario->adapters[below(history, scenario->adapter_count)].name);
    case PCIM_PART_FUNCTION:
        return a_function(history, drawn);
    case PCIM_PART_HOST:
        return text(drawn, "%s", scenario->hosts[below(history, scenario->host_count)].name);
    default:
        return text(drawn, "%s", scenario->adapters[below(history, scenario->adapter_count)].name);
    }
}

static void draw_inject(struct history *history, struct drawn *drawn)
{
    const struct scenario_host *host = &history->scenario->hosts[below(history, history->scenario->host_count)];
    struct pcim_fault_request *fault = &drawn->request.fault;
    drawn->request.method = PCIM_METHOD_INJECT_FAULT;
    *fault = (struct pcim_fault_request){
        .fault = (enum pcim_fault)below(history, PCIM_FAULTS),
        .host = chance(history, 10) ? text(drawn, "%s", host->name) : NULL,
        .direction_given = chance(history, 10),
        .direction = (enum link_direction)below(history, LINK_DIRECTIONS),
        .count = (uint64_t)below(history, 4),
        .duration_ps = chance(history, 60) ? random_below(&history->random, 40 * PS_PER_US) : 0,
        .rate = BIT_ERRORS_ONE / 1000000 * (uint64_t)(1 + below(history, 30)),
    };
    fault->target = a_part(history, drawn, &fault->part);
    if (fault->fault == PCIM_FAULT_BIT_ERRORS && chance(history, 80)) {
        const struct pcim_inventory *inventory = &history->pcim->inventory;
        fault->part = PCIM_PART_ANY;
        fault->target = text(drawn, "%.63s", inventory->links[below(history, inventory->link_count)].name);
    }
}

static void draw_repair(struct history *history, struct drawn *drawn)
{
    struct pcim_fault_request *fault = &drawn->request.fault;
    const struct pcim_inventory *inventory = &history->pcim->inventory;
    drawn->request.method = PCIM_METHOD_REPAIR_FAULT;
    fault->target = a_part(history, drawn, &fault->part);
    for (size_t index = 0; index < inventory->link_count; index++)
        if (inventory->links[index].failed && chance(history, 40)) {
            fault->part = PCIM_PART_LINK;
            snprintf(drawn->texts[0], sizeof drawn->texts[0], "%.63s", inventory->links[index].name);
        }
}

static void draw_migrate(struct history *history, struct drawn *drawn)
{
    drawn->request.method = PCIM_METHOD_MIGRATE_GUEST;
    drawn->request.migrate =
        (struct pcim_migrate_request){.guest = an_owner(history, drawn), .to = an_owner(history, drawn)};
}

/* --- asking --- */

static void describe(const struct pcim_request *request, char *line, size_t size)
{
    switch (request->method) {
    case PCIM_METHOD_ASSIGN:
        snprintf(
            line, size, "assign: {function: %s, to: %s, vfs: %d}%s", request->assign.function, request->assign.to,
            request->assign.vfs_given ? (int)request->assign.vfs : -1, request->assign.dry_run ? " # dry run" : "");
        break;
    case PCIM_METHOD_RELEASE:
        snprintf(
            line, size, "release: {function: %s, policy: %s, deadline: %llups}", request->release.function,
            pcim_policy_name(request->release.policy), (unsigned long long)request->release.deadline_ps);
        break;
    case PCIM_METHOD_MOVE:
        snprintf(
            line, size, "move: {function: %s, to: %s, policy: %s, deadline: %llups}", request->move.function,
            request->move.to, pcim_policy_name(request->move.policy), (unsigned long long)request->move.deadline_ps);
        break;
    case PCIM_METHOD_APPLY: {
        int used = snprintf(
            line, size, "apply: {policy: %s, deadline: %llups, prune: %s, bindings: [",
            pcim_policy_name(request->apply.policy), (unsigned long long)request->apply.deadline_ps,
            request->apply.prune ? "on" : "off");
        for (size_t wish = 0; wish < request->apply.wish_count; wish++)
            used += snprintf(
                line + used, size - (size_t)used, "%s{function: %s, to: %s, vfs: %d}", wish > 0 ? ", " : "",
                request->apply.wishes[wish].function, request->apply.wishes[wish].to,
                request->apply.wishes[wish].vfs_given ? (int)request->apply.wishes[wish].vfs : -1);
        snprintf(line + used, size - (size_t)used, "]}%s", request->apply.dry_run ? " # dry run" : "");
        break;
    }
    case PCIM_METHOD_SET_QOS:
        snprintf(
            line, size, "qos: {function: %s, min: %lldbps, max: %lldbps, weight: %d}", request->set_qos.function,
            request->set_qos.min_given ? (long long)request->set_qos.min_bps : -1,
            request->set_qos.max_given ? (long long)request->set_qos.max_bps : -1,
            request->set_qos.weight_given ? (int)request->set_qos.weight : -1);
        break;
    case PCIM_METHOD_SET_VFS:
        snprintf(line, size, "vfs: {function: %s, count: %u}", request->set_vfs.pf, request->set_vfs.count);
        break;
    case PCIM_METHOD_CONTROL_PORT:
        snprintf(
            line, size, "port: {name: %s, action: %s} # of %s", request->control_port.port,
            pcim_port_action_name(request->control_port.action),
            request->control_port.hierarchy != NULL ? request->control_port.hierarchy : "all");
        break;
    case PCIM_METHOD_INJECT_FAULT:
        snprintf(
            line, size, "inject: {fault: %s, target: %s, count: %llu, duration: %llups} # part %d",
            pcim_fault_name(request->fault.fault), request->fault.target, (unsigned long long)request->fault.count,
            (unsigned long long)request->fault.duration_ps, request->fault.part);
        break;
    case PCIM_METHOD_REPAIR_FAULT:
        snprintf(line, size, "repair: {target: %s} # part %d", request->fault.target, request->fault.part);
        break;
    default:
        snprintf(line, size, "%s", pcim_method_name(request->method));
    }
}

static void submit(struct history *history, const struct drawn *drawn)
{
    char line[600];
    struct pcim_operation *operation;
    struct pcim_refusal refusal;
    describe(&drawn->request, line, sizeof line);
    note(history, "#  - {at: %llups, %s}\n", now_ps(history), line);
    if (pcim_submit(history->pcim, &drawn->request, &operation, &refusal) != STATUS_OK) {
        note(history, "#      %s: %s\n", status_name(refusal.code), refusal.message);
        return;
    }
    note(history, "#      operation %llu\n", (unsigned long long)operation->id);
    history->accepted++;
    if (pcim_operation_has_ended(operation)) {
        note_end(history, operation);
        return;
    }
    history->running++;
    operation->on_end = on_end;
    operation->context = history;
}

static void cancel_one(struct history *history)
{
    struct pcim_refusal refusal;
    const struct pcim *pcim = history->pcim;
    uint64_t id = (uint64_t)below(history, pcim->operation_count + 2);
    for (size_t index = 0; index < pcim->operation_count; index++)
        if (!pcim_operation_has_ended(pcim->operations[index]) && chance(history, 60))
            id = pcim->operations[index]->id;
    note(history, "# %llups: cancel operation %llu\n", now_ps(history), (unsigned long long)id);
    if (pcim_cancel(history->pcim, id, &refusal) != STATUS_OK)
        note(history, "#      %s\n", refusal.message);
}

void history_step(struct history *history)
{
    static const struct {
        void (*draw)(struct history *history, struct drawn *drawn);
        int weight;
    } kinds[] = {
        {draw_assign, 22}, {draw_release, 16}, {draw_move, 20},   {draw_apply, 8},  {draw_qos, 7},
        {draw_vfs, 3},     {draw_port, 7},     {draw_inject, 10}, {draw_repair, 8}, {draw_migrate, 1},
    };
    int dice = below(history, history->calm ? 76 : 110);
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        dice -= kinds[kind].weight;
        if (dice >= 0)
            continue;
        struct drawn drawn = {0};
        kinds[kind].draw(history, &drawn);
        submit(history, &drawn);
        return;
    }
    cancel_one(history);
}

static void repair(struct history *history, const char *name, enum pcim_part part)
{
    struct drawn drawn = {.request.method = PCIM_METHOD_REPAIR_FAULT};
    drawn.request.fault = (struct pcim_fault_request){.target = name, .part = part};
    submit(history, &drawn);
}

void history_repair(struct history *history)
{
    const struct pcim_inventory *inventory = &history->pcim->inventory;
    for (size_t index = 0; index < inventory->port_count; index++) {
        struct drawn drawn = {.request.method = PCIM_METHOD_CONTROL_PORT};
        drawn.request.control_port =
            (struct pcim_control_port_request){.port = inventory->ports[index].name, .action = PCIM_PORT_ENABLE};
        submit(history, &drawn);
    }
    for (size_t index = 0; index < inventory->chassis_count; index++)
        repair(history, inventory->chassis[index].name, PCIM_PART_CHASSIS);
    for (size_t index = 0; index < inventory->host_count; index++)
        repair(history, inventory->hosts[index].name, PCIM_PART_HOST);
    for (size_t index = 0; index < inventory->adapter_count; index++)
        repair(history, inventory->adapters[index].name, PCIM_PART_ADAPTER);
    for (size_t index = 0; index < inventory->link_count; index++)
        repair(history, inventory->links[index].name, PCIM_PART_LINK);
}

void history_init(struct history *history, const struct world *world, struct pcim *pcim, uint64_t seed, char *log)
{
    *history =
        (struct history){.scenario = world->scenario, .pcim = pcim, .calm = seed % 3 == 0, .log = log, .log_hash = 1};
    log[0] = '\0';
    random_init(&history->random, seed, "history");
    ownership_ledger_init(&history->ledger, world, pcim);
}

void history_free(struct history *history)
{
    ownership_ledger_free(&history->ledger);
}
