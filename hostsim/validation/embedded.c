#include "hostsim/validation/embedded.h"

#include <string.h>

const struct embedded_scenario *embedded_scenario_find(const char *name)
{
    for (size_t i = 0; i < embedded_scenario_count; i++)
        if (strcmp(embedded_scenarios[i].name, name) == 0)
            return &embedded_scenarios[i];
    return NULL;
}
