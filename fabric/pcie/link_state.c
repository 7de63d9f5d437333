#include "fabric/pcie/link_state.h"

#include "fabric/base/check.h"

#define MOST_HEADERS 127
#define MOST_DATA 2047

/* MRInit's payload is the project's own: the version of the handshake, and whether the partner's has come. */
#define MRINIT_VERSION (UINT32_C(1) << 16)
#define MRINIT_HEARD UINT32_C(1)

static const char *const state_names[LINK_STATES] = {
    [LINK_INACTIVE] = "inactive", [LINK_FEATURE] = "feature", [LINK_INIT_FC1] = "init_fc1",
    [LINK_INIT_FC2] = "init_fc2", [LINK_ACTIVE] = "active",   [LINK_RECOVERY] = "recovery",
};

/* Base specification, 3.2.1; recovery is the physical layer's (4.2.6.4), and leaves the data link as it is. */
static const struct link_step steps[LINK_STATES][LINK_EVENTS] = {
    [LINK_INACTIVE] = {[LINK_EVENT_UP] = {LINK_FEATURE, LINK_GO}},
    [LINK_FEATURE] =
        {
            [LINK_EVENT_FEATURES_KNOWN] = {LINK_INIT_FC1, LINK_GO},
            [LINK_EVENT_DOWN] = {LINK_INACTIVE, LINK_FORGET},
        },
    [LINK_INIT_FC1] =
        {
            [LINK_EVENT_CREDITS_KNOWN] = {LINK_INIT_FC2, LINK_GO},
            [LINK_EVENT_DOWN] = {LINK_INACTIVE, LINK_FORGET},
        },
    [LINK_INIT_FC2] =
        {
            [LINK_EVENT_PARTNER_READY] = {LINK_ACTIVE, LINK_GO},
            [LINK_EVENT_DOWN] = {LINK_INACTIVE, LINK_FORGET},
        },
    [LINK_ACTIVE] =
        {
            [LINK_EVENT_RETRAIN] = {LINK_RECOVERY, LINK_GO},
            [LINK_EVENT_DOWN] = {LINK_INACTIVE, LINK_FORGET},
        },
    [LINK_RECOVERY] =
        {
            [LINK_EVENT_TRAINED] = {LINK_ACTIVE, LINK_GO},
            [LINK_EVENT_DOWN] = {LINK_INACTIVE, LINK_FORGET},
        },
};

const char *link_state_name(enum link_state state)
{
    CHECK((unsigned)state < LINK_STATES);
    return state_names[state];
}

struct link_step link_state_step(enum link_state state, enum link_event event)
{
    CHECK((unsigned)state < LINK_STATES && (unsigned)event < LINK_EVENTS);
    struct link_step step = steps[state][event];
    if (step.action == LINK_IGNORE)
        step.next = (uint8_t)state;
    return step;
}

void link_end_init(struct link_end *end, const struct link_ability *ability)
{
    *end = (struct link_end){.ability = *ability, .state = LINK_INACTIVE};
}

void link_end_step(struct link_end *end, enum link_event event)
{
    struct link_step step = link_state_step(end->state, event);
    if (step.action == LINK_FORGET)
        link_end_init(end, &end->ability);
    end->state = (enum link_state)step.next;
    bool nothing_to_find_out = !end->ability.mr && !end->ability.scaled;
    if (end->state == LINK_FEATURE && nothing_to_find_out)
        link_end_step(end, LINK_EVENT_FEATURES_KNOWN);
}

/* --- credits --- */

/* The scale field for LIMIT: 1 for units of 1, 2 of 4, 3 of 16; 0 where flow control is not scaled. */
static uint8_t scale_for(uint32_t limit, uint32_t most, bool scaled)
{
    if (!scaled)
        return 0;
    if (limit == CREDITS_INFINITE || limit <= most)
        return 1;
    return limit <= most * 4 ? 2 : 3;
}

static unsigned shift_of(uint8_t scale)
{
    return scale <= 1 ? 0 : (scale - 1u) * 2;
}

/* The field for LIMIT: 0 is infinite, so that one unit at least is advertised. */
static uint16_t field_for(uint32_t limit, uint32_t most, uint8_t scale)
{
    if (limit == CREDITS_INFINITE)
        return 0;
    uint32_t units = limit >> shift_of(scale);
    if (units == 0)
        units = 1;
    return (uint16_t)(units < most ? units : most);
}

static uint32_t limit_of(uint16_t field, uint8_t scale)
{
    return field == 0 ? CREDITS_INFINITE : (uint32_t)field << shift_of(scale);
}

static uint32_t carried(uint32_t limit, uint32_t most, bool scaled)
{
    uint8_t scale = scale_for(limit, most, scaled);
    return limit_of(field_for(limit, most, scale), scale);
}

uint32_t link_headers_carried(uint32_t limit, bool scaled)
{
    return carried(limit, MOST_HEADERS, scaled);
}

uint32_t link_data_carried(uint32_t limit, bool scaled)
{
    return carried(limit, MOST_DATA, scaled);
}

/* --- what an end says --- */

static struct dllp feature(const struct link_end *end)
{
    uint32_t payload = end->partner_heard ? DLLP_FEATURE_ACK : 0;
    if (end->ability.scaled)
        payload |= DLLP_FEATURE_SCALED_FLOW_CONTROL;
    return (struct dllp){.type = DLLP_FEATURE, .payload = payload};
}

/* What the body of an MR flow-control DLLP is in MR-IOV is not public; this is the fields of the plain one, with the
 * credit type in the bits of a scale that an MR link has no use for. */
static struct dllp mr_form(const struct dllp *plain, enum dllp_type type)
{
    return (struct dllp){
        .type = (uint8_t)type,
        .payload = (uint32_t)plain->credit << 22 | (uint32_t)plain->headers << 14 | plain->data,
    };
}

static struct dllp plain_form(const struct dllp *mr)
{
    return (struct dllp){
        .credit = mr->payload >> 22 & 3,
        .headers = mr->payload >> 14 & 0xff,
        .data = mr->payload & 0xfff,
    };
}

static struct dllp credits_of(const struct link_end *end, enum credit_type type)
{
    uint32_t headers = end->ability.buffer.headers[type], data = end->ability.buffer.data[type];
    bool first = end->state == LINK_INIT_FC1;
    struct dllp dllp = {.type = first ? DLLP_INITFC1 : DLLP_INITFC2, .credit = (uint8_t)type};
    dllp.header_scale = scale_for(headers, MOST_HEADERS, end->agreement.scaled);
    dllp.data_scale = scale_for(data, MOST_DATA, end->agreement.scaled);
    dllp.headers = field_for(headers, MOST_HEADERS, dllp.header_scale);
    dllp.data = field_for(data, MOST_DATA, dllp.data_scale);
    return end->agreement.mr ? mr_form(&dllp, first ? DLLP_MRINITFC1 : DLLP_MRINITFC2) : dllp;
}

uint32_t link_end_says(const struct link_end *end, struct dllp dllps[LINK_END_DLLPS])
{
    switch (end->state) {
    case LINK_FEATURE: {
        uint32_t count = 0;
        if (end->ability.mr)
            dllps[count++] =
                (struct dllp){.type = DLLP_MRINIT, .payload = MRINIT_VERSION | (end->partner_mr ? MRINIT_HEARD : 0)};
        /* Given up once MRInit has come to an end that knows it. */
        if (end->ability.scaled && !(end->ability.mr && end->partner_mr))
            dllps[count++] = feature(end);
        return count;
    }
    case LINK_INIT_FC1:
    case LINK_INIT_FC2:
        for (enum credit_type type = 0; type < CREDIT_TYPES; type++)
            dllps[type] = credits_of(end, type);
        return CREDIT_TYPES;
    case LINK_ACTIVE:
        dllps[0] = (struct dllp){.type = end->agreement.mr ? DLLP_MRUPDATEFC : DLLP_UPDATEFC};
        return 1;
    default:
        return 0;
    }
}

/* --- what it hears --- */

static void end_features(struct link_end *end)
{
    end->agreement.mr = end->ability.mr && end->partner_mr;
    end->agreement.scaled = !end->agreement.mr && end->ability.scaled && end->partner_scaled;
    link_end_step(end, LINK_EVENT_FEATURES_KNOWN);
}

static void hear_mrinit(struct link_end *end, uint32_t payload)
{
    if (!end->ability.mr)
        return; /* a DLLP that it does not know */
    end->partner_heard = true;
    end->partner_mr = true;
    if ((payload & MRINIT_HEARD) != 0)
        end_features(end);
}

static void hear_feature(struct link_end *end, uint32_t payload)
{
    if (end->partner_mr)
        return;
    if (!end->ability.scaled) {
        /* Not a DLLP that it knows; but what it is from has not begun with MRInit. */
        end_features(end);
        return;
    }
    end->partner_heard = true;
    end->partner_scaled = (payload & DLLP_FEATURE_SCALED_FLOW_CONTROL) != 0;
    if ((payload & DLLP_FEATURE_ACK) != 0)
        end_features(end);
}

static void hear_credits(struct link_end *end, const struct dllp *dllp)
{
    end->advertised.headers[dllp->credit] = limit_of(dllp->headers, dllp->header_scale);
    end->advertised.data[dllp->credit] = limit_of(dllp->data, dllp->data_scale);
    end->credits_known |= (uint8_t)(1u << dllp->credit);
    if (end->credits_known == (1u << CREDIT_TYPES) - 1)
        link_end_step(end, LINK_EVENT_CREDITS_KNOWN);
}

static void hear_flow_control(struct link_end *end, const struct dllp *dllp, bool second)
{
    /* The partner has gone on, so it does not take part in the exchange, or knows all that it wants. */
    if (end->state == LINK_FEATURE)
        end_features(end);
    if (end->state == LINK_INIT_FC1)
        hear_credits(end, dllp);
    else if (end->state == LINK_INIT_FC2 && second)
        link_end_step(end, LINK_EVENT_PARTNER_READY);
}

void link_end_hears(struct link_end *end, const struct dllp *dllp)
{
    struct dllp plain = plain_form(dllp);
    switch ((enum dllp_type)dllp->type) {
    case DLLP_MRINIT:
        if (end->state == LINK_FEATURE)
            hear_mrinit(end, dllp->payload);
        break;
    case DLLP_FEATURE:
        if (end->state == LINK_FEATURE)
            hear_feature(end, dllp->payload);
        break;
    case DLLP_INITFC1:
    case DLLP_INITFC2:
        hear_flow_control(end, dllp, dllp->type == DLLP_INITFC2);
        break;
    case DLLP_MRINITFC1:
    case DLLP_MRINITFC2:
        if (end->ability.mr)
            hear_flow_control(end, &plain, dllp->type == DLLP_MRINITFC2);
        break;
    case DLLP_UPDATEFC:
    case DLLP_MRUPDATEFC:
        link_end_step(end, LINK_EVENT_PARTNER_READY);
        break;
    default:
        break;
    }
}

/* --- both --- */

static uint32_t say(const struct link_end *end, uint8_t bytes[LINK_END_DLLPS][DLLP_BYTES])
{
    struct dllp dllps[LINK_END_DLLPS];
    uint32_t count = link_end_says(end, dllps);
    for (uint32_t n = 0; n < count; n++) {
        enum dllp_refusal refusal = dllp_encode(&dllps[n], DLLP_TOKEN, bytes[n]);
        CHECK(refusal == DLLP_ACCEPTED);
    }
    return count;
}

static void hear(struct link_end *end, uint8_t bytes[LINK_END_DLLPS][DLLP_BYTES], uint32_t count)
{
    for (uint32_t n = 0; n < count; n++) {
        struct dllp dllp;
        enum dllp_refusal refusal = dllp_decode(&dllp, DLLP_TOKEN, bytes[n]);
        CHECK(refusal == DLLP_ACCEPTED);
        link_end_hears(end, &dllp);
    }
}

/* Two rounds for what they can do, two for credits, and as many again for an end that is behind. */
#define ROUNDS_MOST 8

void link_agree(struct link_end *one, struct link_end *other)
{
    link_end_step(one, LINK_EVENT_UP);
    link_end_step(other, LINK_EVENT_UP);
    for (int round = 0; round < ROUNDS_MOST && (one->state != LINK_ACTIVE || other->state != LINK_ACTIVE); round++) {
        uint8_t from_one[LINK_END_DLLPS][DLLP_BYTES], from_other[LINK_END_DLLPS][DLLP_BYTES];
        uint32_t ones = say(one, from_one), others = say(other, from_other);
        hear(one, from_other, others);
        hear(other, from_one, ones);
    }
    CHECK(one->state == LINK_ACTIVE && other->state == LINK_ACTIVE);
    CHECK(one->agreement.mr == other->agreement.mr && one->agreement.scaled == other->agreement.scaled);
}
