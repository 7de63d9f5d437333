/* Faults: sorted, each once, one line each, and not without end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/fault.h"

static struct faults faults;

static void tear_down(void)
{
    faults_free(&faults);
}

TestSuite(fault, .fini = tear_down);

static char *printed(size_t expected_count)
{
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    cr_assert_eq(faults_print(&faults, stream), expected_count);
    fclose(stream);
    return text;
}

Test(fault, prints_in_the_order_of_the_text)
{
    faults_add(&faults, place_of_argument("--set a=1"), "late");
    faults_add(&faults, place_in_file("r.yaml", 12, 9), "second %d", 2);
    faults_add(&faults, place_in_file("r.yaml", 12, 1), "first");
    faults_add(&faults, place_in_file("r.yaml", 3, 70), "before");
    faults_add(&faults, place_in_file("r.yaml", 12, 9), "second %d", 2);
    faults_add(&faults, place_in_file("r.yaml", 12, 9), "another");
    faults_add(&faults, place_of_file("r.yaml"), "whole\nfile");
    char *text = printed(6);
    cr_assert_str_eq(
        text, "mriov: r.yaml: whole file\n"
              "mriov: r.yaml:3:70: before\n"
              "mriov: r.yaml:12:1: first\n"
              "mriov: r.yaml:12:9: second 2\n"
              "mriov: r.yaml:12:9: another\n"
              "mriov: --set a=1: late\n");
    free(text);
    cr_assert_eq(faults_added(&faults), 7);
    char *line = faults_line(&faults, 1);
    cr_assert_str_eq(line, "r.yaml:3:70: before");
    free(line);
    cr_assert_null(faults_line(&faults, 6));
}

Test(fault, prints_no_more_than_people_read)
{
    for (unsigned i = 0; i < FAULTS_KEPT + 10; i++)
        faults_add(&faults, place_in_file("f", FAULTS_KEPT + 10 - i, 1), "x");
    char *text = printed(FAULTS_KEPT + 10);
    size_t lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    cr_assert_eq(lines, FAULTS_PRINTED + 1);
    cr_assert(strstr(text, "mriov: and 4056 more\n"));
    free(text);
}

Test(fault, moves)
{
    struct faults others = {0};
    faults_add(&faults, place_in_file("f", 2, 1), "b");
    faults_add(&others, place_in_file("f", 2, 1), "b");
    faults_add(&others, place_in_file("f", 1, 1), "a");
    faults_move(&faults, &others);
    cr_assert_eq(others.count, 0);
    char *text = printed(2);
    cr_assert_str_eq(text, "mriov: f:1:1: a\nmriov: f:2:1: b\n");
    free(text);
}
