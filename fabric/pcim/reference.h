/* Reference: how scenarios and requests write functions and owners.
 *
 *     nic0   nic0.pf2   nic0.pf2.vf5   nic0.vf5   nic0.bf   nic0@h3   nic0@h3.vf1   nic0@h0/vm1   nic0@h0:1
 *     h0   h0:1   h0/vm1
 *
 * with `*` for any letters of a name, and for any number after pf, vf. Only the form is looked at here. */
#ifndef FABRIC_PCIM_REFERENCE_H
#define FABRIC_PCIM_REFERENCE_H

#include <stdbool.h>

#include "fabric/base/status.h"

/* How long a name may be, in bytes. */
#define NAME_LENGTH_LIMIT 64

#define REFERENCE_ABSENT (-1) /* the part is not there */
#define REFERENCE_ANY (-2)    /* pf*, vf* */

struct owner_reference {
    char host[NAME_LENGTH_LIMIT + 1];  /* may hold stars */
    char guest[NAME_LENGTH_LIMIT + 1]; /* "": none */
    int uplink;                        /* REFERENCE_ABSENT: none */
    bool is_set;                       /* there is a star */
};

struct function_reference {
    char adapter[NAME_LENGTH_LIMIT + 1]; /* may hold stars */
    bool has_owner;                      /* `@` */
    struct owner_reference owner;
    bool bf;
    int pf, vf; /* a number, REFERENCE_ABSENT or REFERENCE_ANY */
    bool is_set;
};

struct reference_why {
    char text[200];
};

/* STATUS_INVALID_ARGUMENT fills *WHY: what the text is not, and what it could be. */
MUST_CHECK enum status
owner_reference_parse(const char *text, struct owner_reference *reference, struct reference_why *why);
MUST_CHECK enum status
function_reference_parse(const char *text, struct function_reference *reference, struct reference_why *why);

#endif
