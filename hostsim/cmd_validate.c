/* mriov validate: does the simulator reproduce what is known. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostsim/command.h"
#include "hostsim/interrupt.h"
#include "hostsim/page.h"
#include "hostsim/validation/validation.h"
#include "hostsim/validation/validation_table.h"

/* How many cases one command line may name. */
#define NUMBERS_MAX 64

static int validate(int argc, char **argv);

static const struct option validate_options[] = {
    {"quick", 0, NULL, "leave out what needs many TLPs because it is statistical"},
    {"json", 0, NULL, "print JSON, and nothing else, on standard output"},
    COMMAND_COMMON_OPTIONS,
};

const struct command command_validate = {
    .name = "validate",
    .usage = "[CASE]... [OPTION]...        (all cases, unless some are named by their number)",
    .summary = "hold the simulator against published models, measurements and exact theory",
    .options = validate_options,
    .run = validate,
};

/* The command line, understood. */
struct request {
    unsigned numbers[NUMBERS_MAX];
    struct validation_request validation;
    bool json;
};

/* Takes the number of a case over; EXIT_DONE, or the exit code to end with. */
static int take_case(struct request *request, const char *text)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    bool is_number = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number <= 1000;
    if (!is_number || !validation_case_find((unsigned)number))
        return command_fault(
            "%.64s: no such case; they are numbered from %u to %u", text, validation_cases[0].number,
            validation_cases[validation_case_count - 1].number);
    if (request->validation.number_count == NUMBERS_MAX)
        return command_fault("%.64s: one case too many; %d are the most", text, NUMBERS_MAX);
    request->numbers[request->validation.number_count++] = (unsigned)number;
    return EXIT_DONE;
}

/* Understands the command line; false when there is nothing to run, with *EXIT_CODE to end with. */
static bool parse(int argc, char **argv, struct request *request, int *exit_code)
{
    struct options options = options_start(validate_options, argc, argv);
    struct argument argument;
    while (options_next(&options, &argument)) {
        if (command_common(&command_validate, &argument, exit_code))
            return false;
        if (argument.kind == ARGUMENT_OPERAND) {
            *exit_code = take_case(request, argument.value);
            if (*exit_code != EXIT_DONE)
                return false;
        } else if (strcmp(argument.option->name, "quick") == 0) {
            request->validation.quick = true;
        } else {
            request->json = true;
        }
    }
    request->validation.numbers = request->numbers;
    return true;
}

static void show_row(void *context, size_t done, size_t total)
{
    (void)context;
    fprintf(stderr, "\rrow %zu of %zu", done + 1, total);
    fflush(stderr);
}

static int print(const struct request *request, const struct validation_report *report)
{
    struct page page;
    page_start(&page);
    if (request->json)
        validation_json_write(report, page.out);
    else
        validation_table_write(report, page.out);
    return page_print(&page);
}

static int validate(int argc, char **argv)
{
    struct request request = {0};
    int exit_code = EXIT_USAGE;
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    bool shown = isatty(STDERR_FILENO);
    interrupt_catch();
    request.validation.on_row = shown ? show_row : NULL;
    request.validation.stop = interrupt_flag();
    struct validation_report report = {0};
    enum status status = validation_run(&request.validation, &report);
    if (shown)
        fputs("\r\033[K", stderr);
    if (status == STATUS_CANCELLED) {
        command_fault("interrupted; there is no verdict");
        exit_code = EXIT_INTERRUPTED;
    } else {
        exit_code = print(&request, &report);
        if (exit_code == EXIT_DONE && validation_failures(&report) > 0)
            exit_code = EXIT_FAILED;
    }
    validation_report_free(&report);
    return exit_code;
}
