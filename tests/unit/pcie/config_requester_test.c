#include "fabric/pcie/config_requester.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "fabric/pcie/config_access.h"
#include "tests/support/config_probe.h"
#include "tests/support/test_port.h"

#define TIMEOUT_PS (50 * PS_PER_US)
#define FIRST_TAG 256
#define BELOW_BUS 1

static struct fabric fabric;
static struct test_port root, below;
static struct config_requester requester;
static struct egress_queue answers;
static struct tlp asked;  /* the last request that came to who is below */
static uint64_t asked_ps; /* when that was */
static uint32_t requests;
static bool silent;
static uint32_t retries; /* how often it still answers by Retry Status */

static void send_answer(const struct tlp *request, uint32_t value)
{
    enum tlp_status status = retries > 0 ? TLP_STATUS_CRS : TLP_STATUS_SC;
    retries -= retries > 0;
    egress_enqueue(
        &answers, config_access_answer(&fabric, request, status, value, request->completer_id, 3),
        fabric_now_ps(&fabric));
}

/* Who is below: keeps what it was asked, and answers unless it is silent. */
static void take_below(struct test_port *port, struct tlp *tlp)
{
    (void)port;
    asked = *tlp;
    asked_ps = fabric_now_ps(&fabric);
    requests++;
    if (!silent)
        send_answer(&asked, 0x1234);
    fabric_deliver_tlp(&fabric, tlp, 3);
}

static uint32_t unexpected;

static void take_at_root(struct test_port *port, struct tlp *tlp)
{
    (void)port;
    unexpected += !config_requester_complete(&requester, tlp);
    fabric_deliver_tlp(&fabric, tlp, 3);
}

static void start(void)
{
    fabric_init(&fabric, 1, TEST_WINDOW, 64, 1);
    test_port_init(&root, &fabric);
    test_port_init(&below, &fabric);
    root.take = take_at_root;
    below.take = take_below;
    root.port.receiver.buffer = below.port.receiver.buffer = test_infinite();
    struct link_config link = test_link_of(1);
    port_connect(&fabric, &root.port, &below.port, &link, "link", false, 4);
    egress_add_queue(&below.port.egress, &answers, 3, 0, NULL);
    const struct config_requester_config config = {
        .vh = 3, .timeout_ps = TIMEOUT_PS, .first_tag = FIRST_TAG, .generation = 3, .width = 4, .slot = 1};
    config_requester_init(&requester, &fabric, &root.port, &config);
    config_probe_write(&requester, CONFIG_REQUESTER_ID, CONFIG_PRIMARY_BUS, 4, BELOW_BUS << 8 | 2 << 16);
    silent = false;
    retries = 0;
}

static void end(void)
{
    config_requester_free(&requester);
    test_port_free(&root);
    test_port_free(&below);
    fabric_free(&fabric);
}

TestSuite(config_requester, .init = start, .fini = end);

Test(config_requester, types_go_by_bus)
{
    cr_assert_eq(config_probe_read(&requester, BELOW_BUS << 8, 0x40), 0x1234);
    cr_assert(asked.type == TLP_CFGRD0 && asked.address == 0x40 && asked.vh == 3 && asked.tag == FIRST_TAG);
    cr_assert(config_probe_write(&requester, 2 << 8, 0x42, 2, 0xabcd));
    cr_assert(asked.type == TLP_CFGWR1 && asked.byte_enables == 0xc && asked.payload == 0xabcd0000);
    cr_assert_eq(config_probe_read(&requester, 3 << 8, 0), UINT32_MAX, "behind nobody");
    cr_assert_eq(config_probe_read(&requester, BELOW_BUS << 8 | 1 << 3, 0), UINT32_MAX, "a link has one device");
    cr_assert_eq(config_probe_read(&requester, 1 << 3, 0), UINT32_MAX, "bus 0 has the root port only");
    cr_assert_eq(requests, 2);
    cr_assert_eq(config_probe_read(&requester, CONFIG_REQUESTER_ID, 0) & 0xffff, 0x6d72);
}

Test(config_requester, who_is_being_reset_is_asked_again_later_each_time)
{
    retries = 5;
    uint64_t before_ps = fabric_now_ps(&fabric);
    cr_assert_eq(config_probe_read(&requester, BELOW_BUS << 8, 0), 0x1234);
    cr_assert_eq(requests, 6);
    uint64_t took_ps = asked_ps - before_ps;
    cr_assert(took_ps >= 31 * PS_PER_US && took_ps < 32 * PS_PER_US); /* 1 + 2 + 4 + 8 + 16 us */
    retries = 1;
    cr_assert_eq(config_probe_read(&requester, BELOW_BUS << 8, 0), 0x1234);
    cr_assert_eq(requests, 8);
}

static void note_end(struct config_request *request)
{
    (void)request;
}

Test(config_requester, who_is_reset_for_ever_is_nobody)
{
    retries = UINT32_MAX;
    struct config_request request = {.id = BELOW_BUS << 8, .status = TLP_STATUS_SC, .done = note_end};
    config_requester_submit(&requester, &request);
    simulation_run(&fabric.simulation, PS_PER_S);
    cr_assert_eq(request.status, TLP_STATUS_SC, "not yet");
    simulation_run(&fabric.simulation, 3 * PS_PER_S);
    cr_assert_eq(request.status, TLP_STATUS_CRS);
    cr_assert_eq(request.value, UINT32_MAX);
}

Test(config_requester, while_the_link_is_down_nobody_is_there)
{
    config_requester_show_link(&requester, false);
    cr_assert_eq(config_probe_read(&requester, BELOW_BUS << 8, 0), UINT32_MAX);
    cr_assert_eq(requests, 0);
    config_requester_show_link(&requester, true);
    cr_assert_eq(config_probe_read(&requester, BELOW_BUS << 8, 0), 0x1234);
}

Test(config_requester, who_does_not_answer_is_given_up)
{
    silent = true;
    uint64_t start_ps = fabric_now_ps(&fabric);
    cr_assert_eq(config_probe_read(&requester, BELOW_BUS << 8, 0), UINT32_MAX);
    cr_assert(config_probe_last()->timed_out);
    cr_assert_eq(requester.ended.time_ps - start_ps, TIMEOUT_PS);
    cr_assert_eq(requester.timeouts, 1);
    struct tlp late = asked;
    silent = false;
    cr_assert_eq(config_probe_read(&requester, BELOW_BUS << 8, 0), 0x1234);
    cr_assert_not(config_probe_last()->timed_out);
    cr_assert_neq(asked.tag, late.tag);
    cr_assert_eq(unexpected, 0);
}

/* What comes too late is not taken for the answer to the next. */
Test(config_requester, a_late_answer_is_nobodys)
{
    silent = true;
    config_probe_read(&requester, BELOW_BUS << 8, 0);
    struct tlp late = asked;
    static struct config_request next = {.id = BELOW_BUS << 8};
    next.done = NULL;
    config_requester_submit(&requester, &next);
    send_answer(&late, 0xbad);
    simulation_run(&fabric.simulation, fabric_now_ps(&fabric) + PS_PER_US);
    cr_assert_eq(unexpected, 1);
    cr_assert(requester.waits, "the next still does");
}

Test(config_requester, tags_go_round)
{
    silent = true;
    for (uint32_t n = 0; n < 2 * CONFIG_REQUESTER_TAGS; n++) {
        config_probe_read(&requester, BELOW_BUS << 8, 0);
        cr_assert_eq(asked.tag, FIRST_TAG + n % CONFIG_REQUESTER_TAGS);
    }
}
