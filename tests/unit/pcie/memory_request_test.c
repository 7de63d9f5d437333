#include "fabric/pcie/memory_request.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"

/* Byte by byte: it ends before the page does, with the operation, and with its most. */
Test(memory_request, bytes)
{
    struct random random;
    random_init(&random, 1, "test");
    for (int n = 0; n < 2000; n++) {
        uint64_t address = random_below(&random, 3 * 4096), left = 1 + random_below(&random, 10000);
        uint32_t most = 1 + (uint32_t)random_below(&random, 4096), bytes = 1;
        while (bytes < left && bytes < most && (address + bytes) % 4096 != 0)
            bytes++;
        cr_assert_eq(memory_request_bytes(address, left, most), bytes);
    }
}

Test(memory_request, a_tlp_for_a_part_of_an_operation)
{
    struct fabric fabric;
    fabric_init(&fabric, 1, (struct window){0, TIME_NEVER}, 4, 4);
    struct operation operation = {.parts = 1, .traffic_class = 5, .followed = true};
    struct memory_requester requester = {0x0301, 7};
    struct tlp *write = memory_request_create(&fabric, requester, &operation, OPERATION_WRITE, 0x1003, 6);
    struct tlp *read = memory_request_create(&fabric, requester, &operation, OPERATION_READ, UINT64_C(1) << 40, 512);
    cr_expect_eq(operation.parts, 3);
    cr_expect_eq(write->type, TLP_MWR);
    cr_expect_eq(write->address, 0x1000);
    cr_expect_eq(write->length_dw, 3);
    cr_expect_eq(write->byte_enables, 0x18);
    cr_expect_eq(write->operation, &operation);
    cr_expect_eq(write->requester_id, 0x0301);
    cr_expect_eq(write->traffic_class, 5);
    cr_expect(write->vh == 7 && write->origin_vh == 7);
    cr_expect_eq(read->type, TLP_MRD);
    cr_expect_eq(read->length_dw, 128);
    cr_expect(write->attributes == TLP_JOURNEY && read->attributes == TLP_JOURNEY);
    cr_expect_eq(read->operation, &operation, "whose journey it carries");
    operation.journey_by_read = true;
    write = memory_request_create(&fabric, requester, &operation, OPERATION_WRITE, 0x1000, 4);
    cr_expect_eq(write->attributes, 0);
    operation.followed = false;
    read = memory_request_create(&fabric, requester, &operation, OPERATION_READ, 0x1000, 4);
    cr_expect_eq(read->attributes, 0);
    cr_expect_null(read->operation);
    fabric_free(&fabric);
}
