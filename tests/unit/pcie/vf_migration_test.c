#include "fabric/pcie/vf_migration.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The transitions as SR-IOV 1.1 lists them, by name; all others are ignored. */
static const char *const host_transitions[] = {
    "Dormant.MigrateIn > Active.Available",
    "Active.Available > Dormant.MigrateIn",
    "Active.MigrateOut > Inactive.Unavailable",
};
static const char *const manager_transitions[] = {
    "Inactive.Unavailable > Dormant.MigrateIn",
    "Dormant.MigrateIn > Inactive.Unavailable",
    "Active.Available > Active.MigrateOut",
    "Active.MigrateOut > Active.Available",
};

static bool is_listed(const char *const *list, size_t count, enum vf_state from, enum vf_state to)
{
    char transition[60];
    snprintf(transition, sizeof transition, "%s > %s", vf_state_name(from), vf_state_name(to));
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], transition) == 0)
            return true;
    return false;
}

Test(vf_migration, who_may_do_what)
{
    for (int from = 0; from < 4; from++)
        for (int to = 0; to < 4; to++) {
            enum vf_state a = (enum vf_state)from, b = (enum vf_state)to;
            cr_assert_eq(vf_state_host_may(a, b), is_listed(host_transitions, 3, a, b), "%d to %d", from, to);
            cr_assert_eq(vf_state_manager_may(a, b), is_listed(manager_transitions, 4, a, b), "%d to %d", from, to);
        }
}

Test(vf_migration, neither_alone_takes_a_vf_that_works)
{
    cr_assert_not(vf_state_manager_may(VF_ACTIVE_AVAILABLE, VF_INACTIVE_UNAVAILABLE));
    cr_assert_not(vf_state_host_may(VF_INACTIVE_UNAVAILABLE, VF_ACTIVE_AVAILABLE));
}

Test(vf_migration, at_enable)
{
    for (uint16_t vf = 1; vf <= 8; vf++)
        cr_assert_eq(vf_state_at_enable(vf, 3), vf <= 3 ? VF_ACTIVE_AVAILABLE : VF_INACTIVE_UNAVAILABLE);
}
