#include "fabric/pcie/capability_designated.h"

#include <criterion/criterion.h>

#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_header.h"
#include "fabric/pcie/config_space.h"

Test(capability_designated, tells_vendor_length_and_kind)
{
    static struct config_layout layout;
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
    uint16_t mr = capability_mr_iov_add(&layout);
    uint16_t base = capability_designated_add(&layout, 0x1234, 5, 0x24);
    cr_assert_eq(capability_find_extended(&layout, EXTENDED_MR_IOV), mr);
    cr_assert_eq(capability_find_extended(&layout, EXTENDED_DESIGNATED_VENDOR), base);
    struct config_space space;
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(config_space_read(&space, mr), 0x00010011u | (uint32_t)base << 20, "and the next one");
    cr_assert_eq(config_space_read(&space, base), 0x00010023u);
    cr_assert_eq(config_space_read(&space, base + 4), 0x02456d72u);
    cr_assert_eq(config_space_get(&space, base + 8, 2), 0x1234);
    config_space_write(&space, base + 4, 0xf, 0);
    cr_assert_eq(config_space_read(&space, base + 4), 0x02456d72u, "read-only");
    config_space_free(&space);
}
