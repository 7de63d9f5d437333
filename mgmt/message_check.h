/* Message check: what protobuf-c accepts and the API does not: texts that are no UTF-8, have control characters or are
 * too long, and enum values that nobody has named. */
#ifndef MGMT_MESSAGE_CHECK_H
#define MGMT_MESSAGE_CHECK_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

/* True when MESSAGE and all within are as they must be; otherwise one line in WHY, of WHY_SIZE bytes, names the field.
 */
bool message_check(const ProtobufCMessage *message, char *why, size_t why_size);

/* True when TEXT is UTF-8 without control characters. */
bool text_is_plain(const char *text);

#endif
