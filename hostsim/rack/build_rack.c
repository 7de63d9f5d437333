/* Chassis, trunks, hosts and adapters: a draft's entries into the scenario's arrays, names into indices. */
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/build_link.h"
#include "hostsim/rack/builder.h"
#include "hostsim/rack/name_range.h"

#define ENTRIES(list, type) ((struct type *)(list).entries)

static void *make(size_t count, size_t size)
{
    void *array = calloc(count ? count : 1, size);
    CHECK(array);
    return array;
}

static char *copy(const struct node *node)
{
    char *text = strdup(node ? node->text : "");
    CHECK(text);
    return text;
}

struct place place_of(const struct node *node, const char *key)
{
    const struct node *value = node_get(node, key);
    return value ? value->place : node->place;
}

/* --- names --- */

static void add_name(struct builder *builder, enum name_kind kind, size_t index, const struct node *name)
{
    if (name && name_is_valid(name->text))
        names_add(&builder->names, kind, (int)index, name->text, name->place);
    else
        builder->doubtful = true;
}

static void add_names(struct builder *builder)
{
    const struct draft *draft = builder->draft;
    for (size_t i = 0; i < draft->chassis.count; i++)
        add_name(builder, NAME_CHASSIS, i, ENTRIES(draft->chassis, draft_chassis)[i].name);
    for (size_t i = 0; i < draft->trunks.count; i++)
        add_name(builder, NAME_TRUNK, i, ENTRIES(draft->trunks, draft_trunk)[i].name);
    for (size_t i = 0; i < draft->hosts.count; i++)
        add_name(builder, NAME_HOST, i, ENTRIES(draft->hosts, draft_host)[i].name);
    for (size_t i = 0; i < draft->adapters.count; i++)
        add_name(builder, NAME_ADAPTER, i, ENTRIES(draft->adapters, draft_adapter)[i].name);
    names_seal(&builder->names, builder->faults);
}

static const char *article(enum name_kind kind)
{
    return name_kind_noun(kind)[0] == 'a' ? "an" : "a";
}

void builder_fault_unknown(struct builder *builder, enum name_kind kind, const char *text, struct place place)
{
    const struct name *other = names_find(&builder->names, text);
    char hint[96];
    if (builder->doubtful || strchr(text, '['))
        return;
    if (other)
        faults_add(
            builder->faults, place, "`%s` is %s %s, not %s %s", text, article(other->kind), name_kind_noun(other->kind),
            article(kind), name_kind_noun(kind));
    else
        faults_add(
            builder->faults, place, "no %s is called `%s`%s", name_kind_noun(kind), text,
            names_hint(&builder->names, kind, text, hint));
}

int builder_find(struct builder *builder, enum name_kind kind, const char *text, struct place place)
{
    const struct name *name = names_find(&builder->names, text);
    if (name && name->kind == kind)
        return name->index;
    builder_fault_unknown(builder, kind, text, place);
    return SCENARIO_NONE;
}

/* The scenario has it from here on, and no longer the draft. */
static struct distribution take(struct distribution *from)
{
    struct distribution taken = *from;
    *from = (struct distribution){0};
    return taken;
}

/* --- chassis and trunks --- */

static struct credit_limits limits_of(const struct draft_credits *credits)
{
    struct credit_limits limits = credits->limits;
    for (int type = 0; credits->all && type < CREDIT_TYPES; type++)
        limits.headers[type] = limits.data[type] = CREDITS_INFINITE;
    return limits;
}

static void build_chassis(struct builder *builder, struct draft_chassis *draft, struct scenario_chassis *chassis)
{
    bool fifo = draft->queueing == QUEUEING_FIFO;
    *chassis = (struct scenario_chassis){
        .name = copy(draft->name),
        .latency = take(&draft->latency),
        .forwarding = (enum scenario_forwarding)draft->forwarding,
        .queueing = (enum scenario_queueing)draft->queueing,
        .arbitration = (enum scenario_arbitration)draft->arbitration,
        .speedup = fifo && !node_get(draft->node, "speedup") ? 1 : draft->speedup,
        .credits_per_vh = draft->credits,
        .buffer = limits_of(&draft->buffer),
    };
    if (fifo && chassis->speedup != 1)
        faults_add(
            builder->faults, place_of(draft->node, "speedup"),
            "`speedup` must be 1 with `queueing: fifo`: its one head leaves at a time");
}

/* The chassis that item INDEX of the list NODE names. */
static int chassis_of(struct builder *builder, const struct node *node, size_t index)
{
    const struct node *item = node_is_list(node) && index < node->count ? node->items[index].value : node;
    if (node_is_scalar(item))
        return builder_find(builder, NAME_CHASSIS, item->text, item->place);
    faults_add(builder->faults, item->place, "must be the name of a chassis, not %s", node_kind_name(item));
    return SCENARIO_NONE;
}

static void build_trunk(struct builder *builder, const struct draft_trunk *draft, struct scenario_trunk *trunk)
{
    *trunk = (struct scenario_trunk){.name = copy(draft->name), .between = {SCENARIO_NONE, SCENARIO_NONE}};
    build_link(builder, &draft->link, draft->node, true, &trunk->link);
    if (!node_is_list(draft->between))
        return;
    if (draft->between->count != 2) {
        faults_add(
            builder->faults, draft->between->place, "`between` must be a list of two chassis, not of %zu",
            draft->between->count);
        return;
    }
    for (size_t i = 0; i < 2; i++)
        trunk->between[i] = chassis_of(builder, draft->between, i);
    if (trunk->between[0] != SCENARIO_NONE && trunk->between[0] == trunk->between[1])
        faults_add(builder->faults, draft->between->place, "a trunk joins two different chassis");
}

/* --- hosts --- */

static void build_uplinks(struct builder *builder, const struct draft_host *draft, struct scenario_host *host)
{
    const struct node *given = node_get(draft->node, "uplinks");
    bool is_list = node_is_list(draft->chassis);
    size_t count = is_list ? draft->chassis->count : draft->uplinks;
    if (!draft->chassis) {
        if (given)
            faults_add(builder->faults, given->place, "`uplinks` needs `chassis`: where they end");
        return;
    }
    if (is_list && given && draft->uplinks != count)
        faults_add(
            builder->faults, given->place, "`uplinks: %u` and a `chassis` list of %zu: a list has one uplink each",
            draft->uplinks, count);
    host->uplinks = make(count, sizeof(*host->uplinks));
    host->uplink_count = count;
    for (size_t i = 0; i < count; i++)
        host->uplinks[i] = chassis_of(builder, draft->chassis, i);
}

static void build_guests(struct builder *builder, const struct draft_host *draft, struct scenario_host *host)
{
    struct names names = {0};
    host->guest_count = draft->guests.count;
    host->guests = make(host->guest_count, sizeof(*host->guests));
    for (size_t i = 0; i < host->guest_count; i++) {
        const struct draft_guest *guest = &ENTRIES(draft->guests, draft_guest)[i];
        host->guests[i] = (struct scenario_guest){copy(guest->name), guest->memory_bytes, guest->dirty_bps};
        if (guest->name)
            names_add(&names, NAME_GUEST, (int)i, guest->name->text, guest->name->place);
    }
    names_seal(&names, builder->faults);
    names_free(&names);
}

static void build_host(struct builder *builder, struct draft_host *draft, struct scenario_host *host)
{
    *host = (struct scenario_host){
        .name = copy(draft->name),
        .mps = draft->mps,
        .mrrs = draft->mrrs,
        .rcb = draft->rcb,
        .completions = (enum scenario_completions)draft->completions,
        .memory =
            {
                .read_latency = take(&draft->memory.read_latency),
                .write_latency = take(&draft->memory.write_latency),
                .bandwidth_bps = draft->memory.bandwidth_bps,
            },
        .root_latency = take(&draft->root_latency),
        .outstanding = draft->outstanding,
        .completion_timeout_ps = draft->completion_timeout_ps,
        .hotplug = (enum scenario_hotplug)draft->hotplug,
        .hotplug_delay_ps = draft->hotplug_delay_ps,
        .vf_enable_delay_ps = draft->vf_enable_delay_ps,
        .capabilities = draft->capabilities,
        .weight = draft->weight,
        .iommu =
            {
                .present = node_get(draft->node, "iommu") != NULL,
                .entries = draft->iommu.entries,
                .page_bytes = draft->iommu.page_bytes,
                .walk_ps = draft->iommu.walk_ps,
                .walkers = draft->iommu.walkers,
            },
    };
    build_link(builder, &draft->link, draft->node, false, &host->link);
    build_uplinks(builder, draft, host);
    build_guests(builder, draft, host);
    build_check_tags(builder, draft->node, "outstanding", host->outstanding, &host->link);
}

/* --- adapters --- */

static void place_adapter(struct builder *builder, const struct node *at, struct scenario_adapter *adapter)
{
    const struct name *name = at ? names_find(&builder->names, at->text) : NULL;
    char hint[96];
    adapter->chassis = adapter->host = SCENARIO_NONE;
    if (name && name->kind == NAME_CHASSIS)
        adapter->chassis = name->index;
    else if (name && name->kind == NAME_HOST)
        adapter->host = name->index;
    else if (name)
        faults_add(
            builder->faults, at->place, "`%s` is a %s; an adapter is at a chassis or a host", at->text,
            name_kind_noun(name->kind));
    else if (at && at->text[0] && !builder->doubtful)
        faults_add(
            builder->faults, at->place, "no chassis or host is called `%s`%s", at->text,
            names_hint(&builder->names, NAME_CHASSIS, at->text, hint));
}

static void build_adapter(struct builder *builder, struct draft_adapter *draft, struct scenario_adapter *adapter)
{
    *adapter = (struct scenario_adapter){
        .name = copy(draft->name),
        .kind = (enum scenario_adapter_kind)draft->kind,
        .sharing = (enum scenario_sharing)draft->sharing,
        .vfs = draft->vfs,
        .outstanding = draft->outstanding,
        .function_outstanding = draft->function_outstanding,
        .issue_interval_ps = draft->issue_interval_ps,
        .completion_timeout_ps = draft->completion_timeout_ps,
        .bar_latency = take(&draft->bar_latency),
        .flr_delay_ps = draft->flr_delay_ps,
    };
    place_adapter(builder, draft->at, adapter);
    /* An adapter in a server is shared with nobody. */
    if (adapter->host != SCENARIO_NONE)
        adapter->sharing = SHARING_EXCLUSIVE;
    adapter->pfs = adapter->sharing == SHARING_MR_IOV ? draft->pfs : 1;
    build_link(builder, &draft->link, draft->node, adapter->sharing == SHARING_MR_IOV, &adapter->link);
    build_check_tags(builder, draft->node, "outstanding", adapter->outstanding, &adapter->link);
    build_check_tags(builder, draft->node, "function-outstanding", adapter->function_outstanding, &adapter->link);
}

/* --- buffers --- */

static void check_link_credits(
    struct builder *builder, const struct node *entry, const struct link_config *link, const struct scenario_host *host)
{
    struct credit_limits limits = {
        .data = {
            [CREDIT_POSTED] =
                link->credits_given_each[CREDIT_POSTED][1] ? link->credits.data[CREDIT_POSTED] : CREDITS_INFINITE,
            [CREDIT_NONPOSTED] = CREDITS_INFINITE,
            [CREDIT_COMPLETION] = link->credits_given_each[CREDIT_COMPLETION][1] ? link->credits.data[CREDIT_COMPLETION]
                                                                                 : CREDITS_INFINITE,
        }};
    build_check_credits(builder, place_of(entry, "link"), &limits, host->mps, host->name);
}

/* What no buffer on the way could take would hang the rack. */
static void check_buffers(struct builder *builder)
{
    const struct scenario *scenario = builder->scenario;
    const struct draft *draft = builder->draft;
    const struct scenario_host *largest = NULL;
    for (size_t i = 0; i < scenario->host_count; i++) {
        const struct scenario_host *host = &scenario->hosts[i];
        if (host->uplink_count && (!largest || host->mps > largest->mps))
            largest = host;
        check_link_credits(builder, ENTRIES(draft->hosts, draft_host)[i].node, &host->link, host);
    }
    if (!largest)
        return;
    for (size_t i = 0; i < scenario->chassis_count; i++) {
        const struct node *entry = ENTRIES(draft->chassis, draft_chassis)[i].node;
        build_check_credits(
            builder, place_of(entry, "buffer"), &scenario->chassis[i].buffer, largest->mps, largest->name);
    }
    for (size_t i = 0; i < scenario->trunk_count; i++)
        check_link_credits(builder, ENTRIES(draft->trunks, draft_trunk)[i].node, &scenario->trunks[i].link, largest);
    for (size_t i = 0; i < scenario->adapter_count; i++)
        check_link_credits(
            builder, ENTRIES(draft->adapters, draft_adapter)[i].node, &scenario->adapters[i].link, largest);
}

void build_rack(struct builder *builder)
{
    const struct draft *draft = builder->draft;
    struct scenario *scenario = builder->scenario;
    add_names(builder);
    scenario->chassis = make(draft->chassis.count, sizeof(*scenario->chassis));
    for (; scenario->chassis_count < draft->chassis.count; scenario->chassis_count++)
        build_chassis(
            builder, &ENTRIES(draft->chassis, draft_chassis)[scenario->chassis_count],
            &scenario->chassis[scenario->chassis_count]);
    scenario->trunks = make(draft->trunks.count, sizeof(*scenario->trunks));
    for (; scenario->trunk_count < draft->trunks.count; scenario->trunk_count++)
        build_trunk(
            builder, &ENTRIES(draft->trunks, draft_trunk)[scenario->trunk_count],
            &scenario->trunks[scenario->trunk_count]);
    scenario->hosts = make(draft->hosts.count, sizeof(*scenario->hosts));
    for (; scenario->host_count < draft->hosts.count; scenario->host_count++)
        build_host(
            builder, &ENTRIES(draft->hosts, draft_host)[scenario->host_count], &scenario->hosts[scenario->host_count]);
    scenario->adapters = make(draft->adapters.count, sizeof(*scenario->adapters));
    for (; scenario->adapter_count < draft->adapters.count; scenario->adapter_count++)
        build_adapter(
            builder, &ENTRIES(draft->adapters, draft_adapter)[scenario->adapter_count],
            &scenario->adapters[scenario->adapter_count]);
    check_buffers(builder);
}
