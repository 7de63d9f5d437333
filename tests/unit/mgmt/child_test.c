#include "mgmt/child.h"

#include <criterion/criterion.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/limits.h"

TestSuite(child, .timeout = 60);

struct ended {
    int count;
    enum child_end how;
    char text[64];
    size_t size;
};

static void on_done(void *context, enum child_end how, struct evbuffer *found)
{
    struct ended *ended = context;
    ended->count++;
    ended->how = how;
    ended->size = evbuffer_get_length(found);
    evbuffer_copyout(found, ended->text, sizeof ended->text - 1);
}

/* Starts WORK in CHILDREN and waits for its end. */
static struct ended run(struct children *children, void (*work)(void *context, FILE *out))
{
    struct ended ended = {0};
    cr_assert_not_null(child_start(children, work, on_done, &ended));
    while (ended.count == 0)
        event_base_loop(children->base, EVLOOP_ONCE);
    cr_expect_eq(children->count, 0);
    return ended;
}

static void say(void *context, FILE *out)
{
    (void)context;
    fputs("found", out);
}

static void fail(void *context, FILE *out)
{
    (void)context;
    (void)out;
    _exit(7);
}

static void abort_itself(void *context, FILE *out)
{
    (void)context;
    (void)out;
    abort();
}

static void sleep_on(void *context, FILE *out)
{
    (void)context;
    (void)out;
    for (;;)
        pause();
}

static void write_on(void *context, FILE *out)
{
    (void)context;
    static const char block[65536];
    for (;;)
        if (fwrite(block, sizeof block, 1, out) != 1)
            _exit(1);
}

Test(child, how_they_end)
{
    struct children children;
    children_init(&children, event_base_new(), LIMIT_CHILDREN);
    cr_expect_eq(children.limit_s, LIMIT_CHILD_S);
    cr_expect_eq(children.limit_bytes, LIMIT_CHILD_GROWTH_BYTES);
    struct ended ended = run(&children, say);
    cr_expect_eq(ended.how, CHILD_DONE);
    cr_expect_str_eq(ended.text, "found");
    cr_expect_eq(run(&children, fail).how, CHILD_FAILED);
    cr_expect_eq(run(&children, abort_itself).how, CHILD_FAILED);
    cr_expect_eq(run(&children, write_on).how, CHILD_TOO_LONG);
    children.limit_s = 1;
    cr_expect_eq(run(&children, sleep_on).how, CHILD_TOO_LONG);
    cr_expect_eq(children.started, 5);
    cr_expect_eq(children.failed, 4);
    children_free(&children);
    event_base_free(children.base);
}

#ifndef __SANITIZE_ADDRESS__ /* whose malloc ends the process by its own means */
/* As the model does: it aborts when there is no more. */
static void take_on(void *context, FILE *out)
{
    (void)context;
    (void)out;
    for (;;) {
        void *volatile memory = malloc(1 << 20);
        if (memory == NULL)
            abort();
    }
}

static void take_some(void *context, FILE *out)
{
    (void)context;
    for (int taken = 0; taken < 32; taken++) {
        void *volatile memory = malloc(1 << 20);
        CHECK(memory != NULL);
    }
    fputs("enough", out);
}

Test(child, memory_is_bounded)
{
    struct children children;
    children_init(&children, event_base_new(), LIMIT_CHILDREN);
    children.limit_bytes = 64u << 20;
    cr_expect_eq(run(&children, take_on).how, CHILD_TOO_LONG);
    cr_expect_str_eq(run(&children, take_some).text, "enough");
    children_free(&children);
    event_base_free(children.base);
}
#endif

Test(child, number_is_bounded_and_they_can_be_cancelled)
{
    struct children children;
    struct ended ended = {0};
    children_init(&children, event_base_new(), LIMIT_CHILDREN);
    for (int i = 0; i < LIMIT_CHILDREN; i++)
        cr_assert_not_null(child_start(&children, sleep_on, on_done, &ended));
    cr_expect_null(child_start(&children, say, on_done, &ended));
    child_cancel(children.first);
    struct child *child = child_start(&children, say, on_done, &ended);
    cr_assert_not_null(child);
    while (ended.count == 0)
        event_base_loop(children.base, EVLOOP_ONCE);
    cr_expect_eq(ended.how, CHILD_DONE);
    children_free(&children); /* the others too */
    cr_expect_eq(ended.count, 1);
    event_base_free(children.base);
}

/* Wants two places, and says what it has got. */
struct waiter {
    struct child_turn turn;
    struct children *children;
    struct ended ended;
    int begun; /* how many had begun before; -1: not yet */
};

static int begun;

static void begin(struct child_turn *turn)
{
    struct waiter *waiter = CONTAINER_OF(turn, struct waiter, turn);
    waiter->begun = begun++;
    for (uint32_t i = 0; i < turn->places; i++)
        cr_assert_not_null(child_start(waiter->children, say, on_done, &waiter->ended));
}

Test(child, turns_are_had_in_the_order_of_asking)
{
    struct children children;
    static struct waiter waiters[LIMIT_CHILD_TURNS + 4];
    children_init(&children, event_base_new(), 2);
    for (size_t i = 0; i < LIMIT_CHILD_TURNS + 4; i++)
        waiters[i] = (struct waiter){.turn = {.places = 1 + i % 2, .start = begin}, .children = &children, .begun = -1};
    for (size_t i = 0; i < LIMIT_CHILD_TURNS + 1; i++)
        cr_expect(children_await(&children, &waiters[i].turn));
    cr_expect_eq(waiters[0].begun, 0, "there is room at once");
    cr_expect_eq(waiters[1].begun, -1, "two places there are not");
    cr_expect_eq(waiters[2].begun, -1, "and nobody goes before it, who wants one only");
    cr_expect_eq(children.line_length, LIMIT_CHILD_TURNS, "the limit");
    cr_expect_not(children_await(&children, &waiters[LIMIT_CHILD_TURNS + 1].turn), "and beyond");
    children_leave(&children, &waiters[1].turn);
    children_leave(&children, &waiters[1].turn);
    cr_expect(children_await(&children, &waiters[LIMIT_CHILD_TURNS + 2].turn));
    while (waiters[LIMIT_CHILD_TURNS + 2].ended.count == 0)
        event_base_loop(children.base, EVLOOP_ONCE);
    for (size_t i = 2; i < LIMIT_CHILD_TURNS + 1; i++)
        cr_expect_eq(waiters[i].begun, (int)i - 1);
    cr_expect_eq(waiters[1].begun, -1, "it has left");
    cr_expect_eq(waiters[LIMIT_CHILD_TURNS + 1].begun, -1);
    children_free(&children);
    event_base_free(children.base);
}

static int inherited;

static void look_at_it(void *context, FILE *out)
{
    (void)context;
    fputs(fcntl(inherited, F_GETFD) < 0 ? "closed" : "open", out);
}

/* A connection that the daemon closes must not be held open by a child. */
Test(child, has_no_files_of_its_parent)
{
    struct children children;
    children_init(&children, event_base_new(), LIMIT_CHILDREN);
    inherited = open("/dev/null", O_RDONLY);
    cr_expect_str_eq(run(&children, look_at_it).text, "closed");
    close(inherited);
    children_free(&children);
    event_base_free(children.base);
}
