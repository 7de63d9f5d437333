#include "mgmt/message_check.h"

#include <stdio.h>
#include <string.h>

#include "mgmt/limits.h"

/* How many bytes follow the first one of a character, and the least code point that needs them; -1: it begins none. */
static int followers(unsigned char first, uint32_t *least, uint32_t *bits)
{
    static const struct {
        unsigned char mask, head;
        int followers;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0, 0}, {0xe0, 0xc0, 1, 0x80}, {0xf0, 0xe0, 2, 0x800}, {0xf8, 0xf0, 3, 0x10000}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if ((first & forms[i].mask) == forms[i].head) {
            *least = forms[i].least;
            *bits = first & (unsigned char)~forms[i].mask;
            return forms[i].followers;
        }
    return -1;
}

bool text_is_plain(const char *text)
{
    while (*text != '\0') {
        uint32_t least, point;
        int left = followers((unsigned char)*text++, &least, &point);
        if (left < 0)
            return false;
        for (; left > 0; left--, text++) {
            if (((unsigned char)*text & 0xc0) != 0x80)
                return false;
            point = point << 6 | ((unsigned char)*text & 0x3f);
        }
        bool is_control = point < 0x20 || (point >= 0x7f && point < 0xa0);
        if (is_control || point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return false;
    }
    return true;
}

static bool refuse(char *why, size_t why_size, const ProtobufCFieldDescriptor *field, const char *what)
{
    snprintf(why, why_size, "%s: %s", field->name, what);
    return false;
}

/* One value of FIELD at VALUE. */
static bool check_value(const ProtobufCFieldDescriptor *field, const void *value, char *why, size_t why_size)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(const char *const *)value;
        if (strlen(text) > LIMIT_TEXT_BYTES)
            return refuse(why, why_size, field, "longer than 255 bytes");
        return text_is_plain(text) || refuse(why, why_size, field, "must be UTF-8 without control characters");
    }
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        const ProtobufCEnumDescriptor *known = field->descriptor;
        return protobuf_c_enum_descriptor_get_value(known, *(const int *)value) != NULL ||
               refuse(why, why_size, field, "there is no such value");
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessage *inner = *(ProtobufCMessage *const *)value;
        return inner == NULL || message_check(inner, why, why_size);
    }
    return true;
}

static bool
check_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, char *why, size_t why_size)
{
    const char *base = (const char *)message;
    bool is_choice = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    if (is_choice && *(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id)
        return true;
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return check_value(field, base + field->offset, why, why_size);
    size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
    const char *values = *(const char *const *)(const void *)(base + field->offset);
    size_t size = field->type == PROTOBUF_C_TYPE_ENUM ? sizeof(int) : sizeof(void *);
    bool is_looked_at = field->type == PROTOBUF_C_TYPE_ENUM || field->type == PROTOBUF_C_TYPE_STRING ||
                        field->type == PROTOBUF_C_TYPE_MESSAGE;
    for (size_t i = 0; i < count && is_looked_at; i++)
        if (!check_value(field, values + i * size, why, why_size))
            return false;
    return true;
}

bool message_check(const ProtobufCMessage *message, char *why, size_t why_size)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (!check_field(message, &message->descriptor->fields[i], why, why_size))
            return false;
    return true;
}
