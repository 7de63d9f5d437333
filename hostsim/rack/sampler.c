#include "hostsim/rack/sampler.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/data_link.h"
#include "hostsim/rack/loads.h"

static uint64_t interval_ps(const struct sampler *sampler)
{
    return sampler->world->scenario->run.sample_ps;
}

void sampler_init(struct sampler *sampler, const struct world *world, struct results *results)
{
    *sampler = (struct sampler){
        .world = world,
        .results = results,
        .next_ps = TIME_NEVER,
        .flow_bytes = calloc(world->scenario->flow_count + 1, sizeof(uint64_t)),
        .flow_room = world->scenario->flow_count,
        .link_busy_ps = calloc(world->link_count * LINK_DIRECTIONS + 1, sizeof(uint64_t)),
    };
    CHECK(sampler->flow_bytes != NULL && sampler->link_busy_ps != NULL);
    if (interval_ps(sampler) != 0)
        sampler->next_ps = world->fabric.window.from_ps + interval_ps(sampler);
}

void sampler_free(struct sampler *sampler)
{
    free(sampler->flow_bytes);
    free(sampler->link_busy_ps);
    *sampler = (struct sampler){0};
}

static void
append(struct sampler *sampler, enum results_sample_kind kind, size_t index, const char *metric, double value)
{
    struct results *results = sampler->results;
    if (results->sample_count == sampler->capacity) {
        sampler->capacity = sampler->capacity == 0 ? 1024 : sampler->capacity * 2;
        results->samples = reallocarray(results->samples, sampler->capacity, sizeof *results->samples);
        CHECK(results->samples != NULL);
    }
    results->samples[results->sample_count++] = (struct results_sample){
        .time_ps = sampler->next_ps, .kind = kind, .index = (uint32_t)index, .metric = metric, .value = value};
}

static void sample_flows(struct sampler *sampler)
{
    const struct loads *loads = sampler->world->loads;
    if (loads->row_count > sampler->flow_room) { /* some came with new owners */
        sampler->flow_bytes = reallocarray(sampler->flow_bytes, loads->row_count, sizeof *sampler->flow_bytes);
        CHECK(sampler->flow_bytes != NULL);
        while (sampler->flow_room < loads->row_count)
            sampler->flow_bytes[sampler->flow_room++] = 0;
    }
    for (size_t index = 0; index < loads->row_count; index++) {
        uint64_t bytes = loads->rows[index]->flow->counters.bytes;
        double bits = (double)(bytes - sampler->flow_bytes[index]) * 8;
        sampler->flow_bytes[index] = bytes;
        append(sampler, SAMPLE_FLOW, index, "goodput_gbps", bits / (double)interval_ps(sampler) * 1e3);
    }
}

static void sample_links(struct sampler *sampler)
{
    for (size_t index = 0; index < sampler->world->link_count * LINK_DIRECTIONS; index++) {
        const struct world_link *link = &sampler->world->links[index / LINK_DIRECTIONS];
        const struct egress *egress = link->directions[index % LINK_DIRECTIONS];
        if (egress->data_link != NULL)
            data_link_settle(egress->data_link, fabric_now_ps(&sampler->world->fabric));
        uint64_t busy_ps = egress_busy_ps(egress);
        double share = (double)(busy_ps - sampler->link_busy_ps[index]) / (double)interval_ps(sampler);
        sampler->link_busy_ps[index] = busy_ps;
        append(sampler, SAMPLE_LINK, index, "utilisation", share);
        append(sampler, SAMPLE_LINK, index, "queue_tlps", egress->waiting.count);
    }
}

void sampler_look(struct sampler *sampler)
{
    if (fabric_now_ps(&sampler->world->fabric) < sampler->next_ps)
        return;
    sample_flows(sampler);
    sample_links(sampler);
    sampler->next_ps += interval_ps(sampler);
}

void sampler_finish(const struct world *world, struct results *results)
{
    size_t *order = loads_result_order(world->loads), rows = world->loads->row_count;
    size_t *place = calloc(rows + 1, sizeof *place);
    CHECK(place != NULL);
    for (size_t index = 0; index < rows; index++)
        place[order[index]] = index;
    for (size_t index = 0; index < results->sample_count; index++)
        if (results->samples[index].kind == SAMPLE_FLOW)
            results->samples[index].index = (uint32_t)place[results->samples[index].index];
    free(place);
    free(order);
}
