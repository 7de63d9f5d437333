/* Ctl file: a file in the scenario's grammar, read against the daemon's rack: its names are the daemon's hosts,
 * chassis, trunks and adapters, and it need say nothing of them.
 *
 *     assign:
 *       - {function: "nic*", to: "h[0-3]"}
 *
 * A whole scenario is read as it is, with the names that it has itself. */
#ifndef MGMT_CTL_FILE_H
#define MGMT_CTL_FILE_H

#include "hostsim/rack/scenario.h"
#include "mgmt/ctl.h"

/* Reads PATH ("-": standard input): what is to be changed is in the scenario's `events`, `assign:` as an apply that is
 * the first. The caller frees it. NULL: what is wrong was said, and *EXIT_CODE is to end with. */
struct scenario *ctl_read_file(struct ctl *ctl, const char *path, int *exit_code);

#endif
