#include "hostsim/output.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* An empty directory of the test's own, as the working directory: names below are short. */
static char root[] = "/tmp/mriov-output-XXXXXX";

static void enter(void)
{
    cr_assert(mkdtemp(root));
    cr_assert_eq(chdir(root), 0);
}

static void leave(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(output, .init = enter, .fini = leave);

/* What a file holds; "(none)" when there is none. */
static const char *contents(const char *path)
{
    static char text[256];
    FILE *file = fopen(path, "r");
    if (!file)
        return "(none)";
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static int entries(const char *directory)
{
    DIR *open = opendir(directory);
    int count = 0;
    if (!open)
        return -1;
    while (readdir(open))
        count++;
    closedir(open);
    return count - 2;
}

static void put(struct output *output, const char *name, const char *text)
{
    cr_assert(output_begin(output, name), "%s", output->message);
    fputs(text, output->stream);
    cr_assert(output_end(output), "%s", output->message);
}

Test(output, nothing_has_a_name_before_the_commit)
{
    struct output output;
    cr_assert(output_open(&output, "out"));
    put(&output, "a.csv", "a\n");
    put(&output, "results.json", "r\n");
    cr_expect_str_eq(contents("out/a.csv"), "(none)");
    cr_expect_str_eq(contents("out/results.json"), "(none)");
    cr_expect(output_commit(&output));
    output_abandon(&output);
    cr_expect_str_eq(contents("out/a.csv"), "a\n");
    cr_expect_str_eq(contents("out/results.json"), "r\n");
    cr_expect_eq(entries("out"), 2);
    struct stat found;
    cr_assert_eq(stat("out/a.csv", &found), 0);
    mode_t mask = umask(0);
    cr_expect_eq(found.st_mode & 0777, 0666 & ~mask);
}

Test(output, abandoning_leaves_nothing)
{
    struct output output;
    cr_assert(output_open(&output, "out"));
    put(&output, "a.csv", "a\n");
    cr_assert(output_begin(&output, "b.csv"));
    output_abandon(&output);
    cr_expect_eq(entries("out"), -1, "a directory made for it goes with it");
}

Test(output, an_earlier_run_stays_until_the_commit)
{
    struct output output;
    cr_assert(output_open(&output, "out"));
    put(&output, "a.csv", "old\n");
    put(&output, "series.csv", "old\n");
    put(&output, "results.json", "old\n");
    cr_assert(output_commit(&output));
    output_abandon(&output);

    cr_assert(output_open(&output, "out"));
    put(&output, "a.csv", "new\n");
    output_abandon(&output);
    cr_expect_str_eq(contents("out/a.csv"), "old\n");
    cr_expect_eq(entries("out"), 3);

    cr_assert(output_open(&output, "out"));
    put(&output, "a.csv", "new\n");
    output_remove(&output, "series.csv");
    output_remove(&output, "never.csv");
    put(&output, "results.json", "new\n");
    cr_assert(output_commit(&output));
    output_abandon(&output);
    cr_expect_str_eq(contents("out/a.csv"), "new\n");
    cr_expect_str_eq(contents("out/results.json"), "new\n");
    cr_expect_eq(entries("out"), 2);
}

Test(output, what_is_no_directory_is_refused)
{
    static const struct {
        const char *directory, *message;
    } cases[] = {
        {"", "-o: a directory is missing: -o DIR"},
        {"file", "-o file: Not a directory"},
        {"none/out", "-o none/out: No such file or directory"},
    };
    FILE *file = fopen("file", "w");
    fclose(file);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct output output;
        cr_expect_not(output_open(&output, cases[i].directory));
        cr_expect_str_eq(output.message, cases[i].message);
        output_abandon(&output);
    }
    cr_expect_eq(access("file", F_OK), 0);
}

Test(output, a_full_disk_is_noticed_and_leaves_nothing)
{
    /* A limit on the size of files fails writes as a full disk does. */
    struct rlimit limit = {4096, 4096};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct output output;
    cr_assert(output_open(&output, "out"));
    cr_assert(output_begin(&output, "big.csv"));
    for (int i = 0; i < 10000; i++)
        fputs("0123456789\n", output.stream);
    cr_expect_not(output_end(&output));
    cr_expect_str_eq(output.message, "out/big.csv: File too large");
    output_abandon(&output);
    cr_expect_eq(entries("out"), -1);
}

Test(output, a_name_that_is_taken_by_a_directory)
{
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkdir("out/results.json", 0777), 0);
    struct output output;
    cr_assert(output_open(&output, "out"));
    put(&output, "results.json", "r\n");
    cr_expect_not(output_commit(&output));
    cr_expect_str_eq(output.message, "out/results.json: Is a directory");
    output_abandon(&output);
    cr_expect_eq(entries("out"), 1);
}

Test(output, one_file)
{
    cr_assert_eq(mkdir("d", 0777), 0);
    static const char *const paths[] = {"t.pcapng", "d/t.pcapng", "./d/u"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        for (int again = 0; again < 2; again++) {
            struct output output;
            cr_assert(output_open_file(&output, paths[i]), "%s", output.message);
            fputs(again ? "second\n" : "first\n", output.stream);
            cr_assert(output_end(&output));
            cr_expect_str_eq(contents(paths[i]), again ? "first\n" : "(none)", "until the commit");
            cr_assert(output_commit(&output));
            output_abandon(&output);
            cr_expect_str_eq(contents(paths[i]), again ? "second\n" : "first\n");
        }
    }
    cr_expect_eq(entries("."), 2);
    cr_expect_eq(entries("d"), 2);
}

Test(output, one_file_that_is_abandoned)
{
    struct output output;
    cr_assert(output_open_file(&output, "t"));
    fputs("never\n", output.stream);
    output_abandon(&output);
    cr_expect_eq(entries("."), 0);
}

Test(output, one_file_that_cannot_be)
{
    static const struct {
        const char *path, *message;
    } cases[] = {
        {"none/t", "none/t: No such file or directory"},
        {".", ".: Is a directory"},
        {"/", "/: Is a directory"},
        {"none/", "none/: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct output output;
        cr_expect_not(output_open_file(&output, cases[i].path));
        cr_expect_str_eq(output.message, cases[i].message);
        output_abandon(&output);
    }
    cr_expect_eq(entries("."), 0);
}

/* Devices and pipes are written, not replaced. */
Test(output, one_file_that_is_no_regular_one)
{
    struct output output;
    cr_assert_eq(mkfifo("pipe", 0666), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    cr_assert(output_open_file(&output, "pipe"));
    fputs("through\n", output.stream);
    cr_assert(output_end(&output) && output_commit(&output), "%s", output.message);
    output_abandon(&output);
    char text[16] = "";
    cr_expect_eq(read(reader, text, sizeof text - 1), 8);
    cr_expect_str_eq(text, "through\n");
    struct stat found;
    cr_expect(stat("pipe", &found) == 0 && S_ISFIFO(found.st_mode));

    cr_assert(output_open_file(&output, "/dev/full"));
    fputs("no room\n", output.stream);
    cr_expect_not(output_end(&output));
    cr_expect_str_eq(output.message, "/dev/full: No space left on device");
    output_abandon(&output);
    cr_expect(stat("/dev/full", &found) == 0 && S_ISCHR(found.st_mode));
    cr_expect_eq(entries("."), 1);
}
