#include "fabric/switch/translator.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/stale.h"
#include "fabric/switch/virtual_switch.h"

void translator_init(
    struct translator *translator, uint32_t function_count, uint16_t native_first_id, uint64_t native_bar_base,
    uint64_t bar_bytes, uint32_t vh_count)
{
    *translator = (struct translator){
        .native_first_id = native_first_id,
        .native_bar_base = native_bar_base,
        .bar_bytes = bar_bytes,
        .function_count = function_count,
        .functions = calloc(function_count, sizeof *translator->functions),
        .vh_count = vh_count,
        .hierarchies = calloc(vh_count, sizeof *translator->hierarchies),
        .requesters = calloc(TRANSLATOR_PROXIES_MAX, sizeof *translator->requesters),
    };
    CHECK(translator->functions != NULL && translator->hierarchies != NULL && translator->requesters != NULL);
    for (uint32_t vh = 0; vh < vh_count; vh++) {
        translator->hierarchies[vh].translator = translator;
        translator->hierarchies[vh].vh = (uint16_t)vh;
    }
}

void translator_free(struct translator *translator)
{
    for (uint32_t vh = 0; vh < translator->vh_count; vh++) {
        config_device_free(&translator->hierarchies[vh].device);
        free(translator->hierarchies[vh].slots);
    }
    free(translator->hierarchies);
    free(translator->functions);
    free(translator->requesters);
    *translator = (struct translator){0};
}

void translator_open(struct translator *translator, uint16_t vh, uint16_t first_id, uint64_t bar_base)
{
    CHECK(vh < translator->vh_count);
    translator->hierarchies[vh].first_id = first_id;
    translator->hierarchies[vh].bar_base = bar_base;
}

static bool has_registers(const struct translator_hierarchy *hierarchy)
{
    return hierarchy->device.functions != NULL;
}

/* --- where functions are --- */

/* SLOT answers at BAR; where they are in a row the first of them says where that begins. */
static void put_bar(struct translator_hierarchy *hierarchy, uint32_t index, uint64_t bar, bool *first)
{
    struct translator_slot *slot = &hierarchy->slots[index];
    slot->bar = bar;
    if (bar == TRANSLATOR_NO_BAR)
        return;
    uint64_t base = bar - index * hierarchy->translator->bar_bytes;
    if (*first)
        hierarchy->bar_base = base;
    *first = false;
    hierarchy->scattered = hierarchy->scattered || base != hierarchy->bar_base;
    slot->decoder = slot->function;
}

/* What the registers say of BARs. */
static void apply_bars(struct translator_hierarchy *hierarchy)
{
    bool first = true;
    hierarchy->scattered = false;
    for (uint32_t index = 0; index < hierarchy->slot_count; index++) {
        struct translator_slot *slot = &hierarchy->slots[index];
        slot->decoder = TRANSLATOR_NOBODY;
        uint64_t bar = TRANSLATOR_NO_BAR, bytes = 0;
        if (slot->function != TRANSLATOR_NOBODY)
            bytes = config_device_bar(&hierarchy->device, index, &bar);
        put_bar(hierarchy, index, bytes > 0 ? bar : TRANSLATOR_NO_BAR, &first);
    }
}

static void apply_ids(struct translator_hierarchy *hierarchy)
{
    hierarchy->first_id = (uint16_t)(hierarchy->device.bus << 8);
    for (uint32_t index = 0; index < hierarchy->slot_count; index++)
        if (hierarchy->slots[index].function != TRANSLATOR_NOBODY)
            hierarchy->translator->functions[hierarchy->slots[index].function].id =
                (uint16_t)(hierarchy->first_id + index);
}

static void apply(struct translator_hierarchy *hierarchy)
{
    if (!has_registers(hierarchy))
        return;
    apply_bars(hierarchy);
    apply_ids(hierarchy);
}

void translator_apply(struct translator *translator, uint16_t vh)
{
    CHECK(vh < translator->vh_count);
    struct translator_hierarchy *hierarchy = &translator->hierarchies[vh];
    apply(hierarchy);
    for (uint32_t index = 0; index < hierarchy->slot_count && translator->client != NULL; index++)
        if (hierarchy->slots[index].function != TRANSLATOR_NOBODY)
            translator->client->changed(translator->client_owner, hierarchy->slots[index].function);
}

/* The lowest one, but not the stand-in's: software may have found that there. */
static uint32_t free_slot(const struct translator_hierarchy *hierarchy)
{
    uint32_t slot = hierarchy->device.stood_in ? 1 : 0;
    while (slot < hierarchy->slot_count && hierarchy->slots[slot].function != TRANSLATOR_NOBODY)
        slot++;
    return slot;
}

bool translator_has_room(const struct translator *translator, uint16_t vh)
{
    CHECK(vh < translator->vh_count);
    return free_slot(&translator->hierarchies[vh]) < CONFIG_DEVICE_FUNCTIONS;
}

/* One slot more, which nobody has. */
static void add_slot(struct translator_hierarchy *hierarchy)
{
    if (hierarchy->slot_count == hierarchy->slot_capacity) {
        hierarchy->slot_capacity = hierarchy->slot_capacity == 0 ? 8 : hierarchy->slot_capacity * 2;
        hierarchy->slots = reallocarray(hierarchy->slots, hierarchy->slot_capacity, sizeof *hierarchy->slots);
        CHECK(hierarchy->slots != NULL);
    }
    hierarchy->slots[hierarchy->slot_count++] =
        (struct translator_slot){.function = TRANSLATOR_NOBODY, .decoder = TRANSLATOR_NOBODY};
}

uint32_t translator_place(struct translator *translator, uint32_t function, uint16_t vh)
{
    CHECK(vh < translator->vh_count && function < translator->function_count);
    CHECK(!translator->functions[function].placed);
    struct translator_hierarchy *hierarchy = &translator->hierarchies[vh];
    uint32_t slot = free_slot(hierarchy);
    if (slot == hierarchy->slot_count)
        add_slot(hierarchy);
    hierarchy->slots[slot].function = function;
    hierarchy->slots[slot].decoder = function;
    translator->functions[function] = (struct translator_function){
        .vh = vh, .id = (uint16_t)(hierarchy->first_id + slot), .slot = slot, .placed = true};
    if (has_registers(hierarchy) && !config_device_has(&hierarchy->device, slot))
        config_device_add(&hierarchy->device, slot);
    apply(hierarchy);
    return slot;
}

uint32_t translator_unplace(struct translator *translator, struct fabric *fabric, uint32_t function)
{
    CHECK(function < translator->function_count && translator->functions[function].placed);
    struct translator_function *placed = &translator->functions[function];
    struct translator_hierarchy *hierarchy = &translator->hierarchies[placed->vh];
    uint32_t condemned = 0;
    if (placed->id >> 8 != 0) /* bus 0 is the root complex's: it has no ID yet */
        condemned = stale_condemn_requester(fabric, placed->vh, placed->id, false);
    placed->placed = false;
    hierarchy->slots[placed->slot].function = TRANSLATOR_NOBODY;
    hierarchy->slots[placed->slot].decoder = TRANSLATOR_NOBODY;
    if (has_registers(hierarchy))
        config_device_remove(&hierarchy->device, placed->slot);
    apply(hierarchy);
    return condemned;
}

uint32_t translator_slot(const struct translator *translator, uint32_t function)
{
    CHECK(function < translator->function_count && translator->functions[function].placed);
    return translator->functions[function].slot;
}

struct config_device *translator_registers(const struct translator *translator, uint32_t function)
{
    CHECK(function < translator->function_count && translator->functions[function].placed);
    struct translator_hierarchy *hierarchy = &translator->hierarchies[translator->functions[function].vh];
    return has_registers(hierarchy) ? &hierarchy->device : NULL;
}

/* --- registers --- */

static void on_written(void *owner, uint32_t place)
{
    struct translator_hierarchy *hierarchy = owner;
    (void)place; /* where one is says how the others are found */
    translator_apply(hierarchy->translator, hierarchy->vh);
}

/* The native index of who is in PLACE, if its owner's client is to hear of it. */
static uint32_t heard(const struct translator_hierarchy *hierarchy, uint32_t place)
{
    if (hierarchy->translator->client == NULL || place >= hierarchy->slot_count)
        return TRANSLATOR_NOBODY;
    return hierarchy->slots[place].function;
}

static void on_reset(void *owner, uint32_t place)
{
    const struct translator_hierarchy *hierarchy = owner;
    const struct translator *translator = hierarchy->translator;
    uint32_t function = heard(hierarchy, place);
    if (function != TRANSLATOR_NOBODY)
        translator->client->reset(translator->client_owner, function);
}

static bool retries(void *owner, uint32_t place)
{
    const struct translator_hierarchy *hierarchy = owner;
    const struct translator *translator = hierarchy->translator;
    uint32_t function = heard(hierarchy, place);
    return function != TRANSLATOR_NOBODY && translator->client->retries(translator->client_owner, function);
}

static bool pending(void *owner, uint32_t place)
{
    const struct translator_hierarchy *hierarchy = owner;
    const struct translator *translator = hierarchy->translator;
    uint32_t function = heard(hierarchy, place);
    return function != TRANSLATOR_NOBODY && translator->client->pending(translator->client_owner, function);
}

void translator_present(
    struct translator *translator, uint16_t vh, struct config_shelf *shelf, const struct config_device_config *config)
{
    CHECK(vh < translator->vh_count && config->split);
    struct translator_hierarchy *hierarchy = &translator->hierarchies[vh];
    CHECK(!has_registers(hierarchy));
    config_device_init(&hierarchy->device, shelf, config);
    hierarchy->device.owner = hierarchy;
    hierarchy->device.written = on_written;
    hierarchy->device.reset = on_reset;
    hierarchy->device.retries = retries;
    hierarchy->device.pending = pending;
}

bool translator_is_presented(const struct translator *translator, uint16_t vh)
{
    CHECK(vh < translator->vh_count);
    return has_registers(&translator->hierarchies[vh]);
}

enum tlp_status
translator_configure(struct translator *translator, uint16_t vh, const struct tlp *request, uint32_t *value)
{
    CHECK(vh < translator->vh_count);
    return config_device_answer(&translator->hierarchies[vh].device, request, value);
}

void translator_reset(struct translator *translator, uint16_t vh)
{
    CHECK(vh < translator->vh_count);
    struct translator_hierarchy *hierarchy = &translator->hierarchies[vh];
    if (!has_registers(hierarchy))
        return;
    for (uint32_t slot = 0; slot < hierarchy->slot_count; slot++)
        on_reset(hierarchy, slot);
    config_device_reset(&hierarchy->device);
}

/* --- traffic --- */

#define NO_PROXY 0

/* The proxy of a requester, made when it is first seen; NO_PROXY when there is none left, which takes software that
 * renumbers its buses very often. */
static uint16_t proxy_of(struct translator *translator, uint16_t vh, uint16_t id)
{
    for (uint32_t n = 0; n < translator->requester_count; n++)
        if (translator->requesters[n].vh == vh && translator->requesters[n].id == id)
            return (uint16_t)(TRANSLATOR_PROXY_FIRST + n);
    if (translator->requester_count == TRANSLATOR_PROXIES_MAX)
        return NO_PROXY;
    translator->requesters[translator->requester_count] = (struct translator_requester){.vh = vh, .id = id};
    return (uint16_t)(TRANSLATOR_PROXY_FIRST + translator->requester_count++);
}

/* Who answers at ADDRESS, and how far that is into its BAR. */
static uint32_t decoder_of(const struct translator_hierarchy *hierarchy, uint64_t address, uint64_t *offset)
{
    uint64_t bar_bytes = hierarchy->translator->bar_bytes;
    if (__builtin_expect(hierarchy->scattered, 0)) {
        for (uint32_t slot = 0; slot < hierarchy->slot_count; slot++) {
            *offset = address - hierarchy->slots[slot].bar;
            if (hierarchy->slots[slot].bar != TRANSLATOR_NO_BAR && *offset < bar_bytes)
                return hierarchy->slots[slot].function;
        }
        return TRANSLATOR_NOBODY;
    }
    uint64_t from_base = address - hierarchy->bar_base;
    uint64_t slot = from_base / bar_bytes;
    *offset = from_base % bar_bytes;
    return slot < hierarchy->slot_count ? hierarchy->slots[slot].decoder : TRANSLATOR_NOBODY;
}

static bool
request_to_adapter(struct translator *translator, const struct translator_hierarchy *hierarchy, struct tlp *tlp)
{
    uint64_t offset;
    uint32_t function = decoder_of(hierarchy, tlp->address, &offset);
    uint16_t proxy = function == TRANSLATOR_NOBODY ? NO_PROXY : proxy_of(translator, tlp->vh, tlp->requester_id);
    if (proxy == NO_PROXY)
        return false;
    tlp->address = translator->native_bar_base + function * translator->bar_bytes + offset;
    tlp->requester_id = proxy;
    return true;
}

bool translator_to_adapter(struct translator *translator, struct tlp *tlp)
{
    CHECK(tlp->vh < translator->vh_count);
    const struct translator_hierarchy *hierarchy = &translator->hierarchies[tlp->vh];
    if (tlp_traits[tlp->type].by_address)
        return request_to_adapter(translator, hierarchy, tlp);
    uint32_t slot = (uint32_t)tlp->requester_id - hierarchy->first_id;
    if (tlp_traits[tlp->type].is_request || slot >= hierarchy->slot_count)
        return false;
    if (hierarchy->slots[slot].function == TRANSLATOR_NOBODY)
        return false;
    tlp->requester_id = (uint16_t)(translator->native_first_id + hierarchy->slots[slot].function);
    return true;
}

/* The function of native ID, if it is placed. */
static const struct translator_function *placed(const struct translator *translator, uint16_t id)
{
    uint32_t function = (uint32_t)id - translator->native_first_id;
    if (function >= translator->function_count || !translator->functions[function].placed)
        return NULL;
    return &translator->functions[function];
}

static bool completion_from_adapter(
    const struct translator *translator, const struct translator_function *function, struct tlp *tlp)
{
    uint32_t proxy = (uint32_t)tlp->requester_id - TRANSLATOR_PROXY_FIRST;
    if (proxy >= translator->requester_count)
        return false;
    const struct translator_requester *requester = &translator->requesters[proxy];
    bool gone = function == NULL || function->vh != requester->vh;
    if (gone && tlp->status == TLP_STATUS_SC)
        return false;
    tlp->requester_id = requester->id;
    tlp->completer_id = gone ? translator->hierarchies[requester->vh].first_id : function->id;
    tlp->vh = requester->vh;
    return true;
}

uint16_t translator_requester(const struct translator *translator, uint16_t proxy)
{
    uint32_t index = (uint32_t)proxy - TRANSLATOR_PROXY_FIRST;
    CHECK(index < translator->requester_count);
    return translator->requesters[index].id;
}

/* What the PF sends, and what answers MR-PCIM's root port, is MR-PCIM's and stays as it is. */
static bool is_native(const struct translator *translator, const struct tlp *tlp)
{
    if (!tlp_traits[tlp->type].is_request)
        return tlp->requester_id < TRANSLATOR_PROXY_FIRST;
    return tlp->requester_id == translator->native_first_id && !translator->functions[0].placed;
}

bool translator_from_adapter(const struct translator *translator, struct tlp *tlp)
{
    bool is_request = tlp_traits[tlp->type].is_request;
    if (__builtin_expect(is_native(translator, tlp), 0)) {
        tlp->vh = VIRTUAL_SWITCH_MANAGEMENT_VH;
        return true;
    }
    const struct translator_function *function = placed(translator, is_request ? tlp->requester_id : tlp->completer_id);
    if (!is_request)
        return completion_from_adapter(translator, function, tlp);
    if (function == NULL)
        return false;
    tlp->requester_id = function->id;
    tlp->vh = function->vh;
    return true;
}
