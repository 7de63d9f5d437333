/* Build trace: the file of `arrival: {trace: FILE}` into the entries and ops of its workload.
 *
 *     time_ns,op,bytes,address        a heading, or none
 *     0,dma-write,256,0
 *     1500.25,dma-read,4KiB,0x1000
 *
 * Times count from the workload's start and do not go back; a bare one is in ns. The op may be left out: then it is the
 * workload's own. Addresses are in the workload's window, from its first byte on. Empty lines and those that begin with
 * # are skipped. */
#ifndef HOSTSIM_RACK_BUILD_TRACE_H
#define HOSTSIM_RACK_BUILD_TRACE_H

#include "hostsim/rack/builder.h"

/* Reads the file that NODE names for WORKLOAD, whose window and own ops are set, and puts the ops that it has in place
 * of those. PLACES gets, for each of them, the first line that has it. Adds every fault of the file with its place. */
void build_trace(
    struct builder *builder, const struct node *node, struct scenario_workload *workload,
    struct place places[SCENARIO_OPS]);

#endif
