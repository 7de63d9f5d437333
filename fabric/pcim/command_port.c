#include "fabric/pcim/command_port.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"

/* Between looks at the status of a command that goes on, of which the hardware does not say how long: it doubles, so
 * that waiting costs little and ends soon after the command does. */
#define DISTANCE_FIRST_PS PS_PER_US
#define DISTANCE_MOST_PS PS_PER_MS

/* A command that has not ended by then never will. */
#define COMMAND_MOST_PS (UINT64_C(100) * PS_PER_S)

#define ALL_BYTES 0xf

/* The registers that a command goes through: is the block free; arguments; go; its status; when it goes on, how long;
 * its status again and again; result. */
enum step {
    STEP_FREE,
    STEP_ARGUMENTS,
    STEP_GO = STEP_ARGUMENTS + COMMAND_ARGUMENTS,
    STEP_STATUS,
    STEP_DURATION,
    STEP_STATUS_AGAIN,
    STEP_RESULT
};

static uint64_t now_of(const struct command_port *port)
{
    return fabric_now_ps(port->management->fabric);
}

static void start_first(struct command_port *port);

static void end(struct command_port *port, enum status status)
{
    struct management_command *command = port->first;
    command->status = status;
    command->ended_ps = now_of(port);
    port->first = command->next;
    if (port->first == NULL)
        port->last = NULL;
    else
        start_first(port);
    command->done(command);
}

static void ask(struct command_port *port)
{
    struct management_command *command = port->first;
    struct config_request *request = &port->request;
    request->id = port->id;
    request->enables = 0;
    request->value = 0;
    if (port->step == STEP_GO) {
        request->offset = port->base + COMMAND_REGISTERS_COMMAND;
        request->value = command->opcode | COMMAND_REGISTERS_GO;
        request->enables = ALL_BYTES;
    } else if (port->step >= STEP_ARGUMENTS && port->step < STEP_GO) {
        uint32_t index = port->step - STEP_ARGUMENTS;
        request->offset = (uint16_t)(port->base + COMMAND_REGISTERS_ARGUMENTS + index * 4);
        request->value = command->arguments[index];
        request->enables = ALL_BYTES;
    } else {
        bool result = port->step == STEP_RESULT || port->step == STEP_DURATION;
        request->offset = (uint16_t)(port->base + (result ? COMMAND_REGISTERS_RESULT : COMMAND_REGISTERS_STATUS));
    }
    command->requests++;
    management_port_submit(port->management, request);
}

/* Looks at the status again when the command should have ended, DURATION_NS after it began; or, 0, after a while. */
static void look_later(struct command_port *port, uint32_t duration_ns)
{
    uint64_t now = now_of(port), end_ps = port->gone_ps + duration_ns * PS_PER_NS;
    if (duration_ns > 0) {
        event_schedule(&port->poll, end_ps > now ? end_ps : now);
        return;
    }
    event_schedule(&port->poll, now + port->distance_ps);
    port->distance_ps = 2 * port->distance_ps < DISTANCE_MOST_PS ? 2 * port->distance_ps : DISTANCE_MOST_PS;
}

/* The status register, as read before the command is given and after it. */
static void on_status(struct command_port *port, uint32_t value)
{
    struct management_command *command = port->first;
    bool under_way = value & COMMAND_REGISTERS_UNDER_WAY;
    if (port->step == STEP_FREE && !under_way) {
        port->step = command->argument_count > 0 ? STEP_ARGUMENTS : STEP_GO;
        ask(port);
    } else if (port->step == STEP_FREE) {
        end(port, STATUS_BUSY);
    } else if (!under_way) {
        command->status = (enum status)(value & COMMAND_REGISTERS_STATUS_CODE);
        port->step = STEP_RESULT;
        ask(port);
    } else if (now_of(port) - command->started_ps > COMMAND_MOST_PS) {
        end(port, STATUS_DEADLINE_EXCEEDED);
    } else if (port->step == STEP_STATUS) {
        port->step = STEP_DURATION;
        ask(port);
    } else {
        look_later(port, 0);
    }
}

static void on_answered(struct config_request *request)
{
    struct command_port *port = CONTAINER_OF(request, struct command_port, request);
    struct management_command *command = port->first;
    if (request->status != TLP_STATUS_SC) {
        command->timed_out = request->timed_out;
        end(port, STATUS_UNAVAILABLE);
    } else if (port->step == STEP_FREE || port->step == STEP_STATUS || port->step == STEP_STATUS_AGAIN) {
        on_status(port, request->value);
    } else if (port->step == STEP_DURATION) {
        port->step = STEP_STATUS_AGAIN;
        look_later(port, request->value);
    } else if (port->step == STEP_RESULT) {
        command->result = request->value;
        end(port, command->status);
    } else {
        if (port->step == STEP_GO)
            port->gone_ps = now_of(port);
        bool more = port->step < STEP_GO && port->step - STEP_ARGUMENTS + 1u < command->argument_count;
        port->step = more ? port->step + 1 : port->step == STEP_GO ? STEP_STATUS : STEP_GO;
        ask(port);
    }
}

/* Time to look at the status again; or, at the very beginning, there is nobody to ask. */
static void on_poll(struct event *event)
{
    struct command_port *port = CONTAINER_OF(event, struct command_port, poll);
    if (port->base == 0)
        end(port, STATUS_UNSUPPORTED);
    else
        ask(port);
}

static void start_first(struct command_port *port)
{
    struct management_command *command = port->first;
    command->started_ps = now_of(port);
    command->requests = 0;
    command->timed_out = false;
    command->result = 0;
    port->step = STEP_FREE;
    port->distance_ps = DISTANCE_FIRST_PS;
    if (port->base == 0)
        event_schedule(&port->poll, now_of(port));
    else
        ask(port);
}

void command_port_init(struct command_port *port, struct management_port *management, uint16_t id, uint16_t base)
{
    *port = (struct command_port){
        .management = management,
        .id = id,
        .base = base,
        .request = {.done = on_answered},
    };
    component_init(&port->component, &management->fabric->simulation);
    event_init(&port->poll, &port->component, on_poll);
}

void command_port_submit(struct command_port *port, struct management_command *command)
{
    CHECK(command->done != NULL && command->argument_count <= COMMAND_ARGUMENTS);
    command->next = NULL;
    if (port->last != NULL) {
        port->last->next = command;
        port->last = command;
        return;
    }
    port->first = port->last = command;
    start_first(port);
}
