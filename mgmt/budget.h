/* Budget: an allocator for unpacking what strangers send: all of it together gets so many bytes, and no more.
 *
 *     budget_start(&budget, LIMIT_DECODE_BYTES);
 *     message = protobuf_c_message_unpack(descriptor, &budget.allocator, size, bytes);
 *     ... NULL: not a message, or beyond the budget (budget.exceeded) ...
 *     protobuf_c_message_free_unpacked(message, &budget.allocator);
 *
 * The structure must not be moved between the two. What is freed does not come back to the budget: unpacking frees only
 * at its end. */
#ifndef MGMT_BUDGET_H
#define MGMT_BUDGET_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct budget {
    ProtobufCAllocator allocator;
    size_t left;   /* bytes */
    bool exceeded; /* something was refused */
};

/* Sets BUDGET to BYTES. */
void budget_start(struct budget *budget, size_t bytes);

#endif
