#include "fabric/pcim/pcim.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fabric/base/time.h"
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

TestSuite(pcim, .init = set_up, .fini = tear_down);

static const struct pcim_operation *assign(const char *function, const char *to)
{
    return fake_rack_do(
        &rack, &(struct pcim_request){.method = PCIM_METHOD_ASSIGN, .assign = {.function = function, .to = to}});
}

static const struct pcim_operation *assign_vfs(const char *function, const char *to, uint32_t vfs)
{
    struct pcim_request request = {
        .method = PCIM_METHOD_ASSIGN, .assign = {.function = function, .to = to, .vfs_given = true, .vfs = vfs}};
    return fake_rack_do(&rack, &request);
}

static const struct pcim_operation *move(const char *function, const char *to)
{
    return fake_rack_do(
        &rack, &(struct pcim_request){.method = PCIM_METHOD_MOVE, .move = {.function = function, .to = to}});
}

static const struct pcim_operation *release(const char *function, enum pcim_policy policy, uint64_t deadline_ps)
{
    struct pcim_request request = {
        .method = PCIM_METHOD_RELEASE, .release = {.function = function, .policy = policy, .deadline_ps = deadline_ps}};
    return fake_rack_do(&rack, &request);
}

static void expect_log(const char *text)
{
    cr_expect_str_eq(rack.hardware.log, text);
    rack.hardware.log[0] = '\0';
}

static void expect_owner(const char *function, const char *owner)
{
    cr_expect_str_eq(fake_rack_owner(&rack, function), owner, "%s: %s", function, fake_rack_owner(&rack, function));
}

static void expect_refused(const struct pcim_operation *operation, enum status code, const char *holder)
{
    cr_expect_null(operation);
    cr_expect_eq(rack.refusal.code, code, "%s: %s", status_name(rack.refusal.code), rack.refusal.message);
    cr_expect_str_eq(rack.refusal.holder, holder);
    cr_expect_str_neq(rack.refusal.message, "");
}

Test(pcim, an_assigned_function_is_bound_and_presented)
{
    const struct pcim_operation *operation = assign("nic0", "h1");
    cr_assert_not_null(operation);
    cr_expect_eq(operation->state, PCIM_SUCCEEDED);
    cr_expect_eq(operation->id, 1);
    cr_expect_str_eq(operation->subject, "nic0.pf0");
    expect_log("bind nic0.pf0 h1; present nic0.pf0 h1");
    expect_owner("nic0.pf0", "h1");
    expect_owner("nic0@h1", "h1");
}

Test(pcim, what_is_so_already_changes_nothing)
{
    assign("nic0", "h1");
    uint64_t generation = rack.pcim.inventory.generation;
    rack.hardware.log[0] = '\0';
    const struct pcim_operation *again[] = {
        assign("nic0", "h1"), assign("nic0.pf0", "h1"), move("nic0.pf0", "h1"), release("nic0.pf1", 0, 0)};
    for (size_t index = 0; index < sizeof again / sizeof again[0]; index++) {
        cr_assert_not_null(again[index], "%zu: %s", index, rack.refusal.message);
        cr_expect_eq(again[index]->state, PCIM_SUCCEEDED);
    }
    expect_log("");
    cr_expect_eq(rack.pcim.inventory.generation, generation);
}

Test(pcim, a_move_is_withdrawal_reset_and_assignment)
{
    assign_vfs("nic0", "h0", 2);
    rack.hardware.log[0] = '\0';
    const struct pcim_operation *operation = move("nic0@h0", "h4");
    cr_assert_not_null(operation);
    cr_expect_eq(operation->state, PCIM_SUCCEEDED);
    expect_log("withdraw nic0.pf0 h0; remove nic0.pf0 h0; reset nic0.pf0 h0; unbind nic0.pf0 h0; bind nic0.pf0 h4; "
               "present nic0.pf0 h4");
    expect_owner("nic0.pf0", "h4");
    expect_owner("nic0.pf0.vf1", "h4");
    cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].offered, 2);
}

Test(pcim, a_move_that_fails_anywhere_leaves_the_function_where_it_was)
{
    static const char *const steps[] = {"withdraw", "remove", "reset", "unbind", "bind", "present"};
    for (size_t step = 0; step < sizeof steps / sizeof steps[0]; step++) {
        for (uint64_t delay_ps = 0; delay_ps < 2; delay_ps++) {
            fake_rack_free(&rack);
            fake_rack_init(&rack);
            rack.hardware.delay_ps = delay_ps;
            assign_vfs("nic0", "h0", 2);
            rack.hardware.fails_at = steps[step];
            const struct pcim_operation *operation = move("nic0.pf0", "h1");
            cr_assert_not_null(operation);
            cr_expect_eq(operation->state, PCIM_FAILED_OPERATION, "%s", steps[step]);
            cr_expect_eq(operation->status.code, STATUS_UNAVAILABLE);
            expect_owner("nic0.pf0", "h0");
            expect_owner("nic0.pf0.vf1", "h0");
            cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].function.state, PCIM_ASSIGNED);
        }
    }
}

/* Who does not answer may have done what it was told: its function is taken out whole before it is put back. */
Test(pcim, a_function_that_was_unbound_in_part_is_bound_anew)
{
    assign("nic0", "h0");
    rack.hardware.fails_at = "unbind";
    rack.hardware.log[0] = '\0';
    const struct pcim_operation *operation = move("nic0.pf0", "h1");
    cr_expect_eq(operation->state, PCIM_FAILED_OPERATION);
    expect_log("withdraw nic0.pf0 h0; remove nic0.pf0 h0; reset nic0.pf0 h0; unbind nic0.pf0 h0; unbind nic0.pf0 h0; "
               "bind nic0.pf0 h0; present nic0.pf0 h0");
    expect_owner("nic0.pf0", "h0");
}

Test(pcim, a_release_that_cannot_reset_keeps_the_function_from_everybody_until_it_can)
{
    assign("nic0", "h0");
    rack.hardware.fails_at = "reset";
    const struct pcim_operation *operation = release("nic0.pf0", PCIM_POLICY_SURPRISE, 0);
    cr_expect_eq(operation->state, PCIM_SUCCEEDED);
    cr_expect(strstr(operation->detail, "nic0.pf0 is kept from everybody until it is reset: ") == operation->detail);
    cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].function.state, PCIM_FAILED);
    expect_owner("nic0.pf0", "");
    rack.hardware.log[0] = '\0';
    operation = assign("nic0.pf0", "h1");
    cr_assert_not_null(operation, "%s", rack.refusal.message);
    cr_expect_eq(operation->state, PCIM_SUCCEEDED, "%s", operation->status.message);
    expect_log("remove nic0.pf0 h0; reset nic0.pf0 h0; unbind nic0.pf0 h0; bind nic0.pf0 h1; present nic0.pf0 h1");
    expect_owner("nic0.pf0", "h1");
}

Test(pcim, an_owner_that_does_not_let_go_keeps_what_it_has_at_the_deadline)
{
    assign("nic0", "h0");
    rack.hardware.hangs_at = "withdraw";
    rack.hardware.log[0] = '\0';
    const struct pcim_operation *operation = release("nic0.pf0", PCIM_POLICY_REFUSE_IF_BUSY, 100 * PS_PER_US);
    cr_expect_eq(operation->state, PCIM_FAILED_OPERATION);
    cr_expect_eq(operation->status.code, STATUS_DEADLINE_EXCEEDED);
    cr_expect_eq(operation->ended_ps - operation->started_ps, 100 * PS_PER_US);
    expect_log("withdraw nic0.pf0 h0; withdraw_cancel nic0.pf0 h0; keep nic0.pf0 h0");
    expect_owner("nic0.pf0", "h0");
}

Test(pcim, managed_goes_on_as_surprise_at_the_deadline)
{
    assign("nic0", "h0");
    rack.hardware.hangs_at = "withdraw";
    rack.hardware.log[0] = '\0';
    const struct pcim_operation *operation = release("nic0.pf0", PCIM_POLICY_MANAGED, 100 * PS_PER_US);
    cr_expect_eq(operation->state, PCIM_SUCCEEDED, "%s", operation->status.message);
    cr_expect_geq(operation->ended_ps - operation->started_ps, 100 * PS_PER_US);
    cr_expect_str_eq(operation->detail, "nic0.pf0 was taken by surprise: h0 had not given it up in time");
    expect_log(
        "withdraw nic0.pf0 h0; withdraw_cancel nic0.pf0 h0; remove nic0.pf0 h0; reset nic0.pf0 h0; unbind nic0.pf0 h0");
    expect_owner("nic0.pf0", "");
}

Test(pcim, policies)
{
    assign("nic0", "h0");
    rack.hardware.in_use = true;
    expect_refused(release("nic0.pf0", PCIM_POLICY_REFUSE_IF_BUSY, 0), STATUS_BUSY, "h0");
    rack.hardware.in_use = false;
    rack.hardware.log[0] = '\0';
    cr_expect_not_null(release("nic0.pf0", PCIM_POLICY_WAIT, 0));
    expect_log(
        "await_idle nic0.pf0 h0; withdraw nic0.pf0 h0; remove nic0.pf0 h0; reset nic0.pf0 h0; unbind nic0.pf0 h0");
    assign("nic0", "h0");
    rack.hardware.log[0] = '\0';
    cr_expect_not_null(release("nic0.pf0", PCIM_POLICY_SURPRISE, 0));
    expect_log("remove nic0.pf0 h0; reset nic0.pf0 h0; unbind nic0.pf0 h0");
}

Test(pcim, a_function_that_an_operation_changes_is_busy_and_the_operation_is_named)
{
    assign("nic0", "h0");
    rack.hardware.hangs_at = "withdraw";
    const struct pcim_operation *first = move("nic0.pf0", "h1");
    cr_assert_eq(first->state, PCIM_RUNNING);
    expect_refused(move("nic0.pf0", "h2"), STATUS_BUSY, "operation 2");
    expect_refused(release("nic0.pf0", 0, 0), STATUS_BUSY, "operation 2");
    enum status status = pcim_cancel(&rack.pcim, first->id, &rack.refusal);
    cr_expect_eq(status, STATUS_OK);
    cr_expect_eq(first->state, PCIM_CANCELLED);
    expect_owner("nic0.pf0", "h0");
    rack.hardware.hangs_at = NULL;
    cr_expect_eq(move("nic0.pf0", "h2")->state, PCIM_SUCCEEDED);
}

Test(pcim, one_that_has_not_begun_can_be_cancelled_and_one_that_is_too_far_cannot)
{
    struct pcim_request request = {.method = PCIM_METHOD_ASSIGN, .assign = {.function = "nic0", .to = "h0"}};
    struct pcim_operation *operation;
    enum status status = pcim_submit(&rack.pcim, &request, &operation, &rack.refusal);
    cr_assert_eq(status, STATUS_OK);
    cr_expect_eq(operation->state, PCIM_PENDING);
    status = pcim_cancel(&rack.pcim, operation->id, &rack.refusal);
    cr_expect_eq(status, STATUS_OK);
    cr_expect_eq(operation->state, PCIM_CANCELLED);
    expect_owner("nic0.pf0", "");
    rack.hardware.hangs_at = "present";
    const struct pcim_operation *far = assign("nic0", "h0");
    status = pcim_cancel(&rack.pcim, far->id, &rack.refusal);
    cr_expect_eq(status, STATUS_BUSY);
    status = pcim_cancel(&rack.pcim, 77, &rack.refusal);
    cr_expect_eq(status, STATUS_NOT_FOUND);
}

/* Who must write an operation down first holds it: however much time passes, it does not begin before it is let go. */
Test(pcim, one_that_is_held_begins_when_it_is_let_go)
{
    struct pcim_request request = {.method = PCIM_METHOD_ASSIGN, .assign = {.function = "nic0", .to = "h0"}};
    struct pcim_operation *operation;
    cr_assert_eq(pcim_submit(&rack.pcim, &request, &operation, &rack.refusal), STATUS_OK);
    pcim_hold(operation);
    assign("nic0.pf1", "h1");
    cr_expect_eq(operation->state, PCIM_PENDING);
    expect_refused(release("nic0.pf0", PCIM_POLICY_MANAGED, 0), STATUS_BUSY, "operation 1");
    pcim_go(operation);
    assign("nic0.pf2", "h2");
    cr_expect_eq(operation->state, PCIM_SUCCEEDED);
    cr_expect_gt(operation->ended_ps, operation->started_ps);
    expect_owner("nic0.pf0", "h0");
}

/* ... or withdrawn: then nothing of it is left, whatever kind it was, and others may have what it wanted. */
Test(pcim, one_that_is_withdrawn_has_not_been)
{
    assign_vfs("nic0.pf0", "h0", 2);
    const struct pcim_request requests[] = {
        {.method = PCIM_METHOD_MOVE, .move = {.function = "nic0.pf0", .to = "h1"}},
        {.method = PCIM_METHOD_RELEASE, .release = {.function = "nic0.pf0"}},
        {.method = PCIM_METHOD_SET_QOS, .set_qos = {.function = "nic0.pf0", .weight_given = true, .weight = 9}},
        {.method = PCIM_METHOD_SET_VFS, .set_vfs = {.pf = "nic0.pf0", .count = 1}},
        {.method = PCIM_METHOD_CONTROL_PORT, .control_port = {.port = "h0", .action = PCIM_PORT_DISABLE}},
        {.method = PCIM_METHOD_INJECT_FAULT, .fault = {.target = "nic0", .fault = PCIM_FAULT_HANG}},
        {.method = PCIM_METHOD_ASSIGN, .assign = {.function = "nic0.pf1", .to = "h1"}},
    };
    rack.hardware.log[0] = '\0';
    for (size_t n = 0; n < sizeof requests / sizeof requests[0]; n++) {
        struct pcim_operation *operation;
        enum status status = pcim_submit(&rack.pcim, &requests[n], &operation, &rack.refusal);
        cr_assert_eq(status, STATUS_OK, "%zu: %s", n, rack.refusal.message);
        pcim_hold(operation);
        pcim_withdraw(operation, "there is no room");
        cr_expect_eq(operation->state, PCIM_CANCELLED);
        cr_expect_eq(rack.pcim.running, 0);
        cr_expect(pcim_is_valid(&rack.pcim), "%zu", n);
        expect_owner("nic0.pf0", "h0");
        expect_owner("nic0.pf1", "");
        cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].function.operation, 0, "%zu", n);
        cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].function.weight, 1);
        cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].offered, 2);
    }
    expect_log("");
    move("nic0.pf0", "h1");
    expect_owner("nic0.pf0", "h1");
}

Test(pcim, refusals_say_what_is_wrong)
{
    assign_vfs("nic0.pf0", "h0", 2);
    expect_refused(assign("nic0.pf0", "h1"), STATUS_ALREADY_ASSIGNED, "h0");
    cr_expect_not_null(strstr(rack.refusal.hint, "move it to h1"));
    cr_expect_eq(rack.refusal.generation, rack.pcim.inventory.adapters[0].pfs[0].function.generation);
    expect_refused(assign("nic0.pf1", "h0"), STATUS_ALREADY_ASSIGNED, "h0");
    expect_refused(assign("nic0.pf0.vf0", "h1"), STATUS_UNSUPPORTED, "h0");
    expect_refused(assign("nic0.pf0.vf5", "h0/vm0"), STATUS_NOT_FOUND, "");
    expect_refused(assign("nic0.pf1.vf0", "h0/vm0"), STATUS_NOT_ASSIGNED, "");
    expect_refused(assign("nic0.bf", "h1"), STATUS_UNSUPPORTED, "MR-PCIM");
    expect_refused(assign("ssd0.pf0", "h1"), STATUS_UNSUPPORTED, "MR-PCIM");
    expect_refused(assign("nic0.pf4", "h1"), STATUS_NOT_FOUND, "");
    expect_refused(assign("nic7", "h1"), STATUS_NOT_FOUND, "");
    expect_refused(assign("nic0", "h9"), STATUS_NOT_FOUND, "");
    expect_refused(assign("nic0", "h0:1"), STATUS_NOT_FOUND, "");
    expect_refused(assign("nic0", "h0/vm7"), STATUS_NOT_FOUND, "");
    expect_refused(assign("h0", "h1"), STATUS_NOT_FOUND, "");
    expect_refused(assign("nic*", "h1"), STATUS_INVALID_ARGUMENT, "");
    expect_refused(assign("nic0..pf", "h1"), STATUS_INVALID_ARGUMENT, "");
    expect_refused(assign(NULL, "h1"), STATUS_INVALID_ARGUMENT, "");
    expect_refused(assign("nic0", NULL), STATUS_INVALID_ARGUMENT, "");
    expect_refused(assign_vfs("nic0.pf1", "h1", 7), STATUS_RESOURCES_EXHAUSTED, "");
    expect_refused(assign_vfs("ssd0", "h1", 5), STATUS_RESOURCES_EXHAUSTED, "");
    expect_refused(assign_vfs("ssd0.vf0", "h1", 1), STATUS_INVALID_ARGUMENT, "");
    expect_refused(move("nic0.pf2", "h1"), STATUS_NOT_ASSIGNED, "");
    expect_refused(release("nic0.pf0.vf0", 0, 0), STATUS_UNSUPPORTED, "h0");
    expect_refused(move("nic0@h4", "h1"), STATUS_NOT_FOUND, "");
}

Test(pcim, a_generation_that_is_not_expected_is_refused)
{
    assign("nic0.pf0", "h0");
    uint64_t generation = rack.pcim.inventory.adapters[0].pfs[0].function.generation;
    struct pcim_request request = {
        .method = PCIM_METHOD_MOVE, .move = {.function = "nic0.pf0", .to = "h1", .expected = {true, generation + 1}}};
    expect_refused(fake_rack_do(&rack, &request), STATUS_GENERATION_MISMATCH, "h0");
    cr_expect_eq(rack.refusal.generation, generation);
    request.move.expected.generation = 0; /* which stands for nothing but itself */
    expect_refused(fake_rack_do(&rack, &request), STATUS_GENERATION_MISMATCH, "h0");
    request.move.expected.generation = generation;
    cr_expect_not_null(fake_rack_do(&rack, &request));
}

Test(pcim, single_vfs_of_an_sr_iov_adapter)
{
    const struct pcim_operation *operation = assign_vfs("ssd0", "h1", 2);
    cr_assert_not_null(operation, "%s", rack.refusal.message);
    cr_expect_eq(operation->change_count, 2);
    expect_owner("ssd0.vf1", "h1");
    assign("ssd0", "h2");
    expect_owner("ssd0.vf2", "h2");
    rack.hardware.log[0] = '\0';
    cr_expect_eq(release("ssd0@h1.vf1", 0, 0)->state, PCIM_SUCCEEDED);
    expect_owner("ssd0.vf1", "");
    expect_owner("ssd0.vf0", "h1");
}

Test(pcim, guests_get_functions_from_their_host_without_a_slot)
{
    assign_vfs("nic0.pf0", "h0", 2);
    rack.hardware.log[0] = '\0';
    assign("nic0.pf0.vf1", "h0/vm1");
    expect_log("let_go nic0.pf0.vf1 h0; hand_over nic0.pf0.vf1 h0/vm1");
    expect_owner("nic0@h0/vm1", "h0/vm1");
    expect_refused(assign("nic0.pf0.vf1", "h0/vm0"), STATUS_ALREADY_ASSIGNED, "h0/vm1");
    move("nic0.pf0.vf1", "h0/vm0");
    expect_owner("nic0.pf0.vf1", "h0/vm0");
    release("nic0.pf0.vf1", 0, 0);
    expect_owner("nic0.pf0.vf1", "h0");
    rack.hardware.log[0] = '\0';
    rack.hardware.fails_at = "hand_over";
    cr_expect_eq(assign("nic0.pf0.vf1", "h0/vm1")->state, PCIM_FAILED_OPERATION);
    expect_log("let_go nic0.pf0.vf1 h0; hand_over nic0.pf0.vf1 h0/vm1; let_go_cancel nic0.pf0.vf1 h0");
    expect_owner("nic0.pf0.vf1", "h0");
    rack.hardware.log[0] = '\0';
    release("nic0.pf0.vf1", PCIM_POLICY_SURPRISE, 0);
    rack.hardware.fails_at = "let_go";
    cr_expect_eq(assign("nic0.pf0.vf1", "h0/vm1")->state, PCIM_FAILED_OPERATION);
    expect_log("let_go nic0.pf0.vf1 h0");
    rack.pcim.inventory.hosts[0].plugs_guests = false;
    expect_refused(assign("nic0.pf0.vf1", "h0/vm1"), STATUS_UNSUPPORTED, "h0");
}

Test(pcim, a_host_without_hot_plug_neither_sees_nor_gives)
{
    rack.hardware.unseen = true;
    const struct pcim_operation *operation = assign("nic0", "h3");
    cr_expect_eq(operation->state, PCIM_SUCCEEDED);
    cr_expect_str_eq(operation->detail, "h3 does not see nic0.pf0 before it reboots");
    cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].function.state, PCIM_UNSEEN);
    expect_refused(release("nic0.pf0", 0, 0), STATUS_UNSUPPORTED, "h3");
    cr_expect_not_null(strstr(rack.refusal.hint, "surprise"));
    cr_expect_eq(release("nic0.pf0", PCIM_POLICY_SURPRISE, 0)->state, PCIM_SUCCEEDED);
}

static const struct pcim_operation *apply(const struct pcim_wish *wishes, size_t count, bool prune, bool dry_run)
{
    struct pcim_request request = {
        .method = PCIM_METHOD_APPLY,
        .apply = {.wishes = wishes, .wish_count = count, .prune = prune, .dry_run = dry_run}};
    return fake_rack_do(&rack, &request);
}

Test(pcim, functions_change_places_in_one_apply)
{
    assign("nic0.pf0", "h0");
    assign("nic0.pf1", "h1");
    static const struct pcim_wish wishes[] = {
        {.function = "nic0.pf0", .to = "h1"}, {.function = "nic0.pf1", .to = "h0"}};
    const struct pcim_operation *dry = apply(wishes, 2, false, true);
    cr_assert_not_null(dry, "%s", rack.refusal.message);
    cr_expect_eq(dry->change_count, 2);
    expect_owner("nic0.pf0", "h0");
    const struct pcim_operation *operation = apply(wishes, 2, false, false);
    cr_expect_eq(operation->state, PCIM_SUCCEEDED, "%s", operation->status.message);
    expect_owner("nic0.pf0", "h1");
    expect_owner("nic0.pf1", "h0");
    cr_expect_eq(apply(wishes, 2, false, false)->change_count, 0);
}

/* As many as anybody likes: they are listed nowhere, and have no numbers. */
Test(pcim, dry_runs_push_nothing_out)
{
    struct pcim_request request = {
        .method = PCIM_METHOD_ASSIGN, .assign = {.function = "nic0.pf1", .to = "h1", .dry_run = true}};
    uint64_t first = assign("nic0.pf0", "h0")->id;
    for (int i = 0; i < PCIM_OPERATIONS_KEPT + PCIM_OPERATIONS_RUNNING + 1; i++) {
        const struct pcim_operation *dry = fake_rack_do(&rack, &request);
        cr_assert(dry != NULL && dry->id == 0 && dry->state == PCIM_SUCCEEDED);
    }
    cr_expect_eq(rack.pcim.operation_count, 1);
    cr_expect_not_null(pcim_operation_find(&rack.pcim, first));
    cr_expect_null(pcim_operation_find(&rack.pcim, 0));
    cr_expect_eq(assign("nic0.pf1", "h1")->id, first + 1);
    cr_expect(pcim_is_valid(&rack.pcim));
}

Test(pcim, an_apply_is_all_or_nothing)
{
    static const char *const steps[] = {"withdraw", "remove", "reset", "unbind", "bind", "present"};
    static const struct pcim_wish wishes[] = {
        {.function = "nic0.pf0", .to = "h1"}, {.function = "ssd0.vf0", .to = "h1"}, {.function = "gpu0", .to = "h2"}};
    for (size_t step = 0; step < sizeof steps / sizeof steps[0]; step++) {
        fake_rack_free(&rack);
        fake_rack_init(&rack);
        rack.hardware.delay_ps = 10;
        assign("nic0.pf0", "h0");
        assign("ssd0.vf0", "h0");
        rack.hardware.fails_at = steps[step];
        const struct pcim_operation *operation = apply(wishes, 3, false, false);
        cr_expect_eq(operation->state, PCIM_FAILED_OPERATION);
        expect_owner("nic0.pf0", "h0");
        expect_owner("ssd0.vf0", "h0");
        expect_owner("gpu0", "");
    }
}

/* Functions of what is broken are cleared away while their owners get others. */
Test(pcim, an_apply_goes_on_where_what_it_releases_cannot_be_reset)
{
    static const struct pcim_wish wishes[] = {{.function = "ssd0.vf0", .to = "h0"}};
    assign("nic0.pf0", "h0");
    rack.hardware.fails_at = "reset";
    const struct pcim_operation *operation = apply(wishes, 1, true, false);
    cr_expect_eq(operation->state, PCIM_SUCCEEDED, "%s", operation->status.message);
    expect_owner("nic0.pf0", "");
    expect_owner("ssd0.vf0", "h0");
    cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].function.state, PCIM_FAILED);
}

Test(pcim, prune_releases_what_nobody_named)
{
    assign("nic0.pf0", "h0");
    assign("nic0.pf1", "h1");
    assign("ssd0.vf3", "h1");
    static const struct pcim_wish wishes[] = {{.function = "nic0", .to = "h0"}, {.function = "gpu0", .to = "h1"}};
    cr_expect_eq(apply(wishes, 2, true, false)->state, PCIM_SUCCEEDED);
    expect_owner("nic0.pf0", "h0");
    expect_owner("nic0.pf1", "");
    expect_owner("ssd0.vf3", "");
    expect_owner("gpu0", "h1");
}

Test(pcim, a_pf_and_its_vfs_for_guests_come_in_one_apply)
{
    static const struct pcim_wish wishes[] = {
        {.function = "nic0.pf0.vf1", .to = "h0/vm0"},
        {.function = "nic0.pf0", .to = "h0", .vfs_given = true, .vfs = 2}};
    const struct pcim_operation *operation = apply(wishes, 2, false, false);
    cr_assert_not_null(operation, "%s", rack.refusal.message);
    cr_expect_eq(operation->state, PCIM_SUCCEEDED);
    expect_owner("nic0.pf0.vf0", "h0");
    expect_owner("nic0.pf0.vf1", "h0/vm0");
    expect_log("bind nic0.pf0 h0; present nic0.pf0 h0; hand_over nic0.pf0.vf1 h0/vm0");
}

Test(pcim, an_apply_that_cannot_be_is_refused_whole)
{
    static const struct pcim_wish twice[] = {
        {.function = "nic0.pf0", .to = "h0"}, {.function = "nic0.pf0", .to = "h1"}};
    expect_refused(apply(twice, 2, false, false), STATUS_INVALID_ARGUMENT, "");
    static const struct pcim_wish two_pfs[] = {
        {.function = "nic0.pf0", .to = "h0"}, {.function = "nic0.pf1", .to = "h0"}};
    expect_refused(apply(two_pfs, 2, false, false), STATUS_ALREADY_ASSIGNED, "h0");
    cr_expect_not_null(strstr(rack.refusal.message, "binding 1 (nic0.pf1 to h0)"));
    expect_owner("nic0.pf0", "");
}

static const struct pcim_operation *set_vfs(const char *pf, uint32_t count)
{
    return fake_rack_do(
        &rack, &(struct pcim_request){.method = PCIM_METHOD_SET_VFS, .set_vfs = {.pf = pf, .count = count}});
}

Test(pcim, vfs_are_offered_and_taken_back_one_by_one)
{
    assign_vfs("nic0.pf0", "h0", 1);
    rack.hardware.log[0] = '\0';
    cr_expect_eq(set_vfs("nic0.pf0", 3)->state, PCIM_SUCCEEDED);
    expect_log("vf_offer nic0.pf0.vf1 h0; vf_offer nic0.pf0.vf2 h0");
    cr_expect_eq(set_vfs("nic0.pf0", 2)->state, PCIM_SUCCEEDED);
    expect_log("vf_take_back nic0.pf0.vf2 h0");
    cr_expect_eq(set_vfs("nic0.pf0", 2)->state, PCIM_SUCCEEDED);
    expect_log("");
    assign("nic0.pf0.vf1", "h0/vm0");
    expect_refused(set_vfs("nic0.pf0", 1), STATUS_BUSY, "h0/vm0");
    expect_refused(set_vfs("nic0.pf0", 9), STATUS_RESOURCES_EXHAUSTED, "");
    expect_refused(set_vfs("ssd0.pf0", 1), STATUS_UNSUPPORTED, "");
    expect_refused(set_vfs("nic0.pf1", 1), STATUS_NOT_ASSIGNED, "");
    assign("nic0.pf1", "h2");
    expect_refused(set_vfs("nic0.pf1", 1), STATUS_UNSUPPORTED, "h2");
}

Test(pcim, an_offer_that_is_not_taken_leaves_as_many_as_there_were)
{
    assign_vfs("nic0.pf0", "h0", 1);
    rack.hardware.delay_ps = 5;
    rack.hardware.fails_at = "vf_offer";
    rack.hardware.fails_with = STATUS_DEADLINE_EXCEEDED;
    const struct pcim_operation *operation = set_vfs("nic0.pf0", 3);
    cr_expect_eq(operation->state, PCIM_FAILED_OPERATION);
    cr_expect_eq(operation->status.code, STATUS_DEADLINE_EXCEEDED);
    cr_expect_eq(rack.pcim.inventory.adapters[0].pfs[0].offered, 1);
}

Test(pcim, ports_and_faults)
{
    struct pcim_request request = {
        .method = PCIM_METHOD_CONTROL_PORT, .control_port = {.port = "isl0:tor1", .action = PCIM_PORT_DISABLE}};
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
    request.control_port.action = PCIM_PORT_RETRAIN;
    expect_refused(fake_rack_do(&rack, &request), STATUS_UNAVAILABLE, "");
    request.control_port.port = "h7";
    expect_refused(fake_rack_do(&rack, &request), STATUS_NOT_FOUND, "");
    request = (struct pcim_request){
        .method = PCIM_METHOD_INJECT_FAULT, .fault = {.target = "nic0", .part = PCIM_PART_ADAPTER}};
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
    expect_refused(assign("nic0", "h0"), STATUS_UNAVAILABLE, "");
    request.method = PCIM_METHOD_REPAIR_FAULT;
    cr_expect_eq(fake_rack_do(&rack, &request)->state, PCIM_SUCCEEDED);
    cr_expect_not_null(assign("nic0", "h0"));
    request = (struct pcim_request){
        .method = PCIM_METHOD_INJECT_FAULT, .fault = {.target = "tor0", .fault = PCIM_FAULT_BIT_ERRORS, .rate = 1}};
    expect_refused(fake_rack_do(&rack, &request), STATUS_NOT_FOUND, "");
}

Test(pcim, events_are_numbered_without_a_gap)
{
    for (int round = 0; round < 1000; round++) {
        assign("nic0.pf0", "h0");
        release("nic0.pf0", 0, 0);
    }
    const struct pcim_event_log *log = &rack.pcim.events;
    uint64_t oldest = pcim_event_log_oldest(log);
    cr_expect_eq(log->next_sequence, 6001);
    cr_expect_eq(oldest, log->next_sequence - PCIM_EVENTS_KEPT);
    for (uint64_t sequence = oldest; sequence < log->next_sequence; sequence++)
        cr_expect_eq(pcim_event_log_find(log, sequence)->sequence, sequence);
    cr_expect_null(pcim_event_log_find(log, oldest - 1));
    cr_expect_null(pcim_event_log_find(log, log->next_sequence));
    const struct pcim_event *last = pcim_event_log_find(log, log->next_sequence - 2);
    cr_expect_eq(last->kind, PCIM_EVENT_RELEASED);
    cr_expect_str_eq(last->subject, "nic0.pf0");
    cr_expect_str_eq(last->detail, "from h0");
}
