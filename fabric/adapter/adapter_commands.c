#include "fabric/adapter/adapter_commands.h"

#include <stdlib.h>

#include "fabric/base/check.h"

#define VH_SHIFT 16
#define VF_SHIFT 16

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

/* The function of an mr-iov adapter in the hierarchy of its PF; NULL: it is in none, or nobody has activated it. */
static struct function *find(const struct adapter_commands *commands, struct named named)
{
    const struct adapter *adapter = commands->adapter;
    uint32_t space = adapter->port.mr ? commands->vh_of_pf[named.pf] : 0;
    if (adapter->port.mr && space == 0)
        return NULL;
    return named.vf < adapter->spaces[space].slot_count ? adapter->spaces[space].slots[named.vf] : NULL;
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
    function->settings.weight = arguments[1];
    for (uint32_t vc = 0; vc < function->channel_count; vc++)
        function->channels[vc].queue.weight = arguments[1];
    return ends(STATUS_OK);
}

static const handler handlers[] = {
    [ADAPTER_GET_FUNCTION] = get,
    [ADAPTER_SET_WEIGHT] = set_weight,
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
