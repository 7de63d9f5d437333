/* A trace shows what happened, all of it, and changes nothing. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/time.h"
#include "fabric/pcie/tlp_codec.h"
#include "hostsim/rack/results_json.h"
#include "hostsim/rack/run.h"
#include "tests/support/capture.h"
#include "tests/support/law.h"
#include "tests/support/rack_generator.h"

#define SEEDS 60

TestSuite(trace, .timeout = 240);

/* Bytes that somebody made. */
struct text {
    char *bytes;
    size_t size;
};

static struct text json_of(const struct results *results)
{
    struct text text = {0};
    FILE *stream = open_memstream(&text.bytes, &text.size);
    results_json_write(results, stream);
    fclose(stream);
    return text;
}

/* Runs SCENARIO with its measured window traced. */
static struct text traced_run(const struct scenario *scenario, struct results *results)
{
    struct text file = {0};
    struct trace_request request = {
        .stream = open_memstream(&file.bytes, &file.size),
        .name = "memory",
        .from_ps = scenario->run.warmup_ps,
        .to_ps = scenario->run.until_done ? TIME_NEVER : scenario->run.warmup_ps + scenario->run.duration_ps,
    };
    char reason[256] = "";
    struct run_options options = {.trace = &request};
    law_holds(
        run_scenario(scenario, &options, results, reason, sizeof reason) == STATUS_OK, "a traced run ends: %s", reason);
    fclose(request.stream);
    return file;
}

static bool same(const struct text *one, const struct text *other)
{
    return one->size == other->size && memcmp(one->bytes, other->bytes, one->size) == 0;
}

/* What the packets of one direction add up to. */
struct sums {
    uint64_t tlps, payload_bytes;
};

/* Takes the digest away, whose value nobody knows where the payload is left out. Answers how many bytes it had. */
static uint32_t without_digest(uint8_t *bytes)
{
    uint8_t *third = &bytes[(bytes[0] == 0x80 ? TLP_PREFIX_BYTES : 0) + 2];
    bool there = *third & 0x80;
    *third &= 0x7f;
    return there ? TLP_DIGEST_BYTES : 0;
}

/* Decodes PACKET, its payload made of zeros where it is left out, and counts it. */
static void count_packet(const struct capture_packet *packet, size_t vh_count, struct sums *sums)
{
    static uint8_t bytes[TLP_ENCODED_MAX_BYTES];
    law_holds(strncmp(packet->comment, "not", 3) != 0, "the model makes legal TLPs: %s", packet->comment);
    law_holds(packet->original_bytes <= sizeof bytes, "a TLP has a size");
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, packet->bytes, packet->captured_bytes);
    struct tlp tlp;
    struct tlp_envelope envelope;
    uint32_t size = packet->original_bytes;
    if (packet->captured_bytes < size)
        size -= without_digest(bytes);
    enum tlp_refusal refusal = tlp_decode(&tlp, &envelope, bytes, size, TLP_PAYLOAD_MAX_BYTES);
    law_holds(refusal == TLP_ACCEPTED, "a packet is a TLP, not %s", tlp_refusal_name(refusal));
    uint32_t vh = packet->queue >> 8;
    law_holds(vh >= 1 && vh < vh_count, "VH %u is one of the rack's", vh);
    law_holds(!envelope.mr_prefix || tlp.vh == vh, "prefix and queue agree");
    sums->payload_bytes += tlp_payload_bytes(&tlp);
    sums->tlps++;
}

static void expect_capture(const struct text *file, const struct results *results)
{
    struct capture capture;
    capture_read(&capture, file->bytes, file->size);
    struct sums *sums = calloc(capture.interface_count + 1, sizeof *sums);
    uint64_t last = 0;
    law_holds(capture.interface_count == results->link_count, "every direction is an interface");
    for (size_t i = 0; i < capture.packet_count; i++) {
        law_holds(capture.packets[i].time >= last, "time goes on");
        last = capture.packets[i].time;
        count_packet(&capture.packets[i], results->hierarchy_count + 1, &sums[capture.packets[i].interface]);
    }
    for (size_t i = 0; i < capture.interface_count; i++) {
        const struct results_link *link = &results->links[i];
        law_holds(sums[i].tlps == link->tlps, "%s: its TLPs are all there", capture.interfaces[i].name);
        law_holds(sums[i].payload_bytes == link->payload_bytes, "%s: so is payload", capture.interfaces[i].name);
    }
    free(sums);
    capture_free(&capture);
}

static void expect_laws(const char *text)
{
    struct scenario *scenario = law_scenario(text);
    struct results plain = law_run_scenario(scenario), traced = {0}, again = {0};
    struct text file = traced_run(scenario, &traced), file_again = traced_run(scenario, &again);
    struct text json = json_of(&plain), json_traced = json_of(&traced);
    law_holds(same(&json, &json_traced), "a trace changes nothing");
    law_holds(same(&file, &file_again), "the same run gives the same trace");
    expect_capture(&file, &traced);
    free(json.bytes);
    free(json_traced.bytes);
    free(file.bytes);
    free(file_again.bytes);
    results_free(&plain);
    results_free(&traced);
    results_free(&again);
    scenario_free(scenario);
}

Test(trace, random_racks_are_traced_whole_and_unchanged)
{
    struct law_seeds seeds = law_seeds_of(SEEDS);
    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        char *text = rack_generate(seed);
        law_begin("laws/trace", seed, text);
        expect_laws(text);
        law_end();
        free(text);
    }
}
