#include "hostsim/rack/yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/yaml_hint.h"

/* A map or list that has begun and not ended. */
struct frame {
    struct node *node;
    bool is_key; /* it stands where a key should: dropped when it ends */
    char *key;   /* MAP: the key whose value comes next; NULL: a key comes next */
    bool key_quoted;
    bool drops_value; /* the key was refused */
    struct place key_place;
};

struct reader {
    struct document *document;
    struct faults faults; /* of the text, but for its syntax */
    const char *text;
    size_t length;
    struct place source;
    struct place last; /* of the last thing that had one */
    struct frame stack[DOCUMENT_DEPTH];
    unsigned depth;
    unsigned documents;
    struct node *root;
    bool stopped; /* by a fault that makes the rest unreadable */
};

static struct place place_at(const struct reader *reader, const struct fy_mark *mark)
{
    struct place place = reader->source;
    if (mark) {
        place.line = (uint32_t)mark->line + 1;
        place.column = (uint32_t)mark->column + 1;
    } else {
        place.line = reader->last.line ? reader->last.line : 1;
        place.column = reader->last.column ? reader->last.column : 1;
    }
    return place;
}

/* The place of what the library marks one behind its beginning: a name behind `&` or `*`, quoted text. */
static struct place place_before(struct place place)
{
    place.column -= place.column > 1;
    return place;
}

static struct place place_of_token(const struct reader *reader, struct fy_token *token)
{
    struct place place = place_at(reader, token ? fy_token_start_mark(token) : NULL);
    enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
    bool is_inside = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    return is_inside ? place_before(place) : place;
}

static char *text_of(struct reader *reader, struct fy_token *token)
{
    size_t length = 0;
    const char *text = token ? fy_token_get_text(token, &length) : NULL;
    if (text && memchr(text, '\0', length))
        faults_add(&reader->faults, place_of_token(reader, token), "a NUL character is not accepted");
    char *copy = strndup(text ? text : "", text ? length : 0);
    CHECK(copy);
    return copy;
}

static void stop(struct reader *reader, struct place place, const char *message)
{
    faults_add(&reader->faults, place, "%s", message);
    reader->stopped = true;
}

/* The word of the text at MARK, up to a blank: what the writer wrote where the library has resolved it. */
static char *word_at(const struct reader *reader, const struct fy_mark *mark)
{
    const char *start = reader->text + mark->input_pos, *end = start;
    while (end < reader->text + reader->length && !strchr(" \t\r\n,[]{}", *end))
        end++;
    char *word = strndup(start, (size_t)(end - start));
    CHECK(word);
    return word;
}

static void refuse_properties(struct reader *reader, struct fy_token *anchor, struct fy_token *tag)
{
    if (anchor) {
        char *name = text_of(reader, anchor);
        struct place place = place_before(place_of_token(reader, anchor));
        faults_add(&reader->faults, place, "anchors (`&%s`) are not accepted; write it out", name);
        free(name);
    }
    if (tag) {
        char *name = word_at(reader, fy_token_start_mark(tag));
        struct place place = place_of_token(reader, tag);
        faults_add(&reader->faults, place, "tags (`%s`) are not accepted; leave it out", name);
        free(name);
    }
}

static void refuse_duplicate(struct reader *reader, const struct node *key, const struct node_item *first)
{
    if (first->key_place.argument)
        faults_add(&reader->faults, key->place, "duplicate key `%s`", key->text);
    else
        faults_add(
            &reader->faults, key->place, "duplicate key `%s`; it is at %u:%u already", key->text, first->key_place.line,
            first->key_place.column);
}

/* Takes the free scalar NODE as the next key of the map. */
static void take_key(struct reader *reader, struct frame *frame, struct node *node)
{
    bool plain = !node->quoted;
    frame->key = strdup(node->text);
    CHECK(frame->key);
    frame->key_place = node->place;
    frame->key_quoted = node->quoted;
    frame->drops_value = true;
    const struct node_item *same = node_item(frame->node, node->text);
    if (plain && *node->text == '\0')
        faults_add(&reader->faults, node->place, "a key is missing before the colon");
    else if (plain && strcmp(node->text, "<<") == 0)
        faults_add(&reader->faults, node->place, "merge keys (`<<`) are not accepted; write the keys out");
    else if (same)
        refuse_duplicate(reader, node, same);
    else if (frame->node->count == DOCUMENT_KEYS)
        faults_add(&reader->faults, node->place, "more than %d keys in one map", DOCUMENT_KEYS);
    else
        frame->drops_value = false;
    node_free(reader->document, node);
}

/* `{poisson:10Gbps}` is a key without a value: says so, and takes it as it was meant. */
static void mend_missing_space(struct reader *reader, struct frame *frame, struct node *value)
{
    char *colon = strchr(frame->key, ':');
    if (frame->key_quoted || value->quoted || *value->text || !colon || colon == frame->key || !colon[1])
        return;
    faults_add(
        &reader->faults, frame->key_place, "`%s` needs a space after the colon: `%.*s: %s`", frame->key,
        (int)(colon - frame->key), frame->key, colon + 1);
    node_set_text(value, colon + 1);
    *colon = '\0';
    if (node_item(frame->node, frame->key))
        frame->drops_value = true;
}

/* Gives the free node VALUE its place in what is open. */
static void add_node(struct reader *reader, struct node *value)
{
    if (reader->depth == 0) {
        CHECK(!reader->root);
        reader->root = value;
        return;
    }
    struct frame *frame = &reader->stack[reader->depth - 1];
    if (node_is_list(frame->node)) {
        node_append(frame->node, value);
    } else if (!frame->key) {
        take_key(reader, frame, value);
    } else {
        if (node_is_scalar(value))
            mend_missing_space(reader, frame, value);
        if (frame->drops_value)
            node_free(reader->document, value);
        else
            node_set(reader->document, frame->node, frame->key, frame->key_place, value);
        free(frame->key);
        frame->key = NULL;
    }
}

static void open_frame(struct reader *reader, struct node *node)
{
    if (reader->depth == DOCUMENT_DEPTH) {
        stop(reader, node->place, "nested too deeply");
        node_free(reader->document, node);
        return;
    }
    const struct frame *outer = reader->depth ? &reader->stack[reader->depth - 1] : NULL;
    bool is_key = outer && node_is_map(outer->node) && !outer->key;
    if (is_key)
        faults_add(&reader->faults, node->place, "a key must be a single word");
    reader->stack[reader->depth++] = (struct frame){.node = node, .is_key = is_key};
}

static void close_frame(struct reader *reader)
{
    CHECK(reader->depth > 0);
    struct frame frame = reader->stack[--reader->depth];
    CHECK(!frame.key);
    if (!frame.is_key) {
        add_node(reader, frame.node);
        return;
    }
    struct frame *outer = &reader->stack[reader->depth - 1];
    outer->key = strdup("");
    CHECK(outer->key);
    outer->drops_value = true;
    node_free(reader->document, frame.node);
}

static void on_scalar(struct reader *reader, struct fy_event *event)
{
    struct fy_token *token = event->scalar.value;
    refuse_properties(reader, event->scalar.anchor, event->scalar.tag);
    char *text = text_of(reader, token);
    struct node *node = node_new_scalar(reader->document, place_of_token(reader, token), text);
    node->quoted = token && fy_token_scalar_style(token) != FYSS_PLAIN;
    free(text);
    add_node(reader, node);
}

static void on_alias(struct reader *reader, struct fy_event *event)
{
    char *name = text_of(reader, event->alias.anchor);
    struct place place = place_before(place_at(reader, fy_event_start_mark(event)));
    faults_add(
        &reader->faults, place,
        "`*%s` is an alias to YAML, and aliases are not accepted; a leading `*` needs quotes: \"*%s\"", name, name);
    /* Taken as it was meant, so that nothing else is reported for it. */
    char *meant;
    CHECK(asprintf(&meant, "*%s", name) >= 0);
    struct node *node = node_new_scalar(reader->document, place, meant);
    node->quoted = true;
    free(meant);
    free(name);
    add_node(reader, node);
}

static void on_content(struct reader *reader, struct fy_event *event)
{
    struct place place = place_at(reader, fy_event_start_mark(event));
    if (reader->documents > 1) {
        stop(reader, place, "a second document begins here; a scenario is one");
    } else if (reader->document->node_count >= DOCUMENT_NODES) {
        stop(reader, place, "more values than a scenario may have");
    } else if (event->type == FYET_SCALAR) {
        on_scalar(reader, event);
    } else if (event->type == FYET_ALIAS) {
        on_alias(reader, event);
    } else if (event->type == FYET_MAPPING_START) {
        refuse_properties(reader, event->mapping_start.anchor, event->mapping_start.tag);
        open_frame(reader, node_new_map(reader->document, place));
    } else {
        refuse_properties(reader, event->sequence_start.anchor, event->sequence_start.tag);
        open_frame(reader, node_new_list(reader->document, place));
    }
    reader->last = place;
}

static void on_event(struct reader *reader, struct fy_event *event)
{
    switch (event->type) {
    case FYET_DOCUMENT_START:
        reader->documents++;
        break;
    case FYET_SCALAR:
    case FYET_ALIAS:
    case FYET_MAPPING_START:
    case FYET_SEQUENCE_START:
        on_content(reader, event);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        close_frame(reader);
        break;
    default:
        break;
    }
}

/* Drops what a text that was not read to its end left open. */
static void drop_open(struct reader *reader)
{
    while (reader->depth > 0) {
        struct frame *frame = &reader->stack[--reader->depth];
        free(frame->key);
        node_free(reader->document, frame->node);
    }
    node_free(reader->document, reader->root);
    reader->root = NULL;
}

/* The first thing that the library minds. */
static void report_syntax(struct reader *reader, struct fy_diag *diag, struct faults *faults)
{
    void *iterator = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iterator);
    struct place place = reader->source;
    place.line = error && error->line > 0 ? (uint32_t)error->line : place_at(reader, NULL).line;
    place.column = error && error->column > 0 ? (uint32_t)error->column : 1;
    struct yaml_hint hint = yaml_hint(
        reader->text, reader->length, place.line, place.column, error && error->msg ? error->msg : "this is not YAML");
    faults_add(faults, place, "%s", hint.text);
}

static struct fy_parser *open_parser(struct fy_diag *diag, const char *text, size_t length)
{
    struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2,
        .diag = diag,
    };
    struct fy_parser *parser = fy_parser_create(&config);
    CHECK(parser && fy_parser_set_string(parser, text, length) == 0);
    return parser;
}

struct node *
yaml_parse(struct document *document, struct place source, const char *text, size_t length, struct faults *faults)
{
    struct reader reader = {.document = document, .text = text, .length = length, .source = source};
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_config);
    CHECK(diag);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parser *parser = open_parser(diag, text, length);

    struct fy_event *event;
    while (!reader.stopped && (event = fy_parser_parse(parser)) != NULL) {
        on_event(&reader, event);
        fy_parser_event_free(parser, event);
    }
    bool is_syntax = !reader.stopped && (fy_parser_get_stream_error(parser) || reader.depth > 0);
    if (is_syntax) {
        faults_free(&reader.faults);
        report_syntax(&reader, diag, faults);
    }
    if (is_syntax || reader.stopped)
        drop_open(&reader);
    faults_move(faults, &reader.faults);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return reader.root;
}
