#include "hostsim/rack/scenario.h"

#include <stdio.h>

char *
scenario_function_name(const struct scenario *scenario, struct scenario_function function, char *buffer, size_t size)
{
    const char *adapter = scenario->adapters[function.adapter].name;
    if (function.pf == SCENARIO_BF)
        snprintf(buffer, size, "%s.bf", adapter);
    else if (function.vf == SCENARIO_NONE)
        snprintf(buffer, size, "%s.pf%d", adapter, function.pf);
    else
        snprintf(buffer, size, "%s.pf%d.vf%d", adapter, function.pf, function.vf);
    return buffer;
}
