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

/* Makes the directory and names the program by its whole path, which holds in any directory. */
static void make_ready(void)
{
    char program[PATH_MAX];
    if (ready)
        return;
    CHECK(mkdtemp(directory));
    setenv("M", realpath(place_program(), program) ? program : place_program(), 1);
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
