#include "hostsim/rack/beside.h"

#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"

char *beside(const char *scenario, const char *text)
{
    const char *slash = strrchr(scenario, '/');
    char *path = NULL;
    int length = text[0] == '/' || !slash ? asprintf(&path, "%s", text)
                                          : asprintf(&path, "%.*s/%s", (int)(slash - scenario), scenario, text);
    CHECK(length >= 0);
    return path;
}
