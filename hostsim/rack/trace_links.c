#include "hostsim/rack/trace_links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/name_range.h"
#include "hostsim/rack/nearest.h"
#include "hostsim/rack/path.h"

static const char *way_of(enum link_direction direction)
{
    return direction == LINK_UP ? "up" : "down";
}

const char *
trace_link_name(const struct world_link *link, enum link_direction direction, char name[TRACE_LINK_NAME_BYTES])
{
    snprintf(name, TRACE_LINK_NAME_BYTES, "%s %s", link->name, way_of(direction));
    return name;
}

/* Whether PATTERN means DIRECTION of the link NAME, by itself or with the direction. */
static bool matches(const char *pattern, const char *name, enum link_direction direction)
{
    char whole[TRACE_LINK_NAME_BYTES + sizeof " down"];
    snprintf(whole, sizeof whole, "%s %s", name, way_of(direction));
    return name_matches(pattern, name) || name_matches(pattern, whole);
}

/* Chooses what PATTERN matches, a link or one of its directions; false when it matches nothing. */
static bool choose_pattern(const struct world *world, const char *pattern, bool (*chosen)[LINK_DIRECTIONS])
{
    bool any = false;
    for (size_t index = 0; index < world->link_count; index++) {
        const struct world_link *link = &world->links[index];
        for (enum link_direction direction = 0; direction < LINK_DIRECTIONS; direction++) {
            char host[TRACE_LINK_NAME_BYTES];
            snprintf(host, sizeof host, "%.*s", (int)strcspn(link->name, ":"), link->name);
            if (!matches(pattern, link->name, direction) && !matches(pattern, host, direction))
                continue;
            chosen[index][direction] = true;
            any = true;
        }
    }
    return any;
}

static enum status refuse_unknown(const struct world *world, const char *pattern, char *reason, size_t reason_size)
{
    const char **names = calloc(world->link_count + 1, sizeof *names);
    CHECK(names != NULL);
    for (size_t index = 0; index < world->link_count; index++)
        names[index] = world->links[index].name;
    snprintf(
        reason, reason_size, "--trace-links: no link is called `%.80s`%s", pattern,
        nearest_hint(pattern, names, world->link_count).text);
    free(names);
    return STATUS_NOT_FOUND;
}

/* Chooses what one text between commas stands for. */
static enum status choose_range(
    const struct world *world, const char *range, bool (*chosen)[LINK_DIRECTIONS], char *reason, size_t reason_size)
{
    size_t count;
    struct name_range_why why;
    if (name_range_count(range, &count, &why) != STATUS_OK) {
        snprintf(reason, reason_size, "--trace-links: %s", why.text);
        return STATUS_NOT_FOUND;
    }
    for (size_t index = 0; index < count; index++) {
        char *pattern = name_range_at(range, index);
        bool found = choose_pattern(world, pattern, chosen);
        enum status status = found ? STATUS_OK : refuse_unknown(world, pattern, reason, reason_size);
        free(pattern);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status trace_links_choose(
    const struct world *world, const char *text, bool (*chosen)[LINK_DIRECTIONS], char *reason, size_t reason_size)
{
    size_t count;
    char **ranges = path_split_values(text != NULL ? text : "*", &count);
    enum status status = STATUS_OK;
    for (size_t index = 0; index < count && status == STATUS_OK; index++)
        status = choose_range(world, ranges[index], chosen, reason, reason_size);
    path_free_values(ranges);
    return status;
}
