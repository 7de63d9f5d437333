#include "fabric/base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "mriov: internal error: %s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}
