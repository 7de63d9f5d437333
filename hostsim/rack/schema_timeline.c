/* The keys of the timeline: the operations of the management API, at simulated times. */
#include "fabric/pcie/bit_errors.h"
#include "hostsim/rack/schema_types.h"

#define EVENT(field) offsetof(struct draft_event, field)
#define WITHIN(group, field) (EVENT(group.field) - EVENT(group))
#define SIZE_OF(group) sizeof(((struct draft_event *)NULL)->group)

static const struct schema_word policies[] = {
    {"managed", 0, false, "The host is asked, and gives it up"},
    {"wait", 1, false, "When its workloads have ended"},
    {"surprise", 2, false, "At once"},
    {"refuse-if-busy", 3, false, "Only when it is idle"},
    {.name = NULL},
};
static const struct schema_word port_actions[] = {
    {"retrain", 0, false, "Train again"},
    {"disable", 1, false, "Take it down"},
    {"enable", 2, false, "Bring it up"},
    {"hot-reset", 3, false, "Reset what is behind it"},
    {.name = NULL},
};
static const struct schema_word kinds_of_fault[] = {
    {"bit-errors", 0, false, "A link damages bits"}, {"poisoned", 1, false, "Data marked as bad"},
    {"hang", 2, false, "It does not answer"},        {"lost-completion", 3, false, "A completion never comes"},
    {"surprise-removal", 4, false, "It is gone"},    {.name = NULL},
};
static const struct schema_word directions[] = {
    {"up", LINK_UP, false, "Toward the host"},
    {"down", LINK_DOWN, false, "The other way"},
    {.name = NULL},
};
static const struct schema_type policy = {.scalar = SCHEMA_WORD, .words = policies};
static const struct schema_type port_action = {.scalar = SCHEMA_WORD, .words = port_actions};
static const struct schema_type kind_of_fault = {.scalar = SCHEMA_WORD, .words = kinds_of_fault};
static const struct schema_type direction = {.scalar = SCHEMA_WORD, .words = directions};
static const struct schema_type root_port = {.scalar = SCHEMA_REFERENCE, .what = "HOST or HOST:UPLINK"};
static const struct schema_type guest = {.scalar = SCHEMA_REFERENCE, .what = "HOST/GUEST"};
static const struct schema_type bit_error_rate = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_RATIO,
    .most = BIT_ERRORS_MOST,
    .what = "a ratio up to 1e-3, such as 1e-9"};

static const struct schema_key assign_keys[] = {
    {"function", &schema_type_function, WITHIN(assign, function), NULL, SCHEMA_REQUIRED, 0, "The function"},
    {"to", &schema_type_owner, WITHIN(assign, to), NULL, SCHEMA_REQUIRED, 0, "Who gets it"},
    {"vfs", &schema_type_number, WITHIN(assign, vfs), NULL, 0, 0, "VFs that come with a PF"},
    {.name = NULL},
};
static const struct schema_key release_keys[] = {
    {"function", &schema_type_function, WITHIN(release, function), NULL, SCHEMA_REQUIRED, 0, "The function"},
    {"policy", &policy, WITHIN(release, policy), "managed", 0, 0, "How its owner loses it"},
    {"deadline", &schema_type_time, WITHIN(release, deadline_ps), NULL, 0, 0,
     "Time to give it up: after it, managed takes by surprise; wait and refuse-if-busy fail"},
    {.name = NULL},
};
static const struct schema_key move_keys[] = {
    {"function", &schema_type_function, WITHIN(move, function), NULL, SCHEMA_REQUIRED, 0, "The function"},
    {"to", &schema_type_owner, WITHIN(move, to), NULL, SCHEMA_REQUIRED, 0, "Who gets it"},
    {"policy", &policy, WITHIN(move, policy), "managed", 0, 0, "How its owner loses it"},
    {"deadline", &schema_type_time, WITHIN(move, deadline_ps), NULL, 0, 0,
     "Time to give it up: after it, managed takes by surprise; wait and refuse-if-busy fail"},
    {.name = NULL},
};
static const struct schema_key vfs_keys[] = {
    {"function", &schema_type_function, WITHIN(vfs, function), NULL, SCHEMA_REQUIRED, 0, "The PF"},
    {"count", &schema_type_number, WITHIN(vfs, count), NULL, SCHEMA_REQUIRED, 0, "VFs it offers from then on"},
    {.name = NULL},
};
static const struct schema_type bindings = {.list = SCHEMA_ENTRIES, .map = &schema_assign};
static const struct schema_key apply_keys[] = {
    {"bindings", &bindings, WITHIN(apply, bindings), NULL, SCHEMA_REQUIRED, 0, "Many at once, as in `assign`"},
    {"policy", &policy, WITHIN(apply, policy), "managed", 0, 0, "How owners lose functions"},
    {"deadline", &schema_type_time, WITHIN(apply, deadline_ps), NULL, 0, 0,
     "Time to give it up: after it, managed takes by surprise; wait and refuse-if-busy fail"},
    {"prune", &schema_type_switch, WITHIN(apply, prune), "off", 0, 0, "Release what is not named"},
    {.name = NULL},
};
static const struct schema_key port_keys[] = {
    {"name", &schema_type_any, WITHIN(port, name), NULL, SCHEMA_REQUIRED, 0, "A port: h0, h0:1, nic0, isl0, isl0:tor0"},
    {"action", &port_action, WITHIN(port, action), NULL, SCHEMA_REQUIRED, 0, "What happens to it"},
    {.name = NULL},
};
static const struct schema_key reset_keys[] = {
    {"vh", &root_port, WITHIN(reset, vh), NULL, SCHEMA_REQUIRED, 0, "Whose hierarchy; the link stays up"},
    {.name = NULL},
};
#define TARGET(word, meaning)                                                                                          \
    {                                                                                                                  \
#word, &schema_type_any, WITHIN(fail, word), NULL, SCHEMA_ONE_OF, 0, meaning                                   \
    }
#define TARGETS                                                                                                        \
    TARGET(link, "A link, by the name of its host, adapter or trunk"), TARGET(adapter, "An adapter"),                  \
        TARGET(chassis, "A chassis"), TARGET(function, "A function"), TARGET(host, "A host")
static const struct schema_key fail_keys[] = {
    TARGETS,
    {"duration", &schema_type_time, WITHIN(fail, duration_ps), NULL, 0, 0, "How long; until it is repaired"},
    {.name = NULL},
};
static const struct schema_key part_keys[] = {TARGETS, {.name = NULL}};
static const struct schema_key inject_keys[] = {
    {"fault", &kind_of_fault, WITHIN(inject, fault), NULL, SCHEMA_REQUIRED, 0, "What goes wrong"},
    {"target", &schema_type_any, WITHIN(inject, target), NULL, SCHEMA_REQUIRED, 0, "Where"},
    {"host", &schema_type_any, WITHIN(inject, host), NULL, 0, 0, "Only in this host's hierarchy"},
    {"direction", &direction, WITHIN(inject, direction), NULL, 0, 0, "Of a link"},
    {"count", &schema_type_long_count, WITHIN(inject, count), NULL, 0, 0,
     "poisoned, lost-completion: how often; once unless given"},
    {"duration", &schema_type_time, WITHIN(inject, duration_ps), NULL, 0, 0, "How long"},
    {"rate", &bit_error_rate, WITHIN(inject, rate), NULL, 0, 0, "bit-errors: bit errors a bit, at most 1e-3"},
    {.name = NULL},
};
static const struct schema_key migrate_keys[] = {
    {"guest", &guest, WITHIN(migrate, guest), NULL, SCHEMA_REQUIRED, 0, "The guest, HOST/GUEST"},
    {"to", &schema_type_any, WITHIN(migrate, to), NULL, SCHEMA_REQUIRED, 0, "The host that takes it"},
    {.name = NULL},
};

#define OPERATION(group, called)                                                                                       \
    static const struct schema_map group##_map = {.name = called, .size = SIZE_OF(group), .keys = group##_keys};       \
    static const struct schema_type group##_type = {.map = &group##_map}

OPERATION(assign, "an assign of the timeline");
OPERATION(release, "a release");
OPERATION(move, "a move");
OPERATION(vfs, "a vfs operation");
OPERATION(apply, "an apply");
OPERATION(port, "a port operation");
OPERATION(reset, "a reset");
OPERATION(inject, "an inject");
OPERATION(migrate, "a migrate");
OPERATION(fail, "a fail");
static const struct schema_map part_map = {.name = "a part", .size = SIZE_OF(fail), .keys = part_keys};
static const struct schema_type part_type = {.map = &part_map};
static const struct schema_type qos_type = {.map = &schema_qos};

static const struct schema_key event_keys[] = {
    {"at", &schema_type_time, EVENT(at_ps), NULL, SCHEMA_REQUIRED, 0, "When, from time zero, the warm-up included"},
    {"assign", &assign_type, EVENT(assign), NULL, SCHEMA_ONE_OF, 0, "A function to a host or guest"},
    {"release", &release_type, EVENT(release), NULL, SCHEMA_ONE_OF, 0, "A function from its owner"},
    {"move", &move_type, EVENT(move), NULL, SCHEMA_ONE_OF, 0, "Release and assign as one"},
    {"vfs", &vfs_type, EVENT(vfs), NULL, SCHEMA_ONE_OF, 0, "How many VFs a PF offers"},
    {"qos", &qos_type, EVENT(qos), NULL, SCHEMA_ONE_OF, 0, "Quality of service of a function"},
    {"apply", &apply_type, EVENT(apply), NULL, SCHEMA_ONE_OF, 0, "Many assignments, all or none"},
    {"port", &port_type, EVENT(port), NULL, SCHEMA_ONE_OF, 0, "A port's link"},
    {"reset", &reset_type, EVENT(reset), NULL, SCHEMA_ONE_OF, 0, "One hierarchy"},
    {"fail", &fail_type, EVENT(fail), NULL, SCHEMA_ONE_OF, 0, "A part fails"},
    {"repair", &part_type, EVENT(repair), NULL, SCHEMA_ONE_OF, 0, "It works again"},
    {"inject", &inject_type, EVENT(inject), NULL, SCHEMA_ONE_OF, 0, "A fault"},
    {"migrate", &migrate_type, EVENT(migrate), NULL, SCHEMA_ONE_OF | SCHEMA_LATER, 0, "A guest, with its functions"},
    {.name = NULL},
};
const struct schema_map schema_event = {
    .name = "an entry of the timeline", .size = sizeof(struct draft_event), .keys = event_keys};
