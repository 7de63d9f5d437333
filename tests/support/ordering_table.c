#include "tests/support/ordering_table.h"

#include <stdbool.h>

/* The rows and columns. */
enum kind { POSTED, READ, NONPOSTED_DATA, COMPLETION, KINDS };

static const enum kind kinds[TLP_TYPES] = {
    [TLP_MRD] = READ,
    [TLP_MRDLK] = READ,
    [TLP_MWR] = POSTED,
    [TLP_IORD] = READ,
    [TLP_IOWR] = NONPOSTED_DATA,
    [TLP_CFGRD0] = READ,
    [TLP_CFGWR0] = NONPOSTED_DATA,
    [TLP_CFGRD1] = READ,
    [TLP_CFGWR1] = NONPOSTED_DATA,
    [TLP_MSG] = POSTED,
    [TLP_MSGD] = POSTED,
    [TLP_CPL] = COMPLETION,
    [TLP_CPLD] = COMPLETION,
    [TLP_CPLLK] = COMPLETION,
    [TLP_CPLDLK] = COMPLETION,
    [TLP_FETCHADD] = NONPOSTED_DATA,
    [TLP_SWAP] = NONPOSTED_DATA,
    [TLP_CAS] = NONPOSTED_DATA,
    [TLP_DMWR] = NONPOSTED_DATA,
};

struct cell {
    enum ordering plain;
    bool relaxed, id_based; /* with these attributes of the later one it may, for all that */
};

/* clang-format off */
#define MAY {ORDERING_MAY, false, false}
#define MUST {ORDERING_MUST, false, false}
/* clang-format on */

static const struct cell table[KINDS][KINDS] = {
    [POSTED] = {{ORDERING_NO, true, true}, MUST, MUST, MAY},
    [READ] = {{ORDERING_NO, false, true}, MAY, MAY, MAY},
    [NONPOSTED_DATA] = {{ORDERING_NO, true, true}, MAY, MAY, MAY},
    [COMPLETION] = {{ORDERING_NO, true, true}, MUST, MUST, MAY},
};

/* ID-based ordering is between those that made the TLPs: of a completion that is the completer. */
static uint16_t maker(const struct tlp *tlp)
{
    return kinds[tlp->type] == COMPLETION ? tlp->completer_id : tlp->requester_id;
}

enum ordering ordering_of(const struct tlp *later, const struct tlp *earlier)
{
    const struct cell *cell = &table[kinds[later->type]][kinds[earlier->type]];
    bool both_complete = kinds[later->type] == COMPLETION && kinds[earlier->type] == COMPLETION;
    if (both_complete && later->requester_id == earlier->requester_id && later->tag == earlier->tag)
        return ORDERING_NO;
    if (cell->plain != ORDERING_NO)
        return cell->plain;
    if (cell->relaxed && (later->attributes & TLP_RELAXED_ORDERING) != 0)
        return ORDERING_MAY;
    if (cell->id_based && (later->attributes & TLP_ID_BASED_ORDERING) != 0 && maker(later) != maker(earlier))
        return ORDERING_MAY;
    return ORDERING_NO;
}
