#include "hostsim/host/write_order.h"

static uint64_t later(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

/* Devices of one bus, and the first function of several, have places of their own. */
static uint32_t place_of(const struct tlp *tlp)
{
    return (tlp->requester_id ^ (uint32_t)tlp->requester_id >> 8) % WRITE_ORDER_PLACES;
}

static uint64_t ahead_ps(const struct write_order *order, const struct tlp *tlp)
{
    if ((tlp->attributes & TLP_ID_BASED_ORDERING) != 0)
        return order->by_requester_ps[place_of(tlp)];
    return order->last_ps;
}

uint64_t write_order_write(struct write_order *order, const struct tlp *write, uint64_t done_ps)
{
    bool relaxed = (write->attributes & TLP_RELAXED_ORDERING) != 0;
    uint64_t visible_ps = relaxed ? done_ps : later(done_ps, ahead_ps(order, write));
    uint64_t *own_ps = &order->by_requester_ps[place_of(write)];
    *own_ps = later(*own_ps, visible_ps);
    order->last_ps = later(order->last_ps, visible_ps);
    return visible_ps;
}

uint64_t write_order_read(const struct write_order *order, const struct tlp *read)
{
    return ahead_ps(order, read);
}
