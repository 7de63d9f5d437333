/* mriovctl stats, results. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hostsim/rack/text_table.h"
#include "mgmt/client.h"
#include "mgmt/ctl.h"
#include "proto/mriov.pb-c.h"

static void print_flows(const Mriov__V1__GetStatisticsResponse *statistics)
{
    static const char *const headings[] = {"FLOW", "HOST", "FUNCTION", "OPERATIONS", "Gb/s", "MEAN NS", "P99 NS"};
    struct text_table table = text_table_start(headings, "<<<>>>>");
    for (size_t i = 0; i < statistics->n_flows; i++) {
        const Mriov__V1__GetStatisticsResponse__Flow *flow = statistics->flows[i];
        char operations[24], rate[24] = "-", mean[24] = "-", p99[24] = "-";
        snprintf(operations, sizeof operations, "%" PRIu64, flow->operations);
        if (statistics->measured_ns != 0)
            snprintf(rate, sizeof rate, "%.3f", (double)flow->bytes * 8 / (double)statistics->measured_ns);
        if (flow->operations != 0) {
            snprintf(mean, sizeof mean, "%" PRIu64, flow->latency_sum_ns / flow->operations);
            snprintf(p99, sizeof p99, "%" PRIu64, flow->latency_p99_ns);
        }
        const char *const cells[] = {
            flow->name, flow->host[0] != '\0' ? flow->host : "-", flow->function, operations, rate, mean, p99};
        text_table_row(&table, cells);
    }
    text_table_print(&table, stdout);
    text_table_free(&table);
}

static int run_stats(struct ctl *ctl)
{
    int exit_code;
    Mriov__V1__GetStatisticsResponse *statistics = ctl_ask(ctl, "GetStatistics", &exit_code);
    if (statistics == NULL)
        return exit_code;
    if (ctl->json) {
        exit_code = ctl_print_json(&statistics->base);
    } else {
        print_flows(statistics);
        exit_code = ctl_end_output();
    }
    ctl_free(statistics);
    return exit_code;
}

const struct ctl_command ctl_stats = {"stats", "", "what flows have got so far", 0, 0, run_stats};

/* Prints what RESPONSE, which is freed, has of it. False: that is the end, with *EXIT_CODE. */
static bool print_part(const struct ctl *ctl, Mriov__V1__Response *response, int *exit_code)
{
    bool more = false;
    *exit_code = CTL_NO_DAEMON;
    if (response == NULL || response->status == NULL) {
        ctl_say_lost(ctl, "GetResults");
    } else if (response->status->code != MRIOV__V1__STATUS__CODE__OK) {
        ctl_fault("results: %s", response->status->message);
        *exit_code = CTL_REFUSED;
    } else {
        Mriov__V1__GetResultsResponse *part =
            mriov__v1__get_results_response__unpack(NULL, response->payload.len, response->payload.data);
        if (part != NULL) {
            fwrite(part->results.data, 1, part->results.len, stdout);
            *exit_code = ctl_end_output();
            more = response->more && *exit_code == CTL_DONE;
        }
        ctl_free(part);
    }
    client_free_response(response);
    return more;
}

static int run_results(struct ctl *ctl)
{
    int exit_code;
    Mriov__V1__GetResultsRequest request = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    client_send(ctl->client, "GetResults", &request.base, &(struct client_options){0});
    while (print_part(ctl, client_receive(ctl->client), &exit_code))
        ;
    return exit_code;
}

const struct ctl_command ctl_results = {"results", "", "results.json as if the run ended now", 0, 0, run_results};
