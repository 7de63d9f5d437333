/* mriovctl apply: the `assign:` of a file, as one operation. */
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/text_table.h"
#include "mgmt/ctl.h"
#include "mgmt/ctl_file.h"
#include "mgmt/ctl_message.h"

static void print_plan(const Mriov__V1__ApplyResponse *response)
{
    static const char *const headings[] = {"DO", "FUNCTION", "FROM", "TO"}, *const words[] = {
                                                                                "assign", "release", "move"};
    struct text_table table = text_table_start(headings, "<<<<");
    for (size_t i = 0; i < response->n_plan; i++) {
        const Mriov__V1__ApplyResponse__Step *step = response->plan[i];
        const char *const cells[] = {
            (size_t)step->kind < sizeof words / sizeof words[0] ? words[step->kind] : "?", step->function,
            step->from[0] != '\0' ? step->from : "-", step->to[0] != '\0' ? step->to : "-"};
        text_table_row(&table, cells);
    }
    if (response->n_plan > 0)
        text_table_print(&table, stdout);
    else
        puts("nothing is to change");
    text_table_free(&table);
}

/* The words after the file. */
static bool read_words(struct ctl *ctl, Mriov__V1__ApplyRequest *request)
{
    for (int i = 1; i < ctl->argc; i++) {
        if (strcmp(ctl->argv[i], "prune") == 0)
            request->prune = 1;
        else if (strcmp(ctl->argv[i], "dry-run") == 0)
            request->dry_run = 1;
        else if (!ctl_read_policy(ctl->argv[i], &request->policy)) {
            ctl_fault("apply: %s: must be prune, dry-run, wait, managed, surprise or refuse-if-busy", ctl->argv[i]);
            return false;
        }
    }
    return true;
}

static int apply(struct ctl *ctl, const Mriov__V1__ApplyRequest *request)
{
    int exit_code;
    Mriov__V1__ApplyResponse *response = ctl_call(ctl, "Apply", &request->base, &exit_code);
    if (response == NULL)
        return exit_code;
    if (!ctl->json)
        print_plan(response);
    if (!request->dry_run)
        exit_code = ctl_finish(ctl, response->operation);
    else
        exit_code = ctl->json ? ctl_print_json(&response->base) : ctl_end_output();
    ctl_free(response);
    return exit_code;
}

static int run(struct ctl *ctl)
{
    int exit_code;
    struct scenario *scenario = ctl_read_file(ctl, ctl->argv[0], ctl_file_for_assign, &exit_code);
    if (scenario == NULL)
        return exit_code;
    Mriov__V1__ApplyRequest *request = NULL;
    if (scenario->event_count == 0) {
        exit_code = ctl_fault("%s: an `assign:` is wanted; `assign: []` is nothing", ctl->argv[0]);
    } else {
        request = (Mriov__V1__ApplyRequest *)(void *)ctl_message_of(&scenario->events[0].request);
        exit_code = read_words(ctl, request) ? apply(ctl, request) : CTL_USAGE;
    }
    ctl_message_free((ProtobufCMessage *)request);
    scenario_free(scenario);
    return exit_code;
}

const struct ctl_command ctl_apply = {
    "apply", "FILE [prune] [dry-run] [POLICY]", "the `assign:` of a file, all or none", 1, 4, run};
