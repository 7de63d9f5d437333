/* mriovctl hello, fabric: who is there, and the rack. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hostsim/rack/text_table.h"
#include "mgmt/ctl.h"
#include "proto/mriov.pb-c.h"

static int run_hello(struct ctl *ctl)
{
    int exit_code;
    Mriov__V1__HelloResponse *hello = ctl_ask(ctl, "Hello", &exit_code);
    if (hello == NULL)
        return exit_code;
    if (ctl->json) {
        exit_code = ctl_print_json(&hello->base);
    } else {
        const ProtobufCEnumValue *role =
            protobuf_c_enum_descriptor_get_value(&mriov__v1__hello_response__role__descriptor, (int)hello->role);
        printf(
            "mriovd %s, %s, epoch %" PRIu64 "; you are %s: %s\n", hello->version, hello->scenario, hello->epoch,
            hello->identity, role != NULL ? role->name : "?");
        exit_code = ctl_end_output();
    }
    ctl_free(hello);
    return exit_code;
}

const struct ctl_command ctl_hello = {"hello", "", "who the daemon is, and whom it takes you for", 0, 0, run_hello};

static const char *link_state_word(Mriov__V1__LinkState__Kind state)
{
    static const char *const words[] = {"up", "down", "disabled", "training"};
    return (size_t)state < sizeof words / sizeof words[0] ? words[state] : "?";
}

static void print_links(const Mriov__V1__GetFabricResponse *fabric)
{
    static const char *const headings[] = {"LINK", "GEN", "WIDTH", "STATE", "FROM", "TO"};
    struct text_table table = text_table_start(headings, "<>><<<");
    for (size_t i = 0; i < fabric->n_links; i++) {
        const Mriov__V1__GetFabricResponse__Link *link = fabric->links[i];
        char gen[16], width[16];
        snprintf(gen, sizeof gen, "%" PRIu32, link->gen);
        snprintf(width, sizeof width, "x%" PRIu32, link->width);
        const char *const cells[] = {
            link->name,
            gen,
            width,
            link_state_word(link->state),
            link->n_ends > 0 ? link->ends[0] : "-",
            link->n_ends > 1 ? link->ends[1] : "-"};
        text_table_row(&table, cells);
    }
    text_table_print(&table, stdout);
    text_table_free(&table);
}

static void print_adapters(const Mriov__V1__GetFabricResponse *fabric)
{
    static const char *const headings[] = {"ADAPTER", "AT", "KIND", "SHARING", "PFS", "VFS", "ASSIGNED"};
    struct text_table table = text_table_start(headings, "<<<<>>>");
    for (size_t i = 0; i < fabric->n_adapters; i++) {
        const Mriov__V1__GetFabricResponse__Adapter *adapter = fabric->adapters[i];
        size_t assigned = 0;
        for (size_t n = 0; n < fabric->n_functions; n++)
            assigned +=
                fabric->functions[n]->owner[0] != '\0' && strcmp(fabric->functions[n]->adapter, adapter->name) == 0;
        char pfs[16], vfs[16], count[24];
        snprintf(pfs, sizeof pfs, "%" PRIu32, adapter->pfs);
        snprintf(vfs, sizeof vfs, "%" PRIu32, adapter->vfs);
        snprintf(count, sizeof count, "%zu", assigned);
        const char *const cells[] = {adapter->name, adapter->at, adapter->kind, adapter->sharing, pfs, vfs, count};
        text_table_row(&table, cells);
    }
    text_table_print(&table, stdout);
    text_table_free(&table);
}

static int run_fabric(struct ctl *ctl)
{
    int exit_code;
    Mriov__V1__GetFabricResponse *fabric = ctl_ask(ctl, "GetFabric", &exit_code);
    if (fabric == NULL)
        return exit_code;
    if (ctl->json) {
        exit_code = ctl_print_json(&fabric->base);
    } else {
        print_links(fabric);
        putchar('\n');
        print_adapters(fabric);
        exit_code = ctl_end_output();
    }
    ctl_free(fabric);
    return exit_code;
}

const struct ctl_command ctl_fabric = {"fabric", "", "links and adapters, and their state", 0, 0, run_fabric};
