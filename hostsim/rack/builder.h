/* Builder: a draft into a scenario, stage by stage; each stage adds its faults and the next goes on as well as it can.
 *
 *     build_rack         names, chassis, trunks, hosts, adapters (build_rack.c, build_link.c)
 *     build_timing       `timing: standard` (build_timing.c)
 *     build_assignments  who owns what at time zero (build_assignments.c)
 *     build_workloads    workloads, and their flows (build_workloads.c)
 *     build_mps          the payload limit that each link goes by; after the assignments are listed (build_mps.c)
 *     build_qos          weights of functions; after the assignments are listed (build_qos.c)
 *     build_timeline     operations at simulated times (build_timeline.c)
 *     build_expects      expectations (build_expects.c)
 *     check_later        references that are looked up later, or not modelled yet: timeline, teams (check_later.c)
 *     check_timeline      what an operation of the timeline could never do (check_timeline.c)
 */
#ifndef HOSTSIM_RACK_BUILDER_H
#define HOSTSIM_RACK_BUILDER_H

#include <stdbool.h>

#include "hostsim/rack/draft.h"
#include "hostsim/rack/names.h"
#include "hostsim/rack/ownership.h"
#include "hostsim/rack/scenario.h"

struct builder {
    struct draft *draft; /* what it owns and the scenario needs is taken over */
    struct scenario *scenario;
    struct faults *faults, *refusals;
    struct names names;
    /* Some names could not be read, so that a name nobody has may be one of theirs: not another fault. */
    bool doubtful;
    /* Some assigns had faults, so that what nobody owns may be somebody's. */
    bool unsettled;
    /* `assign` is for a rack that runs (scenario_request). */
    bool is_change;
    /* Of build_assignments.c: the entries at hand stand on what others get. */
    bool dependent;
    struct ownership ownership;
};

void build_rack(struct builder *builder);
void build_timing(struct builder *builder);
void build_assignments(struct builder *builder);
void build_workloads(struct builder *builder);
void build_mps(struct builder *builder);
void build_qos(struct builder *builder);
void build_timeline(struct builder *builder);
void build_expects(struct builder *builder);
void check_later(struct builder *builder);
void check_timeline(struct builder *builder);

/* The apply that `assign` becomes where it is for a rack that runs, without bindings yet; it is the timeline's first.
 */
void build_wishes(struct builder *builder);

/* Adds a binding to it. */
struct draft_assign;
void build_wish(struct builder *builder, const struct draft_assign *entry, const char *function, const char *to);

/* The index of the chassis, host, ... TEXT; SCENARIO_NONE after adding a fault at PLACE that names the nearest. */
int builder_find(struct builder *builder, enum name_kind kind, const char *text, struct place place);

/* Adds a fault about a name that nobody has, unless names are doubtful. */
void builder_fault_unknown(struct builder *builder, enum name_kind kind, const char *text, struct place place);

/* The place of KEY's value in the map NODE, or of the map itself. */
struct place place_of(const struct node *node, const char *key);

#endif
