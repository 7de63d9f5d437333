#include "hostsim/options.h"

#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/nearest.h"

/* A table has at most this many options. */
#define OPTIONS_MAX 16

struct options options_start(const struct option *table, int argc, char **argv)
{
    return (struct options){.table = table, .argc = argc, .argv = argv};
}

static const struct option *find_name(const struct option *table, const char *name, size_t length)
{
    for (; table->name; table++)
        if (strlen(table->name) == length && memcmp(table->name, name, length) == 0)
            return table;
    return NULL;
}

static const struct option *find_letter(const struct option *table, char letter)
{
    for (; table->name; table++)
        if (table->letter == letter)
            return table;
    return NULL;
}

static void unknown_name(const struct option *table, const char *name, size_t length, char *message, size_t size)
{
    const char *words[OPTIONS_MAX];
    size_t count = 0;
    for (; table->name; table++) {
        CHECK(count < OPTIONS_MAX);
        words[count++] = table->name;
    }
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    const char *nearest = nearest_word(word, words, count);
    if (nearest)
        snprintf(message, size, "--%s: unknown option; did you mean `--%s`?", word, nearest);
    else
        snprintf(message, size, "--%s: unknown option; --help lists those there are", word);
}

/* Takes the value of OPTION: ATTACHED (after = or the letter), or the next argument. AS_WRITTEN names it in messages.
 */
static void take_value(
    struct options *options, const struct option *option, const char *attached, const char *as_written,
    struct argument *argument)
{
    argument->kind = ARGUMENT_OPTION;
    argument->option = option;
    if (!option->value) {
        if (!attached)
            return;
        argument->kind = ARGUMENT_FAULT;
        snprintf(argument->message, sizeof argument->message, "%s: takes no value, not `%s`", as_written, attached);
    } else if (attached) {
        argument->value = attached;
    } else if (options->next < options->argc) {
        argument->value = options->argv[options->next++];
    } else {
        argument->kind = ARGUMENT_FAULT;
        snprintf(
            argument->message, sizeof argument->message, "%s: a value is missing: %s %s", as_written, as_written,
            option->value);
    }
}

static void next_long(struct options *options, const char *text, struct argument *argument)
{
    const char *name = text + 2;
    size_t length = strcspn(name, "=");
    const struct option *option = find_name(options->table, name, length);
    if (!option) {
        argument->kind = ARGUMENT_FAULT;
        unknown_name(options->table, name, length, argument->message, sizeof argument->message);
        return;
    }
    char as_written[64];
    snprintf(as_written, sizeof as_written, "--%s", option->name);
    take_value(options, option, name[length] ? name + length + 1 : NULL, as_written, argument);
}

static void next_short(struct options *options, const char *text, struct argument *argument)
{
    const struct option *option = find_letter(options->table, text[1]);
    if (!option) {
        argument->kind = ARGUMENT_FAULT;
        snprintf(
            argument->message, sizeof argument->message, "%.64s: unknown option; --help lists those there are", text);
        return;
    }
    const char as_written[] = {'-', option->letter, '\0'};
    take_value(options, option, text[2] ? text + 2 : NULL, as_written, argument);
}

bool options_next(struct options *options, struct argument *argument)
{
    if (!options->ended && options->next < options->argc && strcmp(options->argv[options->next], "--") == 0) {
        options->ended = true;
        options->next++;
    }
    if (options->next >= options->argc)
        return false;
    *argument = (struct argument){0};
    const char *text = options->argv[options->next++];
    if (options->ended || text[0] != '-' || text[1] == '\0') {
        argument->kind = ARGUMENT_OPERAND;
        argument->value = text;
    } else if (text[1] == '-') {
        next_long(options, text, argument);
    } else {
        next_short(options, text, argument);
    }
    return true;
}
