#include "hostsim/rack/build_trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/adapter/function.h"
#include "fabric/base/check.h"
#include "hostsim/rack/beside.h"
#include "hostsim/rack/load_kind.h"
#include "hostsim/rack/nearest.h"
#include "hostsim/rack/quantity.h"
#include "hostsim/rack/schema.h"

/* Longest line, and the most operations. */
#define LINE_LIMIT 256
#define ENTRIES_LIMIT (UINT64_C(1) << 24)
#define FIELDS 4

struct reading {
    struct builder *builder;
    struct scenario_workload *workload;
    struct place *places;
    enum scenario_op own;       /* what a line without an op does; OP_MIX: none */
    int index_of[SCENARIO_OPS]; /* of an op in workload->ops; SCENARIO_NONE: not there yet */
    uint64_t last_ps;
};

/* A piece of a line, without the blanks around it. */
struct field {
    char *text;
    struct place place;
};

/* Cuts LINE at its commas; how many fields it has, of which the first FIELDS are filled in. */
static size_t cut(char *line, struct place place, struct field fields[FIELDS])
{
    size_t count = 0;
    for (char *at = line, *next; at != NULL; at = next) {
        next = strchr(at, ',');
        if (next != NULL)
            *next++ = '\0';
        at += strspn(at, " \t");
        for (size_t length = strlen(at); length > 0 && strchr(" \t\r\n", at[length - 1]); length--)
            at[length - 1] = '\0';
        if (count < FIELDS) {
            fields[count] = (struct field){at, place};
            fields[count].place.column = (uint32_t)(at - line) + 1;
        }
        count++;
    }
    return count;
}

/* FIELD as a quantity; a bare number is in UNIT. */
static bool read_quantity(
    struct reading *reading, const struct field *field, enum quantity_kind kind, const char *unit, uint64_t *value)
{
    char text[LINE_LIMIT + 8];
    struct quantity quantity;
    struct quantity_why why;
    bool bare = field->text[0] != '\0' && field->text[strspn(field->text, "0123456789.")] == '\0';
    snprintf(text, sizeof text, "%s%s", field->text, bare ? unit : "");
    if (quantity_parse(kind, text, &quantity, &why) != STATUS_OK) {
        faults_add(reading->builder->faults, field->place, "%s", why.text);
        return false;
    }
    *value = quantity.value;
    return true;
}

static bool read_address(struct reading *reading, const struct field *field, uint64_t *address)
{
    const char *digits = field->text + 2;
    if (strncmp(field->text, "0x", 2) != 0)
        return read_quantity(reading, field, QUANTITY_SIZE, "B", address);
    size_t length = strlen(digits);
    if (length == 0 || length > 16 || digits[strspn(digits, "0123456789abcdefABCDEF")] != '\0') {
        faults_add(reading->builder->faults, field->place, "%s is no address; write 4096 or 0x1000", field->text);
        return false;
    }
    *address = strtoull(digits, NULL, 16);
    return true;
}

static bool read_time(struct reading *reading, const struct field *field, uint64_t *at_ps)
{
    if (!read_quantity(reading, field, QUANTITY_TIME, "ns", at_ps))
        return false;
    if (*at_ps > TIME_NEVER / 4) {
        faults_add(reading->builder->faults, field->place, "%s is later than any run", field->text);
        return false;
    }
    if (*at_ps < reading->last_ps) {
        faults_add(
            reading->builder->faults, field->place, "%s is before the time of the line before: sort the trace by time",
            field->text);
        return false;
    }
    reading->last_ps = *at_ps;
    return true;
}

static bool read_op(struct reading *reading, const struct field *field, enum scenario_op *op)
{
    const struct schema_word *word = schema_find_word(schema_ops, field->text);
    *op = word != NULL ? (enum scenario_op)word->value : reading->own;
    if (word != NULL || (field->text[0] == '\0' && reading->own != OP_MIX))
        return true;
    const char *names[SCENARIO_OPS];
    size_t count = 0;
    for (word = schema_ops; word->name; word++)
        names[count++] = word->name;
    if (field->text[0] == '\0')
        faults_add(reading->builder->faults, field->place, "an op is missing here, as the workload's own is a mix");
    else
        faults_add(
            reading->builder->faults, field->place, "`%s` is no op%s", field->text,
            nearest_hint(field->text, names, count).text);
    return false;
}

/* The index of OP among the workload's, where it is put when it is new. */
static uint32_t index_of(struct reading *reading, enum scenario_op op, struct place place)
{
    struct scenario_workload *workload = reading->workload;
    if (reading->index_of[op] == SCENARIO_NONE) {
        reading->index_of[op] = (int)workload->op_count;
        reading->places[workload->op_count] = place;
        workload->ops[workload->op_count++] = (struct scenario_workload_op){op, 1};
    }
    return (uint32_t)reading->index_of[op];
}

/* How much of its window an op can reach. */
static uint64_t room_of(const struct scenario_workload *workload, enum scenario_op op)
{
    const struct load_kind *kind = load_kind(op);
    bool in_bar = kind != NULL && kind->target != TARGET_MEMORY;
    return in_bar && workload->window_bytes > FUNCTION_BAR_BYTES ? FUNCTION_BAR_BYTES : workload->window_bytes;
}

static bool
check_range(struct reading *reading, const struct field *field, enum scenario_op op, const struct trace_entry *entry)
{
    uint64_t room = room_of(reading->workload, op);
    if (entry->bytes <= room && entry->offset <= room - entry->bytes)
        return true;
    faults_add(
        reading->builder->faults, field->place, "%llu B at %s reach beyond the window, which has %llu B",
        (unsigned long long)entry->bytes, field->text, (unsigned long long)room);
    return false;
}

static void add_entry(struct trace *trace, const struct trace_entry *entry)
{
    if ((trace->count & (trace->count - 1)) == 0) {
        trace->entries = realloc(trace->entries, (trace->count ? 2 * trace->count : 1) * sizeof *trace->entries);
        CHECK(trace->entries);
    }
    trace->entries[trace->count++] = *entry;
}

static void read_line(struct reading *reading, struct place place, char *line)
{
    struct field fields[FIELDS];
    struct trace_entry entry = {0};
    enum scenario_op op;
    size_t count = cut(line, place, fields);
    if (count == 1 && fields[0].text[0] == '\0')
        return;
    if (fields[0].text[0] == '#' || (place.line == 1 && strcmp(fields[0].text, "time_ns") == 0))
        return;
    if (count != FIELDS) {
        faults_add(
            reading->builder->faults, place,
            "a line must be time_ns,op,bytes,address, such as 1500,dma-write,256,0x40");
        return;
    }
    bool timed = read_time(reading, &fields[0], &entry.at_ps), known = read_op(reading, &fields[1], &op);
    bool sized = read_quantity(reading, &fields[2], QUANTITY_SIZE, "B", &entry.bytes);
    bool placed = read_address(reading, &fields[3], &entry.offset);
    if (sized && entry.bytes == 0)
        faults_add(reading->builder->faults, fields[2].place, "an operation has at least 1 B");
    else if (timed && known && sized && placed && check_range(reading, &fields[3], op, &entry)) {
        entry.op = index_of(reading, op, fields[1].place);
        add_entry(&reading->workload->arrival.trace, &entry);
    }
}

static void read_stream(struct reading *reading, const char *path, FILE *stream)
{
    char line[LINE_LIMIT];
    for (uint32_t number = 1; fgets(line, sizeof line, stream); number++) {
        struct place place = place_in_file(path, number, 1);
        if (!strchr(line, '\n') && !feof(stream)) {
            faults_add(reading->builder->faults, place, "this line is longer than %d characters", LINE_LIMIT - 2);
            return;
        }
        if (reading->workload->arrival.trace.count == ENTRIES_LIMIT) {
            faults_add(reading->builder->faults, place, "more than %llu operations", (unsigned long long)ENTRIES_LIMIT);
            return;
        }
        read_line(reading, place, line);
    }
}

void build_trace(
    struct builder *builder, const struct node *node, struct scenario_workload *workload,
    struct place places[SCENARIO_OPS])
{
    struct reading reading = {builder, workload, places, workload->op, {0}, 0};
    size_t before = faults_added(builder->faults);
    for (size_t op = 0; op < SCENARIO_OPS; op++)
        reading.index_of[op] = SCENARIO_NONE;
    workload->op_count = 0;
    if (node->text[0] == '\0')
        return; /* the reader has said so */
    char *path = workload->arrival.trace_path = beside(builder->scenario->path, node->text);
    FILE *stream = fopen(path, "r");
    if (stream) {
        read_stream(&reading, path, stream);
        if (ferror(stream))
            faults_add(builder->faults, node->place, "cannot read %s: %s", path, strerror(errno));
        else if (workload->arrival.trace.count == 0 && faults_added(builder->faults) == before)
            faults_add(builder->faults, node->place, "%s has no operation", path);
        fclose(stream);
    } else {
        faults_add(builder->faults, node->place, "cannot read %s: %s", path, strerror(errno));
    }
}
