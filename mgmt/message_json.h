/* Message JSON: any message as JSON, by its descriptor: names as in the .proto, enums as words, bytes as lower-case
 * hex; of a `oneof` only what is set. */
#ifndef MGMT_MESSAGE_JSON_H
#define MGMT_MESSAGE_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

/* The caller owns it. */
json_t *message_json(const ProtobufCMessage *message);

/* Indented, with a line's end. */
void message_write_json(const ProtobufCMessage *message, FILE *out);

#endif
