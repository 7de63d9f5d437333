/* Root registers: what the registers of a root port make it do, from each write on.
 *
 * Bus Master off: memory requests from below are refused. So are those for an address in one of its own windows: this
 * root complex takes no request of one function to another, also where a bridge redirects it up (base specification
 * 6.12). Secondary Bus Reset: everything below is reset, and cut off while it is set. Completion timeouts are those of
 * its Device Control 2. */
#ifndef HOSTSIM_HOST_ROOT_REGISTERS_H
#define HOSTSIM_HOST_ROOT_REGISTERS_H

#include <stdbool.h>

#include "hostsim/host/root_complex.h"

/* The registers of ROOT_PORT may have changed. */
void root_registers_apply(struct root_port *root_port);

/* The host starts anew: the registers of ROOT_PORT are at their reset values, and so is all below it in its hierarchy.
 */
void root_registers_start_anew(struct root_port *root_port);

/* True when ROOT_PORT may take REQUEST, a memory request above its `windows_base`. */
bool root_registers_allow(const struct root_port *root_port, const struct tlp *request);

#endif
