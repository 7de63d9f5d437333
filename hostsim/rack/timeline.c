#include "hostsim/rack/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"

/* --- running --- */

static void note_end(struct timeline_entry *entry, const struct pcim_operation *operation)
{
    entry->ended = true;
    entry->took_ps = operation->ended_ps - operation->started_ps;
    entry->status = operation->status;
    snprintf(entry->detail, sizeof entry->detail, "%s", operation->detail);
}

static void on_end(void *context, const struct pcim_operation *operation)
{
    note_end(context, operation);
}

static void submit(struct timeline *timeline, size_t index)
{
    struct timeline_entry *entry = &timeline->entries[index];
    struct pcim_operation *operation;
    enum status status =
        pcim_submit(timeline->pcim, &timeline->scenario->events[index].request, &operation, &entry->status);
    entry->submitted = true;
    if (status != STATUS_OK) {
        entry->ended = true;
    } else if (pcim_operation_has_ended(operation)) {
        note_end(entry, operation);
    } else {
        operation->on_end = on_end;
        operation->context = entry;
    }
}

static uint64_t due_ps(const struct timeline *timeline)
{
    return timeline->scenario->events[timeline->order[timeline->cursor]].at_ps;
}

static void schedule(struct timeline *timeline)
{
    if (timeline->cursor < timeline->scenario->event_count)
        event_schedule(&timeline->next, due_ps(timeline));
}

static void run_due(struct event *event)
{
    struct timeline *timeline = CONTAINER_OF(event, struct timeline, next);
    uint64_t now_ps = timeline->component.simulation->now_ps;
    while (timeline->cursor < timeline->scenario->event_count && due_ps(timeline) <= now_ps)
        submit(timeline, timeline->order[timeline->cursor++]);
    schedule(timeline);
}

/* --- building --- */

static int compare_times(const void *one, const void *other, void *context)
{
    const struct scenario_event *events = context;
    size_t a = *(const size_t *)one, b = *(const size_t *)other;
    if (events[a].at_ps != events[b].at_ps)
        return events[a].at_ps < events[b].at_ps ? -1 : 1;
    return a < b ? -1 : a > b;
}

void timeline_init(
    struct timeline *timeline, const struct scenario *scenario, struct pcim *pcim, struct simulation *simulation)
{
    *timeline = (struct timeline){
        .scenario = scenario,
        .pcim = pcim,
        .order = calloc(scenario->event_count + 1, sizeof *timeline->order),
        .entries = calloc(scenario->event_count + 1, sizeof *timeline->entries),
    };
    CHECK(timeline->order != NULL && timeline->entries != NULL);
    component_init(&timeline->component, simulation);
    event_init(&timeline->next, &timeline->component, run_due);
    for (size_t index = 0; index < scenario->event_count; index++)
        timeline->order[index] = index;
    if (scenario->event_count > 0)
        qsort_r(timeline->order, scenario->event_count, sizeof *timeline->order, compare_times, scenario->events);
    while (timeline->cursor < scenario->event_count && due_ps(timeline) < simulation->now_ps)
        timeline->cursor++;
    schedule(timeline);
}

void timeline_free(struct timeline *timeline)
{
    if (timeline->entries == NULL)
        return;
    event_cancel(&timeline->next);
    free(timeline->order);
    free(timeline->entries);
    *timeline = (struct timeline){0};
}

/* --- results --- */

static const char *detail_of(const struct timeline_entry *entry, struct results *results)
{
    if (!entry->submitted)
        return "it is after the end of the run";
    if (!entry->ended)
        return "";
    if (entry->status.code == STATUS_OK)
        return results_text(results, "%s", entry->detail);
    bool hint = entry->status.hint[0] != '\0';
    return results_text(results, "%s%s%s", entry->status.message, hint ? "; " : "", entry->status.hint);
}

void timeline_collect(const struct timeline *timeline, struct results *results)
{
    size_t count = timeline->scenario->event_count;
    results->timeline = calloc(count + 1, sizeof *results->timeline);
    CHECK(results->timeline != NULL);
    results->timeline_count = count;
    for (size_t index = 0; index < count; index++) {
        const struct timeline_entry *entry = &timeline->entries[index];
        const struct scenario_event *event = &timeline->scenario->events[index];
        results->timeline[index] = (struct results_event){
            .at_ps = event->at_ps,
            .op = event->op,
            .status = entry->ended ? status_name(entry->status.code) : "running",
            .took_ps = entry->ended ? entry->took_ps : RESULTS_NO_TIME,
            .detail = detail_of(entry, results),
        };
    }
}
