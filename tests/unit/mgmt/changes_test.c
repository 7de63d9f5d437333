#include "mgmt/changes.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/fake_hardware.h"

static struct fake_rack rack;
static struct changes changes;

static void set_up(void)
{
    fake_rack_init(&rack);
    changes = (struct changes){.pcim = &rack.pcim};
}

static void tear_down(void)
{
    cr_expect(changes_is_valid(&changes));
    changes_free(&changes);
    fake_rack_free(&rack);
}

TestSuite(changes, .init = set_up, .fini = tear_down, .timeout = 120);

/* An operation of the rack that FUNCTION of h0 is given, remembered under KEY. */
static uint64_t ask(const char *function, const char *key)
{
    struct pcim_request request = {.method = PCIM_METHOD_ASSIGN, .assign = {.function = function, .to = "h0"}};
    const struct pcim_operation *operation = fake_rack_do(&rack, &request);
    cr_assert_not_null(operation, "%s", rack.refusal.message);
    changes_add(&changes, operation->id, "uid:0", key, 7);
    return operation->id;
}

Test(changes, one_that_runs_is_remembered_however_old_it_is)
{
    struct pcim_operation *running;
    struct pcim_request request = {.method = PCIM_METHOD_ASSIGN, .assign = {.function = "nic0.pf1", .to = "h1"}};
    ask("nic0.pf0", "");
    cr_assert_eq(pcim_submit(&rack.pcim, &request, &running, &rack.refusal), STATUS_OK);
    event_cancel(&running->begin); /* it never begins, as one whose function is never idle never ends */
    change_wait(changes_add(&changes, running->id, "uid:0", "old", 7), (struct call *)&rack);
    uint64_t last = 0;
    for (int i = 0; i < CHANGES_KEPT + 100; i++)
        last = ask("nic0.pf0", "");
    const struct change *change = changes_find(&changes, running->id);
    cr_assert_not_null(change);
    cr_expect_eq(change->waiting_count, 1);
    cr_expect_eq(changes_find_key(&changes, "uid:0", "old"), change);
    cr_expect_eq(changes.count, CHANGES_KEPT);
    for (size_t i = 0; i < rack.pcim.operation_count; i++)
        cr_assert_not_null(changes_find(&changes, rack.pcim.operations[i]->id), "what is listed is remembered");
    cr_expect_null(changes_find(&changes, 1), "what is not makes room");
    cr_expect_not_null(changes_find(&changes, last));
    change_forget(changes_find(&changes, running->id), (struct call *)&rack);
    event_schedule(&running->begin, pcim_now_ps(&rack.pcim));
}

/* Who waits when MR-PCIM forgets the operation is not forgotten with it. */
Test(changes, who_waits_stays)
{
    uint64_t first = ask("nic0.pf0", "k");
    change_wait(changes_find(&changes, first), (struct call *)&rack);
    for (int i = 0; i < CHANGES_KEPT + 10; i++)
        ask("nic0.pf0", "");
    cr_expect_null(pcim_operation_find(&rack.pcim, first));
    cr_assert_not_null(changes_find(&changes, first));
    change_forget(changes_find(&changes, first), (struct call *)&rack);
    ask("nic0.pf0", "");
    cr_expect_null(changes_find(&changes, first));
}

Test(changes, keys_are_of_an_identity)
{
    uint64_t one = ask("nic0.pf0", "k"), other = ask("nic0.pf0", "");
    cr_expect_eq(changes_find_key(&changes, "uid:0", "k")->operation, one);
    cr_expect_null(changes_find_key(&changes, "uid:1", "k"));
    cr_expect_null(changes_find_key(&changes, "uid:0", "l"));
    cr_expect_null(changes_find_key(&changes, "uid:0", ""));
    cr_expect_null(changes_find(&changes, other)->key);
    cr_expect_null(changes_find(&changes, other + 1));
    cr_expect_null(changes_find(&changes, 0));
}

/* The scenario's own are remembered when somebody asks for them, which may be after later ones. */
Test(changes, are_in_the_order_of_their_numbers)
{
    static const uint64_t numbers[] = {5, 2, 9, 1, 7};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        changes_add(&changes, numbers[i], "scenario", "", 0);
    cr_expect(changes_is_valid(&changes));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        cr_expect_eq(changes_find(&changes, numbers[i])->operation, numbers[i]);
}
