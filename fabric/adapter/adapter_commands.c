#include "fabric/adapter/adapter_commands.h"

#include <stdlib.h>

#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/switch/translator.h"

#define VH_SHIFT 16
#define VF_SHIFT 16
#define TOTAL_SHIFT 16

/* The function that a command names. */
struct named {
    uint16_t pf, vf;
};

typedef struct command_outcome (*handler)(
    struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS]);

static struct command_outcome ends(enum status status)
{
    return (struct command_outcome){.status = status};
}

static bool is_mr(const struct adapter_commands *commands)
{
    return commands->adapter->port.mr;
}

/* The function, active in a hierarchy; NULL: it is in none. */
static struct function *find(const struct adapter_commands *commands, struct named named)
{
    struct adapter *adapter = commands->adapter;
    if (is_mr(commands)) {
        uint16_t vh = commands->vh_of_pf[named.pf];
        return vh == 0 ? NULL : adapter_function(adapter, vh, named.vf);
    }
    bool active = named.vf < adapter->function_count && adapter->functions[named.vf].active;
    return active ? &adapter->functions[named.vf] : NULL;
}

/* --- mr-iov --- */

/* The PF that is in hierarchy VH; pf_count: none is. */
static uint16_t pf_in(const struct adapter_commands *commands, uint32_t vh)
{
    uint16_t pf = 0;
    while (pf < commands->pf_count && commands->vh_of_pf[pf] != vh)
        pf++;
    return pf;
}

static struct command_outcome
open_hierarchy(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct adapter *adapter = commands->adapter;
    bool migrate = arguments[1] & ADAPTER_OPEN_VFS_MIGRATE;
    uint32_t vh = arguments[1] & ~ADAPTER_OPEN_VFS_MIGRATE;
    uint16_t initial = (uint16_t)arguments[2], total = (uint16_t)(arguments[2] >> TOTAL_SHIFT);
    if (!is_mr(commands))
        return ends(STATUS_UNSUPPORTED);
    if (named.vf != 0 || vh == 0 || vh >= adapter->space_count || initial > total || (initial < total && !migrate))
        return ends(STATUS_INVALID_ARGUMENT);
    if ((total > 0 && !commands->device.function.sr_iov) || (migrate && !commands->device.function.migration))
        return ends(STATUS_UNSUPPORTED);
    if (commands->vh_of_pf[named.pf] != 0 || pf_in(commands, vh) < commands->pf_count)
        return ends(STATUS_ALREADY_ASSIGNED);
    struct config_device_config device = commands->device;
    device.count = 1 + total;
    device.later = total - initial;
    device.function.migration = migrate;
    if (adapter_free_functions(adapter) < 1u + initial || adapter->function_count < device.count)
        return ends(STATUS_RESOURCES_EXHAUSTED);
    adapter_open_hierarchy(adapter, (uint16_t)vh, &device, 1);
    commands->vh_of_pf[named.pf] = (uint16_t)vh;
    return ends(STATUS_OK);
}

static struct command_outcome
close_hierarchy(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    (void)arguments;
    if (!is_mr(commands))
        return ends(STATUS_UNSUPPORTED);
    if (named.vf != 0)
        return ends(STATUS_INVALID_ARGUMENT);
    uint16_t vh = commands->vh_of_pf[named.pf];
    commands->vh_of_pf[named.pf] = 0;
    if (vh != 0 && adapter_has_hierarchy(commands->adapter, vh))
        adapter_close_hierarchy(commands->adapter, vh);
    return ends(STATUS_OK);
}

/* Where VFs of the PF migrate; NULL: nowhere, *OUTCOME says why. */
static struct pf_memory *
find_memory(const struct adapter_commands *commands, struct named named, struct command_outcome *outcome)
{
    struct adapter *adapter = commands->adapter;
    if (!is_mr(commands)) {
        *outcome = ends(STATUS_UNSUPPORTED);
        return NULL;
    }
    uint16_t vh = commands->vh_of_pf[named.pf];
    if (vh == 0 || !adapter_has_hierarchy(adapter, vh)) {
        *outcome = ends(STATUS_NOT_ASSIGNED);
        return NULL;
    }
    struct pf_memory *memory = adapter->spaces[vh].memory;
    bool there = memory != NULL && named.vf >= 1 && named.vf <= memory->vfs.total;
    *outcome = ends(memory == NULL ? STATUS_UNSUPPORTED : there ? STATUS_OK : STATUS_INVALID_ARGUMENT);
    return there ? memory : NULL;
}

static struct command_outcome
migrate_vf(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct command_outcome outcome;
    struct pf_memory *memory = find_memory(commands, named, &outcome);
    if (memory == NULL)
        return outcome;
    if (arguments[1] > VF_ACTIVE_AVAILABLE)
        return ends(STATUS_INVALID_ARGUMENT);
    return ends(pf_memory_migrate(memory, named.vf, (enum vf_state)arguments[1]));
}

static struct command_outcome
get_vf(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    (void)arguments;
    struct command_outcome outcome;
    const struct pf_memory *memory = find_memory(commands, named, &outcome);
    if (memory != NULL)
        outcome.result = vf_array_state(&memory->vfs, named.vf);
    return outcome;
}

/* --- sr-iov --- */

static struct command_outcome
enter_hierarchy(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct adapter *adapter = commands->adapter;
    if (!adapter->translated)
        return ends(STATUS_UNSUPPORTED);
    if (named.vf == 0 || named.vf >= adapter->function_count)
        return ends(STATUS_INVALID_ARGUMENT);
    const struct translator_function *placed = &adapter->translator->functions[named.vf];
    if (!placed->placed || placed->vh != arguments[1])
        return ends(STATUS_NOT_ASSIGNED);
    if (adapter->functions[named.vf].active)
        return ends(STATUS_ALREADY_ASSIGNED);
    adapter_enter(adapter, named.vf, placed->vh, 1);
    return ends(STATUS_OK);
}

static struct command_outcome
leave_hierarchy(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    (void)arguments;
    struct adapter *adapter = commands->adapter;
    if (!adapter->translated)
        return ends(STATUS_UNSUPPORTED);
    if (named.vf == 0 || named.vf >= adapter->function_count)
        return ends(STATUS_INVALID_ARGUMENT);
    if (adapter->functions[named.vf].active)
        adapter_leave(adapter, named.vf);
    return ends(STATUS_OK);
}

/* --- both --- */

static void on_reset_over(struct event *event)
{
    command_registers_end(&CONTAINER_OF(event, struct adapter_commands, reset_over)->registers, STATUS_OK, 0);
}

static struct command_outcome
reset(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    (void)arguments;
    struct adapter *adapter = commands->adapter;
    struct function *function = find(commands, named);
    if (function == NULL)
        return ends(STATUS_OK);
    function_reset(function);
    if (adapter->config.flr_delay_ps == 0)
        return ends(STATUS_OK);
    event_schedule(&commands->reset_over, fabric_now_ps(adapter->fabric) + adapter->config.flr_delay_ps);
    uint64_t delay_ns = (adapter->config.flr_delay_ps + PS_PER_NS - 1) / PS_PER_NS;
    return (struct command_outcome){.busy = true, .result = delay_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)delay_ns};
}

static struct command_outcome
get(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    (void)arguments;
    const struct function *function = find(commands, named);
    struct command_outcome outcome = ends(STATUS_OK);
    if (function == NULL)
        return outcome;
    outcome.result = ADAPTER_FUNCTION_IN_HIERARCHY | (uint32_t)function->settings.vh << VH_SHIFT;
    if (function->engine.reads_in_flight == 0)
        outcome.result |= ADAPTER_FUNCTION_QUIET;
    return outcome;
}

static struct command_outcome
set_weight(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct function *function = find(commands, named);
    if (function == NULL)
        return ends(STATUS_NOT_ASSIGNED);
    if (arguments[1] == 0)
        return ends(STATUS_INVALID_ARGUMENT);
    const struct function_settings *settings = &function->settings;
    function_set_rates(function, arguments[1], settings->min_bps, settings->max_bps);
    return ends(STATUS_OK);
}

static struct command_outcome
set_limits(struct adapter_commands *commands, struct named named, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct function *function = find(commands, named);
    if (function == NULL)
        return ends(STATUS_NOT_ASSIGNED);
    if (arguments[2] != 0 && arguments[1] > arguments[2])
        return ends(STATUS_INVALID_ARGUMENT);
    function_set_rates(
        function, function->settings.weight, arguments[1] * COMMAND_RATE_BPS, arguments[2] * COMMAND_RATE_BPS);
    return ends(STATUS_OK);
}

static const handler handlers[] = {
    [ADAPTER_OPEN_HIERARCHY] = open_hierarchy,
    [ADAPTER_CLOSE_HIERARCHY] = close_hierarchy,
    [ADAPTER_RESET_FUNCTION] = reset,
    [ADAPTER_ENTER_HIERARCHY] = enter_hierarchy,
    [ADAPTER_LEAVE_HIERARCHY] = leave_hierarchy,
    [ADAPTER_GET_FUNCTION] = get,
    [ADAPTER_SET_WEIGHT] = set_weight,
    [ADAPTER_SET_LIMITS] = set_limits,
    [ADAPTER_MIGRATE_VF] = migrate_vf,
    [ADAPTER_GET_VF] = get_vf,
};

static struct command_outcome
execute(struct command_registers *registers, uint8_t opcode, const uint32_t arguments[COMMAND_ARGUMENTS])
{
    struct adapter_commands *commands = CONTAINER_OF(registers, struct adapter_commands, registers);
    const struct named named = {.pf = (uint16_t)arguments[0], .vf = (uint16_t)(arguments[0] >> VF_SHIFT)};
    if (opcode >= sizeof handlers / sizeof handlers[0] || handlers[opcode] == NULL)
        return ends(STATUS_UNSUPPORTED);
    if (named.pf >= commands->pf_count)
        return ends(STATUS_INVALID_ARGUMENT);
    return handlers[opcode](commands, named, arguments);
}

static const struct command_registers_ops adapter_commands_ops = {.name = "adapter", .execute = execute};

void adapter_commands_init(struct adapter *adapter, uint16_t pf_count, const struct config_device_config *device)
{
    CHECK(adapter->commands == NULL && pf_count > 0 && adapter->spaces[0].device.count > 0);
    struct adapter_commands *commands = malloc(sizeof *commands);
    CHECK(commands != NULL);
    *commands = (struct adapter_commands){
        .adapter = adapter,
        .device = *device,
        .pf_count = pf_count,
        .vh_of_pf = calloc(pf_count, sizeof *commands->vh_of_pf),
    };
    CHECK(commands->vh_of_pf != NULL);
    component_init(&commands->component, &adapter->fabric->simulation);
    event_init(&commands->reset_over, &commands->component, on_reset_over);
    command_registers_init(&commands->registers, &adapter_commands_ops, &adapter->spaces[0].device.functions[0]);
    adapter->commands = commands;
}

void adapter_commands_free(struct adapter_commands *commands)
{
    if (commands == NULL)
        return;
    free(commands->vh_of_pf);
    free(commands);
}

void adapter_commands_found(struct adapter *adapter, uint16_t pf, uint16_t vh)
{
    CHECK(adapter->commands != NULL && pf < adapter->commands->pf_count);
    adapter->commands->vh_of_pf[pf] = vh;
}
