#include "tests/support/place.h"

#include <stdlib.h>

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value ? value : otherwise;
}

const char *place_source_dir(void)
{
    return setting("MRIOV_SOURCE_DIR", ".");
}

const char *place_program(void)
{
    return setting("MRIOV_PROGRAM", "mriov");
}

const char *place_daemon(void)
{
    return setting("MRIOV_DAEMON", "mriovd");
}

const char *place_control(void)
{
    return setting("MRIOV_CONTROL", "mriovctl");
}
