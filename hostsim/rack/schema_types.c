#include "hostsim/rack/schema_types.h"

#include "fabric/base/time.h"

/* Longest time anywhere, so that sums of a few stay far from 64 bits: 46 days. */
#define LONGEST_PS (UINT64_C(4000000) * PS_PER_S)

const struct schema_type schema_type_name = {.scalar = SCHEMA_NAME, .what = "a name: a-z, then a-z, 0-9 and -"};
const struct schema_type schema_type_text = {.scalar = SCHEMA_REFERENCE, .what = "text"};
const struct schema_type schema_type_switch = {.scalar = SCHEMA_SWITCH, .what = "on or off"};
const struct schema_type schema_type_time = {
    .scalar = SCHEMA_QUANTITY, .quantity = QUANTITY_TIME, .most = LONGEST_PS, .what = "a time, such as 105ns"};
const struct schema_type schema_type_positive_time = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_TIME,
    .least = 1,
    .most = LONGEST_PS,
    .what = "a time of more than 0, such as 1ms"};
const struct schema_type schema_type_size = {
    .scalar = SCHEMA_QUANTITY, .quantity = QUANTITY_SIZE, .least = 1, .what = "a size, such as 8KiB"};
const struct schema_type schema_type_bandwidth = {
    .scalar = SCHEMA_QUANTITY, .quantity = QUANTITY_BANDWIDTH, .least = 1, .what = "a rate, such as 40Gbps or 5GB/s"};
const struct schema_type schema_type_latency = {
    .scalar = SCHEMA_DISTRIBUTION,
    .quantity = QUANTITY_TIME,
    .most = LONGEST_PS,
    .what = "a time, such as 300ns, or a distribution of times, such as {exponential: 1us}"};
const struct schema_type schema_type_bytes = {
    .scalar = SCHEMA_DISTRIBUTION,
    .quantity = QUANTITY_SIZE,
    .least = 1,
    .most = UINT64_C(1) << 50,
    .what = "a size, such as 256B, or a distribution of sizes, such as {uniform: [64B, 1KiB]}"};
const struct schema_type schema_type_count = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = UINT32_MAX - 1, .what = "a whole number from 1"};
const struct schema_type schema_type_weight = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = 65535, .what = "a whole number from 1 to 65535"};
const struct schema_type schema_type_operations = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = 1000000, .what = "a whole number from 1 to 1000000"};
const struct schema_type schema_type_long_count = {
    .scalar = SCHEMA_INTEGER, .least = 1, .what = "a whole number from 1"};
const struct schema_type schema_type_number = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .most = UINT32_MAX - 1, .what = "a whole number"};
/* The bound of flit mode; what the link's generation allows is checked with the link at hand. */
const struct schema_type schema_type_tags = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = UINT32_MAX - 1, .what = "a whole number from 1"};
const struct schema_type schema_type_rate = {
    .scalar = SCHEMA_RATE, .quantity = QUANTITY_RATE, .least = 1, .what = "a rate, such as 10Gbps or 5Mops/s"};
const struct schema_type schema_type_function = {
    .scalar = SCHEMA_REFERENCE, .what = "a function, such as nic0.pf2, nic0.vf5 or nic0@h3"};
const struct schema_type schema_type_functions = {
    .scalar = SCHEMA_REFERENCE,
    .list = SCHEMA_REFERENCES,
    .what = "a function, such as nic0.pf2, nic0.vf5 or nic0@h3, or a set of them: a list, or with a *"};
const struct schema_type schema_type_owner = {.scalar = SCHEMA_REFERENCE, .what = "HOST, HOST:UPLINK or HOST/GUEST"};
const struct schema_type schema_type_owners = {
    .scalar = SCHEMA_REFERENCE,
    .list = SCHEMA_REFERENCES,
    .what = "HOST, HOST:UPLINK or HOST/GUEST, or a set of them: a list, or with a *"};
const struct schema_type schema_type_any = {.scalar = SCHEMA_REFERENCE, .what = "a name"};

#define CREDIT_HEADERS "credits for headers, one a TLP, or infinite"
#define CREDIT_DATA "room for data, such as 16KiB, in credits of 16 B, or infinite"
#define LIMIT(field, kind) offsetof(struct draft_credits, limits.field[kind])

static const struct schema_type headers = {
    .scalar = SCHEMA_CREDITS, .quantity = QUANTITY_COUNT, .what = CREDIT_HEADERS};
static const struct schema_type data = {.scalar = SCHEMA_CREDITS, .quantity = QUANTITY_SIZE, .what = CREDIT_DATA};

static const struct schema_key credit_keys[] = {
    {"posted-headers", &headers, LIMIT(headers, CREDIT_POSTED), "64", 0, 0, "Headers of posted TLPs (writes)"},
    {"posted-data", &data, LIMIT(data, CREDIT_POSTED), "16KiB", 0, 0, "Data of posted TLPs"},
    {"nonposted-headers", &headers, LIMIT(headers, CREDIT_NONPOSTED), "64", 0, 0,
     "Headers of non-posted TLPs (reads, configuration)"},
    {"nonposted-data", &data, LIMIT(data, CREDIT_NONPOSTED), "1KiB", 0, 0, "Data of non-posted TLPs"},
    {"completion-headers", &headers, LIMIT(headers, CREDIT_COMPLETION), "64", 0, 0, "Headers of completions"},
    {"completion-data", &data, LIMIT(data, CREDIT_COMPLETION), "16KiB", 0, 0, "Data of completions"},
    {.name = NULL},
};
static const struct schema_map credits = {
    .name = "a set of credits", .size = sizeof(struct draft_credits), .keys = credit_keys};
static const struct schema_word infinite[] = {
    {"infinite", 1, false, "All six without bound"},
    {.name = NULL},
};
const struct schema_type schema_type_credits = {
    .scalar = SCHEMA_WORD, .words = infinite, .map = &credits, .what = "credits by type, or infinite"};
