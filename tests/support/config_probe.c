#include "tests/support/config_probe.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"

static struct config_request probe;
static bool ended;

static void on_done(struct config_request *request)
{
    cr_assert_eq(request, &probe);
    ended = true;
}

static void run(struct config_requester *requester)
{
    struct simulation *simulation = &requester->fabric->simulation;
    ended = false;
    probe.done = on_done;
    config_requester_submit(requester, &probe);
    for (int tries = 0; !ended && tries < 100000; tries++)
        simulation_run(simulation, simulation->now_ps + PS_PER_US);
    cr_assert(ended, "a request that never ends");
}

uint32_t config_probe_read(struct config_requester *requester, uint16_t id, uint16_t offset)
{
    probe = (struct config_request){.id = id, .offset = offset & (uint16_t)~3};
    run(requester);
    return probe.value;
}

bool config_probe_write(struct config_requester *requester, uint16_t id, uint16_t offset, uint8_t bytes, uint32_t value)
{
    uint32_t shift = config_register_shift(offset);
    probe = (struct config_request){
        .id = id,
        .offset = offset & (uint16_t)~3,
        .enables = (uint8_t)(((1u << bytes) - 1) << shift / 8),
        .value = value << shift,
    };
    run(requester);
    return probe.status == TLP_STATUS_SC;
}

const struct config_request *config_probe_last(void)
{
    return &probe;
}
