/* Ordering table: what the base specification says of two TLPs of one traffic class, one behind the other (2.4.1, table
 * 2-40), read off the table cell by cell. A reference: it shares nothing with the model. */
#ifndef TESTS_SUPPORT_ORDERING_TABLE_H
#define TESTS_SUPPORT_ORDERING_TABLE_H

#include "fabric/pcie/tlp.h"

enum ordering {
    ORDERING_NO,   /* the later one must not pass */
    ORDERING_MAY,  /* it may, or not */
    ORDERING_MUST, /* it must be able to, or there are deadlocks */
};

/* Whether LATER passes EARLIER, which came before it. That completions of I/O and configuration writes may pass posted
 * requests is left out: a TLP does not tell what it completes. */
enum ordering ordering_of(const struct tlp *later, const struct tlp *earlier);

#endif
