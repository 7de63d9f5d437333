/* What a hypervisor does (Linux: vfio-pci): the old user's driver lets go, function-level reset, the registers are made
 * ready again, the new user's driver attaches. A VF keeps its place in the tree and has nothing but its Command
 * register; any other function is walked as if it were new, with its VFs. */
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcie/config_registers.h"
#include "fabric/pcie/express_registers.h"
#include "hostsim/host/hotplug_steps.h"

/* A chain of capabilities has no more. */
#define CAPABILITIES_MOST 48

void hotplug_pass(struct hotplug *hotplug, uint16_t id, uint64_t reset_ps)
{
    hotplug_changes_add(&hotplug->changes, (struct hotplug_change){.id = id, .value = HOTPLUG_PASS, .at_ps = reset_ps});
    hotplug_work(hotplug);
}

static void end(struct hotplug *hotplug, bool well)
{
    uint16_t id = hotplug->passing.id;
    if (hotplug->ops != NULL)
        hotplug->ops->on_passed(hotplug, id, well);
    hotplug_end(hotplug);
}

/* --- a VF --- */

/* Back to its place in the tree, which is in bus order. */
static const struct host_function *put_back(struct hotplug *hotplug)
{
    size_t at = 0;
    hotplug->functions = reallocarray(hotplug->functions, hotplug->count + 1, sizeof *hotplug->functions);
    CHECK(hotplug->functions != NULL);
    while (at < hotplug->count && hotplug->functions[at].id < hotplug->passing.id)
        at++;
    memmove(&hotplug->functions[at + 1], &hotplug->functions[at], (hotplug->count - at) * sizeof *hotplug->functions);
    hotplug->count++;
    hotplug->functions[at] = hotplug->passing;
    return &hotplug->functions[at];
}

static void on_vf_ready(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    const struct host_function *vf = put_back(hotplug);
    bool well = walk->request.status == TLP_STATUS_SC;
    if (hotplug->ops != NULL)
        hotplug->ops->on_attach(hotplug, vf);
    end(hotplug, well);
}

/* --- any other --- */

static void on_walked_again(struct hotplug *hotplug)
{
    end(hotplug, hotplug->found > 0);
}

/* --- the reset --- */

static void on_answer(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    const struct host_function *function = &hotplug->passing;
    if (walk->request.status == TLP_STATUS_SC && hotplug->ops != NULL)
        hotplug->ops->on_reset(hotplug, function);
    if (!function->is_vf) {
        hotplug_add(hotplug, (uint16_t)function->parent, function->id & 0xff, on_walked_again);
        return;
    }
    enumeration_begin(walk, function->id);
    enumeration_write(walk, CONFIG_COMMAND, 2, COMMAND_BUS_MASTER);
    enumeration_ask(walk, on_vf_ready);
}

/* One that needs longer answers with Retry Status, and is asked again. */
static void ask_again(struct enumeration *walk)
{
    const struct hotplug *hotplug = hotplug_of(walk);
    enumeration_begin(walk, hotplug->passing.id);
    enumeration_read(walk, CONFIG_COMMAND);
    enumeration_ask(walk, on_answer);
}

static void on_reset_begun(struct enumeration *walk)
{
    enumeration_wait(walk, hotplug_of(walk)->change.at_ps, ask_again);
}

static void begin_reset(struct hotplug *hotplug)
{
    const struct host_function *function = &hotplug->passing;
    uint16_t control = (uint16_t)(function->device_control | DEVICE_CONTROL_FLR);
    enumeration_begin(&hotplug->walk, function->id);
    enumeration_write(&hotplug->walk, function->express + EXPRESS_DEVICE_CONTROL, 2, control);
    enumeration_ask(&hotplug->walk, on_reset_begun);
}

static void look_at_capability(struct hotplug *hotplug, uint16_t offset);

static void on_capability(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    uint32_t header = enumeration_answer(walk, 0);
    uint16_t next = (uint16_t)(header >> 8 & 0xfc);
    bool answered = walk->request.status == TLP_STATUS_SC;
    if (answered && (header & 0xff) == CAPABILITY_EXPRESS)
        hotplug->passing.express = walk->capability;
    if (hotplug->passing.express == 0 && answered && next >= CONFIG_HEADER_BYTES &&
        ++walk->capabilities_seen < CAPABILITIES_MOST)
        look_at_capability(hotplug, next);
    else if (hotplug->passing.express != 0)
        begin_reset(hotplug);
    else
        on_answer(walk); /* it does not answer */
}

static void look_at_capability(struct hotplug *hotplug, uint16_t offset)
{
    hotplug->walk.capability = offset;
    enumeration_begin(&hotplug->walk, hotplug->passing.id);
    enumeration_read(&hotplug->walk, offset);
    enumeration_ask(&hotplug->walk, on_capability);
}

static void on_header(struct enumeration *walk)
{
    struct hotplug *hotplug = hotplug_of(walk);
    walk->capabilities_seen = 0;
    uint16_t first = (uint16_t)(enumeration_answer(walk, 0) & 0xfc);
    if (walk->request.status == TLP_STATUS_SC && first >= CONFIG_HEADER_BYTES)
        look_at_capability(hotplug, first);
    else
        on_answer(walk);
}

/* Nobody uses it any more. A walk looks at no capability of a VF, as all that it needs is its PF's. */
static void on_let_go(struct hotplug *hotplug)
{
    if (hotplug->passing.express != 0) {
        begin_reset(hotplug);
        return;
    }
    enumeration_begin(&hotplug->walk, hotplug->passing.id);
    enumeration_read(&hotplug->walk, CONFIG_CAPABILITIES);
    enumeration_ask(&hotplug->walk, on_header);
}

void hotplug_handle_pass(struct hotplug *hotplug)
{
    uint16_t id = hotplug->change.id;
    const struct host_function *function = host_function_find(hotplug->functions, hotplug->count, id);
    if (function == NULL) {
        hotplug->passing = (struct host_function){.id = id};
        end(hotplug, false); /* it has gone meanwhile */
        return;
    }
    hotplug->passing = *function;
    hotplug_release(hotplug, id, false, on_let_go);
}
