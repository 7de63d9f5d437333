/* Every file of tests/system/faulty is a scenario with something wrong. It begins with what must be said of it:
 *
 *     # expect: 12:9: message       each fault, in order, without the file's name; of another file with it
 *     # set: hosts.h0.lnk.gen=5     `--set` arguments, if any
 *
 * Checked through the library, and through `mriov check` where no `--set` is needed. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostsim/rack/scenario.h"
#include "tests/support/place.h"

#define FILES_AT_LEAST 45
#define LINES_LIMIT 16
#define LINE_LIMIT 512

struct lines {
    char text[LINES_LIMIT][LINE_LIMIT];
    size_t count;
};

static void add_line(struct lines *lines, const char *text)
{
    cr_assert_lt(lines->count, LINES_LIMIT);
    snprintf(lines->text[lines->count++], LINE_LIMIT, "%s", text);
}

/* The values of the leading comments `# KEY: value`. */
static void read_header(const char *path, const char *key, struct lines *lines)
{
    char line[LINE_LIMIT], start[32];
    FILE *stream = fopen(path, "r");
    cr_assert_not_null(stream, "%s", path);
    snprintf(start, sizeof start, "# %s: ", key);
    lines->count = 0;
    while (fgets(line, sizeof line, stream)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, start, strlen(start)) == 0)
            add_line(lines, line + strlen(start));
    }
    fclose(stream);
}

/* The line of an expectation: arguments and other files speak for themselves, all else is of the file. */
static void expected_line(const char *name, const char *text, char line[LINE_LIMIT])
{
    if (text[0] != ' ' && !isdigit((unsigned char)text[0]))
        snprintf(line, LINE_LIMIT, "%s", text);
    else
        snprintf(line, LINE_LIMIT, "%.80s:%.400s", name, text);
}

static void compare(const char *name, const struct lines *expected, const struct lines *got)
{
    char line[LINE_LIMIT];
    for (size_t i = 0; i < expected->count && i < got->count; i++) {
        expected_line(name, expected->text[i], line);
        cr_expect_str_eq(got->text[i], line, "%s\n  says      %s\n  should be %s", name, got->text[i], line);
    }
    for (size_t i = expected->count; i < got->count; i++)
        cr_expect(false, "%s also says: %s", name, got->text[i]);
    cr_expect_geq(got->count, expected->count, "%s says %zu of %zu faults", name, got->count, expected->count);
}

static void check_library(const char *name, const struct lines *expected, const struct lines *sets)
{
    const char *arguments[LINES_LIMIT];
    struct faults faults = {0};
    struct lines got = {.count = 0};
    struct scenario_request request = {.path = name, .sets = arguments, .set_count = sets->count};
    for (size_t i = 0; i < sets->count; i++)
        arguments[i] = sets->text[i];
    struct scenario *scenario = scenario_load(&request, &faults);
    cr_expect_null(scenario, "%s is accepted", name);
    for (size_t i = 0; i < LINES_LIMIT; i++) {
        char *line = faults_line(&faults, i);
        if (line)
            add_line(&got, line);
        free(line);
    }
    compare(name, expected, &got);
    scenario_free(scenario);
    faults_free(&faults);
}

static void check_program(const char *name, const struct lines *expected)
{
    char command[LINE_LIMIT], line[LINE_LIMIT];
    struct lines got = {.count = 0};
    snprintf(command, sizeof command, "'%s' check '%s' 2>&1", place_program(), name);
    FILE *output = popen(command, "r");
    cr_assert_not_null(output);
    while (fgets(line, sizeof line, output)) {
        line[strcspn(line, "\n")] = '\0';
        cr_expect_eq(strncmp(line, "mriov: ", 7), 0, "%s: %s", name, line);
        add_line(&got, line + 7);
    }
    int status = pclose(output);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 2, "%s: exit code", name);
    compare(name, expected, &got);
}

Test(faulty, each_file_gets_its_messages)
{
    char folder[LINE_LIMIT];
    snprintf(folder, sizeof folder, "%s/tests/system/faulty", place_source_dir());
    cr_assert_eq(chdir(folder), 0, "%s", folder);
    DIR *directory = opendir(".");
    cr_assert_not_null(directory);
    size_t files = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct lines expected, sets;
        if (!strstr(entry->d_name, ".yaml"))
            continue;
        files++;
        read_header(entry->d_name, "expect", &expected);
        read_header(entry->d_name, "set", &sets);
        cr_expect_gt(expected.count, 0, "%s expects nothing", entry->d_name);
        check_library(entry->d_name, &expected, &sets);
        if (sets.count == 0)
            check_program(entry->d_name, &expected);
    }
    closedir(directory);
    cr_expect_geq(files, FILES_AT_LEAST);
}
