#include "mgmt/budget.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/limits.h"
#include "proto/frame.h"
#include "proto/mriov.pb-c.h"

/* An Apply of COUNT bindings, each of the fewest bytes; the caller frees it. */
static uint8_t *bindings(size_t count, size_t *size)
{
    *size = 2 * count;
    uint8_t *bytes = malloc(*size);
    for (size_t i = 0; i < count; i++) {
        bytes[2 * i] = 1 << 3 | 2; /* field 1, bytes */
        bytes[2 * i + 1] = 0;
    }
    return bytes;
}

Test(budget, what_fits_is_unpacked_and_no_more)
{
    size_t size;
    uint8_t *bytes = bindings(FRAME_REQUEST_MOST_BYTES / 2, &size);
    struct budget budget;
    bool was_enough = false;
    for (size_t most = 1024; most <= 64 * LIMIT_DECODE_BYTES && !was_enough; most *= 2) {
        budget_start(&budget, most);
        Mriov__V1__ApplyRequest *apply = mriov__v1__apply_request__unpack(&budget.allocator, size, bytes);
        was_enough = apply != NULL;
        cr_expect_eq(apply == NULL, budget.exceeded, "with %zu bytes", most);
        if (apply != NULL) {
            cr_expect_eq(apply->n_bindings, FRAME_REQUEST_MOST_BYTES / 2);
            mriov__v1__apply_request__free_unpacked(apply, &budget.allocator);
        }
    }
    cr_expect(was_enough);
    free(bytes);
}

/* What an honest client may ask for at most (4,096 bindings) has room. */
Test(budget, the_largest_honest_request_fits)
{
    size_t size;
    uint8_t *bytes = bindings(4096, &size);
    struct budget budget;
    budget_start(&budget, LIMIT_DECODE_BYTES);
    Mriov__V1__ApplyRequest *apply = mriov__v1__apply_request__unpack(&budget.allocator, size, bytes);
    cr_assert_not_null(apply);
    mriov__v1__apply_request__free_unpacked(apply, &budget.allocator);
    cr_expect_gt(budget.left, LIMIT_DECODE_BYTES / 2);
    free(bytes);
}
