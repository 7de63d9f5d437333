#include "fabric/pcie/replay_buffer.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"

static uint32_t power_of_two_from(uint32_t least)
{
    uint32_t power = 1;
    while (power < least)
        power *= 2;
    return power;
}

void replay_buffer_init(struct replay_buffer *buffer, uint32_t capacity, bool replays)
{
    CHECK(capacity >= 1 && capacity <= REPLAY_BUFFER_MOST);
    uint32_t size = power_of_two_from(capacity);
    *buffer = (struct replay_buffer){
        .tails_ps = calloc(size, sizeof *buffer->tails_ps),
        .entries = replays ? calloc(size, sizeof *buffer->entries) : NULL,
        .acks = calloc(size, sizeof *buffer->acks),
        .mask = size - 1,
        .capacity = capacity,
    };
    CHECK(buffer->tails_ps != NULL && buffer->acks != NULL && (!replays || buffer->entries != NULL));
}

void replay_buffer_free(struct replay_buffer *buffer)
{
    free(buffer->tails_ps);
    free(buffer->entries);
    free(buffer->acks);
    *buffer = (struct replay_buffer){0};
}

static struct replay_ack *nth_ack(const struct replay_buffer *buffer, uint32_t n)
{
    return &buffer->acks[(buffer->first_ack + n) & buffer->mask];
}

bool replay_buffer_mature(struct replay_buffer *buffer, uint64_t now_ps)
{
    while (buffer->ack_count > 0 && nth_ack(buffer, 0)->at_ps <= now_ps) {
        buffer->acked = nth_ack(buffer, 0)->end;
        buffer->progress_ps = nth_ack(buffer, 0)->at_ps;
        buffer->first_ack = (buffer->first_ack + 1) & buffer->mask;
        buffer->ack_count--;
    }
    return buffer->next - buffer->acked < buffer->capacity;
}

uint64_t replay_buffer_room_at(const struct replay_buffer *buffer)
{
    return buffer->ack_count > 0 ? nth_ack(buffer, 0)->at_ps : TIME_NEVER;
}

void replay_buffer_push_held(struct replay_buffer *buffer, struct tlp *tlp, uint32_t bytes)
{
    CHECK(buffer->entries != NULL && buffer->next - buffer->acked < buffer->capacity);
    *replay_buffer_entry(buffer, buffer->next++) = (struct replay_entry){.held = tlp, .bytes = bytes};
}

struct tlp *replay_buffer_take(struct replay_buffer *buffer, uint64_t tail_ps)
{
    CHECK(buffer->taken < buffer->next);
    struct replay_entry *entry = replay_buffer_entry(buffer, buffer->taken);
    buffer->tails_ps[buffer->taken++ & buffer->mask] = tail_ps;
    struct tlp *tlp = entry->held;
    entry->held = NULL;
    return tlp;
}

void replay_buffer_forget(struct replay_buffer *buffer, uint64_t now_ps)
{
    CHECK(buffer->taken == buffer->next);
    buffer->acked = buffer->next;
    buffer->ack_count = 0;
    buffer->progress_ps = now_ps;
}

void replay_buffer_keep(struct replay_buffer *buffer, uint64_t now_ps, uint32_t bytes)
{
    CHECK(buffer->entries == NULL);
    buffer->entries = calloc((size_t)buffer->mask + 1, sizeof *buffer->entries);
    CHECK(buffer->entries != NULL);
    for (uint64_t count = buffer->acked; count < buffer->next; count++)
        *replay_buffer_entry(buffer, count) = (struct replay_entry){.sent_ps = now_ps, .bytes = bytes};
}

void replay_buffer_ack(struct replay_buffer *buffer, uint64_t end, uint64_t at_ps)
{
    uint64_t newest = buffer->ack_count > 0 ? nth_ack(buffer, buffer->ack_count - 1)->end : buffer->acked;
    CHECK(end >= newest && end <= buffer->taken);
    if (end == newest)
        return; /* nothing that is not known already, or on its way */
    CHECK(buffer->ack_count <= buffer->mask);
    *nth_ack(buffer, buffer->ack_count++) = (struct replay_ack){.at_ps = at_ps, .end = end};
}

bool replay_buffer_is_valid(const struct replay_buffer *buffer)
{
    if (buffer->acked > buffer->taken || buffer->taken > buffer->next ||
        buffer->next - buffer->acked > buffer->capacity)
        return false;
    if (buffer->entries == NULL && buffer->taken != buffer->next)
        return false;
    for (uint64_t count = buffer->acked; buffer->entries != NULL && count < buffer->next; count++)
        if ((replay_buffer_entry(buffer, count)->held != NULL) != (count >= buffer->taken))
            return false;
    for (uint32_t n = 1; n < buffer->ack_count; n++)
        if (nth_ack(buffer, n)->at_ps < nth_ack(buffer, n - 1)->at_ps ||
            nth_ack(buffer, n)->end <= nth_ack(buffer, n - 1)->end)
            return false;
    return buffer->ack_count == 0 || nth_ack(buffer, buffer->ack_count - 1)->end <= buffer->taken;
}
