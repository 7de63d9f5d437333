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
#define WINDOWS_PREFETCH_LIMIT (UINT64_C(1) << 45)

/* What a bridge keeps free where more may come, of the prefetchable window: a downstream port has at least so much, and
 * the upstream port of a switch so much more than its bridges need. */
#define WINDOWS_SLOT_ROOM (UINT64_C(1) << 30)
#define WINDOWS_SWITCH_ROOM (UINT64_C(1) << 36)

/* Gives COUNT functions, each after the bridge that it is behind, addresses and windows; with ROOM for more. False when
 * what must be below 4 GiB has no room there; nothing of it has an address then. */
bool windows_assign(struct host_function *functions, size_t count, bool room);

/* Gives those that are fresh, which stand behind the others, addresses and windows; those of all others stay, but that
 * windows grow at their ends, if nothing is in their way: then they are marked as resized. False when something has
 * found no room: then it has no address. */
bool windows_extend(struct host_function *functions, size_t count, bool room);

#endif
