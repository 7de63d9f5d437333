#include "fabric/pcie/link_state.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"

/* Every cell: what is not listed is ignored, and leaves the state. */
static const struct {
    enum link_state from;
    enum link_event event;
    enum link_state to;
    enum link_action action;
} cells[] = {
    {LINK_INACTIVE, LINK_EVENT_UP, LINK_FEATURE, LINK_GO},
    {LINK_FEATURE, LINK_EVENT_FEATURES_KNOWN, LINK_INIT_FC1, LINK_GO},
    {LINK_FEATURE, LINK_EVENT_DOWN, LINK_INACTIVE, LINK_FORGET},
    {LINK_INIT_FC1, LINK_EVENT_CREDITS_KNOWN, LINK_INIT_FC2, LINK_GO},
    {LINK_INIT_FC1, LINK_EVENT_DOWN, LINK_INACTIVE, LINK_FORGET},
    {LINK_INIT_FC2, LINK_EVENT_PARTNER_READY, LINK_ACTIVE, LINK_GO},
    {LINK_INIT_FC2, LINK_EVENT_DOWN, LINK_INACTIVE, LINK_FORGET},
    {LINK_ACTIVE, LINK_EVENT_RETRAIN, LINK_RECOVERY, LINK_GO},
    {LINK_ACTIVE, LINK_EVENT_DOWN, LINK_INACTIVE, LINK_FORGET},
    {LINK_RECOVERY, LINK_EVENT_TRAINED, LINK_ACTIVE, LINK_GO},
    {LINK_RECOVERY, LINK_EVENT_DOWN, LINK_INACTIVE, LINK_FORGET},
};

static const struct credit_limits some_buffer = {
    .headers = {64, 32, CREDITS_INFINITE}, .data = {1024, 64, CREDITS_INFINITE}};

static struct link_ability ability_of(bool mr, bool scaled, struct credit_limits buffer)
{
    return (struct link_ability){.mr = mr, .scaled = scaled, .buffer = buffer};
}

static bool same_limits(const struct credit_limits *one, const struct credit_limits *other)
{
    bool same = true;
    for (int type = 0; type < CREDIT_TYPES; type++)
        same = same && one->headers[type] == other->headers[type] && one->data[type] == other->data[type];
    return same;
}

Test(link_state, each_cell_of_the_table)
{
    for (enum link_state from = 0; from < LINK_STATES; from++)
        for (enum link_event event = 0; event < LINK_EVENTS; event++) {
            enum link_state to = from;
            enum link_action action = LINK_IGNORE;
            for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
                if (cells[i].from == from && cells[i].event == event) {
                    to = cells[i].to;
                    action = cells[i].action;
                }
            struct link_step step = link_state_step(from, event);
            cr_assert_eq(step.next, to, "%s, event %d", link_state_name(from), (int)event);
            cr_assert_eq(step.action, action, "%s, event %d", link_state_name(from), (int)event);
        }
}

/* Each cell again, as an end lives through it: what was agreed stays, but for a link that goes down. */
Test(link_state, an_end_forgets_only_when_the_link_goes_down)
{
    for (enum link_state from = LINK_INIT_FC1; from < LINK_STATES; from++)
        for (enum link_event event = 0; event < LINK_EVENTS; event++) {
            struct link_ability ability = ability_of(true, true, some_buffer);
            struct link_end end;
            link_end_init(&end, &ability);
            end.state = from;
            end.agreement.mr = true;
            link_end_step(&end, event);
            cr_assert_eq(end.state, link_state_step(from, event).next);
            cr_assert_eq(end.agreement.mr, event != LINK_EVENT_DOWN);
            cr_assert_eq(end.ability.mr, true);
        }
}

/* All abilities against all: MR only when both are, scaled only when both are and it is no MR link. */
Test(link_state, any_two_ends_agree)
{
    for (unsigned bits = 0; bits < 16; bits++) {
        struct link_ability one_can = ability_of(bits & 1, bits & 2, some_buffer);
        struct link_ability other_can = ability_of(bits & 4, bits & 8, some_buffer);
        struct link_end one, other;
        link_end_init(&one, &one_can);
        link_end_init(&other, &other_can);
        link_agree(&one, &other);
        bool mr = one_can.mr && other_can.mr;
        cr_assert_eq(one.agreement.mr, mr, "case %u", bits);
        cr_assert_eq(one.agreement.scaled, !mr && one_can.scaled && other_can.scaled, "case %u", bits);
        cr_assert(same_limits(&one.advertised, &some_buffer));
        cr_assert(same_limits(&other.advertised, &some_buffer));
    }
}

Test(link_state, ends_agree_whichever_is_late)
{
    for (unsigned bits = 0; bits < 32; bits++) {
        struct link_ability one_can = ability_of(bits & 1, bits & 2, some_buffer);
        struct link_ability other_can = ability_of(bits & 4, bits & 8, some_buffer);
        struct link_end one, other;
        link_end_init(&one, &one_can);
        link_end_init(&other, &other_can);
        struct link_end *early = bits & 16 ? &one : &other;
        link_end_step(early, LINK_EVENT_UP);
        struct dllp dllps[LINK_END_DLLPS];
        cr_assert_leq(link_end_says(early, dllps), LINK_END_DLLPS); /* nobody hears it */
        link_agree(&one, &other);
        cr_assert_eq(one.agreement.mr, one_can.mr && other_can.mr, "case %u", bits);
    }
}

Test(link_state, an_mr_link_has_no_scaled_credits)
{
    struct credit_limits large = {.headers = {1000, 500, 127}, .data = {4096, 2048, 40000}};
    struct link_ability mr = ability_of(true, true, large), plain = ability_of(false, true, large);
    struct link_end one, other;
    link_end_init(&one, &mr);
    link_end_init(&other, &mr);
    link_agree(&one, &other);
    struct credit_limits unscaled = {.headers = {127, 127, 127}, .data = {2047, 2047, 2047}};
    cr_assert(same_limits(&one.advertised, &unscaled));

    link_end_init(&one, &mr);
    link_end_init(&other, &plain);
    link_agree(&one, &other);
    struct credit_limits scaled = {.headers = {992, 500, 127}, .data = {4096, 2048, 32752}};
    cr_assert(same_limits(&one.advertised, &scaled), "a fallback to a plain link");
    cr_assert(same_limits(&other.advertised, &scaled));
}

/* Whole units of the least scale that fits, by trying them. */
static uint32_t reference_carried(uint32_t limit, uint32_t most, bool scaled)
{
    if (limit == CREDITS_INFINITE)
        return limit;
    for (uint32_t unit = 1; unit <= 16; unit *= 4) {
        bool last = unit == 16 || !scaled;
        if (limit > most * unit && !last)
            continue;
        uint32_t units = limit / unit < most ? limit / unit : most;
        return units > 0 ? units * unit : unit;
    }
    return 0;
}

Test(link_state, carries_what_the_fields_can)
{
    for (uint32_t limit = 0; limit < 40000; limit++)
        for (int scaled = 0; scaled < 2; scaled++) {
            cr_assert_eq(link_headers_carried(limit, scaled), reference_carried(limit, 127, scaled));
            cr_assert_eq(link_data_carried(limit, scaled), reference_carried(limit, 2047, scaled));
        }
    cr_assert_eq(link_headers_carried(CREDITS_INFINITE, false), CREDITS_INFINITE);
    cr_assert_eq(link_data_carried(CREDITS_INFINITE, true), CREDITS_INFINITE);
    cr_assert_eq(link_headers_carried(UINT32_MAX - 1, true), 2032);
    cr_assert_eq(link_data_carried(UINT32_MAX - 1, true), 32752);
}

/* What an end does not know, or does not expect, never takes it off its way. */
Test(link_state, ignores_what_it_does_not_know)
{
    struct random random;
    random_init(&random, 1, "link_state");
    for (int round = 0; round < 2000; round++) {
        struct link_ability plain = ability_of(false, false, some_buffer);
        struct link_end one, other;
        link_end_init(&one, &plain);
        link_end_init(&other, &plain);
        link_end_step(&one, LINK_EVENT_UP);
        static const enum dllp_type unknown[] = {DLLP_MRINIT, DLLP_MRINITFC1, DLLP_MRINITFC2, DLLP_ACK,
                                                 DLLP_NAK,    DLLP_NOP,       DLLP_VENDOR,    DLLP_FEATURE};
        for (int n = 0; n < 8; n++) {
            struct dllp dllp = {
                .type = (uint8_t)unknown[random_below(&random, 8)],
                .payload = (uint32_t)random_below(&random, 1 << 24)};
            link_end_hears(&one, &dllp);
            cr_assert_eq(one.state, LINK_INIT_FC1);
        }
        link_agree(&one, &other);
        cr_assert_not(one.agreement.mr);
    }
}
