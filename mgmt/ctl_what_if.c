/* mriovctl whatif: what the changes of a file would do, and nothing else. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "hostsim/rack/text_table.h"
#include "mgmt/ctl.h"
#include "mgmt/ctl_file.h"
#include "mgmt/ctl_message.h"
#include "mgmt/limits.h"

typedef Mriov__V1__WhatIfRequest__Change Change;
typedef Mriov__V1__WhatIfResponse__Figures Figures;

/* --- the question --- */

static void fill_change(const struct pcim_request *request, Change *change)
{
    static const Mriov__V1__WhatIfRequest__Change__ChangeCase cases[PCIM_METHODS] = {
        [PCIM_METHOD_ASSIGN] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_ASSIGN,
        [PCIM_METHOD_RELEASE] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_RELEASE,
        [PCIM_METHOD_MOVE] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_MOVE,
        [PCIM_METHOD_APPLY] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_APPLY,
        [PCIM_METHOD_SET_QOS] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_SET_QOS,
        [PCIM_METHOD_SET_VFS] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_SET_VFS,
        [PCIM_METHOD_CONTROL_PORT] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_CONTROL_PORT,
        [PCIM_METHOD_INJECT_FAULT] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_INJECT_FAULT,
        [PCIM_METHOD_REPAIR_FAULT] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_REPAIR_FAULT,
        [PCIM_METHOD_MIGRATE_GUEST] = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_MIGRATE_GUEST,
    };
    mriov__v1__what_if_request__change__init(change);
    change->change_case = cases[request->method];
    change->assign = (Mriov__V1__AssignRequest *)(void *)ctl_message_of(request); /* members share one pointer */
}

static bool are_all_now(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->event_count; i++)
        if (scenario->events[i].at_ps != 0)
            return false;
    return true;
}

/* --- the answer --- */

static void put_figures(const Figures *figures, char *rate, char *p99, size_t size)
{
    snprintf(rate, size, "-");
    snprintf(p99, size, "-");
    if (figures == NULL)
        return;
    snprintf(rate, size, "%.3f", figures->goodput_gbps);
    if (figures->operations > 0)
        snprintf(p99, size, "%" PRIu64, figures->latency_p99_ns);
}

static void print_flows(const Mriov__V1__WhatIfResponse *response)
{
    static const char *const headings[] = {"FLOW",      "HOST",   "FUNCTION",       "Gb/s WITHOUT",
                                           "Gb/s WITH", "CHANGE", "P99 NS WITHOUT", "P99 NS WITH"};
    struct text_table table = text_table_start(headings, "<<<>>>>>");
    for (size_t i = 0; i < response->n_flows; i++) {
        const Mriov__V1__WhatIfResponse__Flow *flow = response->flows[i];
        const Figures *without = flow->without_changes, *with = flow->with_changes;
        char rates[2][24], p99s[2][24], change[24];
        put_figures(without, rates[0], p99s[0], sizeof rates[0]);
        put_figures(with, rates[1], p99s[1], sizeof rates[1]);
        snprintf(
            change, sizeof change, "%+.3f",
            (with != NULL ? with->goodput_gbps : 0) - (without != NULL ? without->goodput_gbps : 0));
        const char *const cells[] = {
            flow->name, flow->host[0] != '\0' ? flow->host : "-", flow->function, rates[0], rates[1], change, p99s[0],
            p99s[1]};
        text_table_row(&table, cells);
    }
    text_table_print(&table, stdout);
    text_table_free(&table);
}

static void print_operations(const Mriov__V1__WhatIfResponse *response)
{
    static const char *const headings[] = {"CHANGE", "TARGET", "STATE", "TOOK NS", "WHY"};
    struct text_table table = text_table_start(headings, "<<<><");
    for (size_t i = 0; i < response->n_operations; i++) {
        const Mriov__V1__Operation *operation = response->operations[i];
        const ProtobufCEnumValue *state =
            protobuf_c_enum_descriptor_get_value(&mriov__v1__operation__state__descriptor, (int)operation->state);
        char took[24] = "-";
        if (operation->state >= MRIOV__V1__OPERATION__STATE__SUCCEEDED)
            snprintf(took, sizeof took, "%" PRIu64, operation->ended_ns - operation->started_ns);
        const char *const cells[] = {
            operation->method, operation->target, state != NULL ? state->name : "?", took,
            operation->status != NULL ? operation->status->message : ""};
        text_table_row(&table, cells);
    }
    text_table_print(&table, stdout);
    text_table_free(&table);
}

static int print(struct ctl *ctl, const Mriov__V1__WhatIfResponse *response)
{
    if (ctl->json)
        return ctl_print_json(&response->base);
    print_operations(response);
    putchar('\n');
    print_flows(response);
    return ctl_end_output();
}

/* --- the command --- */

static int ask(struct ctl *ctl, const struct scenario *scenario)
{
    int exit_code;
    Change changes[LIMIT_WHAT_IF_CHANGES], *pointers[LIMIT_WHAT_IF_CHANGES];
    Mriov__V1__WhatIfRequest request = MRIOV__V1__WHAT_IF_REQUEST__INIT;
    request.changes = pointers;
    request.horizon_ns = scenario->run.duration_ps / PS_PER_NS;
    for (; request.n_changes < scenario->event_count; request.n_changes++) {
        pointers[request.n_changes] = &changes[request.n_changes];
        fill_change(&scenario->events[request.n_changes].request, &changes[request.n_changes]);
    }
    Mriov__V1__WhatIfResponse *response = ctl_call(ctl, "WhatIf", &request.base, &exit_code);
    if (response != NULL)
        exit_code = print(ctl, response);
    ctl_free(response);
    for (size_t i = 0; i < request.n_changes; i++)
        ctl_message_free(&changes[i].assign->base);
    return exit_code;
}

static int run(struct ctl *ctl)
{
    int exit_code;
    struct scenario *scenario = ctl_read_file(ctl, ctl->argv[0], ctl_file_for_changes, &exit_code);
    if (scenario == NULL)
        return exit_code;
    if (scenario->event_count > LIMIT_WHAT_IF_CHANGES)
        exit_code = ctl_fault("%s: %d changes are the most", ctl->argv[0], LIMIT_WHAT_IF_CHANGES);
    else if (!are_all_now(scenario))
        exit_code = ctl_fault("%s: timeline: changes are made now: `at` must be 0", ctl->argv[0]);
    else
        exit_code = ask(ctl, scenario);
    scenario_free(scenario);
    return exit_code;
}

const struct ctl_command ctl_what_if = {
    "whatif", "FILE", "what `assign:` and `timeline:` of a file would do in `run: {duration: T}`", 1, 1, run};
