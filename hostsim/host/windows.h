/* Windows: where a host puts what its bus walk has found: addresses of BARs and windows of bridges.
 *
 * On each bus the largest alignment goes first, then the order of the walk, so nothing but the last pages of a window
 * is lost; a bridge's window is around all behind it, in whole MiB (PCI-to-PCI bridge architecture 1.2, 3.2.5). */
#ifndef HOSTSIM_HOST_WINDOWS_H
#define HOSTSIM_HOST_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

#include "hostsim/host/host_function.h"

/* Where windows begin: the hole below 4 GiB that hosts keep for devices, and far above all memory, so that no host's
 * buffers reach it. */
#define WINDOWS_LOW_BASE UINT64_C(0xe0000000)
#define WINDOWS_LOW_LIMIT UINT64_C(0xfec00000)
#define WINDOWS_PREFETCH_BASE (UINT64_C(1) << 44)

/* Gives COUNT functions, each after the bridge that it is behind, addresses and windows. False when what must be below
 * 4 GiB has no room there; nothing of it has an address then. */
bool windows_assign(struct host_function *functions, size_t count);

#endif
