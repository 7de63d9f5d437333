#include "fabric/pcim/faults.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

static bool is_same_function(struct pcim_function_id one, struct pcim_function_id other)
{
    return one.adapter == other.adapter && one.pf == other.pf && one.vf == other.vf;
}

static bool is_same_target(const struct pcim_target *one, const struct pcim_target *other)
{
    return one->part == other->part && one->index == other->index &&
           (one->part != PCIM_PART_FUNCTION || is_same_function(one->function, other->function));
}

/* A function that hangs does nothing, as one that has failed. */
static bool is_same_fault(enum pcim_part part, enum pcim_fault one, enum pcim_fault other)
{
    bool dead =
        (one == PCIM_FAULT_FAIL || one == PCIM_FAULT_HANG) && (other == PCIM_FAULT_FAIL || other == PCIM_FAULT_HANG);
    return one == other || (part == PCIM_PART_FUNCTION && dead);
}

static bool is_of(const struct pcim_fault_record *record, const struct pcim_target *target, enum pcim_fault fault)
{
    return is_same_target(&record->target, target) && is_same_fault(target->part, record->fault, fault);
}

static void set_event(struct pcim_faults *faults)
{
    uint64_t at_ps = TIME_NEVER;
    for (size_t index = 0; index < faults->count; index++)
        if (faults->records[index].ends_ps < at_ps)
            at_ps = faults->records[index].ends_ps;
    event_cancel(&faults->end);
    if (at_ps != TIME_NEVER)
        event_schedule(&faults->end, at_ps);
}

static void drop(struct pcim_faults *faults, size_t index)
{
    CHECK(index < faults->count);
    for (faults->count--; index < faults->count; index++)
        faults->records[index] = faults->records[index + 1];
}

static void append(struct pcim_faults *faults, const struct pcim_fault_record *record)
{
    if (faults->count == faults->capacity) {
        faults->capacity = faults->capacity == 0 ? 8 : 2 * faults->capacity;
        faults->records = reallocarray(faults->records, faults->capacity, sizeof *faults->records);
        CHECK(faults->records != NULL);
    }
    faults->records[faults->count++] = *record;
}

void pcim_faults_free(struct pcim_faults *faults)
{
    event_cancel(&faults->end);
    free(faults->records);
    faults->records = NULL;
    faults->count = faults->capacity = 0;
}

/* One with an end and one without are kept side by side, as bit errors have each their rate. */
void pcim_faults_add(struct pcim_faults *faults, const struct pcim_fault_record *record)
{
    bool counted = record->fault == PCIM_FAULT_POISONED || record->fault == PCIM_FAULT_LOST_COMPLETION;
    bool ends = record->ends_ps != TIME_NEVER;
    struct pcim_fault_record added = *record;
    for (size_t index = 0; index < faults->count; index++) {
        const struct pcim_fault_record *other = &faults->records[index];
        if (!is_of(other, &record->target, record->fault) || (other->ends_ps != TIME_NEVER) != ends)
            continue;
        if (other->ends_ps > added.ends_ps)
            added.ends_ps = other->ends_ps;
        drop(faults, index--);
    }
    if (ends || !counted)
        append(faults, &added);
    set_event(faults);
}

const struct pcim_fault_record *
pcim_faults_find(const struct pcim_faults *faults, const struct pcim_target *target, enum pcim_fault fault)
{
    const struct pcim_fault_record *longest = NULL;
    for (size_t index = 0; index < faults->count; index++) {
        const struct pcim_fault_record *record = &faults->records[index];
        if (is_of(record, target, fault) && (longest == NULL || record->ends_ps > longest->ends_ps))
            longest = record;
    }
    return longest;
}

bool pcim_faults_take_ended(struct pcim_faults *faults, uint64_t now_ps, struct pcim_fault_record *record)
{
    bool found = false;
    for (size_t index = 0; index < faults->count && !found; index++) {
        found = faults->records[index].ends_ps <= now_ps;
        if (!found)
            continue;
        *record = faults->records[index];
        drop(faults, index);
    }
    set_event(faults);
    return found;
}

void pcim_faults_clear(struct pcim_faults *faults, const struct pcim_target *target)
{
    for (size_t index = 0; index < faults->count; index++) {
        const struct pcim_target *of = &faults->records[index].target;
        bool within = target->part == PCIM_PART_ADAPTER && of->part == PCIM_PART_FUNCTION && of->index == target->index;
        if (is_same_target(of, target) || within)
            drop(faults, index--);
    }
    set_event(faults);
}

void pcim_faults_clear_function(struct pcim_faults *faults, struct pcim_function_id function)
{
    for (size_t index = 0; index < faults->count; index++) {
        const struct pcim_target *of = &faults->records[index].target;
        bool same = of->part == PCIM_PART_FUNCTION && of->function.adapter == function.adapter &&
                    of->function.pf == function.pf;
        if (same && (function.vf == PCIM_NONE || of->function.vf == function.vf))
            drop(faults, index--);
    }
    set_event(faults);
}
