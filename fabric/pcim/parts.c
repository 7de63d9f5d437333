#include "fabric/pcim/parts.h"

#include "fabric/base/check.h"

void pcim_parts_count(struct pcim_parts *parts, enum pcim_part_of_time part, uint64_t now_ps)
{
    CHECK(part < PCIM_TIMES && now_ps >= parts->since_ps);
    parts->took_ps[part] += now_ps - parts->since_ps;
    parts->happened[part] = true;
    parts->since_ps = now_ps;
}

const char *pcim_part_name(enum pcim_part_of_time part)
{
    static const char *const names[PCIM_TIMES] = {
        [PCIM_TIME_IDLE] = "idle",       [PCIM_TIME_ASK] = "ask",
        [PCIM_TIME_REMOVE] = "remove",   [PCIM_TIME_RESET] = "reset",
        [PCIM_TIME_UNBIND] = "unbind",   [PCIM_TIME_BIND] = "bind",
        [PCIM_TIME_PRESENT] = "present", [PCIM_TIME_HAND_OVER] = "hand_over",
        [PCIM_TIME_UNDO] = "undo",
    };
    CHECK(part < PCIM_TIMES);
    return names[part];
}
