#include "fabric/pcim/request.h"

#include "fabric/base/check.h"

const char *pcim_method_name(enum pcim_method method)
{
    static const char *const names[PCIM_METHODS] = {
        [PCIM_METHOD_ASSIGN] = "Assign",
        [PCIM_METHOD_RELEASE] = "Release",
        [PCIM_METHOD_MOVE] = "Move",
        [PCIM_METHOD_APPLY] = "Apply",
        [PCIM_METHOD_SET_QOS] = "SetQos",
        [PCIM_METHOD_SET_VFS] = "SetVfs",
        [PCIM_METHOD_CONTROL_PORT] = "ControlPort",
        [PCIM_METHOD_INJECT_FAULT] = "InjectFault",
        [PCIM_METHOD_REPAIR_FAULT] = "RepairFault",
        [PCIM_METHOD_MIGRATE_GUEST] = "MigrateGuest",
    };
    CHECK(method < PCIM_METHODS);
    return names[method];
}

const char *pcim_policy_name(enum pcim_policy policy)
{
    static const char *const names[PCIM_POLICIES] = {
        [PCIM_POLICY_MANAGED] = "managed",
        [PCIM_POLICY_WAIT] = "wait",
        [PCIM_POLICY_SURPRISE] = "surprise",
        [PCIM_POLICY_REFUSE_IF_BUSY] = "refuse-if-busy",
    };
    CHECK(policy < PCIM_POLICIES);
    return names[policy];
}

const char *pcim_port_action_name(enum pcim_port_action action)
{
    static const char *const names[PCIM_PORT_ACTIONS] = {
        [PCIM_PORT_RETRAIN] = "retrain",
        [PCIM_PORT_DISABLE] = "disable",
        [PCIM_PORT_ENABLE] = "enable",
        [PCIM_PORT_HOT_RESET] = "hot-reset",
    };
    CHECK(action < PCIM_PORT_ACTIONS);
    return names[action];
}

const char *pcim_fault_name(enum pcim_fault fault)
{
    static const char *const names[PCIM_FAULTS] = {
        [PCIM_FAULT_FAIL] = "fail",
        [PCIM_FAULT_BIT_ERRORS] = "bit-errors",
        [PCIM_FAULT_POISONED] = "poisoned",
        [PCIM_FAULT_HANG] = "hang",
        [PCIM_FAULT_LOST_COMPLETION] = "lost-completion",
        [PCIM_FAULT_SURPRISE_REMOVAL] = "surprise-removal",
    };
    CHECK(fault < PCIM_FAULTS);
    return names[fault];
}
