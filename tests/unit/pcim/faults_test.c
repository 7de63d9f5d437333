/* Faults in force: which of several decides, and when each ends. */
#include <criterion/criterion.h>
#include <string.h>

#include "fabric/base/time.h"
#include "fabric/engine/simulation.h"
#include "fabric/pcim/faults.h"
#include "tests/support/fake_hardware.h"

static struct simulation simulation;
static struct component component;
static struct pcim_faults faults;

static void on_end(struct event *event)
{
    (void)event;
}

static void setup(void)
{
    simulation_init(&simulation, 1);
    component_init(&component, &simulation);
    faults = (struct pcim_faults){0};
    event_init(&faults.end, &component, on_end);
}

static void teardown(void)
{
    pcim_faults_free(&faults);
    simulation_free(&simulation);
}

TestSuite(faults, .init = setup, .fini = teardown);

static struct pcim_target part(enum pcim_part what, int index)
{
    return (struct pcim_target){.part = what, .index = index};
}

static struct pcim_target function(int adapter, int pf, int vf)
{
    return (struct pcim_target){.part = PCIM_PART_FUNCTION, .index = adapter, .function = {adapter, pf, vf}};
}

static void add(struct pcim_target target, enum pcim_fault fault, uint64_t rate, uint64_t ends_ps)
{
    struct pcim_fault_record record = {.target = target, .fault = fault, .rate = rate, .ends_ps = ends_ps};
    pcim_faults_add(&faults, &record);
}

static uint64_t end_of(struct pcim_target target, enum pcim_fault fault)
{
    const struct pcim_fault_record *record = pcim_faults_find(&faults, &target, fault);
    return record != NULL ? record->ends_ps : 0;
}

Test(faults, the_later_end_decides)
{
    struct pcim_target nic = part(PCIM_PART_ADAPTER, 0);
    add(nic, PCIM_FAULT_HANG, 0, 100);
    add(nic, PCIM_FAULT_HANG, 0, 50);
    cr_expect_eq(end_of(nic, PCIM_FAULT_HANG), 100);
    add(nic, PCIM_FAULT_HANG, 0, 150);
    cr_expect_eq(end_of(nic, PCIM_FAULT_HANG), 150);
    cr_expect_eq(faults.count, 1);
    add(nic, PCIM_FAULT_HANG, 0, TIME_NEVER);
    struct pcim_fault_record over;
    cr_expect(pcim_faults_take_ended(&faults, 150, &over));
    cr_expect_not(pcim_faults_take_ended(&faults, 150, &over));
    cr_expect_eq(end_of(nic, PCIM_FAULT_HANG), TIME_NEVER, "it is in force until it is repaired");
    cr_expect_not(event_is_scheduled(&faults.end));
}

Test(faults, different_ones_end_each_for_itself)
{
    struct pcim_target nic = part(PCIM_PART_ADAPTER, 0), link = part(PCIM_PART_LINK, 0);
    add(nic, PCIM_FAULT_FAIL, 0, 300);
    add(nic, PCIM_FAULT_SURPRISE_REMOVAL, 0, 100);
    add(link, PCIM_FAULT_FAIL, 0, 200);
    static const uint64_t ends_ps[] = {100, 200, 300};
    for (size_t n = 0; n < 3; n++) {
        struct pcim_fault_record over;
        cr_expect_not(pcim_faults_take_ended(&faults, ends_ps[n] - 1, &over));
        cr_assert(event_is_scheduled(&faults.end));
        cr_expect(pcim_faults_take_ended(&faults, ends_ps[n], &over));
        cr_expect_eq(over.ends_ps, ends_ps[n]);
    }
}

Test(faults, a_rate_of_bit_errors_comes_back)
{
    struct pcim_target link = part(PCIM_PART_LINK, 3);
    struct pcim_fault_record over;
    add(link, PCIM_FAULT_BIT_ERRORS, 7, TIME_NEVER);
    add(link, PCIM_FAULT_BIT_ERRORS, 9, 100);
    cr_expect(pcim_faults_take_ended(&faults, 100, &over));
    cr_expect_eq(over.rate, 9);
    cr_expect_eq(pcim_faults_find(&faults, &link, PCIM_FAULT_BIT_ERRORS)->rate, 7);
}

Test(faults, what_is_counted_leaves_no_record)
{
    add(part(PCIM_PART_ADAPTER, 0), PCIM_FAULT_POISONED, 0, TIME_NEVER);
    add(part(PCIM_PART_ADAPTER, 0), PCIM_FAULT_LOST_COMPLETION, 0, TIME_NEVER);
    cr_expect_eq(faults.count, 0);
    add(part(PCIM_PART_ADAPTER, 0), PCIM_FAULT_POISONED, 0, 10);
    cr_expect_eq(faults.count, 1);
}

Test(faults, of_functions)
{
    add(function(0, 1, PCIM_NONE), PCIM_FAULT_FAIL, 0, 100);
    add(function(0, 1, 2), PCIM_FAULT_HANG, 0, TIME_NEVER);
    add(function(0, 2, 2), PCIM_FAULT_HANG, 0, TIME_NEVER);
    add(function(1, 1, 2), PCIM_FAULT_HANG, 0, TIME_NEVER);
    cr_expect_eq(end_of(function(0, 1, 2), PCIM_FAULT_FAIL), TIME_NEVER, "it does nothing either way");
    pcim_faults_clear_function(&faults, (struct pcim_function_id){0, 1, PCIM_NONE});
    cr_expect_eq(faults.count, 2);
    struct pcim_target adapter = part(PCIM_PART_ADAPTER, 0);
    pcim_faults_clear(&faults, &adapter);
    cr_expect_eq(faults.count, 1);
    cr_expect_eq(end_of(function(1, 1, 2), PCIM_FAULT_HANG), TIME_NEVER);
}

/* --- what MR-PCIM makes of them --- */

static struct fake_rack rack;

static void inject(const char *target, enum pcim_part part_meant, enum pcim_fault fault, uint64_t duration_ps)
{
    struct pcim_request request = {.method = PCIM_METHOD_INJECT_FAULT};
    struct pcim_operation *operation;
    request.fault =
        (struct pcim_fault_request){.target = target, .part = part_meant, .fault = fault, .duration_ps = duration_ps};
    cr_assert_eq(pcim_submit(&rack.pcim, &request, &operation, &rack.refusal), STATUS_OK, "%s", rack.refusal.message);
}

static void run_to(uint64_t at_ps)
{
    simulation_run(&rack.simulation, at_ps);
    cr_expect(pcim_is_valid(&rack.pcim));
}

static const struct pcim_link *link_called(const char *name)
{
    for (size_t n = 0; n < rack.pcim.inventory.link_count; n++)
        if (strcmp(rack.pcim.inventory.links[n].name, name) == 0)
            return &rack.pcim.inventory.links[n];
    return NULL;
}

/* The last events, from the last of KIND on. */
static void expect_event(enum pcim_event_kind kind, const char *subject, const char *text)
{
    for (uint64_t sequence = rack.pcim.events.next_sequence; sequence-- > 1;) {
        const struct pcim_event *event = pcim_event_log_find(&rack.pcim.events, sequence);
        if (event->kind != kind || strcmp(event->subject, subject) != 0)
            continue;
        cr_expect_str_eq(event->detail, text);
        return;
    }
    cr_expect_fail("nothing was told of %s", subject);
}

Test(faults, marks_and_events_follow)
{
    fake_rack_init(&rack);
    inject("tor0", PCIM_PART_CHASSIS, PCIM_FAULT_FAIL, 100);
    inject("h4", PCIM_PART_LINK, PCIM_FAULT_FAIL, 50);
    run_to(40);
    cr_expect(rack.pcim.inventory.chassis[0].failed);
    cr_expect_not(link_called("h0")->up);
    cr_expect_not(link_called("h4")->up);
    expect_event(PCIM_EVENT_LINK, "h0", "down");
    run_to(60);
    cr_expect(link_called("h4")->up && !link_called("h4")->failed);
    expect_event(PCIM_EVENT_FAULT, "h4", "fail ended");
    expect_event(PCIM_EVENT_LINK, "h4", "up");
    cr_expect(rack.pcim.inventory.chassis[0].failed);
    run_to(200);
    cr_expect_not(rack.pcim.inventory.chassis[0].failed);
    cr_expect(link_called("h0")->up && link_called("isl0")->up && link_called("nic0")->up);
    expect_event(PCIM_EVENT_FAULT, "tor0", "fail ended");
    expect_event(PCIM_EVENT_LINK, "nic0", "up");
    cr_expect_str_eq(rack.hardware.log, "inject; inject; end_fault fail; end_fault fail");
    fake_rack_free(&rack);
}

Test(faults, a_repair_is_not_followed_by_an_end)
{
    fake_rack_init(&rack);
    inject("nic0", PCIM_PART_ADAPTER, PCIM_FAULT_FAIL, 100);
    run_to(40);
    struct pcim_operation *operation;
    struct pcim_request request = {.method = PCIM_METHOD_REPAIR_FAULT, .fault = {.target = "nic0"}};
    cr_assert_eq(pcim_submit(&rack.pcim, &request, &operation, &rack.refusal), STATUS_OK);
    run_to(50);
    cr_expect_not(rack.pcim.inventory.adapters[0].failed);
    inject("nic0", PCIM_PART_ADAPTER, PCIM_FAULT_FAIL, 0);
    run_to(200);
    cr_expect(rack.pcim.inventory.adapters[0].failed, "what ended at 100 ps was another");
    inject("nic0", PCIM_PART_ADAPTER, PCIM_FAULT_FAIL, 10);
    inject("nic0", PCIM_PART_ADAPTER, PCIM_FAULT_SURPRISE_REMOVAL, 10);
    run_to(300);
    cr_expect(rack.pcim.inventory.adapters[0].failed, "it has failed until it is repaired");
    fake_rack_free(&rack);
}
