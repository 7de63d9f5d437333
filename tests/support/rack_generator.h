/* Rack generator: a random valid scenario for every seed, as the text of a scenario file.
 *
 * The same seed always gives the same text, so a seed that breaks a law is all that has to be told. Racks are small but
 * odd: several chassis in trees and meshes, hosts with several uplinks or none, adapters of every sharing, links of
 * every generation, buffers that hold one TLP and buffers that hold all, and workloads of every kind that is modelled.
 *
 * All workloads end by themselves, at their `stop`, `count` or `total`, with a few thousand TLPs: a model that goes on
 * after the measured window comes to rest. */
#ifndef TESTS_SUPPORT_RACK_GENERATOR_H
#define TESTS_SUPPORT_RACK_GENERATOR_H

#include <stdint.h>

/* What the data-link layer of all links does. */
enum rack_links {
    RACK_LINKS_FREE,     /* DLLPs are not charged */
    RACK_LINKS_PHYSICAL, /* they are sent, by policies drawn for each link */
    RACK_LINKS_FAULTY,   /* likewise on some, and bits fail on some */
};

/* The scenario of SEED, with links that are free; for the caller to free. */
char *rack_generate(uint64_t seed);

/* The same rack with LINKS. */
char *rack_generate_links(uint64_t seed, enum rack_links links);

/* The same, but idle: no latency is drawn, no link is in flit mode, and the only workload has one operation in flight,
 * of one TLP each way, and long pauses. NULL when nobody owns anything in the rack of SEED. */
char *rack_generate_idle(uint64_t seed);

/* A rack of SEED whose ownership is going to change: hosts that hot-plug in every way and with delays, adapters that
 * take time to reset, requesters that give up soon, links of every kind, and workloads that go on until RACK_LIVE_US
 * with a few operations in flight, some of which wait for their owner. */
char *rack_generate_live(uint64_t seed);
#define RACK_LIVE_US 250

#endif
