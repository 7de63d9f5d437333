#include "fabric/pcie/wire.h"

#include "fabric/base/check.h"
#include "fabric/pcie/operation.h"
#include "fabric/pcie/port.h"

static void wire_arrive(struct event *event)
{
    struct wire *wire = CONTAINER_OF(event, struct wire, arrival);
    struct tlp *tlp = wire->first;
    wire->first = tlp->next;
    if (wire->first != NULL) {
        event_schedule(&wire->arrival, wire->first->ready_ps);
        __builtin_prefetch(wire->first->next); /* looked at when `first` arrives */
    }
    wire->fabric->hops++;
    if (__builtin_expect(tlp->generation != 0, 0)) {
        port_receive_stale(wire->receiver, tlp);
        return;
    }
    wire->receiver->ops->on_tlp(wire->receiver, tlp);
}

void wire_init(
    struct wire *wire, struct fabric *fabric, struct port *receiver, const struct link_config *config,
    enum link_direction direction, bool mr, struct wire_delivery delivery)
{
    *wire = (struct wire){
        .fabric = fabric,
        .receiver = receiver,
        .byte_time = link_byte_time(config, direction),
        .flit_time = link_flit_time(config, direction),
        .propagation_ps = config->propagation_ps,
        .delivery = delivery,
    };
    for (int type = 0; type < TLP_TYPES; type++)
        wire->overhead_bytes[type] = (uint8_t)link_overhead_bytes(config, (enum tlp_type)type, mr);
    component_init(&wire->component, &fabric->simulation);
    event_init(&wire->arrival, &wire->component, wire_arrive);
}

/* A receiver has a byte of a flit once the whole flit is there and checked: the end of the flit that T_PS is in. */
static uint64_t end_of_flit_ps(const struct wire *wire, uint64_t t_ps)
{
    if (wire->flit_time == 0)
        return t_ps;
    unsigned __int128 t = (unsigned __int128)t_ps << LINK_TIME_BITS;
    unsigned __int128 flits = (t + wire->flit_time - 1) / wire->flit_time;
    unsigned __int128 fraction = ((unsigned __int128)1 << LINK_TIME_BITS) - 1;
    return (uint64_t)((flits * wire->flit_time + fraction) >> LINK_TIME_BITS);
}

static inline uint64_t occupy(struct wire *wire, uint32_t bytes, uint64_t start_ps)
{
    unsigned __int128 duration = (unsigned __int128)bytes * wire->byte_time + wire->remainder;
    wire->remainder = (link_time_t)duration & ((UINT64_C(1) << LINK_TIME_BITS) - 1);
    return start_ps + (uint64_t)(duration >> LINK_TIME_BITS);
}

static inline uint64_t arrival_of(const struct wire *wire, uint64_t end_ps)
{
    return end_of_flit_ps(wire, end_ps) + wire->propagation_ps;
}

static inline uint64_t ready_of(const struct wire *wire, const struct tlp *tlp, uint64_t start_ps, uint64_t arrival_ps)
{
    if (!wire->delivery.at_head)
        return arrival_ps + wire->delivery.delay_ps;
    /* In flit mode the header, too, is there only with its flit. */
    uint64_t header_ps = wire->flit_time ? wire_duration_ps(wire, wire->overhead_bytes[tlp->type]) : 0;
    return arrival_of(wire, start_ps + header_ps) + wire->delivery.delay_ps;
}

static inline void deliver(struct wire *wire, struct tlp *tlp, uint64_t start_ps, uint64_t end_ps)
{
    if (__builtin_expect(wire->tap != NULL, 0))
        wire->tap->on_tlp(wire->tap, tlp, start_ps);
    tlp->tail_ps = arrival_of(wire, end_ps);
    tlp->ready_ps = ready_of(wire, tlp, start_ps, tlp->tail_ps);
    tlp->next = NULL;
    if (wire->first == NULL) {
        wire->first = tlp;
        event_schedule(&wire->arrival, tlp->ready_ps);
    } else {
        wire->last->next = tlp;
    }
    wire->last = tlp;
}

uint64_t wire_send(struct wire *wire, struct tlp *tlp, uint32_t bytes, uint64_t start_ps)
{
    uint64_t end_ps = occupy(wire, bytes, start_ps);
    deliver(wire, tlp, start_ps, end_ps);
    return end_ps;
}

uint64_t wire_occupy(struct wire *wire, uint32_t bytes, uint64_t start_ps)
{
    return occupy(wire, bytes, start_ps);
}

uint64_t wire_pass(struct wire *wire, uint64_t bytes)
{
    unsigned __int128 duration = (unsigned __int128)bytes * wire->byte_time + wire->remainder;
    wire->remainder = (link_time_t)duration & ((UINT64_C(1) << LINK_TIME_BITS) - 1);
    return (uint64_t)(duration >> LINK_TIME_BITS);
}

uint64_t wire_arrival_ps(const struct wire *wire, uint64_t end_ps)
{
    return arrival_of(wire, end_ps);
}

uint64_t wire_ready_ps(const struct wire *wire, const struct tlp *tlp, uint64_t start_ps, uint64_t end_ps)
{
    return ready_of(wire, tlp, start_ps, arrival_of(wire, end_ps));
}

void wire_deliver(struct wire *wire, struct tlp *tlp, uint64_t start_ps, uint64_t end_ps)
{
    deliver(wire, tlp, start_ps, end_ps);
}

void wire_drain(struct wire *wire, void (*end)(void *owner, struct tlp *tlp), void *owner)
{
    event_cancel(&wire->arrival);
    struct tlp *tlp = wire->first;
    wire->first = NULL;
    while (tlp != NULL) {
        struct tlp *next = tlp->next;
        end(owner, tlp);
        tlp = next;
    }
}

static uint64_t flit_at(const struct wire *wire, uint64_t at_ps)
{
    return (uint64_t)(((unsigned __int128)at_ps << LINK_TIME_BITS) / wire->flit_time);
}

uint32_t wire_enter_flits(const struct wire *wire, uint64_t start_ps, uint32_t bytes, uint64_t *next)
{
    /* The end is rounded up, and an edge of flits down: 2 ps before it is the last one for sure. */
    uint64_t end = flit_at(wire, start_ps + wire_duration_ps(wire, bytes) - 2) + 1;
    uint64_t first = flit_at(wire, start_ps);
    first = first > *next ? first : *next;
    *next = end > *next ? end : *next;
    return first < end ? (uint32_t)(end - first) : 0;
}

void wire_carry_journey(const struct wire *wire, const struct tlp *tlp)
{
    struct journey *journey = &tlp->operation->journey;
    uint64_t received_ps = tlp->ready_ps - wire->delivery.delay_ps;
    journey_pass(journey, JOURNEY_SERIALISATION, received_ps - wire->propagation_ps);
    journey_pass(journey, JOURNEY_WIRES, received_ps);
    journey_pass(journey, JOURNEY_SWITCHES, tlp->ready_ps);
}

bool wire_is_valid(const struct wire *wire)
{
    for (const struct tlp *tlp = wire->first; tlp != NULL; tlp = tlp->next) {
        if (!tlp_is_valid(tlp))
            return false;
        if (tlp->next != NULL ? tlp->next->ready_ps < tlp->ready_ps : tlp != wire->last)
            return false;
    }
    return event_is_scheduled(&wire->arrival) == (wire->first != NULL);
}
