/* CHECK: an assertion that stays on in release builds.
 *
 * For what we did wrong; what the world can do wrong is a status (fabric/base/status.h). A failed CHECK prints the
 * condition and its place on stderr and aborts. */
#ifndef FABRIC_BASE_CHECK_H
#define FABRIC_BASE_CHECK_H

#include <stddef.h>

_Noreturn void check_failed(const char *condition, const char *file, int line);

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (__builtin_expect(!(condition), 0))                                                                         \
            check_failed(#condition, __FILE__, __LINE__);                                                              \
    } while (0)

/* The structure of TYPE whose member MEMBER is at POINTER. */
#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
