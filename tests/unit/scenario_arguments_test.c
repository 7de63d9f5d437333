#include "hostsim/scenario_arguments.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

static const struct option some_options[] = {
    {"set", 0, "PATH=VALUE", ""},
    {"other", 'o', "VALUE", ""},
    COMMAND_COMMON_OPTIONS,
};

static const struct command some_command = {.name = "some", .usage = "", .summary = "", .options = some_options};

static int take_option(void *context, const char *name, const char *value)
{
    cr_expect_str_eq(name, "other");
    *(const char **)context = value;
    return strcmp(value, "bad") == 0 ? EXIT_FAILED : EXIT_DONE;
}

static struct scenario_arguments arguments;
static const char *other;
static int exit_code;

static bool parse(int argc, char **argv)
{
    memset(&arguments, 0, sizeof arguments);
    other = NULL;
    return scenario_arguments_parse(&arguments, &some_command, argc, argv, take_option, &other, &exit_code);
}

Test(scenario_arguments, the_file_sets_in_their_order_and_what_is_the_commands_own)
{
    char *argv[] = {"--set", "a=1", "-o", "x", "rack.yaml", "--set=b=2"};
    cr_assert(parse(6, argv));
    cr_expect_str_eq(arguments.request.path, "rack.yaml");
    cr_assert_eq(arguments.request.set_count, 2);
    cr_expect_str_eq(arguments.request.sets[0], "a=1");
    cr_expect_str_eq(arguments.request.sets[1], "b=2");
    cr_expect_str_eq(other, "x");
    cr_expect_eq(scenario_arguments_need_path(&arguments, &some_command), EXIT_DONE);
}

Test(scenario_arguments, what_is_wrong_ends_it, .init = cr_redirect_stderr)
{
    char *two[] = {"one.yaml", "two.yaml"}, *bad[] = {"-o", "bad"}, *unknown[] = {"--sett", "a=1"};
    cr_assert_not(parse(2, two));
    cr_expect_eq(exit_code, EXIT_USAGE);
    cr_assert_not(parse(2, bad));
    cr_expect_eq(exit_code, EXIT_FAILED);
    cr_assert_not(parse(2, unknown));
    cr_expect_eq(exit_code, EXIT_USAGE);
    cr_assert(parse(0, two));
    cr_expect_eq(scenario_arguments_need_path(&arguments, &some_command), EXIT_USAGE);
}

Test(scenario_arguments, there_is_an_end_to_sets, .init = cr_redirect_stderr)
{
    char *argv[SCENARIO_ARGUMENTS_SETS_MAX + 1];
    for (int i = 0; i <= SCENARIO_ARGUMENTS_SETS_MAX; i++)
        argv[i] = "--set=a=1";
    cr_expect(parse(SCENARIO_ARGUMENTS_SETS_MAX, argv));
    cr_expect_not(parse(SCENARIO_ARGUMENTS_SETS_MAX + 1, argv));
    cr_expect_eq(exit_code, EXIT_USAGE);
}
