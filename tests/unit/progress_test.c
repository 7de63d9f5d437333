#include "hostsim/progress.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fabric/base/time.h"
#include "tests/support/sheet.h"

Test(progress, text)
{
    static const struct {
        struct run_progress run;
        double wall_s;
        const char *text;
    } cases[] = {
        {{PS_PER_MS, 4 * PS_PER_MS, 1}, 2, "1 ms of 4 ms simulated (25%), 500 us a second, 6 s left"},
        {{PS_PER_MS, 1000 * PS_PER_MS, 1}, 1, "1 ms of 1 s simulated (0%), 1 ms a second, 16 min 39 s left"},
        {{PS_PER_MS, 10 * PS_PER_S, 1}, 1, "1 ms of 10 s simulated (0%), 1 ms a second, 2 h 46 min left"},
        {{PS_PER_MS, 0, 1}, 2, "1 ms simulated, 500 us a second"},
        {{PS_PER_MS, PS_PER_MS, 1}, 2, "1 ms of 1 ms simulated (100%), 500 us a second, 0 s left"},
        {{2 * PS_PER_MS, PS_PER_MS, 1}, 2, "2 ms simulated, 1 ms a second"},
        {{0, PS_PER_MS, 0}, 2, "0 ns simulated, 0 ns a second"},
        {{PS_PER_MS, PS_PER_MS, 1}, 0, "1 ms simulated, 0 ns a second"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[160];
        cr_expect_str_eq(progress_text(&cases[i].run, cases[i].wall_s, text, sizeof text), cases[i].text, "%s", text);
    }
}

Test(progress, a_line_is_drawn_seldom_and_erased)
{
    struct sheet sheet;
    sheet_open(&sheet);
    struct progress progress = progress_start(sheet.out);
    struct run_progress run = {PS_PER_MS, 2 * PS_PER_MS, 1};
    progress_update(&progress, &run);
    cr_expect_not(progress.shown, "too soon to bother anybody");
    progress.next_s = 0;
    progress_update(&progress, &run);
    cr_expect(progress.shown);
    progress_update(&progress, &run);
    progress_end(&progress);
    const char *text = sheet_close(&sheet);
    cr_expect_eq(strncmp(text, "1 ms of 2 ms simulated", 22), 0, "%s", text);
    cr_expect_str_eq(text + strlen(text) - 4, "\r\033[K");
    sheet_free(&sheet);
}

Test(progress, a_short_run_draws_nothing)
{
    struct sheet sheet;
    sheet_open(&sheet);
    struct progress progress = progress_start(sheet.out);
    progress_end(&progress);
    cr_expect_str_eq(sheet_close(&sheet), "");
    sheet_free(&sheet);
}
