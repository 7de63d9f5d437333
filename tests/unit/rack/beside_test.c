#include "hostsim/rack/beside.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(beside, files_are_in_the_scenario_s_folder)
{
    static const char *const cases[][3] = {
        {"rack.yaml", "a.csv", "a.csv"},
        {"-", "a.csv", "a.csv"},
        {"docs/rack.yaml", "a.csv", "docs/a.csv"},
        {"docs/rack.yaml", "../a.csv", "docs/../a.csv"},
        {"/docs/rack.yaml", "/x/a.csv", "/x/a.csv"},
        {"/rack.yaml", "a.csv", "/a.csv"},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        char *path = beside(cases[n][0], cases[n][1]);
        cr_expect_str_eq(path, cases[n][2]);
        free(path);
    }
}
