#include "mgmt/child.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/limits.h"

/* How a child says that it got no more memory. */
#define EXIT_NO_MEMORY 3
/* When less than this is to be had, memory is what was missing. */
#define NO_MEMORY_BYTES (8u << 20)
/* Behind the daemon and whoever else has work to do now. */
#define NICENESS 5

struct child {
    struct child *previous, *next;
    struct children *children;
    pid_t pid;
    struct bufferevent *pipe; /* what it writes */
    child_done *done;
    void *context;
};

/* --- turns --- */

static bool has_room(const struct children *children, const struct child_turn *turn)
{
    return children->count + turn->places <= children->most;
}

/* From the loop, not from where a child has ended: that may be in the middle of the end of a call. */
static void on_next_turn(evutil_socket_t socket, short what, void *context)
{
    (void)socket;
    (void)what;
    struct children *children = context;
    while (children->line != NULL && has_room(children, children->line)) {
        struct child_turn *turn = children->line;
        children_leave(children, turn);
        turn->start(turn);
    }
}

void children_init(struct children *children, struct event_base *base, uint32_t most)
{
    *children = (struct children){
        .base = base,
        .most = most,
        .next_turn = event_new(base, -1, 0, on_next_turn, children),
        .limit_s = LIMIT_CHILD_S,
        .limit_bytes = LIMIT_CHILD_GROWTH_BYTES,
    };
    CHECK(children->next_turn != NULL);
}

void children_free(struct children *children)
{
    while (children->first != NULL)
        child_cancel(children->first);
    event_free(children->next_turn);
}

bool children_await(struct children *children, struct child_turn *turn)
{
    CHECK(turn->places <= children->most && !turn->waits);
    if (children->line == NULL && has_room(children, turn)) {
        turn->start(turn);
        return true;
    }
    if (children->line_length == LIMIT_CHILD_TURNS)
        return false;
    struct child_turn **end = &children->line;
    while (*end != NULL)
        end = &(*end)->next;
    *end = turn;
    turn->next = NULL;
    turn->waits = true;
    children->line_length++;
    return true;
}

void children_leave(struct children *children, struct child_turn *turn)
{
    if (!turn->waits)
        return;
    struct child_turn **place = &children->line;
    while (*place != turn)
        place = &(*place)->next;
    *place = turn->next;
    turn->waits = false;
    children->line_length--;
    event_active(children->next_turn, EV_TIMEOUT, 0); /* who stood behind it may want less */
}

/* --- children --- */

/* Takes CHILD out, and waits for its process, which has ended or is being killed. Answers its wait status. */
static int reap(struct child *child)
{
    int status = -1;
    while (waitpid(child->pid, &status, 0) < 0)
        ;
    *(child->previous != NULL ? &child->previous->next : &child->children->first) = child->next;
    if (child->next != NULL)
        child->next->previous = child->previous;
    child->children->count--;
    event_active(child->children->next_turn, EV_TIMEOUT, 0);
    return status;
}

static void dispose(struct child *child)
{
    bufferevent_free(child->pipe);
    free(child);
}

void child_cancel(struct child *child)
{
    kill(child->pid, SIGKILL);
    reap(child);
    dispose(child);
}

static void finish(struct child *child, bool too_long)
{
    if (too_long)
        kill(child->pid, SIGKILL);
    int status = reap(child);
    too_long = too_long || (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_MEMORY) ||
               (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
    bool well = !too_long && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    child->children->failed += !well;
    child->done(
        child->context,
        well       ? CHILD_DONE
        : too_long ? CHILD_TOO_LONG
                   : CHILD_FAILED,
        bufferevent_get_input(child->pipe));
    dispose(child);
}

static void on_read(struct bufferevent *pipe, void *context)
{
    if (evbuffer_get_length(bufferevent_get_input(pipe)) > LIMIT_CHILD_BYTES)
        finish(context, true);
}

static void on_event(struct bufferevent *pipe, short what, void *context)
{
    (void)pipe;
    finish(context, (what & BEV_EVENT_TIMEOUT) != 0); /* otherwise its pipe is closed: it has ended, or is about to */
}

/* The model aborts when it gets no memory; what else makes it abort is for the daemon's log. */
static void on_abort(int number)
{
    if (mmap(NULL, NO_MEMORY_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        _exit(EXIT_NO_MEMORY);
    signal(number, SIG_DFL);
    raise(number);
}

/* Address space that this process has, in bytes; 0: the system does not say. */
static size_t address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void limit_memory(size_t growth_bytes)
{
    size_t now = address_space();
    const struct rlimit limit = {.rlim_cur = now + growth_bytes, .rlim_max = now + growth_bytes};
    if (now != 0 && setrlimit(RLIMIT_AS, &limit) == 0)
        signal(SIGABRT, on_abort);
}

/* The child's own life. Clients' connections are closed here, so that they end when the daemon ends them. */
_Noreturn static void
live(const struct children *children, void (*work)(void *context, FILE *out), void *context, int pipe)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pipe > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, (unsigned)pipe - 1, 0);
    close_range((unsigned)pipe + 1, UINT_MAX, 0);
    signal(SIGALRM, SIG_DFL);
    alarm(children->limit_s);
    limit_memory(children->limit_bytes);
    if (nice(NICENESS) == -1)
        errno = 0; /* then it runs as the daemon does */
    FILE *out = fdopen(pipe, "w");
    if (out == NULL)
        _exit(1);
    work(context, out);
    _exit(fclose(out) == 0 ? 0 : 1);
}

struct child *
child_start(struct children *children, void (*work)(void *context, FILE *out), child_done *done, void *context)
{
    int ends[2];
    if (children->count >= children->most) {
        errno = EAGAIN;
        return NULL;
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    fflush(NULL);
    pid_t pid = fork();
    int fault = errno;
    if (pid == 0) {
        close(ends[0]);
        live(children, work, context, ends[1]);
    }
    close(ends[1]);
    struct bufferevent *pipe = NULL;
    if (pid > 0 && evutil_make_socket_nonblocking(ends[0]) == 0)
        pipe = bufferevent_socket_new(children->base, ends[0], BEV_OPT_CLOSE_ON_FREE);
    if (pid < 0) {
        close(ends[0]);
        errno = fault;
        return NULL;
    }
    struct child *child = malloc(sizeof *child);
    CHECK(pipe != NULL && child != NULL);
    *child = (struct child){
        .next = children->first, .children = children, .pid = pid, .pipe = pipe, .done = done, .context = context};
    if (child->next != NULL)
        child->next->previous = child;
    children->first = child;
    children->count++;
    children->started++;
    const struct timeval limit = {.tv_sec = children->limit_s + 1};
    bufferevent_setcb(pipe, on_read, NULL, on_event, child);
    bufferevent_set_timeouts(pipe, &limit, NULL);
    bufferevent_enable(pipe, EV_READ);
    return child;
}
