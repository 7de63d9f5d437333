/* The JSON Schema accepts what the parser accepts, as it stands in files, and refuses what a look at one key shows. */
#include "hostsim/rack/schema_json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/contract_example.h"
#include "tests/support/json_schema.h"
#include "tests/support/place.h"

static bool is_accepted(const char *text)
{
    struct document document = {0};
    struct faults faults = {0};
    cr_assert_eq(document_parse(&document, "test.yaml", text, strlen(text), &faults), STATUS_OK, "%s", text);
    json_t *value = json_of_node(document.root), *schema = schema_json();
    bool accepted = json_schema_accepts(schema, schema, value);
    json_decref(schema);
    json_decref(value);
    document_free(&document);
    faults_free(&faults);
    return accepted;
}

Test(schema_json, accepts_the_contracts_example)
{
    cr_expect(is_accepted(contract_example));
}

Test(schema_json, accepts_the_reference)
{
    static char text[1 << 16];
    char path[512];
    snprintf(path, sizeof path, "%s/docs/scenarios/reference.yaml", place_source_dir());
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    cr_expect(is_accepted(text));
}

Test(schema_json, accepts_what_is_not_expanded_yet)
{
    static const char *const texts[] = {
        "mriov: 1\n",
        "mriov: 1\nassign:\n",
        "mriov: 1\nhosts:\n  - {name: h, count: 16, mps: 128B}\n",
        "mriov: 1\nhosts:\n  - {name: \"h[00-15]\", mps: \"[128,256]B\", weight: \"[1-16]\"}\n",
        "mriov: 1\nhosts:\n  - {name: h0, chassis: [tor0, tor1], guests: [{name: vm, count: 2}]}\n",
        "mriov: 1\nrun: {warmup: 0, duration: 1.5ms, until: done}\n",
        "mriov: 1\ndefaults: {link: {ecrc: on, dllp: off, address: 32, ber: 1e-12, credits: infinite, rate: 1Gbps}}\n",
        "mriov: 1\ndefaults: {link: {credits: {posted-headers: infinite, posted-data: 16KiB}, rate: {up: 1Gbps}}}\n",
        "mriov: 1\nadapters:\n  - {name: r0, at: tor0, kind: raid, level: 10, read-latency: {exponential: 1us}}\n",
        "mriov: 1\nassign:\n  - {function: [nic0, [\"nic*\"]], to: [h0, h1], each: true}\n",
        "mriov: 1\nworkloads:\n  - {name: w, team: t, op: {mix: {read: 0.7, write: 30%}}, size: {mix: {64B: 0.9, 1KiB: "
        "1}}}\n",
        "mriov: 1\nworkloads:\n  - {name: w, function: \"*\", op: read, arrival: {closed: 32, think: {normal: [1us, "
        "1ns]}}}\n",
        "mriov: 1\nworkloads:\n  - {name: w, function: a, op: read, pattern: {zipf: 0.9}, size: {file: a.csv}}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect(is_accepted(texts[i]), "%s", texts[i]);
}

Test(schema_json, refuses)
{
    static const char *const texts[] = {
        "seed: 1\n",
        "mriov: 2\n",
        "mriov: 1\nchasis: []\n",
        "mriov: 1\nrun: {duration: 5}\n",
        "mriov: 1\nrun: {duration: 5KiB}\n",
        "mriov: 1\nhosts: {name: h0}\n",
        "mriov: 1\nhosts:\n  - {mps: 256B}\n",
        "mriov: 1\nhosts:\n  - {name: H0}\n",
        "mriov: 1\nhosts:\n  - {name: h0, capabilities: [ari, arri]}\n",
        "mriov: 1\nhosts:\n  - {name: h0, link: {gen: 7}}\n",
        "mriov: 1\nhosts:\n  - {name: h0, link: {width: 3}}\n",
        "mriov: 1\nchassis:\n  - {name: tor0, queueing: lifo}\n",
        "mriov: 1\nworkloads:\n  - {name: w, op: read}\n",
        "mriov: 1\nworkloads:\n  - {name: w, function: a, team: b, op: read}\n",
        "mriov: 1\nworkloads:\n  - {name: w, function: a, op: read, arrival: {poisson: 1Gbps, periodic: 1Gbps}}\n",
        "mriov: 1\nworkloads:\n  - {name: w, function: a, op: read, size: {uniform: [1B]}}\n",
        "mriov: 1\ntimeline:\n  - {at: 1us}\n",
        "mriov: 1\nworkloads:\n  - {name: w, function: a, op: read, count: 3, each: on}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_not(is_accepted(texts[i]), "%s", texts[i]);
}

static void check_described(const json_t *properties)
{
    const char *key;
    json_t *property;
    json_object_foreach((json_t *)properties, key, property)
        cr_expect_gt(json_string_length(json_object_get(property, "description")), 3, "%s", key);
}

Test(schema_json, describes_every_key)
{
    json_t *schema = schema_json();
    const char *name;
    json_t *definition;
    check_described(json_object_get(schema, "properties"));
    json_object_foreach(json_object_get(schema, "$defs"), name, definition)
    {
        if (strncmp(name, "distribution", 12) != 0)
            check_described(json_object_get(definition, "properties"));
    }
    const json_t *link = json_object_get(json_object_get(schema, "$defs"), "host");
    const json_t *initial = json_object_get(json_object_get(json_object_get(link, "properties"), "link"), "default");
    cr_expect_eq(json_integer_value(json_object_get(initial, "gen")), 4);
    cr_expect_str_eq(json_string_value(json_object_get(initial, "cable")), "2m");
    json_decref(schema);
}
