#include "hostsim/host/root_complex.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/pcie/completion_timeout.h"
#include "fabric/pcie/config_access.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/pcie/egress_hold.h"
#include "fabric/pcie/stale.h"
#include "hostsim/host/core.h"
#include "hostsim/host/root_errors.h"
#include "hostsim/host/root_registers.h"

static struct root_channel *channel_of(struct root_port *root_port, const struct tlp *tlp)
{
    return &root_port->channels[egress_vc(root_port->channel_count, tlp->traffic_class)];
}

/* REQUEST, whose data is marked as bad, reaches nothing (base specification 2.7.2.2). */
static void refuse_poisoned(struct root_port *root_port, struct tlp *request)
{
    struct fabric *fabric = root_port->owner->fabric;
    uint64_t now = fabric_now_ps(fabric);
    root_port_report(root_port, &(struct error_report){.error = AER_POISONED, .tlp = request});
    port_release(&root_port->port, request, now);
    operation_tlp_failed(request, now);
    fabric_deliver_tlp(fabric, request, root_port->vh);
}

static void receive_write(struct root_port *root_port, struct tlp *write)
{
    struct root_complex *root_complex = root_port->owner;
    uint64_t now = fabric_now_ps(root_complex->fabric);
    uint64_t accepted_ps = memory_write(&root_complex->memory, tlp_payload_bytes(write), now);
    accepted_ps = write_order_write(&channel_of(root_port, write)->write_order, write, accepted_ps);
    port_release(&root_port->port, write, accepted_ps);
    if ((write->attributes & TLP_JOURNEY) != 0)
        journey_arrive(&write->operation->journey, now, JOURNEY_MEMORY, accepted_ps);
    if (write->operation != NULL)
        operation_part_done(write->operation, accepted_ps);
    else if (root_port->on_interrupt != NULL && write->address == ROOT_INTERRUPT_ADDRESS)
        root_port->on_interrupt(root_port, write->requester_id, accepted_ps);
    fabric_deliver_tlp(root_complex->fabric, write, root_port->vh);
}

static void receive_read(struct root_port *root_port, struct tlp *read)
{
    struct root_complex *root_complex = root_port->owner;
    uint64_t now = fabric_now_ps(root_complex->fabric);
    port_release(&root_port->port, read, now);
    uint64_t data_ps = memory_read(&root_complex->memory, read->length_dw * 4u, now);
    struct root_channel *channel = channel_of(root_port, read);
    uint64_t visible_ps = write_order_read(&channel->write_order, read);
    if (visible_ps > data_ps)
        data_ps = visible_ps;
    if ((read->attributes & TLP_JOURNEY) != 0)
        journey_arrive(&read->operation->journey, now, JOURNEY_MEMORY, data_ps);
    completer_answer(&channel->completer, read, data_ps);
}

static void reach_memory(struct root_port *root_port, struct tlp *request)
{
    if (__builtin_expect((request->attributes & TLP_POISONED) != 0, 0))
        refuse_poisoned(root_port, request);
    else if (request->type == TLP_MWR)
        receive_write(root_port, request);
    else
        receive_read(root_port, request);
}

/* When REQUEST may go to memory: its address is known, and that of all writes before it. */
static uint64_t translated_ps(struct root_port *root_port, const struct tlp *request, uint64_t now)
{
    uint64_t at_ps =
        iommu_translate(root_port->owner->iommu, root_port->vh, request->requester_id, request->address, now);
    if (at_ps < root_port->last_translated_ps)
        at_ps = root_port->last_translated_ps;
    if (request->type == TLP_MWR)
        root_port->last_translated_ps = at_ps;
    return at_ps;
}

/* Lets those go on whose time has come. */
static void reach_memory_due(struct root_port *root_port, uint64_t now)
{
    struct tlp_fifo *translating = &root_port->translating;
    while (!tlp_fifo_is_empty(translating) && translating->first->ready_ps <= now) {
        struct tlp *request = tlp_fifo_pop(translating);
        if (stale_is_condemned(request))
            port_drop_stale(&root_port->port, request);
        else
            reach_memory(root_port, request);
    }
}

/* An IOMMU's host: on to memory now, or when the address is known. */
static void translate(struct root_port *root_port, struct tlp *request)
{
    uint64_t now = fabric_now_ps(root_port->owner->fabric);
    reach_memory_due(root_port, now); /* their event may be the next of this very time */
    request->ready_ps = translated_ps(root_port, request, now);
    if ((request->attributes & TLP_JOURNEY) != 0)
        journey_arrive(&request->operation->journey, now, JOURNEY_MEMORY, request->ready_ps);
    if (request->ready_ps <= now) {
        reach_memory(root_port, request);
        return;
    }
    tlp_fifo_push_by_ready(&root_port->translating, request);
    event_schedule_before(&root_port->translated, root_port->translating.first->ready_ps);
}

static void on_translated(struct event *event)
{
    struct root_port *root_port = CONTAINER_OF(event, struct root_port, translated);
    reach_memory_due(root_port, fabric_now_ps(root_port->owner->fabric));
    if (!tlp_fifo_is_empty(&root_port->translating))
        event_schedule_before(&root_port->translated, root_port->translating.first->ready_ps);
}

/* A tag is free: the core that has waited longest has it. */
static void serve_waiting(struct root_complex *root_complex)
{
    struct waiter *waiter = wait_line_leave(&root_complex->waiting);
    if (waiter != NULL)
        core_continue(CONTAINER_OF(waiter, struct core, waiter));
}

/* --- completion timeouts --- */

static uint64_t root_port_timeout_ps(const struct root_complex *root_complex, const struct root_port *root_port)
{
    const struct config_space *registers = root_port->requester != NULL ? &root_port->requester->registers : NULL;
    return completion_timeout_of(registers, root_complex->config.completion_timeout_ps);
}

static uint64_t read_limit_ps(const struct read_table *table, const struct pending_read *read)
{
    const struct root_complex *root_complex = CONTAINER_OF(table, struct root_complex, reads);
    const struct core *core = read->requester;
    return root_port_timeout_ps(root_complex, core->root_port);
}

static void on_read_expired(struct read_table *table, const struct pending_read *read)
{
    struct root_complex *root_complex = CONTAINER_OF(table, struct root_complex, reads);
    struct core *core = read->requester;
    fabric_count_error(root_complex->fabric, core->root_port->vh, FABRIC_ERROR_TIMEOUT);
    root_port_report(core->root_port, &(struct error_report){.error = AER_COMPLETION_TIMEOUT});
    serve_waiting(root_complex);
    core_read_ended(core, read->operation, true);
}

static const struct read_timeouts read_timeouts = {.limit_ps = read_limit_ps, .expired = on_read_expired};

void root_complex_apply_timeouts(struct root_complex *root_complex)
{
    uint64_t least_ps = TIME_NEVER;
    for (uint32_t index = 0; index < root_complex->port_count; index++) {
        uint64_t timeout_ps = root_port_timeout_ps(root_complex, &root_complex->ports[index]);
        least_ps = timeout_ps < least_ps ? timeout_ps : least_ps;
    }
    read_table_watch(&root_complex->reads, &root_complex->fabric->simulation, &read_timeouts, least_ps);
}

static void receive_completion(struct root_port *root_port, struct tlp *completion)
{
    struct root_complex *root_complex = root_port->owner;
    uint64_t now = fabric_now_ps(root_complex->fabric);
    port_release(&root_port->port, completion, now);
    struct config_requester *requester = root_port->requester;
    if (requester != NULL && config_requester_complete(requester, completion)) {
        fabric_deliver_tlp(root_complex->fabric, completion, root_port->vh);
        return;
    }
    struct pending_read read;
    enum read_progress progress = read_table_complete(&root_complex->reads, completion, &read);
    if (progress == READ_UNEXPECTED) {
        const struct error_report report = {.error = AER_UNEXPECTED_COMPLETION, .advisory = true, .tlp = completion};
        root_port_report(root_port, &report);
        root_complex->unexpected_completions++;
        fabric_drop_tlp(root_complex->fabric, completion, DROP_UNEXPECTED_COMPLETION);
        return;
    }
    if (__builtin_expect(progress == READ_FAILED, 0))
        root_port_read_failed(root_port, completion);
    fabric_deliver_tlp(root_complex->fabric, completion, root_port->vh);
    if (progress == READ_GOES_ON)
        return;
    /* Those that wait come first: a core that reads on would take its tag again at once, and they would wait forever.
     */
    serve_waiting(root_complex);
    core_read_ended(read.requester, read.operation, progress == READ_FAILED);
}

/* Goes where answers to nobody's reads have a queue: on the first channel, whatever REQUEST's was. */
static void answer_refusal(struct root_port *root_port, const struct tlp *request)
{
    struct fabric *fabric = root_port->owner->fabric;
    struct tlp *answer = config_access_answer(fabric, request, TLP_STATUS_UR, 0, CONFIG_REQUESTER_ID, root_port->vh);
    answer->traffic_class = 0;
    egress_enqueue(&root_port->requester->queue, answer, fabric_now_ps(fabric));
}

static void refuse(struct root_port *root_port, struct tlp *tlp)
{
    struct fabric *fabric = root_port->owner->fabric;
    port_release(&root_port->port, tlp, fabric_now_ps(fabric));
    fabric_count_error(fabric, root_port->vh, FABRIC_ERROR_UR);
    root_port_report(root_port, &(struct error_report){.error = AER_UNSUPPORTED_REQUEST, .tlp = tlp});
    if (tlp_credit_type(tlp) == CREDIT_NONPOSTED && root_port->requester != NULL)
        answer_refusal(root_port, tlp);
    operation_tlp_failed(tlp, fabric_now_ps(fabric));
    fabric_drop_tlp(fabric, tlp, DROP_UNSUPPORTED_REQUEST);
}

static void on_tlp(struct port *port, struct tlp *tlp)
{
    struct root_port *root_port = CONTAINER_OF(port, struct root_port, port);
    if (tlp->type == TLP_MWR || tlp->type == TLP_MRD) {
        if (__builtin_expect(tlp->address >= root_port->windows_base, 0) && !root_registers_allow(root_port, tlp))
            refuse(root_port, tlp);
        else if (__builtin_expect(root_port->owner->iommu != NULL, 0))
            translate(root_port, tlp);
        else
            reach_memory(root_port, tlp);
    } else if (!tlp_traits[tlp->type].is_request) {
        receive_completion(root_port, tlp);
    } else if (error_message_is(tlp)) {
        port_release(port, tlp, fabric_now_ps(root_port->owner->fabric));
        root_port_hear(root_port, tlp->byte_enables, tlp->requester_id);
        fabric_deliver_tlp(root_port->owner->fabric, tlp, root_port->vh);
    } else {
        refuse(root_port, tlp);
    }
}

/* --- the link --- */

static bool is_at(const struct pending_read *read, const void *context)
{
    const struct core *core = read->requester;
    return core->root_port == context;
}

static void on_read_lost(struct read_table *table, const struct pending_read *read)
{
    struct root_complex *root_complex = CONTAINER_OF(table, struct root_complex, reads);
    serve_waiting(root_complex);
    core_read_ended(read->requester, read->operation, true);
}

static void lose(struct egress_queue *queue, struct tlp *tlp)
{
    struct fabric *fabric = queue->egress->fabric;
    operation_tlp_failed(tlp, fabric_now_ps(fabric));
    fabric_drop_tlp(fabric, tlp, DROP_LINK_DOWN);
}

/* With the link all ends that had to go over it: what cores wait for is all ones. */
static void on_link(struct port *port, bool up)
{
    struct root_port *root_port = CONTAINER_OF(port, struct root_port, port);
    if (root_port->requester != NULL)
        config_requester_show_link(root_port->requester, up);
    if (!up) {
        egress_drain(&port->egress, lose);
        read_table_give_up(&root_port->owner->reads, is_at, root_port, on_read_lost);
        root_port_lost_link(root_port);
    }
    if (root_port->on_link != NULL)
        root_port->on_link(root_port, up);
}

static const struct port_ops root_port_ops = {.name = "root", .on_tlp = on_tlp, .on_link = on_link};

static void on_completion_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    (void)tlp;
    (void)end_ps;
    completer_sent(&CONTAINER_OF(queue, struct root_channel, queue)->completer);
}

void root_complex_init(
    struct root_complex *root_complex, struct fabric *fabric, const struct root_complex_config *config,
    const struct memory_config *memory, uint32_t port_count, const char *name)
{
    *root_complex = (struct root_complex){
        .fabric = fabric,
        .config = *config,
        .ports = cache_line_calloc(port_count, sizeof *root_complex->ports),
        .port_count = port_count,
    };
    memory_init(&root_complex->memory, memory, fabric->simulation.seed, name);
    latency_init(&root_complex->root_latency, config->root_latency, fabric->simulation.seed, "root", name);
    read_table_init(&root_complex->reads, config->outstanding);
    for (uint32_t index = 0; index < port_count; index++) {
        root_complex->ports[index].port.ops = &root_port_ops;
        root_complex->ports[index].owner = root_complex;
        root_complex->ports[index].windows_base = UINT64_MAX;
    }
}

void root_complex_add_iommu(struct root_complex *root_complex, const struct iommu_config *config)
{
    CHECK(root_complex->iommu == NULL);
    root_complex->iommu = calloc(1, sizeof *root_complex->iommu);
    CHECK(root_complex->iommu != NULL);
    iommu_init(root_complex->iommu, config, root_complex->fabric->window);
}

static void start_channels(struct root_port *root_port, const struct root_complex_config *config)
{
    struct egress *egress = &root_port->port.egress;
    root_port->channel_count = egress->vc_count;
    root_port->channels = cache_line_calloc(egress->vc_count, sizeof *root_port->channels);
    for (uint32_t vc = 0; vc < egress->vc_count; vc++) {
        struct root_channel *channel = &root_port->channels[vc];
        egress_add_queue(egress, &channel->queue, root_port->vh, vc, on_completion_sent);
        completer_init(
            &channel->completer, egress->fabric, &channel->queue,
            &(struct completer_config){
                .chunk_bytes = config->split_at_rcb ? config->rcb : config->mps,
                .boundary_bytes = config->rcb,
                .vh = root_port->vh,
                .completer_id = ROOT_PORT_ID,
            });
    }
}

void root_complex_start(struct root_complex *root_complex)
{
    root_complex_apply_timeouts(root_complex);
    for (uint32_t index = 0; index < root_complex->port_count; index++) {
        struct root_port *root_port = &root_complex->ports[index];
        start_channels(root_port, &root_complex->config);
        if (root_complex->iommu == NULL)
            continue;
        component_init(&root_port->component, &root_complex->fabric->simulation);
        event_init(&root_port->translated, &root_port->component, on_translated);
    }
}

/* Tags that no core's read has (fabric/pcie/read_table.h): theirs are below 256, or from 256 on. */
static uint16_t free_tags(const struct read_table *reads)
{
    return reads->first_tag == 0 ? CONFIG_REQUESTER_TAGS : 0;
}

static void on_written(void *owner)
{
    root_registers_apply(owner);
}

void root_port_configure(struct root_port *root_port, const struct config_requester_config *config)
{
    CHECK(root_port->requester == NULL);
    root_port->requester = calloc(1, sizeof *root_port->requester);
    CHECK(root_port->requester != NULL);
    struct config_requester_config own = *config;
    own.vh = root_port->vh;
    own.latency = &root_port->owner->root_latency;
    own.first_tag = free_tags(&root_port->owner->reads);
    own.rcb_128 = root_port->owner->config.rcb == 128;
    own.timeout_ps = root_port->owner->config.completion_timeout_ps;
    config_requester_init(root_port->requester, root_port->owner->fabric, &root_port->port, &own);
    root_port->requester->written = on_written;
    root_port->requester->owner = root_port;
}

void root_complex_free(struct root_complex *root_complex)
{
    for (uint32_t index = 0; index < root_complex->port_count; index++) {
        struct root_port *root_port = &root_complex->ports[index];
        if (root_port->requester != NULL)
            config_requester_free(root_port->requester);
        free(root_port->requester);
        port_free(&root_port->port);
        free(root_port->channels);
    }
    if (root_complex->iommu != NULL)
        iommu_free(root_complex->iommu);
    free(root_complex->iommu);
    read_table_free(&root_complex->reads);
    free(root_complex->ports);
    *root_complex = (struct root_complex){0};
}

bool root_complex_is_valid(const struct root_complex *root_complex)
{
    for (uint32_t index = 0; index < root_complex->port_count; index++) {
        const struct root_port *root_port = &root_complex->ports[index];
        if (!egress_is_valid(&root_port->port.egress))
            return false;
        for (uint32_t vc = 0; vc < root_port->channel_count; vc++)
            if (!completer_is_valid(&root_port->channels[vc].completer))
                return false;
    }
    return (root_complex->iommu == NULL || iommu_is_valid(root_complex->iommu)) &&
           read_table_is_valid(&root_complex->reads);
}
