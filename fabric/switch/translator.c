#include "fabric/switch/translator.h"

#include <stdlib.h>

#include "fabric/base/check.h"

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
}

void translator_free(struct translator *translator)
{
    for (uint32_t vh = 0; vh < translator->vh_count; vh++) {
        config_device_free(&translator->hierarchies[vh].device);
        free(translator->hierarchies[vh].functions);
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

uint32_t translator_place(struct translator *translator, uint32_t function, uint16_t vh)
{
    CHECK(vh < translator->vh_count && function < translator->function_count);
    struct translator_hierarchy *hierarchy = &translator->hierarchies[vh];
    if (hierarchy->slot_count == hierarchy->slot_capacity) {
        hierarchy->slot_capacity = hierarchy->slot_capacity == 0 ? 8 : hierarchy->slot_capacity * 2;
        hierarchy->functions =
            reallocarray(hierarchy->functions, hierarchy->slot_capacity, sizeof *hierarchy->functions);
        CHECK(hierarchy->functions != NULL);
    }
    uint32_t slot = hierarchy->slot_count++;
    hierarchy->functions[slot] = function;
    translator->functions[function] =
        (struct translator_function){.vh = vh, .id = (uint16_t)(hierarchy->first_id + slot), .placed = true};
    return slot;
}

void translator_present(
    struct translator *translator, uint16_t vh, struct config_shelf *shelf, const struct config_device_config *config)
{
    CHECK(vh < translator->vh_count && translator->hierarchies[vh].device.count == 0);
    config_device_init(&translator->hierarchies[vh].device, shelf, config);
}

enum tlp_status
translator_configure(struct translator *translator, uint16_t vh, const struct tlp *request, uint32_t *value)
{
    CHECK(vh < translator->vh_count);
    return config_device_answer(&translator->hierarchies[vh].device, request, value);
}

/* The proxy of a requester, made when it is first seen: there are as many as the hierarchies have requesters. */
static uint16_t proxy_of(struct translator *translator, uint16_t vh, uint16_t id)
{
    for (uint32_t n = 0; n < translator->requester_count; n++)
        if (translator->requesters[n].vh == vh && translator->requesters[n].id == id)
            return (uint16_t)(TRANSLATOR_PROXY_FIRST + n);
    CHECK(translator->requester_count < TRANSLATOR_PROXIES_MAX);
    translator->requesters[translator->requester_count] = (struct translator_requester){.vh = vh, .id = id};
    return (uint16_t)(TRANSLATOR_PROXY_FIRST + translator->requester_count++);
}

static bool
request_to_adapter(struct translator *translator, const struct translator_hierarchy *hierarchy, struct tlp *tlp)
{
    if (tlp->address < hierarchy->bar_base)
        return false;
    uint64_t offset = tlp->address - hierarchy->bar_base;
    uint64_t slot = offset / translator->bar_bytes;
    if (slot >= hierarchy->slot_count)
        return false;
    uint64_t native_base = translator->native_bar_base + hierarchy->functions[slot] * translator->bar_bytes;
    tlp->address = native_base + offset % translator->bar_bytes;
    tlp->requester_id = proxy_of(translator, tlp->vh, tlp->requester_id);
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
    tlp->requester_id = (uint16_t)(translator->native_first_id + hierarchy->functions[slot]);
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
    if (proxy >= translator->requester_count || translator->requesters[proxy].vh != function->vh)
        return false;
    tlp->requester_id = translator->requesters[proxy].id;
    tlp->completer_id = function->id;
    return true;
}

uint16_t translator_requester(const struct translator *translator, uint16_t proxy)
{
    uint32_t index = (uint32_t)proxy - TRANSLATOR_PROXY_FIRST;
    CHECK(index < translator->requester_count);
    return translator->requesters[index].id;
}

bool translator_from_adapter(const struct translator *translator, struct tlp *tlp)
{
    bool is_request = tlp_traits[tlp->type].is_request;
    const struct translator_function *function = placed(translator, is_request ? tlp->requester_id : tlp->completer_id);
    if (function == NULL)
        return false;
    if (is_request)
        tlp->requester_id = function->id;
    else if (!completion_from_adapter(translator, function, tlp))
        return false;
    tlp->vh = function->vh;
    return true;
}
