#include "fabric/pcim/refusal.h"

#include <stdarg.h>
#include <stdio.h>

#include "fabric/base/check.h"

enum status pcim_refuse(struct pcim_refusal *refusal, enum status code, const char *format, ...)
{
    CHECK(code != STATUS_OK);
    pcim_refusal_clear(refusal);
    refusal->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(refusal->message, sizeof refusal->message, format, arguments);
    va_end(arguments);
    return code;
}

void pcim_hint(struct pcim_refusal *refusal, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(refusal->hint, sizeof refusal->hint, format, arguments);
    va_end(arguments);
}

void pcim_refusal_clear(struct pcim_refusal *refusal)
{
    *refusal = (struct pcim_refusal){.code = STATUS_OK};
}
