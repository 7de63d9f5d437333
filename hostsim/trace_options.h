/* Trace options: `--trace FILE` and what narrows it, of a command line. */
#ifndef HOSTSIM_TRACE_OPTIONS_H
#define HOSTSIM_TRACE_OPTIONS_H

#include <stdbool.h>

#include "hostsim/rack/tracer.h"

/* As given; NULL: not given. */
struct trace_options {
    const char *path; /* `-`: standard output */
    const char *links;
    const char *from, *to;
};

/* These belong into the table of options of a command that can trace. */
/* clang-format off */
#define TRACE_OPTIONS                                                                                                  \
    {"trace", 0, "FILE", "write the TLPs of all links to a pcapng file, for Wireshark (- is standard output)"},        \
    {"trace-links", 0, "NAMES", "only of these: --trace-links 'h[0-3],nic0 up'"},                                      \
    {"trace-from", 0, "T", "only TLPs that start at T, from time zero, or later"},                                     \
    {"trace-to", 0, "T", "only TLPs that start before T"}
/* clang-format on */

/* Takes the option NAME over; false when it is none of these. */
bool trace_options_take(struct trace_options *options, const char *name, const char *value);

/* The trace is to be what is written to standard output. */
bool trace_options_to_stdout(const struct trace_options *options);

/* Turns OPTIONS, with a path, into REQUEST, all but its stream; without a path it only sees that nothing else is given.
 * False after saying what is wrong. */
bool trace_options_understand(const struct trace_options *options, struct trace_request *request);

#endif
