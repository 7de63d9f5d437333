#include "fabric/pcim/reference.h"

#include <stdio.h>
#include <string.h>

/* Numbers of functions and uplinks have at most 5 digits. */
#define NUMBER_LIMIT 99999

#define FUNCTION_FORMS "NAME, NAME.pf2, NAME.vf5, NAME.pf2.vf5, NAME@HOST, NAME@HOST.vf1 or NAME@HOST/GUEST"
#define OWNER_FORMS "HOST, HOST:UPLINK or HOST/GUEST"

/* Copies a name with stars from *TEXT, up to one of ENDS; false when it is none. */
static bool take_name(const char **text, const char *ends, char *name, bool *is_set)
{
    size_t length = strcspn(*text, ends);
    if (length == 0 || length > NAME_LENGTH_LIMIT || strspn(*text, "abcdefghijklmnopqrstuvwxyz0123456789-*") < length)
        return false;
    memcpy(name, *text, length);
    name[length] = '\0';
    *is_set = *is_set || strchr(name, '*');
    *text += length;
    return true;
}

/* A number, or a star where ANY; false when it is neither. */
static bool take_number(const char **text, bool any, int *number)
{
    if (any && **text == '*') {
        *number = REFERENCE_ANY;
        (*text)++;
        return true;
    }
    if (**text < '0' || **text > '9' || (**text == '0' && (*text)[1] >= '0' && (*text)[1] <= '9'))
        return false;
    for (*number = 0; **text >= '0' && **text <= '9'; (*text)++)
        if ((*number = *number * 10 + (**text - '0')) > NUMBER_LIMIT)
            return false;
    return true;
}

static bool take_owner(const char **text, struct owner_reference *reference)
{
    *reference = (struct owner_reference){.uplink = REFERENCE_ABSENT};
    if (!take_name(text, ":/.", reference->host, &reference->is_set))
        return false;
    if (**text == ':')
        return (*text)++, take_number(text, false, &reference->uplink);
    if (**text == '/')
        return (*text)++, take_name(text, ":/.", reference->guest, &reference->is_set);
    return true;
}

enum status owner_reference_parse(const char *text, struct owner_reference *reference, struct reference_why *why)
{
    const char *rest = text;
    if (take_owner(&rest, reference) && *rest == '\0')
        return STATUS_OK;
    snprintf(why->text, sizeof(why->text), "`%.60s` is no owner: write " OWNER_FORMS, text);
    return STATUS_INVALID_ARGUMENT;
}

/* One `.pf2`, `.vf5` or `.bf`; false when it is none, or comes too late. */
static bool take_part(const char **text, struct function_reference *reference)
{
    bool started = reference->pf != REFERENCE_ABSENT || reference->bf, ended = reference->vf != REFERENCE_ABSENT;
    bool is_pf = strncmp(*text, ".pf", 3) == 0, is_vf = strncmp(*text, ".vf", 3) == 0;
    if (strncmp(*text, ".bf", 3) == 0 && !started && !ended && !reference->has_owner) {
        reference->bf = true;
        *text += 3;
        return true;
    }
    if ((!is_pf && !is_vf) || ended || reference->bf || (is_pf && (started || reference->has_owner)))
        return false;
    *text += 3;
    int *number = is_pf ? &reference->pf : &reference->vf;
    bool taken = take_number(text, true, number);
    reference->is_set = reference->is_set || *number == REFERENCE_ANY;
    return taken;
}

enum status function_reference_parse(const char *text, struct function_reference *reference, struct reference_why *why)
{
    const char *rest = text;
    *reference = (struct function_reference){.pf = REFERENCE_ABSENT, .vf = REFERENCE_ABSENT};
    bool good = take_name(&rest, "@.", reference->adapter, &reference->is_set);
    if (good && *rest == '@') {
        rest++;
        reference->has_owner = true;
        good = take_owner(&rest, &reference->owner);
        reference->is_set = reference->is_set || reference->owner.is_set;
    }
    while (good && *rest == '.')
        good = take_part(&rest, reference);
    if (good && *rest == '\0')
        return STATUS_OK;
    snprintf(why->text, sizeof(why->text), "`%.60s` is no function: write " FUNCTION_FORMS, text);
    return STATUS_INVALID_ARGUMENT;
}
