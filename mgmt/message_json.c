#include "mgmt/message_json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

static json_t *bytes_json(const ProtobufCBinaryData *data)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * data->len + 1);
    CHECK(text != NULL);
    for (size_t i = 0; i < data->len; i++) {
        text[2 * i] = digits[data->data[i] >> 4];
        text[2 * i + 1] = digits[data->data[i] & 15];
    }
    json_t *json = json_stringn(text, 2 * data->len);
    free(text);
    return json;
}

static json_t *enum_json(const ProtobufCFieldDescriptor *field, int value)
{
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(field->descriptor, value);
    return known != NULL ? json_string(known->name) : json_integer(value);
}

/* One value of FIELD at VALUE; the types that the .proto uses. */
static json_t *value_json(const ProtobufCFieldDescriptor *field, const void *value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT64:
        return json_integer((json_int_t)(*(const uint64_t *)value));
    case PROTOBUF_C_TYPE_UINT32:
        return json_integer(*(const uint32_t *)value);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)value);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_real(*(const double *)value);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_json(field, *(const int *)value);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(const char *const *)value);
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_json(value);
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessage *inner = *(ProtobufCMessage *const *)value;
        return inner != NULL ? message_json(inner) : json_null();
    }
    default:
        CHECK(!"a type that the .proto does not use");
    }
}

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static json_t *list_json(const char *base, const ProtobufCFieldDescriptor *field)
{
    size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
    const char *values = *(const char *const *)(const void *)(base + field->offset);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, value_json(field, values + i * size_of(field)));
    return list;
}

json_t *message_json(const ProtobufCMessage *message)
{
    const char *base = (const char *)message;
    json_t *object = json_object();
    CHECK(object != NULL);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        bool is_choice = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        if (is_choice && *(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id)
            continue;
        json_t *value = field->label == PROTOBUF_C_LABEL_REPEATED ? list_json(base, field)
                                                                  : value_json(field, base + field->offset);
        json_object_set_new(object, field->name, value);
    }
    return object;
}

void message_write_json(const ProtobufCMessage *message, FILE *out)
{
    json_t *json = message_json(message);
    json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', out);
    json_decref(json);
}
