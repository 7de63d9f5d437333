#include "mgmt/changes.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

static void dispose(struct change *change)
{
    free(change->identity);
    free(change->key);
    free(change->waiting);
    free(change->plan);
    free(change);
}

void changes_free(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        CHECK(changes->entries[i].change->waiting_count == 0);
        dispose(changes->entries[i].change);
    }
    free(changes->entries);
    *changes = (struct changes){.pcim = changes->pcim};
}

bool changes_is_valid(const struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct changes_entry *entry = &changes->entries[i];
        if (entry->change->operation != entry->operation || (entry->key_digest == 0 && entry->change->key != NULL) ||
            (i > 0 && entry[-1].operation >= entry->operation))
            return false;
    }
    return changes->count <= changes->room;
}

/* The place of OPERATION, or of the first after it. */
static size_t place_of(const struct changes *changes, uint64_t operation)
{
    size_t low = 0, high = changes->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (changes->entries[middle].operation < operation)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* MR-PCIM lists as many operations as there are entries, and the one that is coming: so there is an entry without one.
 * Who still waits for the end of such a one (until the state file has it) must be told of it first. */
static void make_room(struct changes *changes)
{
    size_t kept = 0;
    while (kept < changes->count && (changes->entries[kept].change->waiting_count > 0 ||
                                     pcim_operation_find(changes->pcim, changes->entries[kept].operation) != NULL))
        kept++;
    if (kept == changes->count)
        return;
    dispose(changes->entries[kept].change);
    changes->count--;
    memmove(&changes->entries[kept], &changes->entries[kept + 1], (changes->count - kept) * sizeof changes->entries[0]);
}

static void insert(struct changes *changes, const struct changes_entry *entry)
{
    if (changes->count == changes->room) {
        changes->room = changes->room == 0 ? 64 : 2 * changes->room;
        changes->entries = reallocarray(changes->entries, changes->room, sizeof changes->entries[0]);
        CHECK(changes->entries != NULL);
    }
    size_t place = place_of(changes, entry->operation);
    CHECK(place == changes->count || changes->entries[place].operation != entry->operation);
    memmove(
        &changes->entries[place + 1], &changes->entries[place], (changes->count - place) * sizeof changes->entries[0]);
    changes->entries[place] = *entry;
    changes->count++;
}

/* Never 0. */
static uint64_t key_digest(const char *identity, const char *key)
{
    return change_digest(identity, key, strlen(key)) | 1;
}

struct change *
changes_add(struct changes *changes, uint64_t operation, const char *identity, const char *key, uint64_t digest)
{
    CHECK(operation != 0);
    if (changes->count >= CHANGES_KEPT)
        make_room(changes);
    struct change *change = malloc(sizeof *change);
    CHECK(change != NULL);
    *change = (struct change){.operation = operation, .digest = digest, .identity = strdup(identity)};
    if (key[0] != '\0')
        change->key = strdup(key);
    CHECK(change->identity != NULL && (key[0] == '\0' || change->key != NULL));
    insert(
        changes, &(struct changes_entry){
                     .operation = operation,
                     .key_digest = change->key != NULL ? key_digest(identity, key) : 0,
                     .change = change,
                 });
    return change;
}

struct change *changes_find(const struct changes *changes, uint64_t operation)
{
    size_t place = place_of(changes, operation);
    bool is_there = place < changes->count && changes->entries[place].operation == operation;
    return is_there ? changes->entries[place].change : NULL;
}

struct change *changes_find_key(const struct changes *changes, const char *identity, const char *key)
{
    uint64_t digest = key_digest(identity, key);
    for (size_t i = 0; i < changes->count; i++) {
        struct change *change = changes->entries[i].change;
        if (changes->entries[i].key_digest == digest && change->key != NULL && strcmp(change->key, key) == 0 &&
            strcmp(change->identity, identity) == 0)
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
