/* Build targets: what a workload's `function` means when owners change while the rack runs. */
#ifndef HOSTSIM_RACK_BUILD_TARGETS_H
#define HOSTSIM_RACK_BUILD_TARGETS_H

#include "hostsim/rack/builder.h"

/* Lists what NODE, in which there is no fault, names, in its order, as the targets of WORKLOAD. */
void build_targets(struct builder *builder, const struct node *node, struct scenario_workload *workload);

#endif
