#include "fabric/adapter/cleanness.h"

#include <stdarg.h>
#include <stdio.h>

#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_registers.h"
#include "fabric/pcie/stale.h"
#include "fabric/switch/translator.h"

/* What has been found so far. */
struct finding {
    char *what;
    size_t size;
    const struct adapter *adapter;
    const struct function *function; /* whose; NULL: the hierarchy's */
    uint16_t vh, id;                 /* what it is called where it is looked for */
    const char *where;
};

static void found(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void found(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    if (finding->what[0] != '\0')
        return; /* the first is enough */
    va_start(arguments, format);
    vsnprintf(finding->what, finding->size, format, arguments);
    va_end(arguments);
}

static void found_tlp(struct finding *finding, const struct tlp *tlp)
{
    found(
        finding, "a %s from %04x to %04x, tag %u, of hierarchy %u %s", tlp_traits[tlp->type].name, tlp->requester_id,
        tlp->completer_id, tlp->tag, tlp->vh, finding->where);
}

/* --- one function --- */

static void look_at_state(struct finding *finding)
{
    const struct function *function = finding->function;
    const struct dma_engine *engine = &function->engine;
    if (engine->reads_in_flight != 0)
        found(finding, "%u reads are counted as in flight", engine->reads_in_flight);
    if (engine->waiter.waits)
        found(finding, "its engine waits for a tag");
    if (event_is_scheduled(&engine->wake) || event_is_scheduled(&function->reset_over) || function->resetting)
        found(finding, "it is going to do something");
}

static void look_at_channel(struct finding *finding, const struct function_channel *channel)
{
    for (int kind = 0; kind < OPERATION_KINDS; kind++) {
        const struct dma_channel *dma = &channel->dma[kind];
        if (dma->operation != NULL)
            found(finding, "an operation is being issued");
        if (dma->source_count != 0)
            found(finding, "it serves %u sources", dma->source_count);
        if (!dma->held)
            found(finding, "its engine may issue");
    }
    for (int type = 0; type < CREDIT_TYPES; type++)
        for (const struct tlp *tlp = channel->queue.fifos[type].first; tlp != NULL; tlp = tlp->next)
            found_tlp(finding, tlp);
    if (channel->completer.current != NULL || channel->completer.bytes_left != 0)
        found(finding, "a read of its BAR is being answered");
    for (const struct tlp *read = channel->completer.pending.first; read != NULL; read = read->next)
        found_tlp(finding, read);
    if (event_is_scheduled(&channel->completer.ready))
        found(finding, "its BAR is going to be answered for");
}

static void look_at_tags(struct finding *finding)
{
    const struct read_table *reads = &finding->adapter->reads;
    for (uint32_t index = 0; index < reads->space; index++)
        if (reads->reads[index].operation != NULL && reads->reads[index].requester == &finding->function->engine)
            found(finding, "tag %u is its own", reads->first_tag + index);
}

static void look_at_line(struct finding *finding)
{
    for (const struct waiter *waiter = finding->adapter->waiting.first; waiter != NULL; waiter = waiter->next)
        if (waiter == &finding->function->engine.waiter)
            found(finding, "its engine stands in the line for tags");
}

static void look_at_slots(struct finding *finding)
{
    for (uint32_t index = 0; index < finding->adapter->space_count; index++) {
        const struct adapter_space *space = &finding->adapter->spaces[index];
        for (uint32_t slot = 0; slot < space->slot_count; slot++)
            if (space->slots[slot] == finding->function)
                found(finding, "slot %u of space %u is its own", slot, index);
    }
}

/* One of its TLPs, as its link or its hierarchy knows it. */
static void look_at_tlp(struct tlp *tlp, void *context)
{
    struct finding *finding = context;
    if (tlp->vh == finding->vh && tlp->requester_id == finding->id && !stale_is_condemned(tlp))
        found_tlp(finding, tlp);
}

/* A request of its former owner that is still to reach its BAR. */
static void look_at_request(struct tlp *tlp, void *context)
{
    struct finding *finding = context;
    uint64_t bar = finding->function->settings.bar_base;
    if (tlp_traits[tlp->type].by_address && tlp->address - bar < FUNCTION_BAR_BYTES && tlp->vh == finding->vh &&
        !stale_is_condemned(tlp))
        found_tlp(finding, tlp);
}

static void look_at_native_names(struct finding *finding)
{
    finding->where = "on its adapter's link";
    stale_visit_egress((struct egress *)&finding->adapter->port.egress, look_at_tlp, finding);
    stale_visit_egress((struct egress *)&finding->adapter->port.peer->egress, look_at_tlp, finding);
    stale_visit_egress((struct egress *)&finding->adapter->port.peer->egress, look_at_request, finding);
}

static void look_at_translator(struct finding *finding)
{
    const struct translator *translator = finding->adapter->translator;
    uint32_t index = (uint32_t)(finding->function - finding->adapter->functions);
    const struct translator_function *placed = &translator->functions[index];
    if (placed->placed)
        found(finding, "its adapter's port has a place for it in hierarchy %u", placed->vh);
    for (uint32_t vh = 0; vh < translator->vh_count; vh++)
        for (uint32_t slot = 0; slot < translator->hierarchies[vh].slot_count; slot++) {
            const struct translator_slot *at = &translator->hierarchies[vh].slots[slot];
            if (at->function == index || at->decoder == index)
                found(finding, "slot %u of hierarchy %u leads to it", slot, vh);
        }
    finding->vh = placed->vh;
    finding->id = placed->id;
}

/* In the function itself, and where its adapter keeps what is its own. */
static void look_within(struct finding *finding)
{
    look_at_state(finding);
    for (uint32_t vc = 0; vc < finding->function->channel_count; vc++)
        look_at_channel(finding, &finding->function->channels[vc]);
    look_at_tags(finding);
    look_at_line(finding);
}

/* A look for what names FUNCTION's owner; nothing is found yet. */
static struct finding look_for(const struct function *function, char *what, size_t size)
{
    return (struct finding){
        .what = what,
        .size = size,
        .adapter = function->adapter,
        .function = function,
        .vh = function->settings.vh,
        .id = function->settings.id,
        .where = "waits in it",
    };
}

bool function_is_clean(const struct function *function, char *what, size_t size)
{
    struct finding finding = look_for(function, what, size);
    what[0] = '\0';
    if (function->adapter == NULL)
        return true; /* it has never been anywhere */
    if (function->active)
        found(&finding, "it is in hierarchy %u", function->settings.vh);
    look_within(&finding);
    look_at_slots(&finding);
    if (function->adapter->translated) {
        look_at_native_names(&finding);
        look_at_translator(&finding);
    }
    finding.where = "is under way";
    if (finding.id >> 8 != 0) /* bus 0 is the root complex's: it has never had an ID */
        stale_visit_all(function->fabric, look_at_tlp, &finding);
    return what[0] == '\0';
}

/* --- a hierarchy's part of an adapter --- */

static void look_for_hierarchy(struct tlp *tlp, void *context)
{
    struct finding *finding = context;
    if (tlp->vh == finding->vh && !stale_is_condemned(tlp))
        found_tlp(finding, tlp);
}

/* Answers go to who asked, on a link that says whose they are. */
static void look_for_requests(struct tlp *tlp, void *context)
{
    if (tlp_traits[tlp->type].is_request)
        look_for_hierarchy(tlp, context);
}

static void look_at_spaces(struct finding *finding)
{
    const struct adapter *adapter = finding->adapter;
    for (uint32_t index = 0; index < adapter->space_count; index++) {
        const struct adapter_space *space = &adapter->spaces[index];
        if (space->device.functions != NULL && space->vh == finding->vh)
            found(finding, "it has registers of hierarchy %u", space->vh);
    }
    for (uint32_t index = 0; index < adapter->function_count; index++)
        if (adapter->functions[index].active && adapter->functions[index].settings.vh == finding->vh)
            found(finding, "function %u is in hierarchy %u", index, finding->vh);
}

static void look_at_hierarchy_tags(struct finding *finding)
{
    const struct read_table *reads = &finding->adapter->reads;
    for (uint32_t index = 0; index < reads->space; index++) {
        const struct dma_engine *engine = reads->reads[index].requester;
        if (reads->reads[index].operation != NULL && engine->function->settings.vh == finding->vh)
            found(finding, "tag %u is a read of hierarchy %u", reads->first_tag + index, finding->vh);
    }
}

bool adapter_is_clean(const struct adapter *adapter, uint16_t vh, char *what, size_t size)
{
    struct finding finding = {.what = what, .size = size, .adapter = adapter, .vh = vh, .where = "is on its link"};
    what[0] = '\0';
    look_at_spaces(&finding);
    look_at_hierarchy_tags(&finding);
    stale_visit_egress(
        (struct egress *)&adapter->port.egress, adapter->port.mr ? look_for_requests : look_for_hierarchy, &finding);
    stale_visit_egress((struct egress *)&adapter->port.peer->egress, look_for_hierarchy, &finding);
    return what[0] == '\0';
}

/* --- a function that stays where it is --- */

/* What it has of registers, by the names that its hierarchy has for it. */
static const struct config_space *registers_of(const struct function *function)
{
    const struct adapter *adapter = function->adapter;
    uint32_t index = (uint32_t)(function - adapter->functions);
    if (adapter->translated) {
        const struct config_device *device = translator_registers(adapter->translator, index);
        return &device->functions[translator_slot(adapter->translator, index)];
    }
    for (uint32_t space = 0; space < adapter->space_count; space++)
        for (uint32_t slot = 0; slot < adapter->spaces[space].slot_count; slot++)
            if (adapter->spaces[space].slots[slot] == function)
                return &adapter->spaces[space].device.functions[slot];
    return NULL;
}

static void look_at_registers(struct finding *finding)
{
    if (!finding->function->exists)
        return; /* a VF that is off: it comes into being with them reset */
    const struct config_space *space = registers_of(finding->function);
    if (space == NULL || space->values == NULL) {
        found(finding, "it has no registers");
        return;
    }
    uint16_t msix = capability_find(space->layout, CAPABILITY_MSIX);
    if ((config_space_get(space, CONFIG_COMMAND, 2) & (COMMAND_MEMORY | COMMAND_BUS_MASTER)) != 0)
        found(finding, "it is switched on");
    if (msix != 0 && (config_space_get(space, msix + MSIX_CONTROL, 2) & MSIX_CONTROL_ENABLE) != 0)
        found(finding, "its interrupts are on");
}

/* A request of whoever may reach its BAR in the hierarchy. */
struct reach {
    struct finding *finding;
    uint64_t bar;
};

static void look_at_reach(struct tlp *tlp, void *context)
{
    const struct reach *reach = context;
    if (tlp_traits[tlp->type].by_address && tlp->vh == reach->finding->vh && !stale_is_condemned(tlp) &&
        tlp->address - reach->bar < FUNCTION_BAR_BYTES)
        found_tlp(reach->finding, tlp);
}

bool function_is_reset(const struct function *function, uint16_t id, uint64_t bar, char *what, size_t size)
{
    struct finding finding = look_for(function, what, size);
    struct reach reach = {.finding = &finding, .bar = bar};
    what[0] = '\0';
    look_within(&finding);
    look_at_registers(&finding);
    if (function->adapter->translated)
        look_at_native_names(&finding);
    finding.where = "is under way";
    finding.id = id;
    stale_visit_all(function->fabric, look_at_tlp, &finding);
    if (bar != 0)
        stale_visit_all(function->fabric, look_at_reach, &reach);
    return what[0] == '\0';
}
