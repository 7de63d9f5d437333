#include "fabric/pcie/link_control.h"

#include "fabric/base/check.h"
#include "fabric/pcie/egress_hold.h"
#include "fabric/pcie/operation.h"
#include "fabric/pcie/port.h"

static struct fabric *fabric_of(const struct link_control *control)
{
    return control->upper->egress.fabric;
}

static void step(struct link_control *control, enum link_event event)
{
    control->state = (enum link_state)link_state_step(control->state, event).next;
}

/* TLP, which OWNER, an egress, had sent, is lost: its place at the receiver was never taken. */
static void lose(void *owner, struct tlp *tlp)
{
    struct egress *egress = owner;
    uint64_t now = fabric_now_ps(egress->fabric);
    if ((tlp->attributes & TLP_NULLIFIED) == 0)
        egress_return_credits(
            egress, egress_channel(egress, tlp->vh, tlp->traffic_class), tlp_credit_type(tlp), tlp_data_credits(tlp),
            now + egress->wire.propagation_ps);
    operation_tlp_failed(tlp, now);
    fabric_drop_tlp(egress->fabric, tlp, DROP_LINK_DOWN);
}

static void stop_end(struct port *port)
{
    struct egress *egress = &port->egress;
    egress_hold(egress, EGRESS_HOLD_LINK);
    wire_drain(&egress->wire, lose, egress);
    if (egress->data_link != NULL)
        data_link_down(egress->data_link, lose, egress);
}

static void tell(const struct link_control *control, bool up)
{
    struct port *ends[] = {control->upper, control->lower};
    for (int end = 0; end < 2; end++)
        if (ends[end]->ops->on_link != NULL)
            ends[end]->ops->on_link(ends[end], up);
}

static void go_down(struct link_control *control)
{
    event_cancel(&control->trained);
    if (control->state == LINK_INACTIVE)
        return;
    step(control, LINK_EVENT_DOWN);
    control->downs++;
    stop_end(control->upper);
    stop_end(control->lower);
    tell(control, false);
}

/* The physical layer has trained: the ends agree on what they agreed on before. */
static void come_up(struct link_control *control)
{
    for (enum link_event event = LINK_EVENT_UP; event <= LINK_EVENT_PARTNER_READY; event++)
        step(control, event);
    struct port *ends[] = {control->upper, control->lower};
    for (int end = 0; end < 2; end++) {
        if (ends[end]->egress.data_link != NULL)
            data_link_up(ends[end]->egress.data_link);
        egress_release(&ends[end]->egress, EGRESS_HOLD_LINK);
    }
    tell(control, true);
}

static void on_trained(struct event *event)
{
    struct link_control *control = CONTAINER_OF(event, struct link_control, trained);
    if (control->state != LINK_RECOVERY) {
        come_up(control);
        return;
    }
    step(control, LINK_EVENT_TRAINED);
    egress_release(&control->upper->egress, EGRESS_HOLD_LINK);
    egress_release(&control->lower->egress, EGRESS_HOLD_LINK);
}

static void train(struct link_control *control)
{
    event_reschedule(&control->trained, fabric_now_ps(fabric_of(control)) + control->config.training_ps);
}

void link_take_down(struct port *end, enum link_cause cause)
{
    struct link_control *control = end->control;
    if ((control->causes & cause) != 0)
        return;
    control->causes |= cause;
    go_down(control);
}

void link_bring_up(struct port *end, enum link_cause cause)
{
    struct link_control *control = end->control;
    if ((control->causes & cause) == 0)
        return;
    control->causes &= ~(uint32_t)cause;
    if (control->causes == 0)
        train(control);
}

void link_retrain(struct port *end)
{
    struct link_control *control = end->control;
    if (control->state == LINK_INACTIVE)
        return;
    control->retrains++;
    if (control->state == LINK_ACTIVE) {
        step(control, LINK_EVENT_RETRAIN);
        egress_hold(&control->upper->egress, EGRESS_HOLD_LINK);
        egress_hold(&control->lower->egress, EGRESS_HOLD_LINK);
    }
    if (end->egress.data_link != NULL)
        data_link_retrain(end->egress.data_link);
    train(control);
}

void link_hot_reset(struct port *end)
{
    struct link_control *control = end->control;
    if (control->state == LINK_INACTIVE)
        return;
    go_down(control);
    train(control);
}

void link_set_bit_errors(struct port *end, uint64_t rate, const char *name)
{
    struct link_control *control = end->control;
    if (rate == 0 && end->egress.data_link == NULL)
        return;
    if (end->egress.data_link == NULL) {
        port_add_data_links(control->upper, control->lower, &control->config);
        if (control->state == LINK_INACTIVE)
            control->upper->data_link.state = control->lower->data_link.state = LINK_INACTIVE;
    }
    port_set_bit_errors(control->upper, rate, name);
    port_set_bit_errors(control->lower, rate, name);
}

bool link_is_up(const struct port *end)
{
    return end->control->state != LINK_INACTIVE;
}

void link_control_init(struct port *upper, struct port *lower, const struct link_config *config)
{
    struct link_control *control = &upper->own_control;
    *control = (struct link_control){.upper = upper, .lower = lower, .state = LINK_ACTIVE, .config = *config};
    upper->control = control;
    lower->control = control;
    component_init(&control->component, &fabric_of(control)->simulation);
    event_init(&control->trained, &control->component, on_trained);
}
