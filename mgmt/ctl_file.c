#include "mgmt/ctl_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/document.h"
#include "proto/mriov.pb-c.h"

typedef Mriov__V1__GetFabricResponse Fabric;

/* --- the daemon's rack, as a scenario has it --- */

static bool is_chassis(const Fabric *fabric, const char *name)
{
    for (size_t i = 0; i < fabric->n_chassis; i++)
        if (strcmp(fabric->chassis[i]->name, name) == 0)
            return true;
    return false;
}

static void write_chassis(const Fabric *fabric, FILE *out)
{
    fputs("chassis: [\n", out);
    for (size_t i = 0; i < fabric->n_chassis; i++)
        fprintf(out, "  {name: %s},\n", fabric->chassis[i]->name);
    fputs("  ]\n", out);
}

static void write_trunks(const Fabric *fabric, FILE *out)
{
    fputs("trunks: [\n", out);
    for (size_t i = 0; i < fabric->n_links; i++) {
        const Mriov__V1__GetFabricResponse__Link *link = fabric->links[i];
        if (link->n_ends == 2 && is_chassis(fabric, link->ends[0]) && is_chassis(fabric, link->ends[1]))
            fprintf(out, "  {name: %s, between: [%s, %s]},\n", link->name, link->ends[0], link->ends[1]);
    }
    fputs("  ]\n", out);
}

static void write_host(const Mriov__V1__GetFabricResponse__Host *host, FILE *out)
{
    bool in_one = true;
    fprintf(out, "  {name: %s", host->name);
    for (size_t i = 1; i < host->n_uplinks; i++)
        in_one = in_one && strcmp(host->uplinks[i], host->uplinks[0]) == 0;
    if (in_one && host->n_uplinks > 0)
        fprintf(out, ", chassis: %s, uplinks: %zu", host->uplinks[0], host->n_uplinks);
    for (size_t i = 0; i < host->n_uplinks && !in_one; i++)
        fprintf(out, "%s%s", i == 0 ? ", chassis: [" : ", ", host->uplinks[i]);
    fputs(in_one ? "" : "]", out);
    for (size_t i = 0; i < host->n_guests; i++) {
        const char *slash = strchr(host->guests[i]->name, '/');
        fprintf(out, "%s{name: %s}", i == 0 ? ", guests: [" : ", ", slash != NULL ? slash + 1 : host->guests[i]->name);
    }
    fprintf(out, "%s},\n", host->n_guests > 0 ? "]" : "");
}

static void write_hosts(const Fabric *fabric, FILE *out)
{
    fputs("hosts: [\n", out);
    for (size_t i = 0; i < fabric->n_hosts; i++)
        write_host(fabric->hosts[i], out);
    fputs("  ]\n", out);
}

static void write_adapters(const Fabric *fabric, FILE *out)
{
    fputs("adapters: [\n", out);
    for (size_t i = 0; i < fabric->n_adapters; i++) {
        const Mriov__V1__GetFabricResponse__Adapter *adapter = fabric->adapters[i];
        fprintf(out, "  {name: %s, at: %s, sharing: %s", adapter->name, adapter->at, adapter->sharing);
        if (strcmp(adapter->sharing, "mr-iov") == 0)
            fprintf(out, ", pfs: %" PRIu32, adapter->pfs);
        fprintf(out, ", vfs: %" PRIu32 "},\n", adapter->vfs);
    }
    fputs("  ]\n", out);
}

static void write_version(const Fabric *fabric, FILE *out)
{
    (void)fabric;
    fputs("mriov: 1\n", out);
}

/* Writes the keys that ROOT does not have, so that what the file has stands where it stood. */
static void write_rack(const Fabric *fabric, const struct node *root, FILE *out)
{
    static const struct {
        const char *key;
        void (*write)(const Fabric *fabric, FILE *out);
    } keys[] = {
        {"mriov", write_version}, {"chassis", write_chassis},   {"trunks", write_trunks},
        {"hosts", write_hosts},   {"adapters", write_adapters},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (node_get(root, keys[i].key) == NULL)
            keys[i].write(fabric, out);
}

/* --- the file --- */

/* All of PATH, which the caller frees; NULL after saying why not. */
static char *read_all(const char *path, size_t *size)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r"), *copy;
    char *text = NULL, block[4096];
    size_t got;
    if (file == NULL) {
        ctl_fault("%s: %s", path, strerror(errno));
        return NULL;
    }
    copy = open_memstream(&text, size);
    CHECK(copy != NULL);
    while ((got = fread(block, 1, sizeof block, file)) > 0 && ftell(copy) <= (long)DOCUMENT_BYTES)
        fwrite(block, 1, got, copy);
    bool is_lost = ferror(file) != 0;
    CHECK(fclose(copy) == 0);
    if (file != stdin)
        fclose(file);
    if (!is_lost)
        return text;
    ctl_fault("%s: cannot be read", path);
    free(text);
    return NULL;
}

static void say_faults(struct faults *faults)
{
    for (size_t i = 0; i < FAULTS_PRINTED; i++) {
        char *line = faults_line(faults, i);
        if (line == NULL)
            break;
        ctl_fault("%s", line);
        free(line);
    }
}

/* The file's own text and after it what is missing of a scenario; NULL after saying what is wrong with it. */
static char *complete(struct ctl *ctl, const char *path, const char *text, size_t *size, int *exit_code)
{
    struct document document = {0};
    struct faults faults = {0};
    char *whole = NULL;
    Fabric *fabric = NULL;
    *exit_code = CTL_USAGE;
    if (document_parse(&document, path, text, *size, &faults) != STATUS_OK)
        say_faults(&faults);
    else if ((fabric = ctl_ask(ctl, "GetFabric", exit_code)) != NULL) {
        FILE *out = open_memstream(&whole, size);
        CHECK(out != NULL);
        fprintf(out, "%s\n", text);
        if (node_get(document.root, "hosts") == NULL || node_get(document.root, "adapters") == NULL)
            write_rack(fabric, document.root, out);
        CHECK(fclose(out) == 0);
    }
    ctl_free(fabric);
    faults_free(&faults);
    document_free(&document);
    return whole;
}

const char *const ctl_file_for_assign[] = {"qos", "teams", "workloads", "timeline", "expect", NULL};
const char *const ctl_file_for_changes[] = {"qos", "teams", "workloads", "expect", NULL};

/* What the model does not do yet would be left out in silence. */
static struct scenario *refuse_later(struct scenario *scenario)
{
    if (scenario == NULL || faults_added(&scenario->refusals) == 0)
        return scenario;
    say_faults(&scenario->refusals);
    scenario_free(scenario);
    return NULL;
}

struct scenario *ctl_read_file(struct ctl *ctl, const char *path, const char *const *left_out, int *exit_code)
{
    size_t size;
    struct faults faults = {0};
    struct scenario *scenario = NULL;
    *exit_code = CTL_USAGE;
    char *text = read_all(path, &size);
    char *whole = text != NULL ? complete(ctl, path, text, &size, exit_code) : NULL;
    if (whole != NULL) {
        *exit_code = CTL_USAGE;
        scenario = scenario_load(
            &(struct scenario_request){
                .path = path, .text = whole, .length = size, .is_change = true, .left_out = left_out},
            &faults);
        say_faults(&faults);
        scenario = refuse_later(scenario);
    }
    faults_free(&faults);
    free(whole);
    free(text);
    return scenario;
}
