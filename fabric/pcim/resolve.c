#include "fabric/pcim/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

/* --- names --- */

static int compare_text(const void *key, const void *name)
{
    return strcmp(key, ((const struct pcim_name *)name)->text);
}

const struct pcim_name *pcim_name_find(const struct pcim_inventory *inventory, const char *text)
{
    if (inventory->name_count == 0)
        return NULL;
    return bsearch(text, inventory->names, inventory->name_count, sizeof *inventory->names, compare_text);
}

static const struct {
    const char *one, *many;
} nouns[] = {
    [PCIM_NAME_CHASSIS] = {"chassis", "chassis"},
    [PCIM_NAME_HOST] = {"host", "hosts"},
    [PCIM_NAME_TRUNK] = {"trunk", "trunks"},
    [PCIM_NAME_ADAPTER] = {"adapter", "adapters"},
};

/* The names of KIND, as many as fit: what could have been meant. */
static void hint_names(const struct pcim_inventory *inventory, enum pcim_name_kind kind, struct pcim_refusal *refusal)
{
    char list[160] = "";
    size_t length = 0;
    for (size_t index = 0; index < inventory->name_count; index++) {
        const struct pcim_name *name = &inventory->names[index];
        if (name->kind != kind)
            continue;
        if (length + strlen(name->text) + 8 > sizeof list) {
            snprintf(list + length, sizeof list - length, ", ...");
            break;
        }
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", length > 0 ? ", " : "", name->text);
    }
    if (list[0] != '\0')
        pcim_hint(refusal, "the %s are %s", nouns[kind].many, list);
    else
        pcim_hint(refusal, "there is no %s", nouns[kind].one);
}

/* The part of KIND that is called NAME; PCIM_NONE after a refusal. */
static int find_kind(
    const struct pcim_inventory *inventory, enum pcim_name_kind kind, const char *called, struct pcim_refusal *refusal)
{
    const struct pcim_name *name = pcim_name_find(inventory, called);
    if (name != NULL && name->kind == kind)
        return name->index;
    enum status status;
    if (name != NULL)
        status = pcim_refuse(
            refusal, STATUS_NOT_FOUND, "`%s` is one of the %s, not of the %s", called, nouns[name->kind].many,
            nouns[kind].many);
    else
        status = pcim_refuse(refusal, STATUS_NOT_FOUND, "no %s is called `%s`", nouns[kind].one, called);
    CHECK(status == STATUS_NOT_FOUND);
    hint_names(inventory, kind, refusal);
    return PCIM_NONE;
}

/* --- owners --- */

static enum status
find_guest(const struct pcim_host *host, const char *called, struct pcim_owner *owner, struct pcim_refusal *refusal)
{
    for (size_t guest = 0; guest < host->guest_count; guest++) {
        if (strcmp(host->guests[guest].name, called) != 0)
            continue;
        owner->guest = (int)guest;
        return STATUS_OK;
    }
    return pcim_refuse(refusal, STATUS_NOT_FOUND, "%s has no guest `%s`", host->name, called);
}

static enum status resolve_owner(
    const struct pcim_inventory *inventory, const struct owner_reference *reference, struct pcim_owner *owner,
    struct pcim_refusal *refusal)
{
    *owner = PCIM_NOBODY;
    int index = find_kind(inventory, PCIM_NAME_HOST, reference->host, refusal);
    if (index == PCIM_NONE)
        return STATUS_NOT_FOUND;
    const struct pcim_host *host = &inventory->hosts[index];
    owner->host = index;
    if (reference->uplink >= 0) {
        if ((size_t)reference->uplink >= host->uplink_count)
            return pcim_refuse(
                refusal, STATUS_NOT_FOUND, "%s has %zu uplink%s, numbered from 0: `%s:%d` is none of them", host->name,
                host->uplink_count, host->uplink_count == 1 ? "" : "s", host->name, reference->uplink);
        owner->uplink = reference->uplink;
    }
    return reference->guest[0] == '\0' ? STATUS_OK : find_guest(host, reference->guest, owner, refusal);
}

enum status pcim_resolve_owner(
    const struct pcim_inventory *inventory, const char *text, struct pcim_owner *owner, struct pcim_refusal *refusal)
{
    struct owner_reference reference;
    struct reference_why why;
    if (text == NULL || owner_reference_parse(text, &reference, &why) != STATUS_OK)
        return pcim_refuse(
            refusal, STATUS_INVALID_ARGUMENT, "%s",
            text == NULL ? "no owner is given: write HOST, HOST:UPLINK or HOST/GUEST" : why.text);
    if (reference.is_set)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "`%s` is a set, and one owner is wanted", text);
    return resolve_owner(inventory, &reference, owner, refusal);
}

/* --- functions --- */

/* What OWNER has of ADAPTER, from the lowest: number NTH of its PFs (VFS false) or VFs; false when it has fewer. */
static bool nth_of(
    const struct pcim_inventory *inventory, int adapter, struct pcim_owner by, bool vfs, int nth,
    struct pcim_function_id *function)
{
    const struct pcim_adapter *of = &inventory->adapters[adapter];
    for (int pf = 0; pf < (int)of->pf_count; pf++) {
        if (!vfs && pcim_owner_counts(of->pfs[pf].function.owner, by) && nth-- == 0) {
            *function = (struct pcim_function_id){adapter, pf, PCIM_NONE};
            return true;
        }
        for (int vf = 0; vfs && vf < (int)of->pfs[pf].vf_room; vf++) {
            const struct pcim_function *at = &of->pfs[pf].vfs[vf];
            if (at->exists && pcim_owner_counts(at->owner, by) && nth-- == 0) {
                *function = (struct pcim_function_id){adapter, pf, vf};
                return true;
            }
        }
    }
    return false;
}

static enum status resolve_at_owner(
    const struct pcim_inventory *inventory, const struct function_reference *reference, int adapter,
    struct pcim_function_id *function, struct pcim_refusal *refusal)
{
    struct pcim_owner by;
    char who[PCIM_TEXT];
    enum status status = resolve_owner(inventory, &reference->owner, &by, refusal);
    if (status != STATUS_OK)
        return status;
    if (reference->vf == REFERENCE_ABSENT &&
        (nth_of(inventory, adapter, by, false, 0, function) || nth_of(inventory, adapter, by, true, 0, function)))
        return STATUS_OK;
    if (reference->vf != REFERENCE_ABSENT && nth_of(inventory, adapter, by, true, reference->vf, function))
        return STATUS_OK;
    return pcim_refuse(
        refusal, STATUS_NOT_FOUND, "%s owns no %s%s of %s", pcim_owner_text(inventory, by, who),
        reference->vf > 0 ? "such " : "", reference->vf == REFERENCE_ABSENT ? "function" : "VF",
        inventory->adapters[adapter].name);
}

static enum status
refuse_absent(const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_refusal *refusal)
{
    const struct pcim_adapter *adapter = &inventory->adapters[function.adapter];
    char text[PCIM_TEXT];
    pcim_function_text(inventory, function, text);
    if (function.pf == PCIM_BF)
        return pcim_refuse(refusal, STATUS_NOT_FOUND, "%s has no base function: it is not mr-iov", adapter->name);
    bool pf_is_there = function.pf >= 0 && (uint32_t)function.pf < adapter->pf_count;
    return pcim_refuse(
        refusal, STATUS_NOT_FOUND, "there is no %s: %s has %u %s%s, numbered from 0", text, adapter->name,
        pf_is_there ? adapter->vf_limit : adapter->pf_count, pf_is_there ? "VF" : "PF",
        (pf_is_there ? adapter->vf_limit : adapter->pf_count) == 1 ? "" : "s");
}

static enum status resolve_function(
    const struct pcim_inventory *inventory, const struct function_reference *reference, bool next,
    struct pcim_function_id *function, struct pcim_refusal *refusal)
{
    int adapter = find_kind(inventory, PCIM_NAME_ADAPTER, reference->adapter, refusal);
    if (adapter == PCIM_NONE)
        return STATUS_NOT_FOUND;
    if (reference->has_owner)
        return resolve_at_owner(inventory, reference, adapter, function, refusal);
    *function = (struct pcim_function_id){adapter, reference->pf, reference->vf};
    if (reference->vf == REFERENCE_ABSENT)
        function->vf = PCIM_NONE;
    if (reference->bf)
        function->pf = PCIM_BF;
    else if (reference->pf == REFERENCE_ABSENT)
        function->pf = next && reference->vf == REFERENCE_ABSENT ? PCIM_NEXT : 0;
    if (function->pf == PCIM_NEXT || pcim_function_is_possible(inventory, *function))
        return STATUS_OK;
    return refuse_absent(inventory, *function, refusal);
}

enum status pcim_resolve_function(
    const struct pcim_inventory *inventory, const char *text, bool next, struct pcim_function_id *function,
    struct pcim_refusal *refusal)
{
    struct function_reference reference;
    struct reference_why why;
    if (text == NULL || function_reference_parse(text, &reference, &why) != STATUS_OK)
        return pcim_refuse(
            refusal, STATUS_INVALID_ARGUMENT, "%s",
            text == NULL ? "no function is given: write one such as nic0.pf2, ssd0.vf5 or nic0@h3" : why.text);
    if (reference.is_set)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "`%s` is a set, and one function is wanted", text);
    return resolve_function(inventory, &reference, next, function, refusal);
}

/* --- ports, hierarchies, targets --- */

static bool is_port(const struct pcim_inventory *inventory, const struct pcim_port *port, const char *text)
{
    return strcmp(port->name, text) == 0 || (inventory->links[port->link].kind == PCIM_LINK_TRUNK &&
                                             strcmp(inventory->links[port->link].name, text) == 0);
}

enum status
pcim_resolve_port(const struct pcim_inventory *inventory, const char *text, int *port, struct pcim_refusal *refusal)
{
    for (size_t index = 0; text != NULL && index < inventory->port_count; index++) {
        if (!is_port(inventory, &inventory->ports[index], text))
            continue;
        *port = (int)index;
        return STATUS_OK;
    }
    const struct pcim_name *name = text != NULL ? pcim_name_find(inventory, text) : NULL;
    enum status status = pcim_refuse(refusal, STATUS_NOT_FOUND, "no port is called `%s`", text == NULL ? "" : text);
    if (name != NULL && name->kind == PCIM_NAME_HOST && inventory->hosts[name->index].uplink_count > 1)
        pcim_hint(refusal, "%s has several: %s:0, %s:1, ...", text, text, text);
    else
        pcim_hint(refusal, "ports are those of hosts (h0, h0:1), adapters in chassis (nic0) and trunks (isl0:tor0)");
    return status;
}

enum status pcim_resolve_hierarchy(
    const struct pcim_inventory *inventory, const char *text, int *hierarchy, struct pcim_refusal *refusal)
{
    struct pcim_owner owner;
    enum status status = pcim_resolve_owner(inventory, text, &owner, refusal);
    if (status != STATUS_OK)
        return status;
    const struct pcim_host *host = &inventory->hosts[owner.host];
    if (owner.guest != PCIM_NONE || host->uplink_count == 0 || (owner.uplink == PCIM_NONE && host->uplink_count > 1)) {
        status = pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "`%s` is not one hierarchy", text);
        pcim_hint(refusal, "name the root port: HOST, or HOST:UPLINK where the host has several");
        return status;
    }
    for (size_t index = 0; index < inventory->hierarchy_count; index++)
        if (inventory->hierarchies[index].host == owner.host && inventory->hierarchies[index].adapter == PCIM_NONE &&
            inventory->hierarchies[index].uplink == (owner.uplink == PCIM_NONE ? 0 : owner.uplink))
            *hierarchy = (int)index;
    return STATUS_OK;
}

static enum status resolve_link(
    const struct pcim_inventory *inventory, const char *text, struct pcim_target *target, struct pcim_refusal *refusal)
{
    for (size_t index = 0; index < inventory->link_count; index++) {
        if (strcmp(inventory->links[index].name, text) != 0)
            continue;
        *target = (struct pcim_target){.part = PCIM_PART_LINK, .index = (int)index};
        return STATUS_OK;
    }
    enum status status = pcim_refuse(refusal, STATUS_NOT_FOUND, "no link is called `%s`", text);
    pcim_hint(refusal, "a link has the name of its host (h0, h0:1 where it has several), adapter or trunk");
    return status;
}

static enum status resolve_part(
    const struct pcim_inventory *inventory, const char *text, enum pcim_part part, struct pcim_target *target,
    struct pcim_refusal *refusal)
{
    static const enum pcim_name_kind kinds[] = {
        [PCIM_PART_ADAPTER] = PCIM_NAME_ADAPTER,
        [PCIM_PART_CHASSIS] = PCIM_NAME_CHASSIS,
        [PCIM_PART_HOST] = PCIM_NAME_HOST,
    };
    target->part = part;
    target->index = find_kind(inventory, kinds[part], text, refusal);
    return target->index == PCIM_NONE ? STATUS_NOT_FOUND : STATUS_OK;
}

static enum status resolve_function_target(
    const struct pcim_inventory *inventory, const char *text, struct pcim_target *target, struct pcim_refusal *refusal)
{
    enum status status = pcim_resolve_function(inventory, text, false, &target->function, refusal);
    target->part = PCIM_PART_FUNCTION;
    target->index = target->function.adapter;
    return status;
}

enum status pcim_resolve_target(
    const struct pcim_inventory *inventory, const char *text, enum pcim_part part, struct pcim_target *target,
    struct pcim_refusal *refusal)
{
    *target = (struct pcim_target){0};
    if (text == NULL)
        return pcim_refuse(refusal, STATUS_INVALID_ARGUMENT, "no target is given");
    if (part == PCIM_PART_FUNCTION || (part == PCIM_PART_ANY && strpbrk(text, ".@") != NULL))
        return resolve_function_target(inventory, text, target, refusal);
    if (part == PCIM_PART_LINK)
        return resolve_link(inventory, text, target, refusal);
    if (part != PCIM_PART_ANY)
        return resolve_part(inventory, text, part, target, refusal);
    const struct pcim_name *name = pcim_name_find(inventory, text);
    if (name == NULL)
        return resolve_link(inventory, text, target, refusal); /* h0:1 */
    static const enum pcim_part parts[] = {
        [PCIM_NAME_CHASSIS] = PCIM_PART_CHASSIS,
        [PCIM_NAME_HOST] = PCIM_PART_HOST,
        [PCIM_NAME_TRUNK] = PCIM_PART_LINK,
        [PCIM_NAME_ADAPTER] = PCIM_PART_ADAPTER,
    };
    target->part = parts[name->kind];
    target->index = name->index;
    return STATUS_OK;
}
