#include "fabric/adapter/adapter_fault.h"

#include "fabric/adapter/adapter_errors.h"
#include "fabric/adapter/adapter_turn.h"
#include "fabric/base/check.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/egress_hold.h"
#include "fabric/pcie/operation.h"

static struct adapter *adapter_of(struct port *port)
{
    return CONTAINER_OF(port, struct adapter, port);
}

/* --- receiving while something is wrong --- */

static void keep(struct port *port, struct tlp *tlp)
{
    tlp_fifo_push(&adapter_of(port)->unheard, tlp);
}

/* REQUEST is for FUNCTION, which has failed. */
static void abort_request(struct function *function, struct tlp *request)
{
    struct adapter *adapter = function->adapter;
    const struct error_report report = {.error = AER_COMPLETER_ABORT, .advisory = true, .tlp = request};
    if (tlp_credit_type(request) == CREDIT_NONPOSTED) {
        fabric_count_error(adapter->fabric, function->settings.vh, FABRIC_ERROR_CA);
        function_report(function, &report);
        adapter_answer(
            adapter, config_access_answer(
                         adapter->fabric, request, TLP_STATUS_CA, 0, function->settings.id, function->settings.vh));
    }
    operation_tlp_failed(request, fabric_now_ps(adapter->fabric));
    fabric_drop_tlp(adapter->fabric, request, DROP_FAULT);
}

static bool loses(struct function *function, const struct tlp *tlp)
{
    if (tlp_traits[tlp->type].is_request || function == NULL || function->completions_to_lose == 0)
        return false;
    function->completions_to_lose--;
    return true;
}

static void receive_with_fault(struct port *port, struct tlp *tlp)
{
    struct adapter *adapter = adapter_of(port);
    struct function *function = adapter_function_for(adapter, tlp);
    if (loses(function, tlp)) {
        port_release(port, tlp, fabric_now_ps(adapter->fabric));
        fabric_drop_tlp(adapter->fabric, tlp, DROP_FAULT);
    } else if (function != NULL && function->failed && tlp_traits[tlp->type].by_address) {
        port_release(port, tlp, fabric_now_ps(adapter->fabric));
        abort_request(function, tlp);
    } else {
        adapter_receive(port, tlp);
    }
}

/* It does not begin anew with anybody. */
static enum status stay(struct port *port, uint16_t vh, uint32_t vfs, uint64_t *reset_ps)
{
    (void)port, (void)vh, (void)vfs, (void)reset_ps;
    return STATUS_UNAVAILABLE;
}

static const struct port_ops hung_ops = {
    .name = "adapter",
    .on_tlp = keep,
    .on_stale = adapter_receive_stale,
    .on_link = adapter_on_link,
    .on_virtual_link = adapter_on_virtual_link,
    .on_reset = adapter_on_reset,
    .on_turned = stay,
};
static const struct port_ops faulty_ops = {
    .name = "adapter",
    .on_tlp = receive_with_fault,
    .on_stale = adapter_receive_stale,
    .on_link = adapter_on_link,
    .on_virtual_link = adapter_on_virtual_link,
    .on_reset = adapter_on_reset,
    .on_turned = adapter_turned,
};

/* The functions that fit what is wrong with ADAPTER. */
static void choose_ops(struct adapter *adapter)
{
    bool faulty = false;
    for (uint32_t index = 0; index < adapter->function_count; index++)
        faulty = faulty || adapter->functions[index].failed || adapter->functions[index].completions_to_lose > 0;
    adapter->port.ops = adapter->hangs ? &hung_ops : faulty ? &faulty_ops : &adapter_port_ops;
}

/* --- faults --- */

void adapter_hang(struct adapter *adapter, bool hangs)
{
    if (adapter->hangs == hangs)
        return;
    adapter->hangs = hangs;
    choose_ops(adapter);
    if (hangs) {
        egress_hold(&adapter->port.egress, EGRESS_HOLD_HANG);
        return;
    }
    egress_release(&adapter->port.egress, EGRESS_HOLD_HANG);
    while (!tlp_fifo_is_empty(&adapter->unheard))
        adapter->port.ops->on_tlp(&adapter->port, tlp_fifo_pop(&adapter->unheard));
}

void function_fail(struct function *function, bool fails)
{
    if (function->failed == fails)
        return;
    CHECK(function->active);
    if (fails) {
        function_stop(function, true);
        function_report(function, &(struct error_report){.error = AER_INTERNAL});
    }
    function->failed = fails;
    function_hold_as_allowed(function);
    choose_ops(function->adapter);
}

void function_lose_completions(struct function *function, uint32_t count)
{
    function->completions_to_lose = count;
    choose_ops(function->adapter);
}

/* --- links --- */

static void lose(struct egress_queue *queue, struct tlp *tlp)
{
    struct fabric *fabric = queue->egress->fabric;
    operation_tlp_failed(tlp, fabric_now_ps(fabric));
    fabric_drop_tlp(fabric, tlp, DROP_LINK_DOWN);
}

static void lose_unheard(struct adapter *adapter)
{
    while (!tlp_fifo_is_empty(&adapter->unheard)) {
        struct tlp *tlp = tlp_fifo_pop(&adapter->unheard);
        uint64_t now = fabric_now_ps(adapter->fabric);
        port_release(&adapter->port, tlp, now);
        operation_tlp_failed(tlp, now);
        fabric_drop_tlp(adapter->fabric, tlp, DROP_LINK_DOWN);
    }
}

static void set_reachable(struct function *function, bool reachable)
{
    if (!function->active || function->unreachable == !reachable)
        return;
    if (!reachable)
        function_stop(function, true);
    function->unreachable = !reachable;
    function_hold_as_allowed(function);
}

void adapter_on_link(struct port *port, bool up)
{
    struct adapter *adapter = adapter_of(port);
    for (uint32_t index = 0; index < adapter->function_count; index++)
        set_reachable(&adapter->functions[index], up);
    if (up)
        return;
    lose_unheard(adapter);
    egress_drain(&port->egress, lose);
}

void adapter_on_virtual_link(struct port *port, uint16_t vh, bool up)
{
    struct adapter *adapter = adapter_of(port);
    if (!link_is_up(port))
        return; /* who is unreachable anyway */
    for (uint32_t index = 0; index < adapter->function_count; index++)
        if (adapter->functions[index].settings.vh == vh)
            set_reachable(&adapter->functions[index], up);
    for (uint32_t vc = 0; !up && adapter->answers != NULL && vc < port->egress.vc_count; vc++) {
        struct egress_queue *answers = adapter->answers[vh * port->egress.vc_count + vc];
        if (answers != NULL)
            egress_queue_drain(answers, lose);
    }
}
