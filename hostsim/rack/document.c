#include "hostsim/rack/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/yaml.h"

/* How many bytes the UTF-8 character at TEXT has; 0 when it is none (Unicode 15, table 3-7). */
static size_t character_length(const unsigned char *text, size_t left)
{
    unsigned char first = text[0];
    if (first < 0x80)
        return 1;
    size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (first == 0xe0 && text[1] < 0xa0) || (first == 0xf0 && text[1] < 0x90);
    bool beyond = (first == 0xed && text[1] > 0x9f) || (first == 0xf4 && text[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

/* Whether the bytes are characters that a YAML text may have; adds the fault of the first that is not. */
static bool has_good_bytes(struct place source, const char *text, size_t length, struct faults *faults)
{
    struct place place = source;
    place.line = place.column = 1;
    for (size_t i = 0, step; i < length; i += step) {
        unsigned char c = (unsigned char)text[i];
        step = character_length((const unsigned char *)text + i, length - i);
        if (step == 0) {
            faults_add(faults, place, "byte 0x%02x is not UTF-8", c);
            return false;
        }
        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
            faults_add(faults, place, "control character 0x%02x is not accepted", c);
            return false;
        }
        if (place.column++ == DOCUMENT_LINE) {
            faults_add(faults, place, "a line longer than %u characters", DOCUMENT_LINE);
            return false;
        }
        if (c == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return true;
}

enum status
document_parse(struct document *document, const char *name, const char *text, size_t length, struct faults *faults)
{
    CHECK(!document->root);
    struct place source = place_of_file(document_source(document, name));
    if (length > DOCUMENT_BYTES) {
        faults_add(faults, source, "longer than %u MiB", DOCUMENT_BYTES >> 20);
        return STATUS_INVALID_ARGUMENT;
    }
    if (!has_good_bytes(source, text, length, faults))
        return STATUS_INVALID_ARGUMENT;
    size_t before = faults_added(faults);
    document->root = yaml_parse(document, source, text, length, faults);
    if (!document->root && faults_added(faults) == before)
        faults_add(faults, source, "empty; a scenario begins with `mriov: 1`");
    if (document->root && !node_is_map(document->root)) {
        faults_add(
            faults, document->root->place, "%s; a scenario is a map: `mriov: 1` and so on",
            node_kind_name(document->root));
        node_free(document, document->root);
        document->root = NULL;
    }
    return faults_added(faults) == before ? STATUS_OK : STATUS_INVALID_ARGUMENT;
}

/* All of a stream, or one byte more than is allowed. NULL with errno when it cannot be read. */
static char *read_stream(FILE *stream, size_t *length)
{
    size_t capacity = 1 << 16;
    char *text = malloc(capacity);
    CHECK(text);
    *length = 0;
    for (;;) {
        *length += fread(text + *length, 1, capacity - *length, stream);
        if (*length < capacity || *length > DOCUMENT_BYTES)
            break;
        capacity *= 2;
        text = realloc(text, capacity);
        CHECK(text);
    }
    if (ferror(stream)) {
        free(text);
        return NULL;
    }
    return text;
}

enum status document_read(struct document *document, const char *path, struct faults *faults)
{
    bool is_input = strcmp(path, "-") == 0;
    errno = 0;
    FILE *stream = is_input ? stdin : fopen(path, "rbe");
    size_t length;
    char *text = stream ? read_stream(stream, &length) : NULL;
    int error = errno;
    if (stream && !is_input)
        (void)fclose(stream);
    if (!text) {
        faults_add(faults, place_of_file(path), "cannot be read: %s", strerror(error));
        return STATUS_INVALID_ARGUMENT;
    }
    enum status status = document_parse(document, path, text, length, faults);
    free(text);
    return status;
}

/* Why a VALUE that is no quoted or bracketed text cannot be taken as it stands; NULL when it can. */
static const char *refuse_plain(const char *value)
{
    if (*value == '&')
        return "anchors are not accepted; quote the value";
    if (*value == '!')
        return "tags are not accepted; quote the value";
    if (strstr(value, ": ") || value[strlen(value) - 1] == ':')
        return "a map is written in braces: {key: value}";
    int depth = 0;
    for (const char *c = value; *c; c++) {
        depth += (*c == '[') - (*c == ']');
        if (*c == ',' && depth == 0)
            return "several values are written as a list in brackets: [a, b]";
    }
    return NULL;
}

static struct node *parse_flow(struct document *document, struct place place, const char *value, struct faults *faults)
{
    char *text;
    /* On a line of its own the last bracket cannot end up in a comment. */
    int length = asprintf(&text, "[%s\n]", value);
    CHECK(length >= 0);
    size_t before = faults_added(faults);
    struct node *list = yaml_parse(document, place, text, (size_t)length, faults);
    free(text);
    struct node *node = NULL;
    if (faults_added(faults) == before && list && list->count != 1)
        faults_add(faults, place, "several values are written as a list in brackets: [a, b]");
    else if (faults_added(faults) == before && list)
        node = node_take(list, 0);
    node_free(document, list);
    return node;
}

struct node *
document_parse_value(struct document *document, const char *argument, const char *value, struct faults *faults)
{
    struct place place = place_of_argument(document_source(document, argument));
    size_t length = strlen(value);
    if (length > DOCUMENT_BYTES) {
        faults_add(faults, place, "longer than %u MiB", DOCUMENT_BYTES >> 20);
        return NULL;
    }
    if (!has_good_bytes(place, value, length, faults))
        return NULL;
    value += strspn(value, " ");
    if (*value && strchr("[{\"'", *value))
        return parse_flow(document, place, value, faults);
    const char *refusal = *value ? refuse_plain(value) : NULL;
    if (refusal) {
        faults_add(faults, place, "%s", refusal);
        return NULL;
    }
    struct node *node = node_new_scalar(document, place, value);
    node->quoted = false;
    return node;
}
