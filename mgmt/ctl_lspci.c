/* mriovctl lspci: a live host's configuration space, as `lspci -F` reads it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/client.h"
#include "mgmt/ctl.h"
#include "proto/mriov.pb-c.h"

#define LINE_BYTES 16
#define VENDOR 0x00
#define REVISION 0x08

/* The byte at OFFSET, the identity as Linux shows it. */
static unsigned shown(const Mriov__V1__ReadConfigResponse *space, size_t offset)
{
    uint32_t identity = space->vendor | space->device << 16;
    return offset < VENDOR + 4 ? identity >> 8 * (offset - VENDOR) & 0xff : space->data.data[offset];
}

static void print_space(unsigned domain, const char *id, const Mriov__V1__ReadConfigResponse *space)
{
    const uint8_t *revision = &space->data.data[REVISION];
    printf("%04x:%s %02x%02x: %04x:%04x", domain, id, revision[3], revision[2], space->vendor, space->device);
    if (revision[0] != 0)
        printf(" (rev %02x)", revision[0]);
    for (size_t at = 0; at < space->data.len; at++) {
        if (at % LINE_BYTES == 0)
            printf("\n%02zx:", at);
        printf(" %02x", shown(space, at));
    }
    fputs("\n\n", stdout);
}

/* All of root port PORT of the host. */
static int print_port(struct ctl *ctl, const char *name, unsigned port, const Mriov__V1__ReadConfigResponse *list)
{
    int exit_code = CTL_DONE;
    for (size_t i = 0; i < list->n_routing_ids && exit_code == CTL_DONE; i++) {
        Mriov__V1__ReadConfigRequest request = MRIOV__V1__READ_CONFIG_REQUEST__INIT;
        request.host = (char *)name;
        request.routing_id = list->routing_ids[i];
        Mriov__V1__ReadConfigResponse *space = ctl_call(ctl, "ReadConfig", &request.base, &exit_code);
        if (space != NULL)
            print_space(port, list->routing_ids[i], space);
        ctl_free(space);
    }
    return exit_code;
}

/* How many root ports the host of this name has: GetFabric says. */
static int count_ports(struct ctl *ctl, const char *host, unsigned *count)
{
    int exit_code;
    Mriov__V1__GetFabricResponse *fabric = ctl_ask(ctl, "GetFabric", &exit_code);
    *count = 0;
    if (fabric == NULL)
        return exit_code;
    for (size_t i = 0; i < fabric->n_hierarchies; i++)
        *count += strcmp(fabric->hierarchies[i]->host, host) == 0;
    ctl_free(fabric);
    if (*count == 0) {
        ctl_fault("lspci %s: no host is called that, or it has no root port", ctl->argv[0]);
        exit_code = CTL_REFUSED;
    }
    return exit_code;
}

/* The root ports that "h0" or "h0:1" names, [FIRST, END), and the host's name alone. */
static int find_ports(struct ctl *ctl, char *host, size_t host_size, unsigned *first, unsigned *end)
{
    const char *text = ctl->argv[0], *colon = strchr(text, ':');
    char *rest = NULL;
    snprintf(host, host_size, "%.*s", (int)(colon != NULL ? (size_t)(colon - text) : strlen(text)), text);
    unsigned long port = colon != NULL ? strtoul(colon + 1, &rest, 10) : 0;
    if (colon != NULL && (!isdigit((unsigned char)colon[1]) || *rest != '\0'))
        return ctl_fault("lspci %s: must be HOST or HOST:PORT", text);
    int exit_code = count_ports(ctl, host, end);
    *first = 0;
    if (exit_code != CTL_DONE || colon == NULL)
        return exit_code;
    if (port >= *end) {
        ctl_fault("lspci %s: %s has %u root port%s", text, host, *end, *end == 1 ? "" : "s");
        return CTL_REFUSED;
    }
    *first = (unsigned)port;
    *end = *first + 1;
    return CTL_DONE;
}

static int run(struct ctl *ctl)
{
    unsigned first = 0, end = 0;
    char host[128];
    int exit_code = find_ports(ctl, host, sizeof host, &first, &end);
    for (unsigned port = first; exit_code == CTL_DONE && port < end; port++) {
        char name[256];
        Mriov__V1__ReadConfigRequest request = MRIOV__V1__READ_CONFIG_REQUEST__INIT;
        snprintf(name, sizeof name, "%s:%u", host, port);
        request.host = name;
        Mriov__V1__ReadConfigResponse *list = ctl_call(ctl, "ReadConfig", &request.base, &exit_code);
        if (list != NULL)
            exit_code = print_port(ctl, name, port, list);
        ctl_free(list);
    }
    return exit_code == CTL_DONE ? ctl_end_output() : exit_code;
}

const struct ctl_command ctl_lspci = {"lspci", "HOST[:PORT]", "a host's configuration space, for lspci -F", 1, 1, run};
