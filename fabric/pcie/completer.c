#include "fabric/pcie/completer.h"

#include "fabric/base/check.h"
#include "fabric/pcie/operation.h"

/* How many bytes the next completion carries: up to the last boundary that its chunk reaches, or all that is left. */
static uint32_t next_bytes(const struct completer *completer)
{
    const struct completer_config *config = &completer->config;
    uint64_t reach = completer->next_address + config->chunk_bytes;
    uint64_t end = reach - reach % config->boundary_bytes;
    uint64_t bytes = end - completer->next_address;
    return bytes < completer->bytes_left ? (uint32_t)bytes : completer->bytes_left;
}

static struct tlp *make_completion(struct completer *completer)
{
    const struct tlp *read = completer->current;
    uint32_t bytes = next_bytes(completer);
    struct tlp *completion = fabric_create_tlp(completer->fabric);
    completion->type = TLP_CPLD;
    completion->status = TLP_STATUS_SC;
    completion->requester_id = read->requester_id;
    completion->completer_id = completer->config.completer_id;
    completion->tag = read->tag;
    completion->traffic_class = read->traffic_class;
    completion->attributes = read->attributes & TLP_COPIED_ATTRIBUTES;
    completion->vh = completer->config.vh;
    completion->origin_vh = completer->config.vh;
    completion->generation = read->generation;
    completion->address = completer->next_address & 0x7f;
    completion->length_dw = (uint16_t)tlp_span_dw(completer->next_address, bytes);
    completion->byte_count = (uint16_t)completer->bytes_left;
    completer->next_address += bytes;
    completer->bytes_left -= bytes;
    return completion;
}

static void begin(struct completer *completer)
{
    completer->current = tlp_fifo_pop(&completer->pending);
    completer->bytes_left = tlp_request_bytes(completer->current, &completer->next_address);
}

/* Puts the next completion into the queue if there is one to make. */
static void advance(struct completer *completer)
{
    if (completer->busy)
        return;
    if (completer->current == NULL) {
        if (tlp_fifo_is_empty(&completer->pending))
            return;
        uint64_t ready_ps = completer->pending.first->ready_ps;
        if (ready_ps > fabric_now_ps(completer->fabric)) {
            event_schedule_before(&completer->ready, ready_ps);
            return;
        }
        begin(completer);
    }
    struct tlp *read = completer->current;
    struct tlp *completion = make_completion(completer);
    uint64_t ready_ps = read->ready_ps;
    if (completer->bytes_left == 0) {
        completion->operation = read->operation;
        completion->attributes |= read->attributes & TLP_JOURNEY;
        if ((read->attributes & TLP_JOURNEY) != 0)
            read->operation->carriers++;
        fabric_deliver_tlp(completer->fabric, read, completer->config.vh);
        completer->current = NULL;
    }
    completer->busy = true;
    egress_enqueue(completer->queue, completion, ready_ps);
}

static void on_ready(struct event *event)
{
    advance(CONTAINER_OF(event, struct completer, ready));
}

static bool config_is_valid(const struct completer_config *config)
{
    return config->boundary_bytes > 0 && config->chunk_bytes >= config->boundary_bytes;
}

void completer_init(
    struct completer *completer, struct fabric *fabric, struct egress_queue *queue,
    const struct completer_config *config)
{
    CHECK(config_is_valid(config));
    *completer = (struct completer){.fabric = fabric, .queue = queue, .config = *config};
    component_init(&completer->component, &fabric->simulation);
    event_init(&completer->ready, &completer->component, on_ready);
}

void completer_answer(struct completer *completer, struct tlp *read, uint64_t ready_ps)
{
    read->ready_ps = ready_ps;
    tlp_fifo_push_by_ready(&completer->pending, read);
    advance(completer);
}

void completer_configure(struct completer *completer, const struct completer_config *config)
{
    CHECK(config_is_valid(config));
    completer->config = *config;
}

void completer_abort(struct completer *completer, void (*end)(struct tlp *read, void *context), void *context)
{
    struct tlp *current = completer->current;
    completer->current = NULL;
    completer->bytes_left = 0;
    completer->busy = false;
    event_cancel(&completer->ready);
    if (current != NULL)
        end(current, context);
    while (!tlp_fifo_is_empty(&completer->pending))
        end(tlp_fifo_pop(&completer->pending), context);
}

void completer_sent(struct completer *completer)
{
    CHECK(completer->busy);
    completer->busy = false;
    advance(completer);
}

bool completer_is_valid(const struct completer *completer)
{
    for (const struct tlp *read = completer->pending.first; read != NULL && read->next != NULL; read = read->next)
        if (read->next->ready_ps < read->ready_ps)
            return false;
    return completer->current != NULL || completer->bytes_left == 0;
}
