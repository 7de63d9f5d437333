#include <criterion/criterion.h>
#include <string.h>

#include "fabric/pcim/pcim.h"
#include "tests/support/fake_hardware.h"

static struct fake_rack rack;

static void set_up(void)
{
    fake_rack_init(&rack);
}

static void tear_down(void)
{
    fake_rack_free(&rack);
}

TestSuite(qos, .init = set_up, .fini = tear_down);

static const struct pcim_operation *assign(const char *function, const char *to)
{
    return fake_rack_do(
        &rack, &(struct pcim_request){.method = PCIM_METHOD_ASSIGN, .assign = {.function = function, .to = to}});
}

static void expect_refused(const struct pcim_operation *operation, enum status code, const char *holder)
{
    cr_expect_null(operation);
    cr_expect_eq(rack.refusal.code, code, "%s: %s", status_name(rack.refusal.code), rack.refusal.message);
    cr_expect_str_eq(rack.refusal.holder, holder);
    cr_expect_str_neq(rack.refusal.message, "");
}

Test(qos, limits_that_are_not_given_stay)
{
    assign("nic0.pf0", "h0");
    struct pcim_request request = {
        .method = PCIM_METHOD_SET_QOS,
        .set_qos = {.function = "nic0@h0", .max_given = true, .max_bps = 100, .weight_given = true, .weight = 4}};
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
    request.set_qos = (struct pcim_set_qos_request){.function = "nic0@h0", .min_given = true, .min_bps = 50};
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
    const struct pcim_function *function = &rack.pcim.inventory.adapters[0].pfs[0].function;
    cr_expect_eq(function->min_bps, 50);
    cr_expect_eq(function->max_bps, 100);
    cr_expect_eq(function->weight, 4);
    request.set_qos.min_bps = 101;
    expect_refused(fake_rack_do(&rack, &request), STATUS_INVALID_ARGUMENT, "");
    request.set_qos = (struct pcim_set_qos_request){.function = "nic0@h0"};
    expect_refused(fake_rack_do(&rack, &request), STATUS_INVALID_ARGUMENT, "");
    request.set_qos = (struct pcim_set_qos_request){.function = "nic0.pf1", .min_given = true, .min_bps = 50};
    expect_refused(fake_rack_do(&rack, &request), STATUS_NOT_ASSIGNED, "");
}

static struct pcim_request min_of(const char *function, uint64_t min_bps)
{
    return (struct pcim_request){
        .method = PCIM_METHOD_SET_QOS, .set_qos = {.function = function, .min_given = true, .min_bps = min_bps}};
}

Test(qos, a_weight_is_1_to_65535_and_another_changes_nothing)
{
    assign("nic0.pf0", "h0");
    const struct pcim_function *function = &rack.pcim.inventory.adapters[0].pfs[0].function;
    static const uint32_t weights[] = {0, 65536, 65537, UINT32_MAX};
    struct pcim_request request = {
        .method = PCIM_METHOD_SET_QOS, .set_qos = {.function = "nic0.pf0", .weight_given = true, .weight = 65535}};
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
    uint64_t generation = function->generation;
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        request.set_qos.weight = weights[i];
        expect_refused(fake_rack_do(&rack, &request), STATUS_INVALID_ARGUMENT, "");
        cr_expect_eq(function->weight, 65535);
        cr_expect_eq(function->generation, generation);
    }
}

/* Of nic0's link 1,000 bit/s may be guaranteed. */
Test(qos, no_more_is_guaranteed_than_may_be)
{
    assign("nic0.pf0", "h0");
    assign("nic0.pf1", "h1");
    struct pcim_request request = min_of("nic0.pf0", 1001);
    expect_refused(fake_rack_do(&rack, &request), STATUS_RESOURCES_EXHAUSTED, "");
    request = min_of("nic0.pf0", UINT64_MAX);
    expect_refused(fake_rack_do(&rack, &request), STATUS_RESOURCES_EXHAUSTED, "");
    request = min_of("nic0.pf0", 600);
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
    request = min_of("nic0.pf1", 401);
    expect_refused(fake_rack_do(&rack, &request), STATUS_RESOURCES_EXHAUSTED, "");
    cr_expect_str_eq(rack.refusal.hint, "a min of up to 400 bit/s would fit");
    request = min_of("nic0.pf1", 400);
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
    request = min_of("nic0.pf0", 601);
    expect_refused(fake_rack_do(&rack, &request), STATUS_RESOURCES_EXHAUSTED, "");
    request = min_of("nic0.pf0", 599);
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
}

/* What an operation that has not ended is about to guarantee counts. */
Test(qos, two_guarantees_at_once_are_added_up)
{
    assign("nic0.pf0", "h0");
    assign("nic0.pf1", "h1");
    rack.hardware.delay_ps = 5;
    struct pcim_request first = min_of("nic0.pf0", 600), second = min_of("nic0.pf1", 600);
    struct pcim_operation *running;
    enum status status = pcim_submit(&rack.pcim, &first, &running, &rack.refusal);
    cr_assert_eq(status, STATUS_OK);
    cr_assert_eq(running->state, PCIM_PENDING);
    expect_refused(fake_rack_do(&rack, &second), STATUS_RESOURCES_EXHAUSTED, "");
    second = min_of("nic0.pf1", 400);
    cr_expect_eq(fake_rack_do(&rack, &second)->state, PCIM_SUCCEEDED);
}

/* It has no base function, and is not in VH 0. */
Test(qos, limits_of_an_exclusive_adapter_are_not_within_reach)
{
    assign("gpu0", "h0");
    struct pcim_request request = {
        .method = PCIM_METHOD_SET_QOS, .set_qos = {.function = "gpu0", .max_given = true, .max_bps = 100}};
    expect_refused(fake_rack_do(&rack, &request), STATUS_UNSUPPORTED, "h0");
}
