#include "fabric/pcie/fabric.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcie/operation.h"

static const char *const drop_reason_names[DROP_REASONS] = {
    [DROP_UNSUPPORTED_REQUEST] = "unsupported_request",
    [DROP_UNEXPECTED_COMPLETION] = "unexpected_completion",
    [DROP_STALE] = "stale",
    [DROP_NULLIFIED] = "nullified",
    [DROP_LINK_DOWN] = "link_down",
    [DROP_CONTAINED] = "contained",
    [DROP_FAULT] = "fault",
};

const char *drop_reason_name(enum drop_reason reason)
{
    CHECK((unsigned)reason < DROP_REASONS);
    return drop_reason_names[reason];
}

void fabric_init(struct fabric *fabric, uint64_t seed, struct window window, size_t tlps, size_t operations)
{
    *fabric = (struct fabric){.window = window};
    simulation_init(&fabric->simulation, seed);
    pool_init(&fabric->tlps, sizeof(struct tlp), tlps);
    pool_init(&fabric->operations, sizeof(struct operation), operations);
}

void fabric_free(struct fabric *fabric)
{
    config_shelf_free(&fabric->shelf);
    free(fabric->errors);
    free(fabric->stale);
    free(fabric->native);
    pool_free(&fabric->operations);
    pool_free(&fabric->tlps);
    simulation_free(&fabric->simulation);
}

uint64_t fabric_dropped(const struct fabric *fabric)
{
    uint64_t dropped = 0;
    for (int reason = 0; reason < DROP_REASONS; reason++)
        dropped += fabric->dropped[reason];
    return dropped;
}

uint64_t fabric_in_flight(const struct fabric *fabric)
{
    return fabric->tlps.live;
}

void fabric_count_error(struct fabric *fabric, uint16_t vh, enum fabric_error error)
{
    CHECK((unsigned)error < FABRIC_ERRORS);
    if (vh >= fabric->error_vhs) {
        fabric->errors = reallocarray(fabric->errors, vh + 1u, sizeof *fabric->errors);
        CHECK(fabric->errors != NULL);
        memset(fabric->errors + fabric->error_vhs, 0, (vh + 1u - fabric->error_vhs) * sizeof *fabric->errors);
        fabric->error_vhs = vh + 1u;
    }
    fabric->errors[vh][error]++;
}

uint64_t fabric_errors(const struct fabric *fabric, uint16_t vh, enum fabric_error error)
{
    CHECK((unsigned)error < FABRIC_ERRORS);
    return vh < fabric->error_vhs ? fabric->errors[vh][error] : 0;
}

void fabric_end_operation(struct fabric *fabric, struct operation *operation)
{
    operation->ended = true;
    if (operation->carriers == 0)
        pool_put(&fabric->operations, operation);
}

void fabric_end_carrier(struct fabric *fabric, struct operation *operation)
{
    CHECK(operation->carriers > 0);
    operation->carriers--;
    if (operation->ended && operation->carriers == 0)
        pool_put(&fabric->operations, operation);
}

void fabric_drop_tlp(struct fabric *fabric, struct tlp *tlp, enum drop_reason reason)
{
    CHECK((unsigned)reason < DROP_REASONS);
    fabric->dropped[reason]++;
    if ((tlp->attributes & TLP_JOURNEY) != 0)
        fabric_end_carrier(fabric, tlp->operation);
    pool_put(&fabric->tlps, tlp);
}

static void make_room_for(struct fabric *fabric, uint16_t vh)
{
    if (vh < fabric->stale_vhs)
        return;
    fabric->stale = reallocarray(fabric->stale, vh + 1u, sizeof *fabric->stale);
    CHECK(fabric->stale != NULL);
    memset(fabric->stale + fabric->stale_vhs, 0, (vh + 1u - fabric->stale_vhs) * sizeof *fabric->stale);
    fabric->stale_vhs = vh + 1u;
}

void fabric_drop_stale_tlp(struct fabric *fabric, struct tlp *tlp)
{
    make_room_for(fabric, tlp->vh);
    fabric->stale[tlp->vh]++;
    fabric_drop_tlp(fabric, tlp, DROP_STALE);
}

uint64_t fabric_stale(const struct fabric *fabric, uint16_t vh)
{
    return vh < fabric->stale_vhs ? fabric->stale[vh] : 0;
}
