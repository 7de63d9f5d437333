#include "hostsim/trace_options.h"

#include <string.h>
#include <unistd.h>

#include "fabric/base/time.h"
#include "hostsim/command.h"
#include "hostsim/rack/quantity.h"

bool trace_options_take(struct trace_options *options, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **value;
    } taken[] = {
        {"trace", &options->path},
        {"trace-links", &options->links},
        {"trace-from", &options->from},
        {"trace-to", &options->to},
    };
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (strcmp(name, taken[i].name) != 0)
            continue;
        *taken[i].value = value;
        return true;
    }
    return false;
}

bool trace_options_to_stdout(const struct trace_options *options)
{
    return options->path != NULL && strcmp(options->path, "-") == 0;
}

static bool fault(const char *name, const char *value, const char *text)
{
    command_fault("--%s %s: %s", name, value, text);
    return false;
}

/* Reads the time TEXT of the option NAME; NULL leaves *PS as it is. */
static bool read_time(const char *name, const char *text, uint64_t *ps)
{
    struct quantity quantity;
    struct quantity_why why;
    if (text == NULL)
        return true;
    if (quantity_parse(QUANTITY_TIME, text, &quantity, &why) != STATUS_OK)
        return fault(name, text, why.text);
    *ps = quantity.value;
    return true;
}

static bool understand_alone(const struct trace_options *options)
{
    const char *narrowing = options->links  ? "--trace-links"
                            : options->from ? "--trace-from"
                            : options->to   ? "--trace-to"
                                            : NULL;
    if (narrowing != NULL)
        command_fault("%s: narrows a trace, and there is none: --trace FILE", narrowing);
    return narrowing == NULL;
}

bool trace_options_understand(const struct trace_options *options, struct trace_request *request)
{
    if (options->path == NULL)
        return understand_alone(options);
    *request = (struct trace_request){.name = options->path, .links = options->links, .to_ps = TIME_NEVER};
    if (options->path[0] == '\0') {
        command_fault("--trace: a file is missing: --trace FILE");
        return false;
    }
    if (!read_time("trace-from", options->from, &request->from_ps) ||
        !read_time("trace-to", options->to, &request->to_ps))
        return false;
    if (request->from_ps >= request->to_ps)
        return fault("trace-to", options->to, "the trace would end before it begins; give a later time");
    if (trace_options_to_stdout(options)) {
        request->name = "standard output";
        if (isatty(STDOUT_FILENO))
            return fault("trace", "-", "not to a terminal; lead it on: mriov run ... --trace - | tshark -r -");
    }
    return true;
}
