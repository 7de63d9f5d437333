#include "fabric/pcie/vf_migration.h"

#include "fabric/base/check.h"

#define STATES 4

static const char *const names[STATES] = {
    [VF_INACTIVE_UNAVAILABLE] = "Inactive.Unavailable",
    [VF_DORMANT_MIGRATE_IN] = "Dormant.MigrateIn",
    [VF_ACTIVE_MIGRATE_OUT] = "Active.MigrateOut",
    [VF_ACTIVE_AVAILABLE] = "Active.Available",
};

/* [from][to]. Any other write of the host is ignored. */
static const bool host_may[STATES][STATES] = {
    [VF_DORMANT_MIGRATE_IN][VF_ACTIVE_AVAILABLE] = true,     /* activate */
    [VF_ACTIVE_AVAILABLE][VF_DORMANT_MIGRATE_IN] = true,     /* deactivate */
    [VF_ACTIVE_MIGRATE_OUT][VF_INACTIVE_UNAVAILABLE] = true, /* complete the move out */
};

/* The specification says nothing of taking back a request to migrate out: here MR-PCIM may. */
static const bool manager_may[STATES][STATES] = {
    [VF_INACTIVE_UNAVAILABLE][VF_DORMANT_MIGRATE_IN] = true, /* offer */
    [VF_DORMANT_MIGRATE_IN][VF_INACTIVE_UNAVAILABLE] = true, /* retract */
    [VF_ACTIVE_AVAILABLE][VF_ACTIVE_MIGRATE_OUT] = true,     /* ask back */
    [VF_ACTIVE_MIGRATE_OUT][VF_ACTIVE_AVAILABLE] = true,     /* no longer ask */
};

const char *vf_state_name(enum vf_state state)
{
    CHECK((unsigned)state < STATES);
    return names[state];
}

bool vf_state_host_may(enum vf_state from, enum vf_state to)
{
    CHECK((unsigned)from < STATES && (unsigned)to < STATES);
    return host_may[from][to];
}

bool vf_state_manager_may(enum vf_state from, enum vf_state to)
{
    CHECK((unsigned)from < STATES && (unsigned)to < STATES);
    return manager_may[from][to];
}

enum vf_state vf_state_at_enable(uint16_t vf, uint16_t initial_vfs)
{
    CHECK(vf >= 1);
    return vf <= initial_vfs ? VF_ACTIVE_AVAILABLE : VF_INACTIVE_UNAVAILABLE;
}
