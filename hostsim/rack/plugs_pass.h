/* Plugs pass: what plugs.c needs of plugs_pass.c: a driver tells that a function which passes on has been reset, or
 * that it has passed on (hostsim/host/hotplug.h). */
#ifndef HOSTSIM_RACK_PLUGS_PASS_H
#define HOSTSIM_RACK_PLUGS_PASS_H

#include "hostsim/host/hotplug.h"

void plugs_on_reset(struct hotplug *driver, const struct host_function *function);
void plugs_on_passed(struct hotplug *driver, uint16_t id, bool well);

#endif
