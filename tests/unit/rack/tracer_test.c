#include "hostsim/rack/tracer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/tlp_codec.h"
#include "tests/support/capture.h"
#include "tests/support/rack.h"
#include "tests/support/tlp_samples.h"

/* Directions, in the order of results: 0 h0 up, 1 h0 down, 2 h1 up, 3 h1 down, 4 nic up (MR), 5 nic down. */
#define RACK                                                                                                           \
    "mriov: 1\nrun: {duration: 10us}\n"                                                                                \
    "chassis: [{name: tor}]\n"                                                                                         \
    "hosts: [{name: \"h[0-1]\", chassis: tor}]\n"                                                                      \
    "adapters: [{name: nic, at: tor, link: {gen: 3, width: 4, ecrc: on}}]\n"                                           \
    "assign: [{function: nic, to: \"h[0-1]\"}]\n"                                                                      \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: nic@h0, op: dma-write, size: 256B, arrival: {periodic: 1Mops/s}}\n"                       \
    "  - {name: r, function: nic@h1, op: dma-read, size: 64B, arrival: {periodic: 1Mops/s}}\n"

/* A rack whose trace goes into memory. */
struct traced {
    struct rack rack;
    struct tracer tracer;
    char *bytes;
    size_t size;
    FILE *stream;
    struct capture capture; /* after traced_end() */
};

static void traced_begin(struct traced *traced, struct trace_request request)
{
    *traced = (struct traced){0};
    rack_open(&traced->rack, RACK);
    traced->stream = open_memstream(&traced->bytes, &traced->size);
    request.stream = traced->stream;
    request.name = "memory";
    char reason[256] = "";
    enum status status = tracer_start(&traced->tracer, &traced->rack.world, &request, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
}

static void traced_end(struct traced *traced)
{
    char reason[256] = "";
    cr_expect_eq(tracer_check(&traced->tracer, reason, sizeof reason), STATUS_OK, "%s", reason);
    tracer_stop(&traced->tracer);
    rack_close(&traced->rack);
    cr_assert_eq(fclose(traced->stream), 0);
    capture_read(&traced->capture, traced->bytes, traced->size);
}

static void traced_free(struct traced *traced)
{
    capture_free(&traced->capture);
    free(traced->bytes);
}

static const struct trace_request everything = {.to_ps = TIME_NEVER};

Test(tracer, an_interface_is_a_direction_of_a_link)
{
    static const char *const names[] = {"h0 up", "h0 down", "h1 up", "h1 down", "nic up", "nic down"};
    struct traced traced;
    traced_begin(&traced, everything);
    traced_end(&traced);
    cr_expect_str_eq(traced.capture.application, "mriov " MRIOV_VERSION);
    cr_assert_eq(traced.capture.interface_count, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct capture_interface *interface = &traced.capture.interfaces[i];
        cr_expect_str_eq(interface->name, names[i]);
        cr_expect_str_eq(interface->description, i < 4 ? "gen4 x8, plain link" : "gen3 x4, MR link");
        cr_expect_eq(interface->speed_bps, i < 4 ? UINT64_C(126030769230) : UINT64_C(31507692307));
        cr_expect_eq(interface->link_type, 147);
        cr_expect_eq(interface->resolution, 12);
    }
    traced_free(&traced);
}

/* Checks PACKET, which TLP and PAYLOAD became on a plain or an MR link. The samples' own digest bit stays. */
static void
expect_packet(const struct capture_packet *packet, const struct tlp *tlp, const uint8_t *payload, bool mr, bool whole)
{
    uint32_t size = tlp_encoded_bytes(tlp, mr);
    cr_assert_eq(packet->original_bytes, size);
    cr_assert_eq(packet->queue, (uint32_t)tlp->vh << 8);
    cr_assert_str_eq(packet->comment, "");
    uint32_t behind = tlp_payload_bytes(tlp) + (tlp->attributes & TLP_DIGEST ? 4 : 0);
    if (!whole) {
        cr_assert_eq(packet->captured_bytes, size - behind);
        return;
    }
    cr_assert_eq(packet->captured_bytes, size);
    struct tlp decoded;
    struct tlp_envelope envelope;
    cr_assert_eq(tlp_decode(&decoded, &envelope, packet->bytes, size, TLP_PAYLOAD_MAX_BYTES), TLP_ACCEPTED);
    cr_assert_eq(envelope.mr_prefix, mr);
    if (!mr) { /* nothing on a plain link tells them */
        decoded.vh = tlp->vh;
        decoded.generation = tlp->generation;
    }
    cr_assert(tlp_same(&decoded, tlp));
    cr_assert(tlp_payload_bytes(tlp) == 0 || memcmp(envelope.payload, payload, tlp_payload_bytes(tlp)) == 0);
}

Test(tracer, tlps_of_every_type_come_back_from_their_bytes)
{
    static struct tlp tlps[TLP_TYPES * 4];
    static uint8_t payloads[TLP_TYPES * 4][TLP_PAYLOAD_MAX_BYTES];
    struct random random;
    random_init(&random, 7, "tracer");
    struct traced traced;
    traced_begin(&traced, everything);
    for (uint32_t i = 0; i < TLP_TYPES * 4; i++) {
        tlps[i] = tlp_sample(&random, (enum tlp_type)(i / 4));
        tlps[i].vh = (uint16_t)(i % 256);
        tlps[i].generation = (uint8_t)(3 * i);
        bool mr = i % 4 >= 2;
        if (mr)
            tlps[i].attributes |= TLP_DIGEST; /* nic's link has ecrc: on */
        for (size_t n = 0; n < TLP_PAYLOAD_MAX_BYTES; n++)
            payloads[i][n] = (uint8_t)random_next(&random);
        const struct tracer_direction *direction = &traced.tracer.directions[mr ? 4 : 0];
        tracer_add(&traced.tracer, direction, &tlps[i], i % 2 ? payloads[i] : NULL, i * PS_PER_US + 7);
    }
    traced_end(&traced);
    cr_assert_eq(traced.capture.packet_count, TLP_TYPES * 4);
    for (uint32_t i = 0; i < TLP_TYPES * 4; i++) {
        const struct capture_packet *packet = &traced.capture.packets[i];
        cr_assert_eq(packet->time, i * PS_PER_US + 7);
        bool whole = i % 2 == 1 || tlp_payload_bytes(&tlps[i]) == 0;
        expect_packet(packet, &tlps[i], payloads[i], i % 4 >= 2, whole);
    }
    traced_free(&traced);
}

Test(tracer, what_bytes_cannot_say_is_a_comment)
{
    struct tlp tlp = {.type = TLP_MRD, .address = 0x1000, .length_dw = 1, .byte_enables = 0x0f, .tag = 0x1234};
    struct traced traced;
    traced_begin(&traced, everything);
    tlp.vh = 0x1ff;
    tracer_add(&traced.tracer, &traced.tracer.directions[4], &tlp, NULL, 0);
    tlp.address = 0x1002;
    tracer_add(&traced.tracer, &traced.tracer.directions[4], &tlp, NULL, 1);
    traced_end(&traced);
    const struct capture_packet *packets = traced.capture.packets;
    cr_expect_str_eq(packets[0].comment, "tag 4660: bits 13:10 have no place in this header");
    cr_expect_eq(packets[0].queue, 0x1ff00);
    cr_expect_eq(packets[0].bytes[1], 0xff, "the prefix has the low bits of the VH");
    cr_expect_eq(packets[0].bytes[4 + 6], 0x34);
    cr_expect_str_eq(
        packets[1].comment, "not a legal TLP: the address is not aligned as the type needs it", "%s",
        packets[1].comment);
    cr_expect_eq(packets[1].captured_bytes, 0);
    cr_expect_eq(packets[1].queue, 0x1ff00);
    traced_free(&traced);
}

Test(tracer, only_what_starts_between_from_and_to)
{
    struct traced traced;
    traced_begin(&traced, (struct trace_request){.from_ps = 2 * PS_PER_US, .to_ps = 4 * PS_PER_US});
    rack_run(&traced.rack, 10 * PS_PER_US);
    traced_end(&traced);
    cr_assert_gt(traced.capture.packet_count, 8);
    uint64_t last = 2 * PS_PER_US;
    for (size_t i = 0; i < traced.capture.packet_count; i++) {
        cr_expect(traced.capture.packets[i].time >= last && traced.capture.packets[i].time < 4 * PS_PER_US);
        last = traced.capture.packets[i].time;
    }
    cr_expect_eq(traced.capture.packets[0].time, 2 * PS_PER_US, "a TLP starts just then, and is in");
    traced_free(&traced);
}

Test(tracer, only_links_that_are_chosen)
{
    struct traced traced;
    traced_begin(&traced, (struct trace_request){.links = "nic,h1 up", .to_ps = TIME_NEVER});
    rack_run(&traced.rack, 5 * PS_PER_US);
    traced_end(&traced);
    static const char *const names[] = {"h1 up", "nic up", "nic down"};
    cr_assert_eq(traced.capture.interface_count, 3);
    size_t packets[3] = {0};
    for (size_t i = 0; i < 3; i++)
        cr_expect_str_eq(traced.capture.interfaces[i].name, names[i]);
    for (size_t i = 0; i < traced.capture.packet_count; i++)
        packets[traced.capture.packets[i].interface]++;
    cr_expect(packets[0] > 0 && packets[1] > packets[0] && packets[2] > 0);
    traced_free(&traced);
}

Test(tracer, a_request_that_cannot_be_met_taps_nothing)
{
    struct rack rack;
    rack_open(&rack, RACK);
    struct tracer tracer;
    char reason[256] = "";
    struct trace_request request = {.links = "h2", .stream = stderr, .to_ps = TIME_NEVER};
    cr_expect_eq(tracer_start(&tracer, &rack.world, &request, reason, sizeof reason), STATUS_NOT_FOUND);
    cr_expect_str_eq(reason, "--trace-links: no link is called `h2`; did you mean `h0`?");
    rack_run(&rack, PS_PER_US);
    rack_close(&rack);
}

Test(tracer, a_full_disk_is_told)
{
    struct traced traced;
    traced_begin(&traced, everything);
    FILE *full = fopen("/dev/full", "w");
    traced.tracer.file.stream = full;
    rack_run(&traced.rack, 10 * PS_PER_US);
    fflush(full);
    rack_run(&traced.rack, 100 * PS_PER_US);
    char reason[256] = "";
    cr_expect_eq(tracer_check(&traced.tracer, reason, sizeof reason), STATUS_UNAVAILABLE);
    cr_expect_str_eq(reason, "memory: No space left on device");
    tracer_stop(&traced.tracer);
    rack_close(&traced.rack);
    fclose(full);
    fclose(traced.stream);
    free(traced.bytes);
}
