/* What a link may be, in the place where it is. */
#include "hostsim/rack/build_link.h"

#include <stdio.h>

/* Tags of 10 bits, and of 14 in flit mode (facts/pcie.md 3.6: those that may be used). */
#define TAGS 768
#define FLIT_TAGS 15360

void build_link(
    struct builder *builder, const struct draft_link *draft, const struct node *entry, bool is_mr,
    struct link_config *link)
{
    *link = draft->config;
    if (!is_mr || link->gen < 6)
        return;
    struct place place = draft->gen_place.source ? draft->gen_place : entry->place;
    faults_add(
        builder->faults, place,
        "`gen: 6` is not for MR links (trunks, and links of mr-iov adapters): the base specification retired MR-IOV in "
        "flit mode; use gen 1 to 5");
}

void build_check_tags(
    struct builder *builder, const struct node *entry, const char *key, uint32_t outstanding,
    const struct link_config *link)
{
    uint32_t tags = link->gen >= 6 ? FLIT_TAGS : TAGS;
    if (outstanding > tags)
        faults_add(
            builder->faults, place_of(entry, key), "`%s: %u` is more than tags allow: %u%s", key, outstanding, tags,
            link->gen >= 6 ? " in flit mode" : ", or 15360 in flit mode (gen 6)");
}

void build_check_credits(
    struct builder *builder, struct place place, const struct credit_limits *limits, uint32_t mps, const char *host)
{
    static const struct {
        enum credit_type type;
        const char *key;
    } checked[] = {{CREDIT_POSTED, "posted-data"}, {CREDIT_COMPLETION, "completion-data"}};
    for (size_t i = 0; i < sizeof(checked) / sizeof(checked[0]); i++) {
        uint32_t credits = limits->data[checked[i].type];
        if (credits != CREDITS_INFINITE && (uint64_t)credits * CREDIT_DATA_BYTES < mps)
            faults_add(
                builder->faults, place,
                "`%s` of %uB has no room for one TLP of %uB (`mps` of %s): it would wait for ever", checked[i].key,
                credits * CREDIT_DATA_BYTES, mps, host);
    }
}
