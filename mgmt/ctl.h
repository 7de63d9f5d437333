/* Ctl: what the commands of mriovctl share. A command is a file ctl_NAME.c with a constant of type struct ctl_command.
 */
#ifndef MGMT_CTL_H
#define MGMT_CTL_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdio.h>

#include "proto/mriov.pb-c.h"

struct client;
struct server_tls;

enum ctl_exit {
    CTL_DONE = 0,
    CTL_REFUSED = 1, /* the daemon says no, or the operation failed */
    CTL_USAGE = 2,
    CTL_NO_DAEMON = 3, /* not there, lost on the way, or silent for too long */
};

/* What a command is run with. */
struct ctl {
    struct client *client;
    const char *address; /* where the client is connected to */
    const struct server_tls *tls;
    uint32_t patience_ms; /* with the daemon's silence; 0: no end of it */
    bool json, no_wait;
    int argc; /* operands */
    char **argv;
};

struct ctl_command {
    const char *name;
    const char *usage;   /* its operands: "F H"; "" */
    const char *summary; /* one line for the help */
    int least, most;     /* operands */
    int (*run)(struct ctl *ctl);
};

extern const struct ctl_command ctl_hello, ctl_fabric, ctl_functions, ctl_advance, ctl_pace, ctl_clock, ctl_stats,
    ctl_results, ctl_lspci, ctl_assign, ctl_release, ctl_move, ctl_qos, ctl_vfs, ctl_port, ctl_fail, ctl_repair,
    ctl_migrate, ctl_watch, ctl_operations, ctl_apply, ctl_what_if;

/* Calls METHOD and gives its response, which the caller frees with ctl_free(). NULL: it was refused or lost, which has
 * been said on stderr, and *EXIT_CODE is to end with. */
void *ctl_call(struct ctl *ctl, const char *method, const ProtobufCMessage *request, int *exit_code);
void ctl_free(void *message);

/* Says how the daemon was lost, while METHOD was asked for; answers CTL_NO_DAEMON. */
int ctl_say_lost(const struct ctl *ctl, const char *method);

/* Says that METHOD was refused, and why; answers CTL_REFUSED. */
int ctl_say_refusal(const char *method, const Mriov__V1__Status *status);

/* The request that METHOD takes is sent as it is when nothing is to be said: for those without fields. */
void *ctl_ask(struct ctl *ctl, const char *method, int *exit_code);

/* Sees an operation that has been begun through to its end, unless told not to wait, and prints it; answers an exit
 * code. */
int ctl_finish(struct ctl *ctl, const Mriov__V1__Operation *operation);

/* "wait", "managed", "surprise", "refuse-if-busy"; false when WORD is none. */
bool ctl_read_policy(const char *word, Mriov__V1__Policy__Kind *policy);

/* Says "mriovctl: ..." on stderr; answers CTL_USAGE. */
int ctl_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* MESSAGE as JSON on standard output, all fields, their names as in the .proto, enums as words; answers an exit code.
 */
int ctl_print_json(const ProtobufCMessage *message);

/* Whether standard output took all. */
int ctl_end_output(void);

#endif
