#include "mgmt/refusals.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "mgmt/changes.h"

static void dispose(struct refused *refused)
{
    if (refused == NULL)
        return;
    free(refused->identity);
    free(refused->key);
    free(refused->message);
    free(refused->holder);
    free(refused->hint);
    free(refused);
}

void refusals_free(struct refusals *refusals)
{
    for (size_t i = 0; i < REFUSALS_KEPT && refusals->entries != NULL; i++)
        dispose(refusals->entries[i].refused);
    free(refusals->entries);
    *refusals = (struct refusals){0};
}

static char *copy(const char *text)
{
    char *made = strdup(text);
    CHECK(made != NULL);
    return made;
}

static uint64_t key_digest(const char *identity, const char *key)
{
    return change_digest(identity, key, strlen(key));
}

void refusals_add(
    struct refusals *refusals, const char *identity, const char *key, uint64_t digest,
    const struct pcim_refusal *refusal)
{
    if (refusals->entries == NULL)
        refusals->entries = calloc(REFUSALS_KEPT, sizeof *refusals->entries);
    struct refused *refused = malloc(sizeof *refused);
    CHECK(refusals->entries != NULL && refused != NULL);
    *refused = (struct refused){
        .digest = digest,
        .identity = copy(identity),
        .key = copy(key),
        .code = refusal->code,
        .generation = refusal->generation,
        .message = copy(refusal->message),
        .holder = copy(refusal->holder),
        .hint = copy(refusal->hint),
    };
    struct refusals_entry *entry = &refusals->entries[refusals->added++ % REFUSALS_KEPT];
    dispose(entry->refused);
    *entry = (struct refusals_entry){.key_digest = key_digest(identity, key), .refused = refused};
}

const struct refused *refusals_find(const struct refusals *refusals, const char *identity, const char *key)
{
    uint64_t digest = key_digest(identity, key);
    for (size_t i = 0; i < REFUSALS_KEPT && refusals->entries != NULL; i++) {
        const struct refusals_entry *entry = &refusals->entries[i];
        if (entry->refused != NULL && entry->key_digest == digest && strcmp(entry->refused->key, key) == 0 &&
            strcmp(entry->refused->identity, identity) == 0)
            return entry->refused;
    }
    return NULL;
}
