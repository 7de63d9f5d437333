#include "hostsim/host/core.h"

#include "fabric/base/check.h"
#include "fabric/pcie/memory_request.h"
#include "hostsim/host/root_complex.h"

static struct fabric *fabric_of(const struct core *core)
{
    return core->root_port->owner->fabric;
}

static uint64_t draw_latency_ps(struct core *core)
{
    return latency_draw_ps(&core->root_port->owner->root_latency);
}

/* The source's next operation, as the core that is `root_latency` away sees it; NULL when there is none now. */
static struct operation *pull(struct core *core, uint64_t now)
{
    if (now < core->latency_ps) {
        event_schedule_before(&core->wake, core->latency_ps);
        return NULL;
    }
    if (core->asked_ps < now - core->latency_ps)
        core->asked_ps = now - core->latency_ps;
    struct operation *operation = core->source->ops->next(core->source, core->asked_ps);
    if (operation == NULL && core->source->next_ps != TIME_NEVER)
        event_schedule_before(&core->wake, core->source->next_ps + core->latency_ps);
    return operation;
}

/* The next line of a read, up to MPS of a write. */
static uint32_t next_bytes(const struct core *core, uint64_t address)
{
    uint64_t left = core->operation->bytes - core->issued_bytes;
    uint32_t most = core->root_port->owner->config.mps - (uint32_t)(address % 4); /* MPS bounds whole DWs */
    if (core->source->kind == OPERATION_READ)
        most = CORE_LINE_BYTES - (uint32_t)(address % CORE_LINE_BYTES);
    return memory_request_bytes(address, left, most);
}

static struct tlp *make_request(struct core *core)
{
    struct operation *operation = core->operation;
    uint64_t address = operation->address + core->issued_bytes;
    uint32_t bytes = next_bytes(core, address);
    core->issued_bytes += bytes;
    struct memory_requester requester = {ROOT_PORT_ID, core->root_port->vh};
    enum operation_kind kind = core->source->kind;
    struct tlp *tlp = memory_request_create(fabric_of(core), requester, operation, kind, address, bytes);
    if (kind == OPERATION_READ) {
        tlp->tag = read_table_take(&core->root_port->owner->reads, operation, core, bytes);
        core->reading = true;
    }
    return tlp;
}

/* Lets go of an operation of which everything has been issued. */
static void end_if_issued(struct core *core)
{
    struct operation *operation = core->operation;
    if (core->issued_bytes < operation->bytes)
        return;
    core->operation = NULL;
    operation->all_issued = true;
    operation_part_done(operation, 0);
}

static bool queue_is_busy(const struct core *core)
{
    return !tlp_fifo_is_empty(&core->queue.fifos[CREDIT_POSTED]) ||
           !tlp_fifo_is_empty(&core->queue.fifos[CREDIT_NONPOSTED]);
}

/* Has an operation to issue, or sees to it that it is looked at again. */
static bool has_operation(struct core *core, uint64_t now)
{
    if (core->operation != NULL)
        return true;
    /* A core that reads asks for its next operation when it has the data of the last. */
    if (core->source->kind == OPERATION_READ && now < core->ready_ps) {
        event_schedule_before(&core->wake, core->ready_ps);
        return false;
    }
    core->operation = pull(core, now);
    if (core->operation == NULL)
        return false;
    core->issued_bytes = 0;
    uint64_t there_ps = core->operation->arrival_ps + core->latency_ps;
    if (core->ready_ps < there_ps || latency_is_constant(&core->root_port->owner->root_latency))
        core->ready_ps = there_ps;
    core->latency_ps = draw_latency_ps(core);
    operation_pass(core->operation, JOURNEY_SOURCE, now > core->ready_ps ? now : core->ready_ps);
    core->operation->all_issued = core->source->kind == OPERATION_READ; /* one line after the other */
    return true;
}

/* Puts the next request into the queue, if the core can make one. */
static void advance(struct core *core)
{
    if (core->reading || queue_is_busy(core) || !has_operation(core, fabric_now_ps(fabric_of(core))))
        return;
    if (core->source->kind == OPERATION_READ && read_table_is_full(&core->root_port->owner->reads)) {
        wait_line_join(&core->root_port->owner->waiting, &core->waiter);
        return;
    }
    struct tlp *request = make_request(core);
    end_if_issued(core);
    egress_enqueue(&core->queue, request, core->ready_ps);
}

static void on_wake(struct event *event)
{
    advance(CONTAINER_OF(event, struct core, wake));
}

static void on_kick(struct operation_issuer *issuer, struct operation_source *source)
{
    (void)source;
    advance(CONTAINER_OF(issuer, struct core, issuer));
}

static void on_sent(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps)
{
    (void)tlp;
    struct core *core = CONTAINER_OF(queue, struct core, queue);
    if (core->reading)
        return;
    core->ready_ps = end_ps; /* the next write could go then */
    advance(core);
}

void core_init(struct core *core, struct root_port *root_port, struct operation_source *source)
{
    *core = (struct core){.issuer = {.kick = on_kick}, .root_port = root_port, .source = source};
    source->issuer = &core->issuer;
    core->latency_ps = draw_latency_ps(core);
    component_init(&core->component, &fabric_of(core)->simulation);
    event_init(&core->wake, &core->component, on_wake);
    struct egress *egress = &root_port->port.egress;
    egress_add_queue(egress, &core->queue, root_port->vh, egress_vc(egress->vc_count, source->traffic_class), on_sent);
    event_schedule(&core->wake, fabric_now_ps(fabric_of(core)));
}

void core_continue(struct core *core)
{
    uint64_t now = fabric_now_ps(fabric_of(core));
    if (core->operation != NULL)
        operation_wait(core->operation, now); /* for the tag */
    if (core->ready_ps < now)
        core->ready_ps = now;
    advance(core);
}

void core_stop(struct core *core)
{
    struct operation *operation = core->operation;
    wait_line_remove(&core->root_port->owner->waiting, &core->waiter);
    event_cancel(&core->wake);
    core->operation = NULL;
    if (operation == NULL)
        return;
    operation->all_issued = true;
    operation_part_failed(operation, fabric_now_ps(fabric_of(core)));
}

void core_go_on(struct core *core, bool closed)
{
    uint64_t now = fabric_now_ps(fabric_of(core));
    const struct tlp *posted = core->queue.fifos[CREDIT_POSTED].first;
    const struct tlp *waiting = posted != NULL ? posted : core->queue.fifos[CREDIT_NONPOSTED].first;
    struct operation *operation = waiting != NULL ? waiting->operation : NULL;
    core->source->back_ps = now;
    if (closed && operation != NULL && !operation->failed && waiting->address / 4 == operation->address / 4)
        operation_arrive_again(operation, now);
}

void core_read_ended(struct core *core, struct operation *operation, bool failed)
{
    uint64_t done_ps = fabric_now_ps(fabric_of(core)) + draw_latency_ps(core);
    core->reading = false;
    core->ready_ps = done_ps + core->latency_ps;
    if (core->operation != NULL)
        core->latency_ps = draw_latency_ps(core);
    operation_pass(operation, JOURNEY_SOURCE, core->operation != NULL ? core->ready_ps : done_ps);
    if (failed)
        operation_part_failed(operation, done_ps);
    else
        operation_part_done(operation, done_ps);
    advance(core);
}
