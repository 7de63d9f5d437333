/* Simulated time: picoseconds since time zero, as uint64_t (213 days fit). */
#ifndef FABRIC_BASE_TIME_H
#define FABRIC_BASE_TIME_H

#include <stdint.h>

#define PS_PER_NS UINT64_C(1000)
#define PS_PER_US UINT64_C(1000000)
#define PS_PER_MS UINT64_C(1000000000)
#define PS_PER_S UINT64_C(1000000000000)

/* Later than every event: "not scheduled", "no bound". */
#define TIME_NEVER UINT64_MAX

#endif
