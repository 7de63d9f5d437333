#include "hostsim/rack/grant.h"

#include "fabric/base/check.h"
#include "hostsim/rack/build_owner.h"
#include "hostsim/rack/hops.h"

/* A grant under way. */
struct granting {
    struct builder *builder;
    struct scenario_function function; /* pf may be PICK_NEXT */
    const struct scenario_adapter *adapter;
    struct ownership_adapter *functions;
    struct scenario_owner owner;
    struct place place; /* of the function in the text */
    const struct node *vfs_node;
    uint32_t vfs; /* `vfs:` */
    char name[FUNCTION_TEXT], to[OWNER_TEXT];
};

#define FAULT(granting, ...) faults_add((granting)->builder->faults, (granting)->place, __VA_ARGS__)

static struct ownership_slot *slot_of(struct granting *granting, int pf, int vf)
{
    return ownership_slot(
        &granting->builder->ownership, (struct scenario_function){granting->function.adapter, pf, vf});
}

static const char *name_of(struct granting *granting, int pf, int vf)
{
    return function_text(
        granting->builder, (struct scenario_function){granting->function.adapter, pf, vf}, granting->name);
}

static void fault_owned(struct granting *granting, int pf, int vf)
{
    const struct ownership_slot *slot = slot_of(granting, pf, vf);
    char other[OWNER_TEXT];
    FAULT(
        granting, "%s has an owner already, %s: it cannot go to %s too", name_of(granting, pf, vf),
        owner_text(granting->builder->scenario, slot->owner, other), granting->to);
}

static void own(struct granting *granting, int pf, int vf)
{
    struct ownership_slot *slot = slot_of(granting, pf, vf);
    slot->owned = true;
    slot->owner = granting->owner;
}

/* Why a function is not for the next free one's taker, for the end of a message. */
#define WHY_TEXT 640
static const char *why_taken(struct granting *granting, int pf, int vf, char why[WHY_TEXT])
{
    const struct ownership_slot *slot = slot_of(granting, pf, vf);
    const struct node *kept_for = slot->owned ? NULL : slot->kept_for;
    char owner[OWNER_TEXT], where[32] = "";
    const char *name = name_of(granting, pf, vf);
    if (kept_for == NULL)
        snprintf(why, WHY_TEXT, "%s is %s's", name, owner_text(granting->builder->scenario, slot->owner, owner));
    else if (!kept_for->place.argument)
        snprintf(where, sizeof where, " in line %u", kept_for->place.line);
    if (kept_for != NULL)
        snprintf(why, WHY_TEXT, "%s is kept for `%s`%s: name what %s gets", name, kept_for->text, where, granting->to);
    return why;
}

/* --- sr-iov: single VFs to anybody --- */

static void grant_next_vfs(struct granting *granting)
{
    uint32_t wanted = granting->vfs_node ? granting->vfs : 1, given = 0;
    int kept = SCENARIO_NONE; /* the first that is kept for somebody */
    char why[WHY_TEXT];
    if (wanted == 0) {
        FAULT(granting, "`vfs: 0` of an sr-iov adapter gives %s nothing", granting->to);
        return;
    }
    for (uint32_t vf = 0; vf < granting->adapter->vfs && given < wanted; vf++) {
        struct ownership_slot *slot = slot_of(granting, 0, (int)vf);
        if (slot->kept_for && !slot->owned && kept == SCENARIO_NONE)
            kept = (int)vf;
        if (slot->owned || slot->kept_for)
            continue;
        own(granting, 0, (int)vf);
        given++;
    }
    if (given < wanted)
        FAULT(
            granting, "%s has %u VFs, and too few are free: %s gets %u of %u%s%s", granting->adapter->name,
            granting->adapter->vfs, granting->to, given, wanted, kept == SCENARIO_NONE ? "" : "; ",
            kept == SCENARIO_NONE ? "" : why_taken(granting, 0, kept, why));
}

static void grant_sr_iov(struct granting *granting)
{
    int vf = granting->function.vf;
    if (granting->function.pf == PICK_NEXT)
        grant_next_vfs(granting);
    else if (vf == SCENARIO_NONE)
        FAULT(granting, "%s is MR-PCIM's own (sr-iov): assign VFs", name_of(granting, 0, SCENARIO_NONE));
    else if (granting->vfs_node)
        FAULT(granting, "`vfs` goes with an adapter or a PF, and %s is one VF", name_of(granting, 0, vf));
    else if (slot_of(granting, 0, vf)->owned)
        fault_owned(granting, 0, vf);
    else
        own(granting, 0, vf);
}

/* --- mr-iov and exclusive: PFs whole, and single VFs to the guests of whoever has the PF --- */

/* The PF of the adapter in the owner's hierarchy; SCENARIO_NONE when there is none. */
static int pf_in_hierarchy(struct granting *granting)
{
    for (uint32_t pf = 0; pf < granting->functions->pf_count; pf++) {
        const struct ownership_slot *slot = &granting->functions->pfs[pf].slot;
        if (slot->owned && slot->owner.host == granting->owner.host && slot->owner.uplink == granting->owner.uplink)
            return (int)pf;
    }
    return SCENARIO_NONE;
}

static int next_pf(struct granting *granting)
{
    int kept = granting->functions->pf_count == 1 ? 0 : SCENARIO_NONE; /* why not: the only one, or one that is kept */
    char why[WHY_TEXT];
    for (uint32_t pf = 0; pf < granting->functions->pf_count; pf++) {
        const struct ownership_slot *slot = &granting->functions->pfs[pf].slot;
        if (!slot->owned && !slot->kept_for)
            return (int)pf;
        if (!slot->owned && kept == SCENARIO_NONE)
            kept = (int)pf;
    }
    FAULT(
        granting, "%s has %u PF%s, and none is free for %s%s%s", granting->adapter->name, granting->adapter->pfs,
        granting->adapter->pfs == 1 ? "" : "s", granting->to, kept == SCENARIO_NONE ? "" : "; ",
        kept == SCENARIO_NONE ? "" : why_taken(granting, kept, SCENARIO_NONE, why));
    return SCENARIO_NONE;
}

static void grant_vfs_of(struct granting *granting, int pf)
{
    const struct scenario_host *host = &granting->builder->scenario->hosts[granting->owner.host];
    if (granting->vfs > granting->adapter->vfs - granting->functions->offered) {
        FAULT(
            granting, "%s has %u VFs in all, and %u are left: %s cannot get %u", granting->adapter->name,
            granting->adapter->vfs, granting->adapter->vfs - granting->functions->offered, granting->to, granting->vfs);
        return;
    }
    /* They are granted all the same: what is said of each of them further on would be this again. */
    if (granting->vfs > 0 && !(host->capabilities & CAPABILITY_SR_IOV))
        faults_add(
            granting->builder->faults, granting->vfs_node->place,
            "%s cannot enable VFs: its `capabilities` have no sr-iov", host->name);
    granting->functions->offered += granting->vfs;
    granting->functions->pfs[pf].offered = granting->vfs;
    for (uint32_t vf = 0; vf < granting->vfs; vf++)
        own(granting, pf, (int)vf);
}

static void grant_pf(struct granting *granting)
{
    int pf = granting->function.pf, other = pf_in_hierarchy(granting);
    if (pf != PICK_NEXT && slot_of(granting, pf, SCENARIO_NONE)->owned) {
        fault_owned(granting, pf, SCENARIO_NONE);
        return;
    }
    if (other != SCENARIO_NONE) {
        FAULT(
            granting, "%s has %s already: an adapter offers at most one PF to each hierarchy", granting->to,
            name_of(granting, other, SCENARIO_NONE));
        return;
    }
    if (pf == PICK_NEXT)
        pf = next_pf(granting);
    if (pf == SCENARIO_NONE)
        return;
    own(granting, pf, SCENARIO_NONE);
    grant_vfs_of(granting, pf);
}

static void grant_vf_to_guest(struct granting *granting)
{
    int pf = granting->function.pf, vf = granting->function.vf;
    const struct ownership_slot *of = slot_of(granting, pf, SCENARIO_NONE);
    struct ownership_slot *slot = slot_of(granting, pf, vf);
    const char *name = name_of(granting, pf, vf);
    char holder[OWNER_TEXT];
    if (granting->vfs_node)
        FAULT(granting, "`vfs` goes with an adapter or a PF, and %s is one VF", name);
    else if (!of->owned)
        FAULT(granting, "%s: nobody has its PF; assign that first, with `vfs`", name);
    else if (of->owner.host != granting->owner.host || granting->owner.guest == SCENARIO_NONE)
        FAULT(
            granting,
            "%s cannot go to %s: a single VF of a PF goes to guests of the host that has it (%s); between hosts a PF "
            "moves whole, or VFs through `vfs`",
            name, granting->to, owner_text(granting->builder->scenario, of->owner, holder));
    else if (!slot->owned && granting->adapter->host == SCENARIO_NONE)
        FAULT(
            granting, "%s is not there: its PF came with %u VFs; say `vfs: %d` or more where it is assigned", name,
            granting->functions->pfs[pf].offered, vf + 1);
    else if (slot->owned && slot->owner.guest != SCENARIO_NONE)
        fault_owned(granting, pf, vf);
    else {
        granting->owner.uplink = of->owner.uplink;
        own(granting, pf, vf);
    }
}

/* Its host's own: an assign may say how many VFs it has, and give them to guests. */
static void grant_in_host(struct granting *granting)
{
    const struct scenario_host *host = &granting->builder->scenario->hosts[granting->adapter->host];
    if (granting->owner.host != granting->adapter->host)
        FAULT(granting, "%s is in %s: it cannot go to %s", granting->adapter->name, host->name, granting->to);
    else if (granting->function.vf != SCENARIO_NONE)
        grant_vf_to_guest(granting);
    else if (granting->owner.guest != SCENARIO_NONE)
        FAULT(
            granting, "%s is %s's own: give its guests VFs, such as %s.vf0", granting->adapter->name, host->name,
            granting->adapter->name);
    else
        grant_vfs_of(granting, 0);
}

/* The root port, where the assign did not name one; false after a fault. */
static bool settle_uplink(struct granting *granting)
{
    const struct scenario *scenario = granting->builder->scenario;
    const struct scenario_host *host = &scenario->hosts[granting->owner.host];
    int chassis = granting->adapter->chassis;
    if (granting->adapter->host != SCENARIO_NONE)
        return true;
    if (chassis == SCENARIO_NONE || granting->builder->doubtful)
        return false; /* faulted where it was written */
    if (host->uplink_count == 0) {
        FAULT(
            granting, "%s has no uplink, so it cannot have %s: give it a `chassis`", host->name,
            granting->adapter->name);
        return false;
    }
    bool chosen = granting->owner.uplink != SCENARIO_NONE;
    if (!chosen)
        granting->owner.uplink = hops_nearest_uplink(scenario, granting->owner.host, chassis);
    else if (hops_between(scenario, host->uplinks[granting->owner.uplink], chassis) == HOPS_NO_PATH)
        granting->owner.uplink = SCENARIO_NONE;
    if (granting->owner.uplink == SCENARIO_NONE) {
        FAULT(
            granting, "there is no path from %s to %s at %s: join their chassis by `trunks`", granting->to,
            granting->adapter->name, scenario->chassis[chassis].name);
        return false;
    }
    return true;
}

void grant(
    struct builder *builder, const struct pick *pick, struct scenario_owner owner, const struct draft_assign *entry)
{
    struct granting granting = {
        .builder = builder,
        .function = pick->function,
        .adapter = &builder->scenario->adapters[pick->function.adapter],
        .functions = &builder->ownership.adapters[pick->function.adapter],
        .owner = owner,
        .place = pick->node->place,
        .vfs_node = node_get(entry->node, "vfs"),
        .vfs = entry->vfs,
    };
    owner_text(builder->scenario, owner, granting.to);
    if (!settle_uplink(&granting))
        return;
    if (granting.adapter->host != SCENARIO_NONE)
        grant_in_host(&granting);
    else if (granting.adapter->sharing == SHARING_SR_IOV)
        grant_sr_iov(&granting);
    else if (granting.function.vf != SCENARIO_NONE)
        grant_vf_to_guest(&granting);
    else
        grant_pf(&granting);
}
