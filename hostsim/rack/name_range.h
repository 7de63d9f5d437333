/* Name range: names, and strings that stand for several.
 *
 * `h[0-15]` is h0 ... h15, `h[00-15]` keeps zeros, `h[0-3,8]` lists; several ranges in one string multiply, the last
 * fastest (`h[0-1]/vm[0-1]`: h0/vm0, h0/vm1, h1/vm0, h1/vm1). A string without brackets stands for itself. Nothing is
 * stored but the answer: a range of 65,536 names costs no memory until somebody asks for one of them. */
#ifndef HOSTSIM_RACK_NAME_RANGE_H
#define HOSTSIM_RACK_NAME_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "fabric/base/status.h"
#include "fabric/pcim/reference.h"

/* How many strings one string may stand for. */
#define NAME_RANGE_LIMIT 65536
/* How long a string with a range in it may be, in bytes. */
#define NAME_RANGE_LENGTH_LIMIT 1024

/* `[a-z][a-z0-9-]*`, at most NAME_LENGTH_LIMIT bytes. */
bool name_is_valid(const char *text);

/* Whether NAME is what PATTERN describes: `*` stands for any characters, none included; the rest for itself. */
bool name_matches(const char *pattern, const char *name);

struct name_range_why {
    char text[160];
};

/* Whether TEXT holds a bracket, that is, claims to be a range. */
bool name_range_is_range(const char *text);

/* How many strings TEXT stands for, at least 1. STATUS_INVALID_ARGUMENT fills *WHY: descending, empty, not a range,
 * too many. */
MUST_CHECK enum status name_range_count(const char *text, size_t *count, struct name_range_why *why);

/* String INDEX of those, for the caller to free. TEXT must have passed name_range_count(), and INDEX be below it. */
char *name_range_at(const char *text, size_t index);

#endif
