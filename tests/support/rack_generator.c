#include "tests/support/rack_generator.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "tests/support/garden.h"

/* --- links and buffers --- */

/* A pool of headers or of data; LEAST bytes at least where it is data. */
static void put_pool(struct garden *garden, const char *separator, const char *type, bool data, uint32_t least)
{
    put(garden, "%s%s-%s: ", separator, type, data ? "data" : "headers");
    if (chance(garden, 20))
        put(garden, "infinite");
    else if (data)
        put(garden, "%uB", least * (uint32_t)(chance(garden, 50) ? 1 : between(garden, 1, 20)));
    else
        put(garden, "%d", chance(garden, 50) ? between(garden, 1, 2) : between(garden, 1, 80));
}

static void put_credits(struct garden *garden, const char *key)
{
    static const char *const types[] = {"posted", "nonposted", "completion"};
    if (chance(garden, 10)) {
        put(garden, ", %s: infinite", key);
        return;
    }
    put(garden, ", %s: {", key);
    const char *separator = "";
    for (int type = 0; type < 3; type++)
        for (int data = 0; data < 2; data++) {
            if (chance(garden, 30))
                continue;
            put_pool(garden, separator, types[type], data == 1, type == 1 ? 16 : garden->mps_most);
            separator = ", ";
        }
    put(garden, "}");
}

static int roll(struct garden *garden, int bound)
{
    return (int)random_below(&garden->dice, (uint64_t)bound);
}

static void put_data_link(struct garden *garden)
{
    static const char *const rates[] = {"0", "1e-6", "1e-5", "3e-5", "1e-4"};
    static const char *const charges[] = {"physical", "physical", "off", "pcie-bench"};
    bool faulty = garden->links == RACK_LINKS_FAULTY;
    if (garden->links == RACK_LINKS_FREE) {
        put(garden, ", dllp: off");
        return;
    }
    put(garden, ", dllp: %s", charges[faulty ? roll(garden, 4) : 0]);
    if (faulty)
        put(garden, ", ber: %s", rates[roll(garden, 5)]);
    if (roll(garden, 3) == 0)
        put(garden, ", ack-every: %d", 1 + roll(garden, 9));
    if (roll(garden, 3) == 0)
        put(garden, ", updatefc-every: %d", 1 + roll(garden, 9));
    if (roll(garden, 4) == 0)
        put(garden, ", replay-buffer: %d", 1 + roll(garden, 40));
    if (faulty && roll(garden, 4) == 0)
        put(garden, ", replay-timer: %dns", 300 + roll(garden, 5000));
    if (faulty && roll(garden, 4) == 0)
        put(garden, ", training: %dus", roll(garden, 20));
}

static void put_link(struct garden *garden, int gen_most)
{
    gen_most = garden->idle && gen_most > 5 ? 5 : gen_most;
    put(garden, "link: {gen: %d, width: %d", between(garden, 1, gen_most), 1 << below(garden, 5));
    if (chance(garden, 40))
        put(garden, ", cable: %dm", between(garden, 0, 10));
    else if (chance(garden, 50))
        put(garden, ", propagation: %dns", between(garden, 0, 300));
    if (chance(garden, 30))
        put(garden, ", address: 32");
    if (chance(garden, 30))
        put(garden, ", ecrc: on");
    if (chance(garden, 10))
        put(garden, ", rate: %d.%dGbps", between(garden, 2, 99), below(garden, 10));
    else if (chance(garden, 10))
        put(garden, ", rate: {up: %dGbps, down: %dGbps}", between(garden, 2, 99), between(garden, 2, 99));
    if (chance(garden, 30))
        put_credits(garden, "credits");
    put_data_link(garden);
    if (roll(garden, 3) == 0)
        put(garden, ", virtual-channels: %d", 1 + roll(garden, 8));
    put(garden, "}");
}

/* --- the rack --- */

static void put_latency(struct garden *garden, const char *separator, const char *key)
{
    int mean = between(garden, 1, 400);
    put(garden, "%s%s: ", separator, key);
    switch (garden->idle ? -1 : below(garden, 6)) {
    case 0:
        put(garden, "{exponential: %dns}", mean);
        break;
    case 1:
        put(garden, "{uniform: [%dns, %dns]}", mean / 2, 2 * mean);
        break;
    case 2:
        put(garden, "{lognormal: [%dns, %dns]}", mean, mean / 2);
        break;
    case 3:
        put(garden, "{mix: {%dns: 0.9, %dns: 0.1}}", mean, 10 * mean);
        break;
    default:
        put(garden, "%dns", mean);
    }
}

static void put_chassis(struct garden *garden)
{
    static const char *const arbitrations[] = {"round-robin", "weighted", "deficit", "strict", "age", "random"};
    garden->chassis_count = chance(garden, 40) ? 1 : between(garden, 2, CHASSIS_MOST);
    garden->mesh = chance(garden, 50);
    put(garden, "chassis:\n");
    for (int chassis = 0; chassis < garden->chassis_count; chassis++) {
        put(garden, "  - {name: c%d", chassis);
        if (chance(garden, 50))
            put_latency(garden, ", ", "latency");
        if (chance(garden, 40))
            put(garden, ", forwarding: store-and-forward");
        /* Round trunks that form rings, lines that all hierarchies share could wait for each other. */
        bool fifo = !garden->mesh && roll(garden, 4) == 0;
        if (fifo)
            put(garden, ", queueing: fifo");
        if (chance(garden, 40))
            put(garden, ", speedup: %d", fifo ? 1 : between(garden, 1, 4));
        put(garden, ", arbitration: %s", arbitrations[roll(garden, 6)]);
        if (!garden->mesh && chance(garden, 40))
            put(garden, ", credits: shared");
        if (chance(garden, 60))
            put_credits(garden, "buffer");
        put(garden, "}\n");
    }
}

/* A tree, sometimes with trunks across it or beside each other. */
static void put_trunks(struct garden *garden)
{
    if (garden->chassis_count == 1)
        return;
    put(garden, "trunks:\n");
    int trunk = 0;
    for (int chassis = 1; chassis < garden->chassis_count; chassis++) {
        put(garden, "  - {name: t%d, between: [c%d, c%d], ", trunk++, below(garden, chassis), chassis);
        put_link(garden, 5);
        put(garden, "}\n");
    }
    while (garden->mesh && trunk < TRUNKS_MOST && chance(garden, 70)) {
        int one = below(garden, garden->chassis_count);
        int other = (one + between(garden, 1, garden->chassis_count - 1)) % garden->chassis_count;
        put(garden, "  - {name: t%d, between: [c%d, c%d], ", trunk++, one, other);
        put_link(garden, 5);
        put(garden, "}\n");
    }
}

static void put_memory(struct garden *garden)
{
    put(garden, ", memory: {");
    put_latency(garden, "", "read-latency");
    put_latency(garden, ", ", "write-latency");
    if (chance(garden, 50))
        put(garden, ", bandwidth: %dGB/s", between(garden, 1, 50));
    put(garden, "}");
}

static void put_uplinks(struct garden *garden, int host)
{
    garden->uplink_count[host] = 1;
    if (chance(garden, 10)) {
        garden->uplink_count[host] = 0;
        return;
    }
    if (chance(garden, 70)) {
        put(garden, ", chassis: c%d", below(garden, garden->chassis_count));
        if (chance(garden, 20))
            put(garden, ", uplinks: %d", garden->uplink_count[host] = between(garden, 2, UPLINKS_MOST));
        return;
    }
    int count = garden->uplink_count[host] = between(garden, 1, UPLINKS_MOST);
    put(garden, ", chassis: [");
    for (int uplink = 0; uplink < count; uplink++)
        put(garden, "%sc%d", uplink > 0 ? ", " : "", below(garden, garden->chassis_count));
    put(garden, "]");
}

/* A time of up to MOST_US; often none. */
static void put_delay(struct garden *garden, const char *key, int most_us)
{
    if (roll(garden, 2) == 0)
        put(garden, ", %s: %dns", key, roll(garden, 1000 * most_us));
}

static void put_hotplug(struct garden *garden)
{
    static const char *const modes[] = {"managed", "managed", "managed", "surprise", "none"};
    put(garden, ", completion-timeout: %dus, hotplug: %s", 20 + roll(garden, 100), modes[roll(garden, 5)]);
    put_delay(garden, "hotplug-delay", 15);
    put_delay(garden, "vf-enable-delay", 10);
}

static void put_host(struct garden *garden, int host)
{
    put(garden, "  - {name: h%d, weight: %d", host, 1 + roll(garden, 4));
    put_uplinks(garden, host);
    put(garden, ", ");
    put_link(garden, 6);
    put(garden, ", mps: %uB", garden->mps_most >> below(garden, garden->mps_most > 128 ? 2 : 1));
    put(garden, ", mrrs: %dB, rcb: %s", 128 << below(garden, 6), ONE_OF(garden, "64B", "128B"));
    if (chance(garden, 30))
        put(garden, ", completions: rcb");
    if (chance(garden, 60))
        put_memory(garden);
    if (chance(garden, 30))
        put_latency(garden, ", ", "root-latency");
    if (chance(garden, 30))
        put(garden, ", outstanding: %d", between(garden, 1, 8));
    if (!garden->idle && chance(garden, 20))
        put(garden, ", iommu: {entries: %d, page: %s, walk: %dns, walkers: %d}", between(garden, 1, 8),
            ONE_OF(garden, "4KiB", "64KiB"), between(garden, 0, 500), between(garden, 1, 4));
    if (garden->live)
        put_hotplug(garden);
    garden->guest_count[host] = chance(garden, 30) ? between(garden, 1, 3) : 0;
    if (garden->guest_count[host] > 0)
        put(garden, ", guests: [{name: \"vm[0-%d]\"}]", garden->guest_count[host] - 1);
    put(garden, "}\n");
}

static void put_hosts(struct garden *garden)
{
    garden->host_count = chance(garden, 70) ? between(garden, 1, 6) : between(garden, 1, HOSTS_MOST);
    if (garden->live && garden->host_count > 6)
        garden->host_count = 2 + garden->host_count % 5;
    put(garden, "hosts:\n");
    for (int host = 0; host < garden->host_count; host++)
        put_host(garden, host);
}

/* --- adapters and who owns them --- */

static void own(struct garden *garden, int adapter, int host, int uplink, int pf, int vf)
{
    if (garden->function_count == FUNCTIONS_MOST)
        return;
    struct grown_function *function = &garden->functions[garden->function_count++];
    *function = (struct grown_function){.adapter = adapter, .host = host, .uplink = uplink};
    if (vf == NOWHERE)
        snprintf(function->name, sizeof function->name, "a%d.pf%d", adapter, pf);
    else
        snprintf(function->name, sizeof function->name, "a%d.pf%d.vf%d", adapter, pf, vf);
}

static void put_adapter(struct garden *garden, int adapter, int host, const char *sharing)
{
    if (host != NOWHERE)
        put(garden, "  - {name: a%d, at: h%d, ", adapter, host);
    else
        put(garden, "  - {name: a%d, at: c%d, sharing: %s, ", adapter, below(garden, garden->chassis_count), sharing);
    put_link(garden, sharing[0] == 'm' ? 5 : 6);
    if (chance(garden, 60))
        put(garden, ", outstanding: %d", chance(garden, 50) ? between(garden, 1, 4) : between(garden, 1, 256));
    if (chance(garden, 30))
        put(garden, ", function-outstanding: %d", between(garden, 1, 4));
    if (chance(garden, 30))
        put(garden, ", issue-interval: %dns", between(garden, 0, 40));
    if (chance(garden, 30))
        put_latency(garden, ", ", "bar-latency");
    if (garden->live) {
        put(garden, ", completion-timeout: %dus", 20 + roll(garden, 100));
        put_delay(garden, "flr-delay", 15);
    }
    put(garden, "}\n");
}

static void begin_assign(struct garden *garden)
{
    if (!garden->assigns)
        put(garden, "assign:\n");
    garden->assigns = true;
}

/* PFs to hosts, each with some VFs; the VFs' numbers are by PF. */
static void deal_mr_iov(struct garden *garden, int adapter)
{
    int pf = 0;
    for (int host = 0; host < garden->host_count && pf < 16; host++)
        for (int uplink = 0; uplink < garden->uplink_count[host] && pf < 16; uplink++) {
            if (chance(garden, 40))
                continue;
            int vfs = chance(garden, 30) ? between(garden, 1, 3) : 0;
            begin_assign(garden);
            put(garden, "  - {function: a%d.pf%d, to: \"h%d:%d\", vfs: %d}\n", adapter, pf, host, uplink, vfs);
            for (int vf = NOWHERE; vf < vfs; vf++)
                own(garden, adapter, host, uplink, pf, vf);
            if (vfs > 0 && uplink == 0 && garden->guest_count[host] > 0)
                put(garden, "  - {function: a%d.pf%d.vf0, to: h%d/vm0}\n", adapter, pf, host);
            pf++;
        }
}

static void deal_sr_iov(struct garden *garden, int adapter)
{
    int vf = 0;
    for (int host = 0; host < garden->host_count && vf < 32; host++)
        for (int uplink = 0; uplink < garden->uplink_count[host]; uplink++) {
            if (chance(garden, 50))
                continue;
            begin_assign(garden);
            /* A guest gets it through the uplink that is nearest, so where there are several it is not said which. */
            if (garden->uplink_count[host] == 1 && garden->guest_count[host] > 0 && chance(garden, 50))
                put(garden, "  - {function: a%d.vf%d, to: h%d/vm0}\n", adapter, vf, host);
            else
                put(garden, "  - {function: a%d.vf%d, to: \"h%d:%d\"}\n", adapter, vf, host, uplink);
            own(garden, adapter, host, uplink, 0, vf++);
        }
}

static void deal_exclusive(struct garden *garden, int adapter)
{
    int host = below(garden, garden->host_count);
    if (garden->uplink_count[host] == 0)
        return;
    int uplink = below(garden, garden->uplink_count[host]);
    begin_assign(garden);
    put(garden, "  - {function: a%d, to: \"h%d:%d\"}\n", adapter, host, uplink);
    own(garden, adapter, host, uplink, 0, NOWHERE);
}

static void put_adapters(struct garden *garden)
{
    const char *sharing[ADAPTERS_MOST];
    int in_host[ADAPTERS_MOST];
    garden->adapter_count = between(garden, 1, ADAPTERS_MOST);
    put(garden, "adapters:\n");
    for (int adapter = 0; adapter < garden->adapter_count; adapter++) {
        sharing[adapter] = ONE_OF(garden, "mr-iov", "mr-iov", "sr-iov", "exclusive");
        in_host[adapter] = chance(garden, 15) ? below(garden, garden->host_count) : NOWHERE;
        put_adapter(garden, adapter, in_host[adapter], sharing[adapter]);
    }
    for (int adapter = 0; adapter < garden->adapter_count; adapter++) {
        if (in_host[adapter] != NOWHERE)
            own(garden, adapter, in_host[adapter], NOWHERE, 0, NOWHERE);
        else if (sharing[adapter][0] == 'm')
            deal_mr_iov(garden, adapter);
        else if (sharing[adapter][0] == 's')
            deal_sr_iov(garden, adapter);
        else
            deal_exclusive(garden, adapter);
    }
}

/* --- workloads --- */

/* A function of another adapter in the hierarchy of FUNCTION; NULL when there is none. */
static const struct grown_function *find_peer(struct garden *garden, const struct grown_function *function)
{
    int first = below(garden, garden->function_count);
    for (int n = 0; n < garden->function_count && function->uplink != NOWHERE; n++) {
        const struct grown_function *other = &garden->functions[(first + n) % garden->function_count];
        if (other->host == function->host && other->uplink == function->uplink && other->adapter != function->adapter)
            return other;
    }
    return NULL;
}

/* Writes `op` and, where it needs one, `peer`. */
static void put_op(struct garden *garden, const struct grown_function *function)
{
    const struct grown_function *peer = function != NULL && chance(garden, 30) ? find_peer(garden, function) : NULL;
    if (peer != NULL)
        put(garden, ", op: %s, peer: %s", ONE_OF(garden, "peer-write", "peer-read"), peer->name);
    else
        put(garden, ", op: %s", ONE_OF(garden, "dma-write", "dma-read", "mmio-write", "mmio-read"));
}

static void put_size(struct garden *garden)
{
    switch (below(garden, 5)) {
    case 0:
        put(garden, ", size: {uniform: [1B, %dB]}", between(garden, 64, 3000));
        break;
    case 1:
        put(garden, ", size: {mix: {64B: 0.7, %dB: 0.3}}", between(garden, 256, 9000));
        break;
    case 2:
        put(garden, ", size: %dB", between(garden, 1, 5000));
        break;
    default:
        put(garden, ", size: %dB", 64 << below(garden, 6));
    }
}

static void put_arrival(struct garden *garden)
{
    switch (below(garden, 6)) {
    case 0:
        put(garden, ", arrival: {poisson: %dGbps}", between(garden, 1, 60));
        break;
    case 1:
        put(garden, ", arrival: {periodic: %dMops/s}", between(garden, 1, 12));
        break;
    case 2:
        put(garden, ", arrival: {closed: %d, think: {exponential: %dns}}", between(garden, 1, 40),
            between(garden, 1, 900));
        break;
    case 3:
        put(garden, ", arrival: {onoff: {rate: %dGbps, on: %dns, off: {exponential: %dns}}}", between(garden, 1, 60),
            between(garden, 100, 900), between(garden, 100, 900));
        break;
    default:
        break; /* saturate */
    }
}

/* Long, and not much at a time. */
static void put_live_bounds(struct garden *garden, const struct grown_function *function)
{
    put(garden, ", arrival: {closed: %d, think: {exponential: %dns}}", between(garden, 1, 4),
        between(garden, 300, 6000));
    put(garden, ", stop: %dus", between(garden, RACK_LIVE_US / 2, RACK_LIVE_US));
    if (chance(garden, 40))
        put(garden, ", start: %dns", between(garden, 0, 100000));
    if (chance(garden, 20))
        put(garden, ", count: %d", between(garden, 1, 200));
    if (function != NULL && chance(garden, 30))
        put(garden, ", host: h%d", function->host);
}

static void put_bounds(struct garden *garden)
{
    put(garden, ", stop: %dns", between(garden, 1500, 4000));
    if (chance(garden, 40))
        put(garden, ", start: %dns", between(garden, 0, 1400));
    if (chance(garden, 20))
        put(garden, ", count: %d", between(garden, 1, 60));
    if (chance(garden, 20))
        put(garden, ", total: %dKiB", between(garden, 1, 20));
    if (chance(garden, 40))
        put(garden, ", outstanding: %d", between(garden, 1, 32));
}

/* A set of functions, or one. Returns the one. */
static const struct grown_function *put_functions(struct garden *garden)
{
    const struct grown_function *function = &garden->functions[below(garden, garden->function_count)];
    if (chance(garden, 60)) {
        put(garden, "function: %s", function->name);
        return function;
    }
    int first = below(garden, garden->function_count);
    int count = between(garden, 1, garden->function_count < 5 ? garden->function_count : 5);
    put(garden, "function: [");
    for (int n = 0; n < count; n++)
        put(garden, "%s%s", n > 0 ? ", " : "", garden->functions[(first + n) % garden->function_count].name);
    put(garden, "], spread: %s", ONE_OF(garden, "each", "random", "round-robin"));
    return NULL;
}

static void put_workloads(struct garden *garden)
{
    if (garden->function_count == 0)
        return;
    int count = between(garden, 1, 8);
    put(garden, "workloads:\n");
    for (int workload = 0; workload < count; workload++) {
        put(garden, "  - {name: w%d, ", workload);
        const struct grown_function *function = put_functions(garden);
        put_op(garden, function);
        put_size(garden);
        if (garden->live) {
            put_live_bounds(garden, function);
        } else {
            put_arrival(garden);
            put_bounds(garden);
        }
        if (chance(garden, 60))
            put(garden, ", window: %dKiB", 1 << below(garden, 12));
        put(garden, ", pattern: %s", ONE_OF(garden, "sequential", "random", "repeat", "{zipf: 0.9}"));
        static const char *const orderings[] = {"strict", "relaxed", "id-based"};
        put(garden, ", traffic-class: %d, ordering: %s}\n", roll(garden, 8), orderings[roll(garden, 3)]);
    }
}

static void put_idle_workload(struct garden *garden)
{
    const struct grown_function *function = &garden->functions[below(garden, garden->function_count)];
    put(garden, "workloads:\n  - {name: w0, function: %s", function->name);
    put_op(garden, function);
    put(garden, ", size: %dB, arrival: {closed: 1, think: 7us}, stop: 60us}\n", 4 * between(garden, 1, 16));
}

/* Writes the rack of SEED. */
static void put_rack(struct garden *garden, uint64_t seed)
{
    random_init(&garden->random, seed, "rack");
    random_init(&garden->dice, seed, "data links");
    garden->mps_most = 128u << below(garden, 5);
    put(garden, "mriov: 1\nname: random rack %llu\n", (unsigned long long)seed);
    put(garden, "seed: %llu\n", (unsigned long long)seed);
    if (garden->idle)
        put(garden, "run: {duration: 100us}\n");
    else if (garden->live)
        put(garden, "run: {warmup: 10us, duration: %dus}\n", RACK_LIVE_US);
    else
        put(garden, "run: {warmup: %dns, duration: %dns}\n", between(garden, 0, 1000), between(garden, 3000, 9000));
    put_chassis(garden);
    put_trunks(garden);
    put_hosts(garden);
    put_adapters(garden);
}

char *rack_generate(uint64_t seed)
{
    return rack_generate_links(seed, RACK_LINKS_FREE);
}

static char *generate(uint64_t seed, enum rack_links links, bool live)
{
    char *text = NULL;
    size_t size = 0;
    struct garden garden = {.out = open_memstream(&text, &size), .links = links, .live = live};
    CHECK(garden.out != NULL);
    put_rack(&garden, seed);
    put_workloads(&garden);
    CHECK(fclose(garden.out) == 0);
    return text;
}

char *rack_generate_links(uint64_t seed, enum rack_links links)
{
    return generate(seed, links, false);
}

char *rack_generate_live(uint64_t seed)
{
    return generate(seed, (enum rack_links)(seed % 3), true);
}

char *rack_generate_idle(uint64_t seed)
{
    char *text = NULL;
    size_t size = 0;
    struct garden garden = {.out = open_memstream(&text, &size), .idle = true};
    CHECK(garden.out != NULL);
    put_rack(&garden, seed);
    if (garden.function_count > 0)
        put_idle_workload(&garden);
    CHECK(fclose(garden.out) == 0);
    if (garden.function_count > 0)
        return text;
    free(text);
    return NULL;
}
