#include "hostsim/progress.h"

#include <inttypes.h>
#include <time.h>

#include "hostsim/rack/human.h"

/* Five times a second: often enough to look alive, too seldom to cost anything. */
#define PERIOD_S 0.2

double progress_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct progress progress_start(FILE *out)
{
    double now_s = progress_clock_s();
    return (struct progress){.out = out, .start_s = now_s, .next_s = now_s + PERIOD_S};
}

/* "12 s", "3 min 20 s", "2 h 05 min" */
static void duration_text(double seconds, char *buffer, size_t size)
{
    uint64_t whole = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : UINT64_C(1000000000);
    if (whole < 60)
        snprintf(buffer, size, "%" PRIu64 " s", whole);
    else if (whole < 3600)
        snprintf(buffer, size, "%" PRIu64 " min %02" PRIu64 " s", whole / 60, whole % 60);
    else
        snprintf(buffer, size, "%" PRIu64 " h %02" PRIu64 " min", whole / 3600, whole % 3600 / 60);
}

char *progress_text(const struct run_progress *run, double wall_s, char *buffer, size_t size)
{
    char simulated[HUMAN_BYTES], total[HUMAN_BYTES], speed[HUMAN_BYTES], left[48];
    double speed_ps = wall_s > 0 ? (double)run->simulated_ps / wall_s : 0;
    human_time(run->simulated_ps, simulated);
    human_time((uint64_t)speed_ps, speed);
    if (run->total_ps == 0 || run->total_ps < run->simulated_ps || speed_ps < 1) {
        snprintf(buffer, size, "%s simulated, %s a second", simulated, speed);
        return buffer;
    }
    duration_text((double)(run->total_ps - run->simulated_ps) / speed_ps, left, sizeof left);
    snprintf(
        buffer, size, "%s of %s simulated (%d%%), %s a second, %s left", simulated, human_time(run->total_ps, total),
        (int)(100 * (double)run->simulated_ps / (double)run->total_ps), speed, left);
    return buffer;
}

static void erase(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", progress->out);
    progress->shown = false;
}

void progress_update(void *context, const struct run_progress *run)
{
    struct progress *progress = context;
    double now_s = progress_clock_s();
    if (now_s < progress->next_s)
        return;
    progress->next_s = now_s + PERIOD_S;
    char text[160];
    erase(progress);
    fputs(progress_text(run, now_s - progress->start_s, text, sizeof text), progress->out);
    fflush(progress->out);
    progress->shown = true;
}

void progress_end(struct progress *progress)
{
    erase(progress);
    fflush(progress->out);
}
