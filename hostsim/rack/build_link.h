/* Build link: what a link may be, in the place where it is. */
#ifndef HOSTSIM_RACK_BUILD_LINK_H
#define HOSTSIM_RACK_BUILD_LINK_H

#include "hostsim/rack/builder.h"

/* Takes a link over, with the faults of its place. ENTRY is the trunk, host or adapter that has it. */
void build_link(
    struct builder *builder, const struct draft_link *draft, const struct node *entry, bool is_mr,
    struct link_config *link);

/* `outstanding` against the tags that LINK's generation has. */
void build_check_tags(
    struct builder *builder, const struct node *entry, const char *key, uint32_t outstanding,
    const struct link_config *link);

/* Buffers that could never take one TLP of MPS bytes (of the host called HOST) are a fault at PLACE. */
void build_check_credits(
    struct builder *builder, struct place place, const struct credit_limits *limits, uint32_t mps, const char *host);

#endif
