/* Control: mriovctl as a user runs it, against a daemon of the test's own. */
#ifndef TESTS_SUPPORT_CONTROL_H
#define TESTS_SUPPORT_CONTROL_H

#include "tests/support/daemon.h"

/* Starts the daemon, stepped, on a rack of four hosts, h3 with two root ports, h0 to h2 with two guests each, which
 * share nic0, nic1 (mr-iov), ssd0 (sr-iov) and gpu0 (exclusive); h0 and h1 have a PF of nic0 and write through it.
 * Commands know its address as $MRIOVD, and mriovctl as "$C". */
void control_start(struct daemon *daemon, const char *const *arguments);
void control_stop(struct daemon *daemon);

/* COMMAND, after "mriovctl", must end with EXIT_CODE and say OUT and ERR among other things. */
void control_expect(const char *command, int exit_code, const char *out, const char *err);

/* OWNER: "None" when it is free. */
void control_expect_owner(const char *function, const char *owner, const char *state);

#endif
