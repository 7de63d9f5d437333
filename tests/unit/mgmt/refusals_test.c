#include "mgmt/refusals.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct pcim_refusal refusal = {
    .code = STATUS_ALREADY_ASSIGNED, .message = "it is h0's", .holder = "h0", .hint = "move it", .generation = 7};

Test(refusals, are_found_by_identity_and_key)
{
    struct refusals refusals = {0};
    cr_expect_null(refusals_find(&refusals, "uid:0", "k"));
    refusals_add(&refusals, "uid:0", "k", 5, &refusal);
    const struct refused *found = refusals_find(&refusals, "uid:0", "k");
    cr_assert_not_null(found);
    cr_expect(found->digest == 5 && found->code == STATUS_ALREADY_ASSIGNED && found->generation == 7);
    cr_expect_str_eq(found->message, "it is h0's");
    cr_expect_str_eq(found->holder, "h0");
    cr_expect_str_eq(found->hint, "move it");
    cr_expect_null(refusals_find(&refusals, "uid:1", "k"));
    cr_expect_null(refusals_find(&refusals, "uid:0", "kk"));
    refusals_free(&refusals);
    cr_expect_null(refusals_find(&refusals, "uid:0", "k"));
}

/* At the limit the first is still there, beyond it the second is the oldest. */
Test(refusals, the_last_ones_are_kept)
{
    struct refusals refusals = {0};
    char key[16];
    for (int i = 0; i <= REFUSALS_KEPT; i++) {
        if (i == REFUSALS_KEPT)
            cr_expect_not_null(refusals_find(&refusals, "uid:0", "0"));
        snprintf(key, sizeof key, "%d", i);
        refusals_add(&refusals, "uid:0", key, 5, &refusal);
    }
    cr_expect_null(refusals_find(&refusals, "uid:0", "0"));
    cr_expect_not_null(refusals_find(&refusals, "uid:0", "1"));
    cr_expect_not_null(refusals_find(&refusals, "uid:0", key));
    refusals_free(&refusals);
}
