#include "fabric/pcie/replay_buffer.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"

Test(replay_buffer, stalls_when_full_until_an_ack_arrives)
{
    struct replay_buffer buffer;
    replay_buffer_init(&buffer, 3, false);
    for (uint64_t n = 0; n < 3; n++) {
        cr_assert(replay_buffer_has_room(&buffer, 0));
        replay_buffer_push_taken(&buffer, 10 * n, 9, 100);
    }
    cr_assert_not(replay_buffer_has_room(&buffer, 1000));
    cr_assert_eq(replay_buffer_room_at(&buffer), TIME_NEVER);
    replay_buffer_ack(&buffer, 2, 50);
    replay_buffer_ack(&buffer, 2, 60); /* again: nothing new */
    cr_assert_eq(replay_buffer_room_at(&buffer), 50);
    cr_assert_not(replay_buffer_has_room(&buffer, 49));
    cr_assert(replay_buffer_has_room(&buffer, 50));
    cr_assert_eq(buffer.acked, 2);
    cr_assert_eq(buffer.progress_ps, 50);
    cr_assert(replay_buffer_is_valid(&buffer));
    replay_buffer_free(&buffer);
}

Test(replay_buffer, keeps_what_was_not_taken_in_order)
{
    struct replay_buffer buffer;
    struct tlp tlps[3] = {0};
    replay_buffer_init(&buffer, 8, true);
    replay_buffer_push_taken(&buffer, 1, 1, 10);
    for (int n = 0; n < 3; n++)
        replay_buffer_push_held(&buffer, &tlps[n], 20);
    cr_assert(replay_buffer_is_valid(&buffer));
    replay_buffer_ack(&buffer, 1, 5);
    for (int n = 0; n < 3; n++) {
        cr_assert_eq(replay_buffer_take(&buffer, 100), &tlps[n]);
        cr_assert(replay_buffer_is_valid(&buffer));
    }
    cr_assert_eq(buffer.taken, buffer.next);
    cr_assert_eq(replay_buffer_tail_ps(&buffer, 0), 1);
    cr_assert_eq(replay_buffer_tail_ps(&buffer, 3), 100);
    replay_buffer_push_taken(&buffer, 200, 100, 10);
    cr_assert_eq(buffer.next, 5);
    replay_buffer_free(&buffer);
}

Test(replay_buffer, sequence_numbers_have_twelve_bits)
{
    cr_assert_eq(replay_sequence(4095), 4095);
    cr_assert_eq(replay_sequence(4096), 0);
    cr_assert_eq(replay_sequence(UINT64_C(3) * 4096 + 7), 7);
}

/* Against counts in plain arrays, over several rounds of the ring. */
Test(replay_buffer, agrees_with_a_plain_count_on_random_use)
{
    struct random random;
    random_init(&random, 1, "replay_buffer");
    for (uint32_t capacity = 1; capacity <= 40; capacity += 3) {
        struct replay_buffer buffer;
        replay_buffer_init(&buffer, capacity, capacity % 2);
        uint64_t sent = 0, acked_at[2000] = {0}, acked = 0, now = 0, last_arrival = 0;
        while (sent < 2000) {
            now += random_below(&random, 20);
            uint64_t used = 0;
            for (uint64_t n = 0; n < sent; n++)
                used += n >= acked || acked_at[n] > now;
            cr_assert_eq(replay_buffer_has_room(&buffer, now), used < capacity);
            if (used < capacity) {
                replay_buffer_push_taken(&buffer, now, now, 64);
                sent++;
            }
            if (random_below(&random, 3) == 0 && acked < sent) {
                uint64_t end = acked + 1 + random_below(&random, sent - acked);
                last_arrival = last_arrival > now ? last_arrival : now + random_below(&random, 50);
                replay_buffer_ack(&buffer, end, last_arrival);
                for (; acked < end; acked++)
                    acked_at[acked] = last_arrival;
            }
            cr_assert(replay_buffer_is_valid(&buffer));
        }
        replay_buffer_free(&buffer);
    }
}

Test(replay_buffer, holds_less_than_half_the_numbers, .signal = SIGABRT)
{
    struct replay_buffer buffer;
    replay_buffer_init(&buffer, REPLAY_BUFFER_MOST + 1, true);
}

Test(replay_buffer, an_ack_of_what_was_not_taken_is_our_fault, .signal = SIGABRT)
{
    struct replay_buffer buffer;
    replay_buffer_init(&buffer, 4, true);
    replay_buffer_ack(&buffer, 1, 0);
}
