/* Embedded: the scenarios of docs/scenarios/validation, in the program, so that it can validate itself wherever it is
 * installed. The build makes the table from the files (tools/embed.cmake). */
#ifndef HOSTSIM_VALIDATION_EMBEDDED_H
#define HOSTSIM_VALIDATION_EMBEDDED_H

#include <stddef.h>

struct embedded_scenario {
    const char *name; /* the file's, without its ending */
    const char *text; /* its bytes; ends with a NUL that is not counted */
    size_t length;
};

extern const struct embedded_scenario embedded_scenarios[];
extern const size_t embedded_scenario_count;

/* NULL when there is none of this name. */
const struct embedded_scenario *embedded_scenario_find(const char *name);

#endif
