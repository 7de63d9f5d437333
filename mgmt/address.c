#include "mgmt/address.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HOST_BYTES 256
#define PORT_MOST 65535

static bool is_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && port >= 1 && port <= PORT_MOST;
}

enum status address_find(const char *text, struct addrinfo **found, char *why, size_t why_size)
{
    char host[HOST_BYTES];
    const char *colon = strrchr(text, ':');
    *found = NULL;
    if (colon == NULL || !is_port(colon + 1) || (size_t)(colon - text) >= sizeof host) {
        snprintf(why, why_size, "must be HOST:PORT, the port 1 to %d", PORT_MOST);
        return STATUS_INVALID_ARGUMENT;
    }
    bool bracketed = text[0] == '[' && colon[-1] == ']' && colon - text > 2;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text) - 2 * bracketed, text + bracketed);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    int fault = getaddrinfo(host[0] != '\0' ? host : NULL, colon + 1, &hints, found);
    if (fault == 0)
        return STATUS_OK;
    snprintf(why, why_size, "%s", gai_strerror(fault));
    return fault == EAI_NONAME ? STATUS_INVALID_ARGUMENT : STATUS_UNAVAILABLE;
}
