/* Enumeration steps: what the parts of a bus walk have in common: batches of accesses to one function. For the walk's
 * own sources, and for hot-plug's, which makes its accesses in the same way. */
#ifndef HOSTSIM_HOST_ENUMERATION_STEPS_H
#define HOSTSIM_HOST_ENUMERATION_STEPS_H

#include "hostsim/host/enumeration.h"

/* Nothing is under way: WALK, all zeros before its first use, is as it is before it walks. */
void enumeration_prepare(
    struct enumeration *walk, struct config_requester *requester, const struct enumeration_config *config);

/* Begins a batch of accesses to the function with routing ID. */
void enumeration_begin(struct enumeration *walk, uint16_t id);

/* Adds an access to the batch: a read of a DW; a write of the register of BYTES at OFFSET. */
void enumeration_read(struct enumeration *walk, uint16_t offset);
void enumeration_write(struct enumeration *walk, uint16_t offset, uint8_t bytes, uint32_t value);

/* Likewise of a DW in memory, at ADDRESS below the root port: a read, or a write of the bytes ENABLES. */
void enumeration_read_memory(struct enumeration *walk, uint64_t address);
void enumeration_write_memory(struct enumeration *walk, uint64_t address, uint8_t enables, uint32_t value);

/* Does the batch's accesses, then THEN, which finds what was read with enumeration_answer(). */
void enumeration_ask(struct enumeration *walk, void (*then)(struct enumeration *walk));

/* What access INDEX of the batch has read. */
uint32_t enumeration_answer(const struct enumeration *walk, uint32_t index);

/* Does THEN after DELAY_PS. */
void enumeration_wait(struct enumeration *walk, uint64_t delay_ps, void (*then)(struct enumeration *walk));

/* One more function with routing ID, behind bridge PARENT. Others may move. */
struct host_function *enumeration_add(struct enumeration *walk, uint16_t id, int parent);

/* Everything has been found: gives it addresses and switches it on, then tells of the end. */
void enumeration_program(struct enumeration *walk);

/* What firmware says of the bridge that is looked at, into its `buses_wanted`. */
void enumeration_ask_firmware(struct enumeration *walk);

/* All behind that bridge is known: what may come there has the numbers after those of what is there. */
void enumeration_keep_buses(struct enumeration *walk);

#endif
