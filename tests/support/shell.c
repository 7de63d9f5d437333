#include "tests/support/shell.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "tests/support/place.h"

static char directory[] = "/tmp/mriov-shell-XXXXXX";
static int ready;

/* Sets VARIABLE to a path without spaces for WHAT, which holds in any directory. */
static void give_path(const char *variable, const char *name, const char *what)
{
    char whole[PATH_MAX], link[PATH_MAX];
    CHECK(realpath(what, whole));
    snprintf(link, sizeof link, "%s/%s", directory, name);
    CHECK(symlink(whole, link) == 0);
    setenv(variable, link, 1);
}

/* Makes the directory. Commands name the program $M and the source tree $MRIOV_SOURCE_DIR, wherever these are. */
static void make_ready(void)
{
    if (ready)
        return;
    CHECK(mkdtemp(directory));
    give_path("M", ".program", place_program());
    give_path("MRIOV_SOURCE_DIR", ".source", place_source_dir());
    ready = 1;
}

static char *read_file(const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    CHECK(file);
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

struct shell_answer shell_run(const char *command)
{
    make_ready();
    char *whole = NULL;
    CHECK(asprintf(&whole, "cd %s && { %s\n} > .out 2> .err", directory, command) > 0);
    int status = system(whole);
    free(whole);
    CHECK(status != -1);
    return (struct shell_answer){
        .exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
        .out = read_file(".out"),
        .err = read_file(".err"),
    };
}

void shell_free(struct shell_answer *answer)
{
    free(answer->out);
    free(answer->err);
}

void shell_put(const char *name, const char *text)
{
    make_ready();
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    CHECK(file);
    CHECK(fputs(text, file) >= 0);
    CHECK(fclose(file) == 0);
}

void shell_end(void)
{
    char command[64];
    if (!ready)
        return;
    snprintf(command, sizeof command, "rm -rf %s", directory);
    CHECK(system(command) == 0);
}
