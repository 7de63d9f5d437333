/* Ctl file: a file in the scenario's grammar, read against the daemon's rack: its names are the daemon's hosts,
 * chassis, trunks and adapters, and it need say nothing of them.
 *
 *     assign:
 *       - {function: "nic*", to: "h[0-3]"}
 *
 * A whole scenario is read with the names that it has itself. What the command is not about is left out: loads, limits
 * and expectations are a run's. */
#ifndef MGMT_CTL_FILE_H
#define MGMT_CTL_FILE_H

#include "hostsim/rack/scenario.h"
#include "mgmt/ctl.h"

/* The keys that are left out of a file: all but `assign:`, and all but that and `timeline:`, of those that change a
 * rack or load it. */
extern const char *const ctl_file_for_assign[], *const ctl_file_for_changes[];

/* Reads PATH ("-": standard input): what is to be changed is in the scenario's `events`, `assign:` (also an empty one)
 * as an apply that is the first. LEFT_OUT is one of the above. The caller frees it. NULL: what is wrong was said, and
 * *EXIT_CODE is to end with. */
struct scenario *ctl_read_file(struct ctl *ctl, const char *path, const char *const *left_out, int *exit_code);

#endif
