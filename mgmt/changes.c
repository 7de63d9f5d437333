#include "mgmt/changes.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

static void clear(struct change *change)
{
    CHECK(change->waiting_count == 0);
    free(change->identity);
    free(change->key);
    free(change->waiting);
    free(change->plan);
    *change = (struct change){0};
}

void changes_free(struct changes *changes)
{
    for (size_t i = 0; i < CHANGES_KEPT && changes->entries != NULL; i++)
        clear(&changes->entries[i]);
    free(changes->entries);
    changes->entries = NULL;
}

struct change *
changes_add(struct changes *changes, uint64_t operation, const char *identity, const char *key, uint64_t digest)
{
    if (changes->entries == NULL)
        changes->entries = calloc(CHANGES_KEPT, sizeof *changes->entries);
    CHECK(changes->entries != NULL && operation != 0);
    struct change *change = &changes->entries[operation % CHANGES_KEPT];
    CHECK(change->operation != operation);
    if (change->operation > operation)
        return NULL;
    clear(change);
    *change = (struct change){.operation = operation, .digest = digest, .identity = strdup(identity)};
    if (key[0] != '\0')
        change->key = strdup(key);
    CHECK(change->identity != NULL && (key[0] == '\0' || change->key != NULL));
    return change;
}

struct change *changes_find(const struct changes *changes, uint64_t operation)
{
    if (changes->entries == NULL || operation == 0)
        return NULL;
    struct change *change = &changes->entries[operation % CHANGES_KEPT];
    return change->operation == operation ? change : NULL;
}

struct change *changes_find_key(const struct changes *changes, const char *identity, const char *key)
{
    for (size_t i = 0; i < CHANGES_KEPT && changes->entries != NULL; i++) {
        struct change *change = &changes->entries[i];
        if (change->key != NULL && strcmp(change->key, key) == 0 && strcmp(change->identity, identity) == 0)
            return change;
    }
    return NULL;
}

void change_wait(struct change *change, struct call *call)
{
    change->waiting = reallocarray(change->waiting, change->waiting_count + 1, sizeof(struct call *));
    CHECK(change->waiting != NULL);
    change->waiting[change->waiting_count++] = call;
}

void change_forget(struct change *change, const struct call *call)
{
    for (size_t i = 0; i < change->waiting_count; i++)
        if (change->waiting[i] == call) {
            change->waiting[i] = change->waiting[--change->waiting_count];
            return;
        }
}

uint64_t change_digest(const char *method, const void *payload, size_t size)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    const uint8_t *bytes = payload;
    for (const char *letter = method; *letter != '\0'; letter++)
        digest = (digest ^ (uint8_t)*letter) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    return digest;
}
