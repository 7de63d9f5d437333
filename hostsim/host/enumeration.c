#include "hostsim/host/enumeration.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/host/buses.h"
#include "hostsim/host/enumeration_steps.h"

#define NOBODY UINT32_MAX
#define PLACES_A_BUS 256u
/* More capabilities than fit mean that their chain runs in a circle. */
#define CAPABILITIES_MOST 64
#define PAYLOAD_UNIT_BYTES 128u
/* Each walk that finds too few bus numbers keeps a quarter of what the one before kept, the last one nothing. */
#define TIGHTER 2
#define BUS_BITS 8

/* --- from place to place --- */

static struct host_function *current(struct enumeration *walk)
{
    return &walk->functions[walk->at];
}

static struct enumeration_bus *bus_of(struct enumeration *walk)
{
    return &walk->buses[walk->depth - 1];
}

/* The bridge above the bus that is scanned; NULL: it is bus 0. */
static struct host_function *bridge_of(struct enumeration *walk)
{
    int bridge = bus_of(walk)->bridge;
    return bridge == HOST_FUNCTION_NONE ? NULL : &walk->functions[bridge];
}

static void look(struct enumeration *walk);
static void leave_bus(struct enumeration *walk);
static void found(struct enumeration *walk);

/* The next device's function 0. */
static void skip_device(struct enumeration_bus *bus)
{
    bus->place = bus->one_device || bus->one_place ? PLACES_A_BUS : (uint16_t)((bus->place | 7u) + 1);
}

/* After a place where nobody is. */
static void skip_place(struct enumeration_bus *bus)
{
    if (!bus->multi || bus->one_place || (bus->place & 7) == 7)
        skip_device(bus);
    else
        bus->place++;
}

/* After the current function. */
static void skip_function(struct enumeration *walk)
{
    struct enumeration_bus *bus = bus_of(walk);
    if (!bus->ari || bus->one_place)
        skip_place(bus);
    else
        bus->place = current(walk)->ari_next > bus->place ? current(walk)->ari_next : PLACES_A_BUS;
}

static void enter_bus(struct enumeration *walk, int bridge)
{
    bool one_device = bridge != HOST_FUNCTION_NONE && (walk->functions[bridge].type == EXPRESS_DOWNSTREAM_PORT ||
                                                       walk->functions[bridge].type == EXPRESS_ROOT_PORT);
    CHECK(walk->depth < ENUMERATION_BUSES);
    walk->buses[walk->depth++] = (struct enumeration_bus){.bridge = bridge, .one_device = one_device};
}

static void go_on(struct enumeration *walk)
{
    skip_function(walk);
    look(walk);
}

static void on_vendor(struct enumeration *walk)
{
    uint32_t identity = enumeration_answer(walk, 0);
    if (identity == NOBODY) {
        skip_place(bus_of(walk));
        look(walk);
        return;
    }
    struct host_function *function = enumeration_add(walk, walk->batch_id, bus_of(walk)->bridge);
    function->vendor = (uint16_t)identity;
    function->device = (uint16_t)(identity >> 16);
    walk->at = walk->count - 1;
    found(walk);
}

/* Is somebody at the next place? */
static void look(struct enumeration *walk)
{
    struct enumeration_bus *bus = bus_of(walk);
    if (bus->place >= PLACES_A_BUS) {
        leave_bus(walk);
        return;
    }
    if ((bus->place & 7) == 0 && !bus->ari)
        bus->multi = false;
    uint32_t number = bus->bridge == HOST_FUNCTION_NONE ? 0 : walk->functions[bus->bridge].secondary;
    enumeration_begin(walk, (uint16_t)(number << 8 | bus->place));
    enumeration_read(walk, CONFIG_VENDOR);
    enumeration_ask(walk, on_vendor);
}

/* --- bridges --- */

static void scan_behind(struct enumeration *walk)
{
    enter_bus(walk, (int)walk->at);
    look(walk);
}

static void number_bridge(struct enumeration *walk)
{
    const struct host_function *bridge = current(walk);
    enumeration_begin(walk, bridge->id);
    enumeration_write(walk, CONFIG_PRIMARY_BUS, 2, (uint32_t)(bridge->id >> 8) | (uint32_t)bridge->secondary << 8);
    enumeration_write(walk, CONFIG_SUBORDINATE_BUS, 1, bridge->subordinate);
    if (bridge->type == EXPRESS_DOWNSTREAM_PORT) /* what has come until now is found */
        enumeration_write(
            walk, bridge->express + EXPRESS_SLOT_STATUS, 2,
            SLOT_STATUS_PRESENCE_CHANGED | SLOT_STATUS_LINK_STATE_CHANGED);
    enumeration_ask(walk, scan_behind);
}

/* All bridges from the ancestor on up let the new buses through. */
static void extend_ancestors(struct enumeration *walk)
{
    while (walk->ancestor != HOST_FUNCTION_NONE && walk->functions[walk->ancestor].subordinate >= walk->extend_to)
        walk->ancestor = walk->functions[walk->ancestor].parent;
    if (walk->ancestor == HOST_FUNCTION_NONE) {
        if (walk->depth > 0)
            number_bridge(walk);
        else
            enumeration_program(walk);
        return;
    }
    struct host_function *ancestor = &walk->functions[walk->ancestor];
    ancestor->subordinate = walk->extend_to;
    enumeration_begin(walk, ancestor->id);
    enumeration_write(walk, CONFIG_SUBORDINATE_BUS, 1, ancestor->subordinate);
    enumeration_ask(walk, extend_ancestors);
}

/* The bridge gets the next bus number, and all behind that until it is known how many it needs. */
static void open_bridge(struct enumeration *walk)
{
    struct host_function *bridge = current(walk);
    bool first = walk->partial && !walk->functions[bridge->parent].fresh; /* parents of what is found again are known */
    struct buses_range range = {0};
    if (first && buses_find_room(walk->functions, walk->count, bridge->parent, (int)walk->at, &range)) {
        walk->last_bus = range.first - 1u;
        walk->bus_limit = range.last;
    }
    if (walk->last_bus >= walk->bus_limit || (first && range.first == 0)) {
        walk->out_of_buses = true;
        go_on(walk);
        return;
    }
    bridge->secondary = (uint8_t)++walk->last_bus;
    bridge->subordinate = (uint8_t)walk->bus_limit;
    walk->ancestor = first ? bridge->parent : HOST_FUNCTION_NONE;
    walk->extend_to = bridge->subordinate;
    extend_ancestors(walk);
}

static void walk_anew(struct enumeration *walk)
{
    const struct enumeration before = *walk;
    free(walk->functions);
    enumeration_prepare(walk, before.requester, &before.config);
    walk->requests = before.requests;
    walk->done = before.done;
    walk->tightness = before.tightness + TIGHTER;
    walk->keeps_buses = walk->tightness < BUS_BITS;
    enter_bus(walk, HOST_FUNCTION_NONE);
    look(walk);
}

/* Numbers that were kept for what may come are missing to what is there: all bridges give theirs back, those behind
 * others first, and fewer are kept. */
static void give_back_buses(struct enumeration *walk)
{
    while (walk->at > 0 &&
           (!host_function_is_bridge(&walk->functions[walk->at - 1]) || walk->functions[walk->at - 1].secondary == 0))
        walk->at--;
    if (walk->at == 0) {
        walk_anew(walk);
        return;
    }
    walk->at--;
    enumeration_begin(walk, current(walk)->id);
    enumeration_write(walk, CONFIG_SUBORDINATE_BUS, 1, 0);
    enumeration_write(walk, CONFIG_PRIMARY_BUS, 2, 0);
    enumeration_ask(walk, give_back_buses);
}

/* All has been found. */
static void leave_root(struct enumeration *walk)
{
    if (!walk->out_of_buses || !walk->keeps_buses) {
        enumeration_program(walk);
        return;
    }
    walk->at = walk->count;
    give_back_buses(walk);
}

/* All behind the bridge has been found: it is known how many buses that are. */
static void leave_bus(struct enumeration *walk)
{
    struct host_function *bridge = bridge_of(walk);
    walk->depth--;
    if (bridge == NULL) {
        leave_root(walk);
        return;
    }
    walk->at = (size_t)(bridge - walk->functions);
    enumeration_keep_buses(walk);
    if (walk->depth == 0) {
        walk->ancestor = (int)walk->at;
        walk->extend_to = (uint8_t)walk->last_bus;
        extend_ancestors(walk);
        return;
    }
    bridge->subordinate = (uint8_t)walk->last_bus;
    enumeration_begin(walk, bridge->id);
    enumeration_write(walk, CONFIG_SUBORDINATE_BUS, 1, bridge->subordinate);
    enumeration_ask(walk, go_on);
}

static void function_known(struct enumeration *walk)
{
    if (host_function_is_bridge(current(walk))) {
        enumeration_ask_firmware(walk);
        open_bridge(walk);
    } else
        go_on(walk);
}

/* --- BARs --- */

/* Asks for the sizes of the BARs from OFFSET on: what of all ones stays (7.5.1.2.1). */
static void probe_bars(struct enumeration *walk, uint16_t offset, uint32_t count)
{
    for (uint32_t bar = 0; bar < count; bar++) {
        uint16_t at = (uint16_t)(offset + bar * 4);
        enumeration_write(walk, at, 4, UINT32_MAX);
        enumeration_read(walk, at);
        enumeration_write(walk, at, 4, 0);
    }
}

/* What the answers to probe_bars(), of which the first is access FIRST, say. TIMES: BARs of so many VFs. */
static void
learn_bars(const struct enumeration *walk, uint32_t first, uint32_t count, struct host_bar *bars, uint32_t times)
{
    for (uint32_t bar = 0; bar < count; bar++) {
        uint64_t sized = enumeration_answer(walk, first + bar * 3 + 1);
        if (sized == 0 || (sized & BAR_IO) != 0)
            continue;
        bool is_64 = sized & BAR_MEMORY_64, prefetchable = sized & BAR_PREFETCHABLE;
        uint64_t mask = (sized & ~UINT64_C(0xf)) | UINT64_C(0xffffffff) << 32;
        if (is_64 && bar + 1 < count)
            mask = (mask & UINT32_MAX) | (uint64_t)enumeration_answer(walk, first + (bar + 1) * 3 + 1) << 32;
        bars[bar] = (struct host_bar){
            .bytes = (~mask + 1) * times,
            .align = ~mask + 1,
            .window = is_64 && prefetchable ? HOST_WINDOW_PREFETCH : HOST_WINDOW_LOW,
            .is_64 = is_64,
        };
        bar += is_64;
    }
}

static void ask_vfs(struct enumeration *walk);

static void on_vf_bars(struct enumeration *walk)
{
    struct host_function *pf = current(walk);
    uint32_t numbering = enumeration_answer(walk, 3);
    pf->first_offset = (uint16_t)numbering;
    pf->stride = (uint16_t)(numbering >> 16);
    learn_bars(walk, 4, CONFIG_BARS, pf->vf_bars, pf->vfs);
    uint32_t last_bus = pf->id >> 8;
    if (pf->vfs > 0)
        last_bus = (pf->id + pf->first_offset + (pf->vfs - 1u) * pf->stride) >> 8;
    if (last_bus > walk->bus_limit && pf->migrates) {
        /* No buses for those that may come: it does with those that are there. */
        pf->migrates = false;
        pf->vfs = pf->initial_vfs;
        ask_vfs(walk);
        return;
    }
    if (last_bus > walk->bus_limit) {
        walk->out_of_buses = true;
        pf->vfs = 0;
        for (uint32_t bar = 0; bar < CONFIG_BARS; bar++)
            pf->vf_bars[bar] = (struct host_bar){0};
    } else if (last_bus > walk->last_bus) {
        walk->last_bus = last_bus;
    }
    function_known(walk);
}

/* All VFs that the PF has or may get are wanted: how are they numbered, and how large are they? */
static void ask_vfs(struct enumeration *walk)
{
    const struct host_function *pf = current(walk);
    uint16_t base = pf->sr_iov;
    enumeration_begin(walk, pf->id);
    enumeration_write(walk, base + SR_IOV_CONTROL, 2, bus_of(walk)->ari ? SR_IOV_CONTROL_ARI : 0);
    enumeration_write(walk, base + SR_IOV_NUM_VFS, 2, pf->vfs);
    enumeration_write(walk, base + SR_IOV_SYSTEM_PAGE, 4, 1);
    enumeration_read(walk, base + SR_IOV_FIRST_OFFSET);
    probe_bars(walk, base + SR_IOV_BAR, CONFIG_BARS);
    enumeration_ask(walk, on_vf_bars);
}

static void on_bars(struct enumeration *walk)
{
    struct host_function *function = current(walk);
    uint32_t count = host_function_is_bridge(function) ? CONFIG_BRIDGE_BARS : CONFIG_BARS;
    learn_bars(walk, 0, count, function->bars, 1);
    if (function->vfs > 0)
        ask_vfs(walk);
    else
        function_known(walk);
}

static void ask_bars(struct enumeration *walk)
{
    enumeration_begin(walk, current(walk)->id);
    probe_bars(walk, CONFIG_BAR, host_function_is_bridge(current(walk)) ? CONFIG_BRIDGE_BARS : CONFIG_BARS);
    enumeration_ask(walk, on_bars);
}

/* --- capabilities --- */

/* The port above and the device's function 0 both know ARI: functions are numbered by it from here on (6.13). */
static void turn_on_ari(struct enumeration *walk)
{
    struct host_function *port = bridge_of(walk);
    bus_of(walk)->ari = port->ari = true;
    port->device_control_2 |= DEVICE_CONTROL_2_ARI_FORWARDING;
    enumeration_begin(walk, port->id);
    enumeration_write(walk, port->express + EXPRESS_DEVICE_CONTROL_2, 2, port->device_control_2);
    enumeration_ask(walk, ask_bars);
}

static bool wants_ari(struct enumeration *walk)
{
    const struct host_function *function = current(walk), *port = bridge_of(walk);
    return walk->config.ari && function->ari_offset != 0 && (function->id & 0xff) == 0 && port != NULL &&
           (port->device_capabilities_2 & DEVICE_CAPABILITIES_2_ARI_FORWARDING) != 0;
}

/* The answers from FIRST on are about a PF's VFs. Where they come and go there may be as many as ever will be. */
static void learn_vfs(struct enumeration *walk, uint32_t first)
{
    struct host_function *pf = current(walk);
    uint32_t counts = enumeration_answer(walk, first);
    uint16_t initial = (uint16_t)counts, total = (uint16_t)(counts >> 16);
    pf->vf_device = (uint16_t)(enumeration_answer(walk, first + 1) >> 16);
    if (walk->config.vf_migration) {
        uint32_t capabilities = enumeration_answer(walk, first + 2);
        pf->migrates =
            walk->config.sr_iov && pf->msix != 0 && total > 0 && (capabilities & SR_IOV_CAPABILITIES_MIGRATION) != 0;
        pf->states = enumeration_answer(walk, first + 3);
        pf->vectors = enumeration_answer(walk, first + 4);
    }
    pf->initial_vfs = walk->config.sr_iov ? initial : 0;
    pf->vfs = pf->migrates ? total : pf->initial_vfs;
}

static void on_details(struct enumeration *walk)
{
    struct host_function *function = current(walk);
    uint32_t next = 0;
    if (function->express != 0) {
        uint32_t capabilities = enumeration_answer(walk, next++);
        function->mps_able_bytes = PAYLOAD_UNIT_BYTES << (capabilities & DEVICE_CAPABILITIES_PAYLOAD);
        function->device_control = (uint16_t)enumeration_answer(walk, next++);
        function->device_capabilities_2 = enumeration_answer(walk, next++);
        function->device_control_2 = (uint16_t)enumeration_answer(walk, next++);
    }
    if (function->ari_offset != 0)
        function->ari_next = (uint8_t)(enumeration_answer(walk, next++) >> 8);
    if (function->acs != 0)
        function->acs_able = (uint16_t)enumeration_answer(walk, next++);
    if (function->sr_iov != 0)
        learn_vfs(walk, next);
    if (wants_ari(walk))
        turn_on_ari(walk);
    else
        ask_bars(walk);
}

static void ask_details(struct enumeration *walk)
{
    const struct host_function *function = current(walk);
    enumeration_begin(walk, function->id);
    if (function->express != 0) {
        enumeration_read(walk, function->express + EXPRESS_DEVICE_CAPABILITIES);
        enumeration_read(walk, function->express + EXPRESS_DEVICE_CONTROL);
        enumeration_read(walk, function->express + EXPRESS_DEVICE_CAPABILITIES_2);
        enumeration_read(walk, function->express + EXPRESS_DEVICE_CONTROL_2);
    }
    if (function->ari_offset != 0)
        enumeration_read(walk, function->ari_offset + ARI_CAPABILITIES);
    if (function->acs != 0)
        enumeration_read(walk, function->acs + ACS_CAPABILITIES);
    if (function->sr_iov != 0) {
        enumeration_read(walk, function->sr_iov + SR_IOV_INITIAL_VFS);
        enumeration_read(walk, function->sr_iov + SR_IOV_VF_DEVICE);
    }
    if (function->sr_iov != 0 && walk->config.vf_migration) {
        enumeration_read(walk, function->sr_iov + SR_IOV_CAPABILITIES);
        enumeration_read(walk, function->sr_iov + SR_IOV_MIGRATION_STATES);
        enumeration_read(walk, function->msix + MSIX_TABLE);
    }
    if (walk->batch_count == 0)
        ask_bars(walk);
    else
        enumeration_ask(walk, on_details);
}

static void ask_capability(struct enumeration *walk, uint16_t offset, void (*then)(struct enumeration *))
{
    walk->capability = offset;
    enumeration_begin(walk, current(walk)->id);
    enumeration_read(walk, offset);
    enumeration_ask(walk, then);
}

static void on_extended(struct enumeration *walk)
{
    struct host_function *function = current(walk);
    uint32_t header = enumeration_answer(walk, 0);
    uint16_t id = (uint16_t)header, next = (uint16_t)(header >> 20 & 0xffc);
    if (header == 0 || header == NOBODY) {
        ask_details(walk);
        return;
    }
    if (id == EXTENDED_SR_IOV)
        function->sr_iov = walk->capability;
    if (id == EXTENDED_ARI)
        function->ari_offset = walk->capability;
    if (id == EXTENDED_ACS && walk->config.acs && host_function_is_bridge(function))
        function->acs = walk->capability;
    if (next < CONFIG_EXTENDED_OFFSET || ++walk->capabilities_seen > CAPABILITIES_MOST)
        ask_details(walk);
    else
        ask_capability(walk, next, on_extended);
}

static void on_capability(struct enumeration *walk)
{
    struct host_function *function = current(walk);
    uint32_t header = enumeration_answer(walk, 0);
    uint16_t next = (uint16_t)(header >> 8 & 0xfc);
    if ((header & 0xff) == CAPABILITY_MSI)
        function->msi = walk->capability;
    if ((header & 0xff) == CAPABILITY_MSIX)
        function->msix = walk->capability;
    if ((header & 0xff) == CAPABILITY_EXPRESS) {
        function->express = walk->capability;
        function->type = (enum express_type)(header >> 16 >> EXPRESS_FLAGS_TYPE_SHIFT & 0xf);
    }
    if (next < CONFIG_HEADER_BYTES || ++walk->capabilities_seen > CAPABILITIES_MOST)
        ask_capability(walk, CONFIG_EXTENDED_OFFSET, on_extended);
    else
        ask_capability(walk, next, on_capability);
}

static void on_header(struct enumeration *walk)
{
    struct host_function *function = current(walk);
    function->class_code = enumeration_answer(walk, 0) >> 8;
    function->header = (uint8_t)(enumeration_answer(walk, 1) >> 16);
    uint16_t first = (uint16_t)(enumeration_answer(walk, 2) & 0xfc);
    if ((function->id & 7) == 0)
        bus_of(walk)->multi = function->header & HEADER_TYPE_MULTI_FUNCTION;
    walk->capabilities_seen = 0;
    if (first < CONFIG_HEADER_BYTES)
        ask_capability(walk, CONFIG_EXTENDED_OFFSET, on_extended);
    else
        ask_capability(walk, first, on_capability);
}

static void found(struct enumeration *walk)
{
    enumeration_begin(walk, current(walk)->id);
    enumeration_read(walk, CONFIG_REVISION);
    enumeration_read(walk, CONFIG_HEADER_TYPE);
    enumeration_read(walk, CONFIG_CAPABILITIES);
    enumeration_ask(walk, on_header);
}

/* --- as a whole --- */

static void start(
    struct enumeration *walk, struct config_requester *requester, const struct enumeration_config *config,
    void (*done)(struct enumeration *))
{
    enumeration_prepare(walk, requester, config);
    walk->done = done;
}

void enumeration_start(
    struct enumeration *enumeration, struct config_requester *requester, const struct enumeration_config *config,
    void (*done)(struct enumeration *))
{
    start(enumeration, requester, config, done);
    enumeration->keeps_buses = config->room;
    enter_bus(enumeration, HOST_FUNCTION_NONE);
    look(enumeration);
}

/* Position of the function with routing ID, which is there. */
static int index_of(const struct enumeration *walk, int id)
{
    const struct host_function *found = host_function_find(walk->functions, walk->count, (uint16_t)id);
    CHECK(found != NULL);
    return (int)(found - walk->functions);
}

/* Who is behind whom goes by position again, as it does while a walk is under way. */
static void index_functions(struct enumeration *walk)
{
    for (size_t index = 0; index < walk->count; index++) {
        struct host_function *function = &walk->functions[index];
        function->fresh = function->resized = false;
        if (function->parent != HOST_FUNCTION_NONE)
            function->parent = index_of(walk, function->parent);
        if (function->pf != HOST_FUNCTION_NONE)
            function->pf = index_of(walk, function->pf);
    }
}

void enumeration_extend(
    struct enumeration *enumeration, struct config_requester *requester, const struct enumeration_config *config,
    struct host_function *tree, size_t count, uint16_t bridge_id, int place, void (*done)(struct enumeration *))
{
    start(enumeration, requester, config, done);
    enumeration->partial = true;
    enumeration->keeps_buses = config->room;
    enumeration->functions = tree;
    enumeration->count = enumeration->capacity = count;
    index_functions(enumeration);
    int bridge = index_of(enumeration, bridge_id);
    enumeration->last_bus = tree[bridge].subordinate;
    enumeration->bus_limit = buses_limit(tree, count, bridge);
    enter_bus(enumeration, bridge);
    struct enumeration_bus *bus = bus_of(enumeration);
    bus->ari = tree[bridge].ari;
    if (place != ENUMERATION_WHOLE_BUS) {
        bus->place = (uint16_t)place;
        bus->one_place = true;
    }
    look(enumeration);
}

void enumeration_free(struct enumeration *enumeration)
{
    free(enumeration->functions);
    *enumeration = (struct enumeration){0};
}

void enumeration_stop(struct enumeration *enumeration)
{
    config_requester_withdraw(enumeration->requester, &enumeration->request);
    event_cancel(&enumeration->waited);
    free(enumeration->functions);
    enumeration_prepare(enumeration, enumeration->requester, &enumeration->config);
}

const struct host_function *host_function_find(const struct host_function *functions, size_t count, uint16_t id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (functions[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && functions[low].id == id ? &functions[low] : NULL;
}
