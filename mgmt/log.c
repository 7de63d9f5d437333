#include "mgmt/log.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 1024

static bool as_json, on_terminal;
static enum log_priority least_important = LOG_EVENT;

void log_start(bool json, enum log_priority least)
{
    as_json = json;
    least_important = least;
    on_terminal = isatty(STDERR_FILENO) != 0;
}

/* What is no printable ASCII or UTF-8 becomes a question mark: one line is one entry. */
static void make_plain(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

/* One line of JSON. */
static void write_json(enum log_priority priority, const char *text)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    json_t *line = json_pack(
        "{s:f, s:i, s:s}", "time", (double)now.tv_sec + (double)(now.tv_nsec / 1000) / 1e6, "priority", (int)priority,
        "message", text);
    if (line == NULL) /* not UTF-8 */
        line = json_pack("{s:i, s:s}", "priority", (int)priority, "message", "a line that is not UTF-8");
    json_dumpf(line, stderr, JSON_REAL_PRECISION(16));
    fputc('\n', stderr);
    json_decref(line);
}

void log_line(enum log_priority priority, const char *format, ...)
{
    if (priority > least_important)
        return;
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    make_plain(line);
    if (as_json)
        write_json(priority, line);
    else if (on_terminal)
        fprintf(stderr, "mriovd: %s\n", line);
    else
        fprintf(stderr, "<%d>mriovd: %s\n", (int)priority, line);
}
