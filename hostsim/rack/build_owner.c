#include "hostsim/rack/build_owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/nearest.h"

void owners_add(struct owners *owners, struct scenario_owner owner, const struct node *node, const void *entry)
{
    if (owners->count == owners->capacity) {
        owners->capacity = owners->capacity ? 2 * owners->capacity : 16;
        owners->items = realloc(owners->items, owners->capacity * sizeof(*owners->items));
        CHECK(owners->items);
    }
    owners->items[owners->count].owner = owner;
    owners->items[owners->count].node = node;
    owners->items[owners->count++].entry = entry;
}

const char *owner_text(const struct scenario *scenario, struct scenario_owner owner, char buffer[OWNER_TEXT])
{
    const struct scenario_host *host = &scenario->hosts[owner.host];
    if (owner.guest != SCENARIO_NONE)
        snprintf(buffer, OWNER_TEXT, "%s/%s", host->name, host->guests[owner.guest].name);
    else if (owner.uplink != SCENARIO_NONE && host->uplink_count > 1)
        snprintf(buffer, OWNER_TEXT, "%s:%d", host->name, owner.uplink);
    else
        snprintf(buffer, OWNER_TEXT, "%s", host->name);
    return buffer;
}

static void
fault_guest(struct builder *builder, const struct scenario_host *host, const char *guest, struct place place)
{
    const char **words = calloc(host->guest_count + 1, sizeof(*words));
    CHECK(words);
    for (size_t i = 0; i < host->guest_count; i++)
        words[i] = host->guests[i].name;
    if (!builder->doubtful)
        faults_add(
            builder->faults, place, "%s has no guest `%s`%s", host->name, guest,
            nearest_hint(guest, words, host->guest_count).text);
    free(words);
}

/* What REFERENCE means on one host. */
static void match_host(
    struct builder *builder, const struct owner_reference *reference, int index, const struct node *node,
    const void *entry, struct owners *owners)
{
    const struct scenario_host *host = &builder->scenario->hosts[index];
    struct scenario_owner owner = {index, reference->uplink, SCENARIO_NONE};
    size_t before = owners->count;
    if (reference->uplink >= 0 && (size_t)reference->uplink >= host->uplink_count) {
        faults_add(
            builder->faults, node->place, "%s has %zu uplink%s, so `%s:%d` is none of them", host->name,
            host->uplink_count, host->uplink_count == 1 ? "" : "s", host->name, reference->uplink);
        return;
    }
    if (reference->guest[0] == '\0') {
        owners_add(owners, owner, node, entry);
        return;
    }
    for (size_t i = 0; i < host->guest_count; i++) {
        if (!name_matches(reference->guest, host->guests[i].name))
            continue;
        owner.guest = (int)i;
        owners_add(owners, owner, node, entry);
    }
    if (owners->count == before && !reference->is_set)
        fault_guest(builder, host, reference->guest, node->place);
}

void build_match_owners(
    struct builder *builder, const struct owner_reference *reference, const struct node *node, const void *entry,
    struct owners *owners)
{
    const struct scenario *scenario = builder->scenario;
    size_t before = owners->count;
    if (!strchr(reference->host, '*')) {
        int host = builder_find(builder, NAME_HOST, reference->host, node->place);
        if (host == SCENARIO_NONE)
            return;
        match_host(builder, reference, host, node, entry, owners);
    } else {
        for (size_t i = 0; i < scenario->host_count; i++)
            if (name_matches(reference->host, scenario->hosts[i].name))
                match_host(builder, reference, (int)i, node, entry, owners);
    }
    if (owners->count == before && reference->is_set && !builder->doubtful)
        faults_add(builder->faults, node->place, "`%s` matches no owner", node->text);
}

void build_owners(struct builder *builder, const struct node *node, const void *entry, struct owners *owners)
{
    struct owner_reference reference;
    struct reference_why why;
    if (node_is_list(node)) {
        for (size_t i = 0; i < node->count; i++)
            build_owners(builder, node->items[i].value, entry, owners);
        return;
    }
    if (!node_is_scalar(node) || node->text[0] == '\0' || strchr(node->text, '['))
        return; /* faulted when it was read */
    if (owner_reference_parse(node->text, &reference, &why) == STATUS_OK)
        build_match_owners(builder, &reference, node, entry, owners);
    else
        faults_add(builder->faults, node->place, "%s", why.text);
}

struct scenario_owner build_owner(struct builder *builder, const struct node *node)
{
    struct scenario_owner owner = {SCENARIO_NONE, SCENARIO_NONE, SCENARIO_NONE};
    struct owners owners = {0};
    build_owners(builder, node, NULL, &owners);
    if (owners.count == 1)
        owner = owners.items[0].owner;
    else if (owners.count > 1)
        faults_add(builder->faults, node->place, "`%s` must be one owner, not a set", node->text);
    free(owners.items);
    return owner;
}
