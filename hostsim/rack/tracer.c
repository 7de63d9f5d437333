#include "hostsim/rack/tracer.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcie/port.h"
#include "fabric/pcie/tlp_codec.h"
#include "fabric/pcie/tlp_header.h"
#include "hostsim/rack/trace_links.h"
#include "hostsim/rack/world.h"

_Static_assert(TLP_ENCODED_MAX_BYTES <= PCAPNG_PACKET_MAX_BYTES, "a packet has room for every TLP");

/* The largest that a header outside flit mode, and the VH number of an MR prefix, have room for. */
#define TAG_BITS 0x3ff
#define PREFIX_VH_BITS 0xff

static uint32_t queue_of(const struct tlp *tlp, uint32_t channel)
{
    return (uint32_t)tlp->vh << 8 | channel;
}

/* Encodes TLP for DIRECTION into BYTES, as PACKET then says. */
static enum tlp_refusal encode(
    const struct tracer_direction *direction, const struct tlp *tlp, const uint8_t *payload, uint8_t *bytes,
    struct pcapng_packet *packet)
{
    struct tlp shown = *tlp;
    shown.tag &= TAG_BITS;
    shown.vh &= PREFIX_VH_BITS;
    shown.attributes &= TLP_WIRE_ATTRIBUTES;
    if (direction->config->ecrc)
        shown.attributes |= TLP_DIGEST;
    struct tlp_envelope envelope = {
        .mr_prefix = direction->mr,
        .virtual_link = direction->mr ? (uint8_t)egress_vc(direction->vc_count, tlp->traffic_class) : 0,
        .payload = payload,
    };
    size_t size;
    enum tlp_refusal refusal = tlp_encode(&shown, &envelope, bytes, TLP_ENCODED_MAX_BYTES, &size);
    if (refusal != TLP_ACCEPTED)
        return refusal;
    packet->original_bytes = (uint32_t)size;
    packet->captured_bytes = (uint32_t)size;
    if (tlp_payload_bytes(tlp) > 0 && payload == NULL)
        packet->captured_bytes = (direction->mr ? TLP_PREFIX_BYTES : 0) + tlp_header_bytes(&shown);
    return TLP_ACCEPTED;
}

void tracer_add(
    struct tracer *tracer, const struct tracer_direction *direction, const struct tlp *tlp, const uint8_t *payload,
    uint64_t start_ps)
{
    uint8_t bytes[TLP_ENCODED_MAX_BYTES];
    char comment[PCAPNG_TEXT_MAX_BYTES];
    struct pcapng_packet packet = {
        .interface = direction->interface,
        .time_ps = start_ps,
        .bytes = bytes,
        .queue = queue_of(tlp, egress_vc(direction->vc_count, tlp->traffic_class)),
    };
    enum tlp_refusal refusal = encode(direction, tlp, payload, bytes, &packet);
    if (refusal != TLP_ACCEPTED || tlp->tag > TAG_BITS)
        packet.comment = comment;
    if (refusal != TLP_ACCEPTED)
        snprintf(comment, sizeof comment, "not a legal TLP: %s", tlp_refusal_text(refusal));
    else if (tlp->tag > TAG_BITS)
        snprintf(comment, sizeof comment, "tag %u: bits 13:10 have no place in this header", tlp->tag);
    pcapng_add_packet(&tracer->file, &packet);
}

static void on_tlp(struct trace_tap *tap, const struct tlp *tlp, uint64_t start_ps)
{
    const struct tracer_direction *direction = CONTAINER_OF(tap, struct tracer_direction, tap);
    const struct trace_request *request = &direction->tracer->request;
    if (start_ps >= request->from_ps && start_ps < request->to_ps)
        tracer_add(direction->tracer, direction, tlp, NULL, start_ps);
}

static void add_direction(struct tracer *tracer, const struct world_link *link, enum link_direction way)
{
    char name[TRACE_LINK_NAME_BYTES], description[PCAPNG_TEXT_MAX_BYTES];
    bool mr = link->directions[way]->wire.receiver->mr;
    snprintf(
        description, sizeof description, "gen%u x%u, %s link", link->config->gen, link->config->width,
        mr ? "MR" : "plain");
    struct pcapng_interface interface = {
        .name = trace_link_name(link, way, name),
        .description = description,
        .speed_bps = link_rate_bps(link->config, way),
    };
    struct tracer_direction *direction = &tracer->directions[tracer->direction_count++];
    *direction = (struct tracer_direction){
        .tap = {.on_tlp = on_tlp},
        .tracer = tracer,
        .config = link->config,
        .vc_count = link->directions[way]->vc_count,
        .mr = mr,
        .interface = pcapng_add_interface(&tracer->file, &interface),
    };
    link->directions[way]->wire.tap = &direction->tap;
}

/* Adds the directions that are chosen, in the order of results. */
static void add_directions(struct tracer *tracer, bool (*chosen)[LINK_DIRECTIONS])
{
    const struct world *world = tracer->world;
    for (size_t index = 0; index < world->link_count; index++)
        for (enum link_direction way = 0; way < LINK_DIRECTIONS; way++)
            if (chosen[index][way])
                add_direction(tracer, &world->links[index], way);
}

enum status tracer_start(
    struct tracer *tracer, struct world *world, const struct trace_request *request, char *reason, size_t reason_size)
{
    *tracer = (struct tracer){.request = *request, .world = world};
    bool(*chosen)[LINK_DIRECTIONS] = calloc(world->link_count + 1, sizeof *chosen);
    tracer->directions = calloc(world->link_count * LINK_DIRECTIONS + 1, sizeof *tracer->directions);
    CHECK(chosen != NULL && tracer->directions != NULL);
    enum status status = trace_links_choose(world, request->links, chosen, reason, reason_size);
    if (status == STATUS_OK) {
        pcapng_begin(&tracer->file, request->stream, "mriov " MRIOV_VERSION);
        add_directions(tracer, chosen);
        status = tracer_check(tracer, reason, reason_size);
    }
    free(chosen);
    if (status != STATUS_OK)
        tracer_stop(tracer);
    return status;
}

enum status tracer_check(const struct tracer *tracer, char *reason, size_t reason_size)
{
    if (tracer->file.error == 0)
        return STATUS_OK;
    snprintf(reason, reason_size, "%.300s: %s", tracer->request.name, strerror(tracer->file.error));
    return STATUS_UNAVAILABLE;
}

void tracer_stop(struct tracer *tracer)
{
    for (size_t index = 0; tracer->world != NULL && index < tracer->world->link_count; index++)
        for (enum link_direction way = 0; way < LINK_DIRECTIONS; way++)
            tracer->world->links[index].directions[way]->wire.tap = NULL;
    free(tracer->directions);
    *tracer = (struct tracer){0};
}
