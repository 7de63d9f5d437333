#include "fabric/pcie/config_shelf.h"

#include <criterion/criterion.h>

#include "fabric/pcie/capability.h"

static struct config_kind endpoint(void)
{
    return (struct config_kind){
        .type = EXPRESS_ENDPOINT,
        .device = 0x1000,
        .class_code = 0x020000,
        .generation = 4,
        .width = 16,
        .mps_bytes = 512,
        .bar_bytes = UINT64_C(1) << 20,
        .vectors = 16,
    };
}

static bool has(const struct config_layout *layout, enum extended_capability_id id)
{
    return capability_find_extended(layout, id) != 0;
}

Test(config_shelf, has_one_layout_a_kind)
{
    struct config_shelf shelf = {0};
    struct config_kind kind = endpoint(), other = endpoint();
    const struct config_layout *layout = config_shelf_layout(&shelf, &kind);
    cr_assert_eq(config_shelf_layout(&shelf, &other), layout);
    other.width = 8;
    const struct config_layout *narrow = config_shelf_layout(&shelf, &other);
    cr_assert_neq(narrow, layout);
    cr_assert_eq(shelf.count, 2);
    for (uint16_t device = 0; device < 100; device++) {
        other.device = device;
        config_shelf_layout(&shelf, &other);
    }
    cr_assert_eq(config_shelf_layout(&shelf, &kind), layout, "layouts stay where they are");
    cr_assert_eq(shelf.count, 102);
    config_shelf_free(&shelf);
}

/* Which capabilities a function has, by what it is. */
Test(config_shelf, functions_have_what_is_theirs)
{
    struct config_shelf shelf = {0};
    struct config_kind kind = endpoint();
    const struct config_layout *plain = config_shelf_layout(&shelf, &kind);
    cr_expect(has(plain, EXTENDED_AER) && has(plain, EXTENDED_ARI) && has(plain, EXTENDED_SERIAL_NUMBER));
    cr_expect_not(has(plain, EXTENDED_SR_IOV));
    kind.sr_iov = true;
    kind.vf_device = 0x1001;
    cr_expect(has(config_shelf_layout(&shelf, &kind), EXTENDED_SR_IOV));
    kind.sr_iov = false;
    kind.vf = true;
    const struct config_layout *vf = config_shelf_layout(&shelf, &kind);
    cr_expect_not(has(vf, EXTENDED_SR_IOV));
    cr_expect(has(vf, EXTENDED_AER));
    struct config_kind port = {
        .type = EXPRESS_DOWNSTREAM_PORT, .class_code = 0x060400, .generation = 3, .width = 4, .mps_bytes = 256};
    const struct config_layout *downstream = config_shelf_layout(&shelf, &port);
    cr_expect(has(downstream, EXTENDED_ACS) && has(downstream, EXTENDED_DPC));
    port.type = EXPRESS_UPSTREAM_PORT;
    const struct config_layout *upstream = config_shelf_layout(&shelf, &port);
    cr_expect_not(has(upstream, EXTENDED_DPC));
    config_shelf_free(&shelf);
}
