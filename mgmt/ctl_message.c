#include "mgmt/ctl_message.h"

#include <math.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "proto/mriov.pb-c.h"

static char *text(const char *text)
{
    return (char *)(text != NULL ? text : "");
}

static void *get(size_t size)
{
    void *message = calloc(1, size);
    CHECK(message != NULL);
    return message;
}

static Mriov__V1__Policy__Kind policy_of(enum pcim_policy policy)
{
    static const Mriov__V1__Policy__Kind kinds[PCIM_POLICIES] = {
        [PCIM_POLICY_MANAGED] = MRIOV__V1__POLICY__KIND__MANAGED,
        [PCIM_POLICY_WAIT] = MRIOV__V1__POLICY__KIND__WAIT,
        [PCIM_POLICY_SURPRISE] = MRIOV__V1__POLICY__KIND__SURPRISE,
        [PCIM_POLICY_REFUSE_IF_BUSY] = MRIOV__V1__POLICY__KIND__REFUSE_IF_BUSY,
    };
    return kinds[policy];
}

static ProtobufCMessage *assign_message(const struct pcim_request *request)
{
    Mriov__V1__AssignRequest *message = get(sizeof *message);
    mriov__v1__assign_request__init(message);
    message->function = text(request->assign.function);
    message->to = text(request->assign.to);
    message->vfs = request->assign.vfs_given ? request->assign.vfs : 0;
    return &message->base;
}

static ProtobufCMessage *release_message(const struct pcim_request *request)
{
    Mriov__V1__ReleaseRequest *message = get(sizeof *message);
    mriov__v1__release_request__init(message);
    message->function = text(request->release.function);
    message->policy = policy_of(request->release.policy);
    message->deadline_ns = request->release.deadline_ps / PS_PER_NS;
    return &message->base;
}

static ProtobufCMessage *move_message(const struct pcim_request *request)
{
    Mriov__V1__MoveRequest *message = get(sizeof *message);
    mriov__v1__move_request__init(message);
    message->function = text(request->move.function);
    message->to = text(request->move.to);
    message->policy = policy_of(request->move.policy);
    message->deadline_ns = request->move.deadline_ps / PS_PER_NS;
    return &message->base;
}

static ProtobufCMessage *apply_message(const struct pcim_request *request)
{
    const struct pcim_apply_request *apply = &request->apply;
    Mriov__V1__ApplyRequest *message = get(sizeof *message);
    mriov__v1__apply_request__init(message);
    message->prune = apply->prune;
    message->policy = policy_of(apply->policy);
    message->deadline_ns = apply->deadline_ps / PS_PER_NS;
    message->bindings = get((apply->wish_count + 1) * sizeof *message->bindings);
    for (; message->n_bindings < apply->wish_count; message->n_bindings++) {
        const struct pcim_wish *wish = &apply->wishes[message->n_bindings];
        Mriov__V1__Binding *binding = message->bindings[message->n_bindings] = get(sizeof *binding);
        mriov__v1__binding__init(binding);
        binding->function = text(wish->function);
        binding->to = text(wish->to);
        binding->vfs = wish->vfs_given ? wish->vfs : 0;
    }
    return &message->base;
}

static ProtobufCMessage *set_qos_message(const struct pcim_request *request)
{
    const struct pcim_set_qos_request *qos = &request->set_qos;
    Mriov__V1__SetQosRequest *message = get(sizeof *message);
    mriov__v1__set_qos_request__init(message);
    message->function = text(qos->function);
    if (qos->min_given)
        message->min_case = MRIOV__V1__SET_QOS_REQUEST__MIN_MIN_BPS;
    if (qos->max_given)
        message->max_case = MRIOV__V1__SET_QOS_REQUEST__MAX_MAX_BPS;
    if (qos->weight_given)
        message->share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
    message->min_bps = qos->min_bps;
    message->max_bps = qos->max_bps;
    message->weight = qos->weight;
    return &message->base;
}

static ProtobufCMessage *set_vfs_message(const struct pcim_request *request)
{
    Mriov__V1__SetVfsRequest *message = get(sizeof *message);
    mriov__v1__set_vfs_request__init(message);
    message->pf = text(request->set_vfs.pf);
    message->count = request->set_vfs.count;
    return &message->base;
}

static ProtobufCMessage *control_port_message(const struct pcim_request *request)
{
    static const Mriov__V1__PortAction__Kind actions[PCIM_PORT_ACTIONS] = {
        [PCIM_PORT_RETRAIN] = MRIOV__V1__PORT_ACTION__KIND__RETRAIN,
        [PCIM_PORT_DISABLE] = MRIOV__V1__PORT_ACTION__KIND__DISABLE,
        [PCIM_PORT_ENABLE] = MRIOV__V1__PORT_ACTION__KIND__ENABLE,
        [PCIM_PORT_HOT_RESET] = MRIOV__V1__PORT_ACTION__KIND__HOT_RESET,
    };
    Mriov__V1__ControlPortRequest *message = get(sizeof *message);
    mriov__v1__control_port_request__init(message);
    message->port = text(request->control_port.port);
    message->action = actions[request->control_port.action];
    message->vh = text(request->control_port.hierarchy);
    return &message->base;
}

static const char *part_word(enum pcim_part part)
{
    static const char *const words[] = {"", "link", "adapter", "chassis", "function", "host"};
    return words[part];
}

static ProtobufCMessage *inject_fault_message(const struct pcim_request *request)
{
    const struct pcim_fault_request *fault = &request->fault;
    Mriov__V1__InjectFaultRequest *message = get(sizeof *message);
    mriov__v1__inject_fault_request__init(message);
    message->target = text(fault->target);
    message->fault = text(pcim_fault_name(fault->fault));
    message->part = text(part_word(fault->part));
    message->ber = ldexp((double)fault->rate, -64);
    message->count = fault->count;
    message->duration_ns = fault->duration_ps / PS_PER_NS;
    message->host = text(fault->host);
    if (fault->direction_given)
        message->direction = text(fault->direction == LINK_UP ? "up" : "down");
    return &message->base;
}

static ProtobufCMessage *repair_fault_message(const struct pcim_request *request)
{
    Mriov__V1__RepairFaultRequest *message = get(sizeof *message);
    mriov__v1__repair_fault_request__init(message);
    message->target = text(request->fault.target);
    message->part = text(part_word(request->fault.part));
    return &message->base;
}

static ProtobufCMessage *migrate_guest_message(const struct pcim_request *request)
{
    Mriov__V1__MigrateGuestRequest *message = get(sizeof *message);
    mriov__v1__migrate_guest_request__init(message);
    message->guest = text(request->migrate.guest);
    message->to = text(request->migrate.to);
    return &message->base;
}

ProtobufCMessage *ctl_message_of(const struct pcim_request *request)
{
    static ProtobufCMessage *(*const makers[PCIM_METHODS])(const struct pcim_request *request) = {
        [PCIM_METHOD_ASSIGN] = assign_message,
        [PCIM_METHOD_RELEASE] = release_message,
        [PCIM_METHOD_MOVE] = move_message,
        [PCIM_METHOD_APPLY] = apply_message,
        [PCIM_METHOD_SET_QOS] = set_qos_message,
        [PCIM_METHOD_SET_VFS] = set_vfs_message,
        [PCIM_METHOD_CONTROL_PORT] = control_port_message,
        [PCIM_METHOD_INJECT_FAULT] = inject_fault_message,
        [PCIM_METHOD_REPAIR_FAULT] = repair_fault_message,
        [PCIM_METHOD_MIGRATE_GUEST] = migrate_guest_message,
    };
    return makers[request->method](request);
}

void ctl_message_free(ProtobufCMessage *message)
{
    if (message != NULL && message->descriptor == &mriov__v1__apply_request__descriptor) {
        Mriov__V1__ApplyRequest *apply = (Mriov__V1__ApplyRequest *)(void *)message;
        for (size_t i = 0; i < apply->n_bindings; i++)
            free(apply->bindings[i]);
        free(apply->bindings);
    }
    free(message);
}
