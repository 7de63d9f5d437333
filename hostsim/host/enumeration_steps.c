#include "hostsim/host/enumeration_steps.h"

#include <stdlib.h>

#include "fabric/base/check.h"

#define LAST_BUS 255u /* of a hierarchy */

static struct fabric *fabric_of(const struct enumeration *walk)
{
    return walk->requester->fabric;
}

void enumeration_begin(struct enumeration *walk, uint16_t id)
{
    walk->batch_id = id;
    walk->batch_count = walk->batch_at = 0;
}

static void add_access(struct enumeration *walk, struct enumeration_access access)
{
    CHECK(walk->batch_count < ENUMERATION_BATCH_MAX);
    walk->batch[walk->batch_count++] = access;
}

void enumeration_read(struct enumeration *walk, uint16_t offset)
{
    add_access(walk, (struct enumeration_access){.offset = offset & (uint16_t)~3});
}

void enumeration_write(struct enumeration *walk, uint16_t offset, uint8_t bytes, uint32_t value)
{
    uint32_t shift = config_register_shift(offset);
    uint8_t enables = (uint8_t)(((1u << bytes) - 1) << shift / 8);
    add_access(
        walk,
        (struct enumeration_access){.offset = offset & (uint16_t)~3, .enables = enables, .value = value << shift});
}

void enumeration_read_memory(struct enumeration *walk, uint64_t address)
{
    add_access(walk, (struct enumeration_access){.address = address});
}

void enumeration_write_memory(struct enumeration *walk, uint64_t address, uint8_t enables, uint32_t value)
{
    add_access(walk, (struct enumeration_access){.address = address, .enables = enables, .value = value});
}

static void submit_next(struct enumeration *walk)
{
    const struct enumeration_access *access = &walk->batch[walk->batch_at];
    walk->request.id = walk->batch_id;
    walk->request.offset = access->offset;
    walk->request.address = access->address;
    walk->request.enables = access->enables;
    walk->request.value = access->value;
    walk->requests++;
    config_requester_submit(walk->requester, &walk->request);
}

static void on_done(struct config_request *request)
{
    struct enumeration *walk = CONTAINER_OF(request, struct enumeration, request);
    walk->batch[walk->batch_at++].value = request->value;
    if (walk->batch_at < walk->batch_count)
        submit_next(walk);
    else
        walk->then(walk);
}

void enumeration_ask(struct enumeration *walk, void (*then)(struct enumeration *walk))
{
    CHECK(walk->batch_count > 0);
    walk->then = then;
    submit_next(walk);
}

uint32_t enumeration_answer(const struct enumeration *walk, uint32_t index)
{
    CHECK(index < walk->batch_count && walk->batch[index].enables == 0);
    return walk->batch[index].value;
}

static void on_waited(struct event *event)
{
    struct enumeration *walk = CONTAINER_OF(event, struct enumeration, waited);
    walk->then(walk);
}

void enumeration_wait(struct enumeration *walk, uint64_t delay_ps, void (*then)(struct enumeration *walk))
{
    walk->then = then;
    event_schedule(&walk->waited, fabric_now_ps(fabric_of(walk)) + delay_ps);
}

struct host_function *enumeration_add(struct enumeration *walk, uint16_t id, int parent)
{
    if (walk->count == walk->capacity) {
        walk->capacity = walk->capacity == 0 ? 16 : walk->capacity * 2;
        walk->functions = reallocarray(walk->functions, walk->capacity, sizeof *walk->functions);
        CHECK(walk->functions != NULL);
    }
    struct host_function *function = &walk->functions[walk->count++];
    *function = (struct host_function){.id = id, .parent = parent, .pf = HOST_FUNCTION_NONE, .fresh = true};
    return function;
}

void enumeration_prepare(
    struct enumeration *walk, struct config_requester *requester, const struct enumeration_config *config)
{
    bool first = walk->requester == NULL;
    struct component component = walk->component;
    struct enumeration_config own = *config; /* CONFIG may be the walk's */
    *walk = (struct enumeration){
        .config = own,
        .requester = requester,
        .request = {.done = on_done},
        .component = component,
        .bus_limit = LAST_BUS,
    };
    if (first)
        component_init(&walk->component, &fabric_of(walk)->simulation);
    event_init(&walk->waited, &walk->component, on_waited);
}
