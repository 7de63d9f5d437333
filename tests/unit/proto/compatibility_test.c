/* The rules of proto/README.md, held to: every method, field and value that was ever published is still there, with its
 * number, type and label. The list (compatibility.txt) only grows: MRIOV_PROTO_LIST=1 prints what there is now. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "proto/mriov.pb-c.h"
#include "tests/support/place.h"

#define LINE 256
#define LINES_MOST 4096

static char lines[LINES_MOST][LINE];
static size_t line_count;

/* False: it is there already. */
static bool add(const char *line)
{
    for (size_t i = 0; i < line_count; i++)
        if (strcmp(lines[i], line) == 0)
            return false;
    CHECK(line_count < LINES_MOST);
    snprintf(lines[line_count++], LINE, "%s", line);
    return true;
}

static void add_enum(const ProtobufCEnumDescriptor *of)
{
    char line[LINE];
    for (unsigned i = 0; i < of->n_values; i++) {
        snprintf(line, sizeof line, "value %s.%s = %d", of->name, of->values[i].name, of->values[i].value);
        if (!add(line))
            return;
    }
}

/* No message is recursive. */
static void add_message(const ProtobufCMessageDescriptor *of)
{
    char line[LINE];
    snprintf(line, sizeof line, "message %s", of->name);
    if (!add(line))
        return;
    for (unsigned i = 0; i < of->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &of->fields[i];
        bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE, is_enum = field->type == PROTOBUF_C_TYPE_ENUM;
        const char *type = is_message ? ((const ProtobufCMessageDescriptor *)field->descriptor)->name
                           : is_enum  ? ((const ProtobufCEnumDescriptor *)field->descriptor)->name
                                      : "";
        snprintf(
            line, sizeof line, "field %s.%s = %u type %d %s label %d oneof %d", of->name, field->name, field->id,
            (int)field->type, type, (int)field->label, (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0);
        add(line);
        if (is_message)
            add_message(field->descriptor);
        else if (is_enum)
            add_enum(field->descriptor);
    }
}

static void add_all(void)
{
    const ProtobufCServiceDescriptor *service = &mriov__v1__mr_pcim__descriptor;
    char line[LINE];
    add_message(&mriov__v1__request__descriptor);
    add_message(&mriov__v1__response__descriptor);
    for (unsigned i = 0; i < service->n_methods; i++) {
        const ProtobufCMethodDescriptor *method = &service->methods[i];
        snprintf(line, sizeof line, "method %s(%s) %s", method->name, method->input->name, method->output->name);
        add(line);
        add_message(method->input);
        add_message(method->output);
    }
}

Test(compatibility, nothing_published_has_gone_or_changed)
{
    char path[512], line[LINE];
    size_t published = 0;
    add_all();
    for (size_t i = 0; i < line_count && getenv("MRIOV_PROTO_LIST") != NULL; i++)
        fprintf(stderr, "%s\n", lines[i]);
    snprintf(path, sizeof path, "%s/tests/unit/proto/compatibility.txt", place_source_dir());
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        cr_expect_not(add(line), "published, and not so any more: %s", line);
        published++;
    }
    fclose(file);
    cr_expect_gt(published, 300);
    cr_expect_eq(published, line_count, "what is new belongs into compatibility.txt");
}
