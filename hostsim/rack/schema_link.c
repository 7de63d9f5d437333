/* The keys of a link. */
#include "fabric/pcie/bit_errors.h"
#include "hostsim/rack/reader.h"
#include "hostsim/rack/schema_types.h"

#define AT(field) offsetof(struct draft_link, field)
/* 5 ns a metre of cable: 200 um a picosecond. */
#define CABLE_UM_PER_PS 200

static const struct schema_word dllps[] = {
    {"physical", LINK_DLLP_PHYSICAL, false, "Transmitted, and charged wire time in the direction they travel"},
    {"off", LINK_DLLP_OFF, false, "Not charged"},
    {"pcie-bench", LINK_DLLP_PCIE_BENCH, false, "The usable rate capped as the published pcie-bench model has it"},
    {.name = NULL},
};

/* An address of 64 bits is a header of 16 bytes. */
static const struct schema_word addresses[] = {
    {"64", true, false, "Headers of 16 bytes"},
    {"32", false, false, "Headers of 12 bytes"},
    {.name = NULL},
};

static const struct schema_type gen = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = 6, .what = "a generation from 1 to 6"};
static const struct schema_type width = {
    .scalar = SCHEMA_INTEGER,
    .narrow = true,
    .least = 1,
    .most = 16,
    .power_of_two = true,
    .what = "1, 2, 4, 8 or 16 lanes"};
static const struct schema_type cable = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_LENGTH,
    .most = UINT64_C(1000000000000),
    .what = "a length, such as 2m"};
static const struct schema_type address = {.scalar = SCHEMA_WORD, .words = addresses};
static const struct schema_type dllp = {.scalar = SCHEMA_WORD, .words = dllps};
static const struct schema_type ber = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_RATIO,
    .most = BIT_ERRORS_MOST,
    .what = "a ratio up to 1e-3, such as 1e-12"};
static const struct schema_type channels = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = 8, .what = "a whole number from 1 to 8"};

/* Slower, a byte takes longer than its time can count; faster, a TLP takes no time at all (fabric/pcie/link.h). */
#define SLOWEST_BPS 10000
#define FASTEST_BPS UINT64_C(100000000000000)

static const struct schema_type wire_rate = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_BANDWIDTH,
    .least = SLOWEST_BPS,
    .most = FASTEST_BPS,
    .what = "a rate from 10kbps to 100000Gbps, such as 92.4Gbps"};

static const struct schema_key rate_keys[] = {
    {"up", &wire_rate, AT(rate_bps.up) - AT(rate_bps), NULL, 0, 0,
     "Toward the host (a trunk: toward the first of `between`)"},
    {"down", &wire_rate, AT(rate_bps.down) - AT(rate_bps), NULL, 0, 0, "The other way"},
    {.name = NULL},
};
static const struct schema_map rate_map = {
    .name = "a rate by direction", .size = sizeof(((struct draft_link *)NULL)->rate_bps), .keys = rate_keys};
static const struct schema_type rate = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_BANDWIDTH,
    .least = SLOWEST_BPS,
    .most = FASTEST_BPS,
    .map = &rate_map,
    .what = "a rate from 10kbps to 100000Gbps, such as 92.4Gbps, or {up: ..., down: ...}"};

static const struct schema_key keys[] = {
    {"gen", &gen, AT(config.gen), "4", 0, 0,
     "Generation of PCI Express; at most 5 on MR links (trunks, and links of mr-iov adapters)"},
    {"width", &width, AT(config.width), "8", 0, 0, "Lanes"},
    {"cable", &cable, AT(cable_um), NULL, 0, 0, "Length of the cable, at 5 ns/m; or `propagation`"},
    {"propagation", &schema_type_time, AT(propagation_ps), NULL, 0, 0, "Time on the wire one way; or `cable`"},
    {"address", &address, AT(address), "64", 0, 0,
     "Addresses of memory requests: 64 (headers of 16 bytes) or 32 (12 bytes)"},
    {"ecrc", &schema_type_switch, AT(config.ecrc), "off", 0, 0, "End-to-end CRC: 4 more bytes a TLP"},
    {"ber", &ber, AT(ber), "0", 0, 0, "Bit errors a bit, at most 1e-3; TLPs that they hit are sent again"},
    {"dllp", &dllp, AT(dllp), "physical", 0, 0, "What data-link packets cost"},
    {"ack-every", &schema_type_count, AT(config.ack_every), NULL, 0, 0,
     "TLPs an Ack; by default the base specification's latency limit"},
    {"updatefc-every", &schema_type_count, AT(config.updatefc_every), NULL, 0, 0,
     "TLPs an UpdateFC; by default the base specification's latency limit"},
    {"credits", &schema_type_credits, AT(credits), NULL, 0, 0,
     "What the receivers at both ends advertise; by default a chassis port its `buffer`, hosts and adapters the same "
     "with "
     "completions infinite"},
    {"replay-timer", &schema_type_positive_time, AT(config.replay_timer_ps), NULL, 0, 0,
     "Time without an Ack after which TLPs are sent again; by default the base specification's"},
    {"replay-buffer", &schema_type_count, AT(config.replay_buffer_tlps), NULL, 0, 0,
     "TLPs that may wait for their Ack, at most 2047; by default enough that none waits where no bit fails"},
    {"training", &schema_type_time, AT(config.training_ps), "0s", 0, 0,
     "Time to train, after four replays in vain; 20 ms on real links"},
    {"virtual-channels", &channels, AT(config.virtual_channels), "1", 0, 0,
     "Virtual channels; traffic classes are spread evenly over them"},
    {"rate", &rate, AT(rate_bps), NULL, 0, 0, "Wire rate, which wins over gen and width"},
    {.name = NULL},
};

const struct schema_map schema_link = {
    .name = "a link", .size = sizeof(struct draft_link), .keys = keys, .finish = schema_link_finish};

const struct schema_type schema_link_type = {.map = &schema_link};

static void take_credits(struct draft_link *link, const struct node *node)
{
    static const char *const names[CREDIT_TYPES][2] = {
        {"posted-headers", "posted-data"},
        {"nonposted-headers", "nonposted-data"},
        {"completion-headers", "completion-data"},
    };
    struct link_config *config = &link->config;
    config->credits_given = true;
    for (int type = 0; type < CREDIT_TYPES; type++) {
        if (node_is_scalar(node) || node_get(node, names[type][0])) {
            config->credits_given_each[type][0] = true;
            config->credits.headers[type] =
                node_is_scalar(node) ? CREDITS_INFINITE : link->credits.limits.headers[type];
        }
        if (node_is_scalar(node) || node_get(node, names[type][1])) {
            config->credits_given_each[type][1] = true;
            config->credits.data[type] = node_is_scalar(node) ? CREDITS_INFINITE : link->credits.limits.data[type];
        }
    }
}

static void take_rate(struct draft_link *link, const struct node *node)
{
    if (node_is_scalar(node))
        link->config.rate_bps[LINK_UP] = link->config.rate_bps[LINK_DOWN] = link->rate_bps.both;
    if (node_get(node, "up"))
        link->config.rate_bps[LINK_UP] = link->rate_bps.up;
    if (node_get(node, "down"))
        link->config.rate_bps[LINK_DOWN] = link->rate_bps.down;
}

void schema_link_finish(struct reader *reader, const struct node *node, void *out)
{
    struct draft_link *link = out;
    const struct node *length = node_get(node, "cable"), *time = node_get(node, "propagation");
    if (length && time)
        faults_add(
            reader_faults(reader), node_item(node, "propagation")->key_place,
            "a link has a `cable` or a `propagation`, not both");
    if (length || !node)
        link->config.propagation_ps = link->cable_um / CABLE_UM_PER_PS;
    if (time)
        link->config.propagation_ps = link->propagation_ps;
    if (node_get(node, "gen"))
        link->gen_place = node_get(node, "gen")->place;
    if (node_get(node, "credits"))
        take_credits(link, node_get(node, "credits"));
    if (node_get(node, "rate"))
        take_rate(link, node_get(node, "rate"));
    link->config.ber = link->ber;
    link->config.address_64 = link->address;
    link->config.dllp = (enum link_dllp)link->dllp;
}
