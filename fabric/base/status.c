#include "fabric/base/status.h"

#include "fabric/base/check.h"

static const char *const names[] = {
    [STATUS_OK] = "ok",
    [STATUS_INVALID_ARGUMENT] = "invalid_argument",
    [STATUS_NOT_FOUND] = "not_found",
    [STATUS_ALREADY_ASSIGNED] = "already_assigned",
    [STATUS_NOT_ASSIGNED] = "not_assigned",
    [STATUS_BUSY] = "busy",
    [STATUS_GENERATION_MISMATCH] = "generation_mismatch",
    [STATUS_RESOURCES_EXHAUSTED] = "resources_exhausted",
    [STATUS_PERMISSION_DENIED] = "permission_denied",
    [STATUS_UNSUPPORTED] = "unsupported",
    [STATUS_DEADLINE_EXCEEDED] = "deadline_exceeded",
    [STATUS_CANCELLED] = "cancelled",
    [STATUS_UNAVAILABLE] = "unavailable",
    [STATUS_INTERNAL] = "internal",
};

const char *status_name(enum status status)
{
    CHECK((unsigned)status < sizeof names / sizeof names[0]);
    return names[status];
}
