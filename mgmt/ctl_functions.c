/* mriovctl functions: every function, and who has it. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "hostsim/rack/text_table.h"
#include "mgmt/ctl.h"
#include "mgmt/function_list.h"
#include "mgmt/message_json.h"
#include "proto/mriov.pb-c.h"

static void add_row(struct text_table *table, const Mriov__V1__Function *function)
{
    char vh[16] = "-";
    const char *state = function_state_word(function->actual);
    if (function->actual != MRIOV__V1__FUNCTION_STATE__KIND__FREE)
        snprintf(vh, sizeof vh, "%" PRIu32, function->vh);
    const char *const cells[] = {
        function->name, function->owner[0] != '\0' ? function->owner : "-", vh,
        function->routing_id[0] != '\0' ? function->routing_id : "-", state};
    text_table_row(table, cells);
}

/* All fields of the message, with `owner` null when free and `state` as a word. */
static void add_object(json_t *list, const Mriov__V1__Function *function)
{
    json_t *all = message_json(&function->base), *object = json_object();
    json_object_set_new(object, "name", json_string(function->name));
    json_object_set_new(object, "owner", function->owner[0] != '\0' ? json_string(function->owner) : json_null());
    json_object_set_new(object, "state", json_string(function_state_word(function->actual)));
    json_object_update_missing(object, all);
    json_decref(all);
    json_array_append_new(list, object);
}

/* Asks page by page and gives each to TABLE or LIST. */
static int collect(struct ctl *ctl, struct text_table *table, json_t *list)
{
    int exit_code;
    char token[256] = "";
    do {
        Mriov__V1__ListFunctionsRequest request = MRIOV__V1__LIST_FUNCTIONS_REQUEST__INIT;
        request.page_token = token;
        Mriov__V1__ListFunctionsResponse *page = ctl_call(ctl, "ListFunctions", &request.base, &exit_code);
        if (page == NULL)
            return exit_code;
        for (size_t i = 0; i < page->n_functions; i++)
            if (list != NULL)
                add_object(list, page->functions[i]);
            else
                add_row(table, page->functions[i]);
        snprintf(token, sizeof token, "%s", page->next_page_token);
        ctl_free(page);
    } while (token[0] != '\0');
    return CTL_DONE;
}

static int run(struct ctl *ctl)
{
    static const char *const headings[] = {"NAME", "OWNER", "VH", "ROUTING-ID", "STATE"};
    struct text_table table = text_table_start(headings, "<<><<");
    json_t *list = ctl->json ? json_array() : NULL;
    int exit_code = collect(ctl, &table, list);
    if (exit_code == CTL_DONE) {
        if (list != NULL) {
            json_dumpf(list, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
            putchar('\n');
        } else {
            text_table_print(&table, stdout);
        }
        exit_code = ctl_end_output();
    }
    json_decref(list);
    text_table_free(&table);
    return exit_code;
}

const struct ctl_command ctl_functions = {"functions", "", "every function, and who has it", 0, 0, run};
