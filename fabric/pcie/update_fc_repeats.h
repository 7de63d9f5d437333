/* UpdateFC repeats: which UpdateFC of a link's end is due next for no other reason than that 30 us have passed.
 *
 * The base specification (2.6.1.2) wants one for each type of finite credits at least that often, on idle links too.
 * They tell nothing new, so nobody needs them at their time: the data link has them over when somebody next looks at
 * the wire (data_link_settle()), and an idle link has no events.
 *
 * A line in the order of time, of structures that others own. */
#ifndef FABRIC_PCIE_UPDATE_FC_REPEATS_H
#define FABRIC_PCIE_UPDATE_FC_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/update_fc.h"

/* When an idle link has its first after time zero: it has been up before, and what starts at a round time need not meet
 * it. */
#define UPDATE_FC_FIRST_REPEAT_PS UINT64_C(18541020)

struct update_fc_repeats {
    uint64_t at_ps; /* when the first is due; TIME_NEVER: there is none */
    struct update_fc *first, *last;
};

void update_fc_repeats_init(struct update_fc_repeats *repeats);

/* UPDATE is due at AT_PS: after all others, most often; they are looked through from the last on. */
void update_fc_repeats_join(struct update_fc_repeats *repeats, struct update_fc *update, uint64_t at_ps);
void update_fc_repeats_leave(struct update_fc_repeats *repeats, struct update_fc *update);

/* How often all can go before UNTIL_PS and leave each at least one more. */
uint64_t update_fc_repeats_rounds(const struct update_fc_repeats *repeats, uint64_t until_ps);

/* All have gone ROUNDS times. */
void update_fc_repeats_pass(struct update_fc_repeats *repeats, uint64_t rounds);

bool update_fc_repeats_is_valid(const struct update_fc_repeats *repeats);

#endif
