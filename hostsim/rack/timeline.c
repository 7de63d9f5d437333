#include "hostsim/rack/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

/* --- running --- */

static void note_end(struct timeline_entry *entry, const struct pcim_operation *operation)
{
    entry->ended = true;
    entry->took_ps = operation->ended_ps - operation->started_ps;
    entry->parts = operation->parts;
    entry->status = operation->status;
    snprintf(entry->detail, sizeof entry->detail, "%s", operation->detail);
}

static void on_end(void *context, const struct pcim_operation *operation)
{
    struct timeline *timeline = context;
    for (size_t index = timeline->count; index > 0; index--) /* most end soon after they began */
        if (timeline->entries[index - 1].operation == operation->id) {
            note_end(&timeline->entries[index - 1], operation);
            return;
        }
}

static void
note(struct timeline *timeline, size_t index, struct pcim_operation *operation, const struct pcim_refusal *refusal)
{
    struct timeline_entry *entry = &timeline->entries[index];
    entry->submitted = true;
    if (operation == NULL) {
        entry->ended = true;
        entry->status = *refusal;
    } else {
        entry->operation = operation->id;
        operation->on_end = on_end;
        operation->context = timeline;
        if (pcim_operation_has_ended(operation))
            note_end(entry, operation);
    }
}

uint64_t timeline_next_ps(const struct timeline *timeline)
{
    if (timeline->scenario == NULL || timeline->cursor >= timeline->scenario->event_count)
        return TIME_NEVER;
    return timeline->scenario->events[timeline->order[timeline->cursor]].at_ps;
}

void timeline_submit(struct timeline *timeline)
{
    while (timeline_next_ps(timeline) != TIME_NEVER && timeline_next_ps(timeline) <= pcim_now_ps(timeline->pcim)) {
        size_t index = timeline->order[timeline->cursor++];
        struct pcim_operation *operation;
        struct pcim_refusal refusal;
        enum status status =
            pcim_submit(timeline->pcim, &timeline->scenario->events[index].request, &operation, &refusal);
        note(timeline, index, status == STATUS_OK ? operation : NULL, &refusal);
    }
}

void timeline_skip(struct timeline *timeline)
{
    timeline->cursor = timeline->scenario->event_count;
}

/* The scenario's key for what REQUEST asks. */
static const char *key_of(const struct pcim_request *request)
{
    static const char *const keys[PCIM_METHODS] = {
        [PCIM_METHOD_ASSIGN] = "assign",       [PCIM_METHOD_RELEASE] = "release",
        [PCIM_METHOD_MOVE] = "move",           [PCIM_METHOD_APPLY] = "apply",
        [PCIM_METHOD_SET_QOS] = "qos",         [PCIM_METHOD_SET_VFS] = "vfs",
        [PCIM_METHOD_CONTROL_PORT] = "port",   [PCIM_METHOD_INJECT_FAULT] = "inject",
        [PCIM_METHOD_REPAIR_FAULT] = "repair", [PCIM_METHOD_MIGRATE_GUEST] = "migrate",
    };
    if (request->method == PCIM_METHOD_CONTROL_PORT && request->control_port.hierarchy != NULL)
        return "reset";
    if (request->method == PCIM_METHOD_INJECT_FAULT && request->fault.fault == PCIM_FAULT_FAIL)
        return "fail";
    return keys[request->method];
}

void timeline_note(
    struct timeline *timeline, const struct pcim_request *request, struct pcim_operation *operation,
    const struct pcim_refusal *refusal)
{
    if (timeline->count - timeline->scenario->event_count == TIMELINE_NOTED_MOST)
        return;
    if (timeline->count == timeline->capacity) {
        timeline->capacity = 2 * timeline->capacity;
        timeline->entries = reallocarray(timeline->entries, timeline->capacity, sizeof *timeline->entries);
        CHECK(timeline->entries != NULL);
    }
    timeline->entries[timeline->count] =
        (struct timeline_entry){.op = key_of(request), .at_ps = pcim_now_ps(timeline->pcim)};
    note(timeline, timeline->count++, operation, refusal);
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

void timeline_init(struct timeline *timeline, const struct scenario *scenario, struct pcim *pcim)
{
    *timeline = (struct timeline){
        .scenario = scenario,
        .pcim = pcim,
        .order = calloc(scenario->event_count + 1, sizeof *timeline->order),
        .entries = calloc(scenario->event_count + 1, sizeof *timeline->entries),
        .count = scenario->event_count,
        .capacity = scenario->event_count + 1,
    };
    CHECK(timeline->order != NULL && timeline->entries != NULL);
    for (size_t index = 0; index < scenario->event_count; index++) {
        timeline->order[index] = index;
        timeline->entries[index].op = scenario->events[index].op;
        timeline->entries[index].at_ps = scenario->events[index].at_ps;
    }
    if (scenario->event_count > 0)
        qsort_r(timeline->order, scenario->event_count, sizeof *timeline->order, compare_times, scenario->events);
}

void timeline_free(struct timeline *timeline)
{
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
    size_t count = timeline->count;
    results->timeline = calloc(count + 1, sizeof *results->timeline);
    CHECK(results->timeline != NULL);
    results->timeline_count = count;
    for (size_t index = 0; index < count; index++) {
        const struct timeline_entry *entry = &timeline->entries[index];
        results->timeline[index] = (struct results_event){
            .at_ps = entry->at_ps,
            .op = entry->op,
            .status = entry->ended ? status_name(entry->status.code) : "running",
            .took_ps = entry->ended ? entry->took_ps : RESULTS_NO_TIME,
            .detail = detail_of(entry, results),
        };
        for (enum pcim_part_of_time part = 0; part < PCIM_TIMES; part++)
            results->timeline[index].parts_ps[part] =
                entry->parts.happened[part] ? entry->parts.took_ps[part] : RESULTS_NO_TIME;
    }
}
