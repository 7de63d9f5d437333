#include "tests/support/tlp_samples.h"

#define GIB4 (UINT64_C(1) << 32)

static uint32_t below(struct random *random, uint32_t bound)
{
    return (uint32_t)random_below(random, bound);
}

static bool coin(struct random *random)
{
    return random_next(random) & 1;
}

/* A multiple of ALIGNMENT, a power of two, such that BYTES from there stay within 4 KiB. */
static uint64_t sample_address(struct random *random, uint32_t alignment, uint32_t bytes)
{
    uint32_t places = (4096 - bytes) / alignment + 1;
    uint32_t place = coin(random) ? below(random, places) : places - 1;
    uint64_t page = random_next(random) & ~UINT64_C(0xfff);
    static const uint64_t pages[] = {0, 0x1000, GIB4 - 0x1000, GIB4, ~UINT64_C(0xfff)};
    switch (below(random, 4)) {
    case 0:
        page = pages[below(random, sizeof(pages) / sizeof(pages[0]))];
        break;
    case 1:
        page &= GIB4 - 1;
        break;
    default:
        break;
    }
    return page + place * alignment;
}

/* What the three sentences of the base specification, 2.2.5, allow. */
static uint8_t sample_byte_enables(struct random *random, const struct tlp *tlp)
{
    static const uint8_t contiguous_first[] = {0xf, 0xe, 0xc, 0x8};
    static const uint8_t contiguous_last[] = {0xf, 0x7, 0x3, 0x1};
    if (tlp->length_dw == 1)
        return (uint8_t)below(random, 16);
    if (tlp->length_dw == 2 && tlp->address % 8 == 0)
        return (uint8_t)((1 + below(random, 15)) << 4 | (1 + below(random, 15)));
    return (uint8_t)(contiguous_last[below(random, 4)] << 4 | contiguous_first[below(random, 4)]);
}

static void sample_memory(struct random *random, struct tlp *tlp)
{
    static const uint16_t lengths[] = {1, 2, 3, 16, 64, 1024};
    tlp->length_dw = coin(random) ? lengths[below(random, 6)] : (uint16_t)(1 + below(random, 1024));
    tlp->address = sample_address(random, 4, tlp->length_dw * 4u);
    tlp->byte_enables = sample_byte_enables(random, tlp);
    if (tlp->type == TLP_DMWR || coin(random))
        return;
    tlp->attributes |= TLP_HINTS;
    if (tlp->type != TLP_MWR)
        tlp->byte_enables = tlp->length_dw == 1 ? 0x0f : 0xff;
}

static void sample_atomic(struct random *random, struct tlp *tlp)
{
    bool cas = tlp->type == TLP_CAS;
    uint32_t operand_bytes = 4u << below(random, cas ? 3 : 2);
    tlp->length_dw = (uint16_t)(operand_bytes / 4 * (cas ? 2 : 1));
    tlp->address = sample_address(random, operand_bytes, operand_bytes);
    if (coin(random))
        tlp->attributes |= TLP_HINTS;
}

static void sample_register(struct random *random, struct tlp *tlp, bool io)
{
    tlp->length_dw = 1;
    tlp->address = random_next(random) & (io ? 0xfffffffc : 0xffc);
    tlp->byte_enables = (uint8_t)below(random, 16);
    tlp->traffic_class = 0;
    tlp->attributes &= TLP_POISONED | TLP_DIGEST;
    if (!io)
        tlp->completer_id = (uint16_t)random_next(random);
}

static void sample_message(struct random *random, struct tlp *tlp)
{
    tlp->length_dw = tlp->type == TLP_MSGD ? (uint16_t)(1 + below(random, 1024)) : 0;
    tlp->byte_enables = (uint8_t)random_next(random);
    tlp->status = (uint8_t)below(random, 6);
    tlp->address = random_next(random);
    if (tlp->status == TLP_BY_ID) {
        tlp->completer_id = (uint16_t)random_next(random);
        tlp->address &= UINT64_C(0xffffffffffff);
    }
}

static void sample_completion(struct random *random, struct tlp *tlp)
{
    static const uint8_t statuses[] = {TLP_STATUS_SC, TLP_STATUS_UR, TLP_STATUS_CRS, TLP_STATUS_CA};
    bool has_data = tlp->type == TLP_CPLD || tlp->type == TLP_CPLDLK;
    tlp->length_dw = has_data ? (uint16_t)(1 + below(random, 1024)) : 0;
    tlp->status = has_data ? TLP_STATUS_SC : statuses[below(random, 4)];
    tlp->completer_id = (uint16_t)random_next(random);
    tlp->byte_count = coin(random) ? 4096 : (uint16_t)(1 + below(random, 4096));
    tlp->address = below(random, 128);
}

struct tlp tlp_sample(struct random *random, enum tlp_type type)
{
    struct tlp tlp = {
        .type = (uint8_t)type,
        .requester_id = (uint16_t)random_next(random),
        .tag = (uint16_t)below(random, 1024),
        .traffic_class = (uint8_t)below(random, 8),
        .attributes = (uint8_t)below(random, TLP_HINTS),
    };
    switch (type) {
    case TLP_MRD:
    case TLP_MRDLK:
    case TLP_MWR:
    case TLP_DMWR:
        sample_memory(random, &tlp);
        break;
    case TLP_FETCHADD:
    case TLP_SWAP:
    case TLP_CAS:
        sample_atomic(random, &tlp);
        break;
    case TLP_IORD:
    case TLP_IOWR:
        sample_register(random, &tlp, true);
        break;
    case TLP_CFGRD0:
    case TLP_CFGWR0:
    case TLP_CFGRD1:
    case TLP_CFGWR1:
        sample_register(random, &tlp, false);
        break;
    case TLP_MSG:
    case TLP_MSGD:
        sample_message(random, &tlp);
        break;
    default:
        sample_completion(random, &tlp);
        break;
    }
    return tlp;
}

struct tlp_envelope tlp_sample_envelope(struct random *random, struct tlp *tlp, uint8_t *payload)
{
    struct tlp_envelope envelope = {.mr_prefix = coin(random)};
    if (envelope.mr_prefix) {
        tlp->vh = (uint16_t)below(random, 256);
        tlp->generation = (uint8_t)random_next(random);
        envelope.virtual_link = (uint8_t)below(random, 8);
    }
    uint32_t bytes = tlp_payload_bytes(tlp);
    for (uint32_t i = 0; i < bytes; i++)
        payload[i] = (uint8_t)random_next(random);
    envelope.payload = bytes > 0 ? payload : NULL;
    return envelope;
}

bool tlp_same(const struct tlp *a, const struct tlp *b)
{
    return a->next == b->next && a->operation == b->operation && a->address == b->address &&
           a->ready_ps == b->ready_ps && a->tail_ps == b->tail_ps && a->payload == b->payload &&
           a->requester_id == b->requester_id && a->completer_id == b->completer_id && a->tag == b->tag &&
           a->length_dw == b->length_dw && a->byte_count == b->byte_count && a->vh == b->vh &&
           a->origin_vh == b->origin_vh && a->type == b->type && a->byte_enables == b->byte_enables &&
           a->attributes == b->attributes && a->traffic_class == b->traffic_class && a->status == b->status &&
           a->generation == b->generation;
}
