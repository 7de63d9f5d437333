#include "fabric/adapter/adapter_turn.h"

#include <criterion/criterion.h>

#include "fabric/adapter/adapter_fault.h"
#include "fabric/adapter/adapter_hierarchy.h"
#include "fabric/adapter/cleanness.h"
#include "fabric/base/time.h"
#include "fabric/pcim/chassis_port.h"
#include "tests/support/rack.h"

static struct rack rack;

static const char *const text =
    "mriov: 1\n"
    "chassis: [{name: tor0}]\n"
    "hosts: [{name: 'h[0-1]', chassis: tor0}]\n"
    "adapters: [{name: gpu, at: tor0, sharing: exclusive, flr-delay: 3us}, {name: nic, at: tor0}]\n"
    "assign: [{function: gpu, to: h0}]\n"
    "workloads: [{name: w, function: gpu, op: dma-write, size: 4KiB}]\n";

static bool ended;
static uint32_t reset_ns; /* of the last one that was turned */

static void on_done(struct management_command *command)
{
    (void)command;
    ended = true;
}

static enum status turn(size_t adapter, uint16_t vh, uint32_t vfs)
{
    static struct management_command command = {.done = on_done};
    uint32_t port = CONTAINER_OF(rack.world.adapters[adapter].port.peer, struct switch_port, port)->index;
    ended = false;
    chassis_port_turn(&rack.world.management[0].chassis, &command, port, vh, vfs);
    rack_run(&rack, fabric_now_ps(&rack.world.fabric) + 100 * PS_PER_US);
    cr_assert(ended);
    reset_ns = command.result;
    return command.status;
}

Test(adapter_turn, from_one_hierarchy_to_another_under_load)
{
    rack_open_managed(&rack, text);
    struct adapter *gpu = &rack.world.adapters[0];
    rack_run(&rack, 20 * PS_PER_US);
    cr_assert(adapter_has_hierarchy(gpu, 1));
    cr_assert_eq(turn(0, 2, 0), STATUS_OK);
    cr_assert_eq(reset_ns, 3000);
    cr_assert(adapter_has_hierarchy(gpu, 2) && !adapter_has_hierarchy(gpu, 1));
    char what[200] = "";
    cr_assert(adapter_is_clean(gpu, 1, what, sizeof what), "%s", what);
    cr_assert_eq(turn(0, 0, 0), STATUS_OK);
    cr_assert_not(adapter_has_hierarchy(gpu, 2));
    cr_assert_eq(reset_ns, 3000);
    cr_assert_eq(turn(0, 0, 0), STATUS_OK, "again does nothing");
    cr_assert_eq(reset_ns, 0);
    cr_assert_eq(rack.world.fabric.cross_vh_deliveries, 0);
    rack_close(&rack);
}

Test(adapter_turn, others_are_not_turned)
{
    rack_open_managed(&rack, text);
    cr_assert_eq(turn(1, 2, 0), STATUS_UNSUPPORTED, "each hierarchy has its own PF of it");
    cr_assert_eq(turn(0, 2, 1000), STATUS_RESOURCES_EXHAUSTED);
    cr_assert_eq(turn(0, 77, 0), STATUS_INVALID_ARGUMENT);
    cr_assert(adapter_has_hierarchy(&rack.world.adapters[0], 1), "and nothing has changed");
    rack_close(&rack);
}

Test(adapter_turn, one_that_is_broken_is_turned_and_one_that_hangs_is_not)
{
    rack_open_managed(&rack, text);
    struct adapter *gpu = &rack.world.adapters[0];
    adapter_hang(gpu, true);
    cr_assert_eq(turn(0, 2, 0), STATUS_UNAVAILABLE);
    cr_assert(adapter_has_hierarchy(gpu, 1));
    adapter_hang(gpu, false);
    function_lose_completions(&gpu->functions[0], 3);
    cr_assert_eq(turn(0, 2, 0), STATUS_OK);
    char what[200] = "";
    cr_assert(adapter_is_clean(gpu, 1, what, sizeof what), "%s", what);
    cr_assert_eq(gpu->functions[0].completions_to_lose, 0, "the new owner has no fault of the old one's");
    cr_assert_eq(rack.world.fabric.cross_vh_deliveries, 0);
    rack_close(&rack);
}
