#include "hostsim/rack/inventory.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/rack.h"

/* All of TEXT's functions as "NAME STATE", one a line, into LISTED. */
static void list(const char *text, char *listed, size_t size)
{
    struct scenario *scenario = rack_scenario(text);
    struct inventory inventory;
    size_t length = 0;
    listed[0] = '\0';
    inventory_take(&inventory, scenario, NULL);
    for (size_t i = 0; i < inventory.count; i++) {
        const struct inventory_entry *entry = &inventory.entries[i];
        char name[128];
        scenario_function_name(scenario, entry->function, name, sizeof name);
        length += (size_t)snprintf(listed + length, size - length, "%s %s\n", name, inventory_state_name(entry->state));
        cr_assert_lt(length, size);
        cr_expect_eq(entry->assignment != SCENARIO_NONE, entry->state == INVENTORY_ASSIGNED);
        if (entry->assignment != SCENARIO_NONE)
            cr_expect_eq(
                memcmp(&scenario->assignments[entry->assignment].function, &entry->function, sizeof entry->function),
                0);
    }
    inventory_free(&inventory);
    scenario_free(scenario);
}

Test(inventory, has_every_function_of_every_kind_of_adapter)
{
    char listed[2000];
    list(
        "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: a, chassis: t}, {name: b, chassis: t}]\n"
        "adapters:\n"
        "  - {name: mr, at: t, pfs: 3, vfs: 9}\n"
        "  - {name: sr, at: t, sharing: sr-iov, vfs: 3}\n"
        "  - {name: ex, at: t, sharing: exclusive, vfs: 4}\n"
        "  - {name: own, at: a, vfs: 2}\n"
        "assign: [{function: mr.pf1, to: a, vfs: 2}, {function: sr.vf1, to: b}]\n",
        listed, sizeof listed);
    cr_expect_str_eq(
        listed, "mr.bf managed\nmr.pf0 free\nmr.pf1 assigned\nmr.pf1.vf0 assigned\nmr.pf1.vf1 assigned\nmr.pf2 free\n"
                "sr.pf0 managed\nsr.pf0.vf0 free\nsr.pf0.vf1 assigned\nsr.pf0.vf2 free\n"
                "ex.pf0 free\nown.pf0 assigned\n");
}

Test(inventory, of_no_adapters_is_empty)
{
    char listed[10];
    list("mriov: 1\nchassis: [{name: t}]\n", listed, sizeof listed);
    cr_expect_str_empty(listed);
}
