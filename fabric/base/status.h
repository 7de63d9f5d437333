/* Status: what an operation that the world can make fail answers.
 *
 * The codes are those of the management API (mriov.v1.Status.Code), so that one code means one thing from the model to
 * the socket. The compiler makes the caller look at it: declare functions as `MUST_CHECK enum status noun_verb(...)`.
 */
#ifndef FABRIC_BASE_STATUS_H
#define FABRIC_BASE_STATUS_H

enum status {
    STATUS_OK,
    STATUS_INVALID_ARGUMENT,
    STATUS_NOT_FOUND,
    STATUS_ALREADY_ASSIGNED,
    STATUS_NOT_ASSIGNED,
    STATUS_BUSY,
    STATUS_GENERATION_MISMATCH,
    STATUS_RESOURCES_EXHAUSTED,
    STATUS_PERMISSION_DENIED,
    STATUS_UNSUPPORTED,
    STATUS_DEADLINE_EXCEEDED,
    STATUS_CANCELLED,
    STATUS_UNAVAILABLE,
    STATUS_INTERNAL,
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* The code in lower case, as results print it: "ok", "invalid_argument", ... */
const char *status_name(enum status status);

#endif
