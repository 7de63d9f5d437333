/* Rack path: the ways of TLPs through a rack, and how long they take when nothing else is there.
 *
 * Found from the scenario alone and reckoned in real numbers, so that the model can be held against it: the contract's
 * latencies and the wire sizes of the base specification, in the fewest lines that say them. */
#ifndef TESTS_SUPPORT_RACK_PATH_H
#define TESTS_SUPPORT_RACK_PATH_H

#include "hostsim/rack/scenario.h"

#define RACK_PATH_HOPS_MOST 64

/* A link as one way passes it. */
struct rack_hop {
    char name[64]; /* as results name it */
    const struct link_config *link;
    enum link_direction direction;
    bool mr;
    const struct scenario_chassis *into; /* the chassis at its end; NULL: where the way ends */
};

struct rack_path {
    struct rack_hop hops[RACK_PATH_HOPS_MOST];
    int hop_count;
};

/* The way from the function of a flow's member to its host; DOWN: back. */
struct rack_path rack_path_to_host(const struct scenario *scenario, const struct scenario_flow_member *member);
struct rack_path rack_path_from_host(const struct scenario *scenario, const struct scenario_flow_member *member);

/* The way from the function to its peer; BACK: and back. */
struct rack_path
rack_path_to_peer(const struct scenario *scenario, const struct scenario_flow_member *member, bool back);

/* Wire rate of a hop, in bits a second. */
double rack_hop_bps(const struct rack_hop *hop);

/* Bytes of a TLP on a hop, headers and all: a memory request, or a completion. */
double rack_hop_bytes(const struct rack_hop *hop, bool completion, uint32_t payload);

/* From the first byte's start to the last one's end at the end of an idle way, in ps. Not for flit mode, where it is a
 * lower bound. */
double rack_path_ps(const struct rack_path *path, bool completion, uint32_t payload);

#endif
