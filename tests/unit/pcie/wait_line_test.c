#include "fabric/pcie/wait_line.h"

#include <criterion/criterion.h>

Test(wait_line, first_come_first_served_and_once)
{
    struct wait_line line = {0};
    struct waiter one = {0}, other = {0}, third = {0};
    cr_expect_null(wait_line_leave(&line));
    wait_line_join(&line, &one);
    wait_line_join(&line, &other);
    wait_line_join(&line, &one); /* no second place */
    cr_expect_eq(wait_line_leave(&line), &one);
    cr_expect_not(one.waits);
    wait_line_join(&line, &third);
    wait_line_join(&line, &one);
    cr_expect_eq(wait_line_leave(&line), &other);
    cr_expect_eq(wait_line_leave(&line), &third);
    cr_expect_eq(wait_line_leave(&line), &one);
    cr_expect_null(wait_line_leave(&line));
    wait_line_join(&line, &other);
    cr_expect_eq(wait_line_leave(&line), &other);
}
