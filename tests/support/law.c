#include "tests/support/law.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/run.h"

/* Both compilers' runtimes have it in builds with sanitizers. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static struct {
    const char *test, *text; /* NULL: no seed is being tried */
    uint64_t seed;
} current;

struct law_seeds law_seeds_of(uint64_t count)
{
    const char *asked = getenv("MRIOV_LAWS_SEEDS");
    if (asked == NULL || *asked == '\0')
        return (struct law_seeds){1, count};
    char *end = NULL;
    struct law_seeds seeds = {.first = strtoull(asked, &end, 10)};
    seeds.last = *end == '-' ? strtoull(end + 1, &end, 10) : seeds.first;
    cr_assert(*end == '\0' && seeds.first <= seeds.last, "MRIOV_LAWS_SEEDS=%s: write 17 or 1000-1999", asked);
    return seeds;
}

/* Says once which seed it was. */
static void tell(void)
{
    if (current.text == NULL)
        return;
    fprintf(
        stderr,
        "\n%s\nThe scenario above breaks a law. To repeat it:\n    MRIOV_LAWS_SEEDS=%llu ctest --preset dev -R "
        "'^%s$'\n",
        current.text, (unsigned long long)current.seed, current.test);
    fflush(stderr);
    current.text = NULL;
}

static void on_abort(int number)
{
    tell();
    signal(number, SIG_DFL);
    raise(number);
}

void law_begin(const char *test, uint64_t seed, const char *text)
{
    current.test = test;
    current.seed = seed;
    current.text = text;
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback == NULL)
        signal(SIGSEGV, on_abort);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(tell);
}

void law_end(void)
{
    current.text = NULL;
}

void law_holds(bool held, const char *format, ...)
{
    if (held)
        return;
    tell();
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    cr_assert_fail("seed %llu: %s", (unsigned long long)current.seed, message);
}

struct scenario *law_scenario(const char *text)
{
    return law_scenario_with(text, NULL, 0);
}

struct scenario *law_scenario_with(const char *text, const char *const *sets, size_t count)
{
    struct faults faults = {0};
    struct scenario_request request = {
        .path = "law.yaml", .text = text, .length = strlen(text), .sets = sets, .set_count = count};
    struct scenario *scenario = scenario_load(&request, &faults);
    faults_print(scenario != NULL ? &scenario->refusals : &faults, stderr);
    law_holds(scenario != NULL && faults_added(&scenario->refusals) == 0, "the scenario is valid");
    faults_free(&faults);
    return scenario;
}

struct results law_run_scenario(const struct scenario *scenario)
{
    struct results results = {0};
    char reason[256] = "";
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    law_holds(status == STATUS_OK, "it runs: %s", reason);
    return results;
}

struct results law_run(const char *text)
{
    struct scenario *scenario = law_scenario(text);
    struct results results = law_run_scenario(scenario);
    scenario_free(scenario);
    return results;
}

struct world *law_world(const struct scenario *scenario)
{
    struct world *world = malloc(sizeof *world);
    char reason[256] = "";
    CHECK(world != NULL);
    enum status status = world_init(world, scenario, reason, sizeof reason);
    law_holds(status == STATUS_OK, "it can be built: %s", reason);
    return world;
}

void law_world_free(struct world *world)
{
    world_free(world);
    free(world);
}

char *law_text(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    CHECK(vasprintf(&text, format, arguments) >= 0);
    va_end(arguments);
    return text;
}
