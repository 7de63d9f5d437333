#include "mgmt/audit.h"

#include <stdio.h>
#include <time.h>

#include "mgmt/call.h"
#include "mgmt/connection.h"
#include "mgmt/dispatch.h"
#include "mgmt/limits.h"
#include "mgmt/mriovd.h"
#include "mgmt/record.h"

struct entry {
    const char *identity, *role, *method, *target, *outcome, *message;
    uint64_t operation;
    bool refused;
};

static void take_number(void *context, sqlite3_stmt *row)
{
    *(uint64_t *)context = state_number(row, 0);
}

bool audit_open(struct audit *audit, struct state *state)
{
    *audit = (struct audit){0};
    return state_each(state, "SELECT max(id) FROM audit", &audit->last_id, take_number) &&
           state_each(state, "SELECT count(*) FROM audit WHERE refused = 0", &audit->counts[0], take_number) &&
           state_each(state, "SELECT count(*) FROM audit WHERE refused = 1", &audit->counts[1], take_number);
}

/* "2026-01-31 23:59:59.999", of UTC, as SQLite's own functions understand it. */
static const char *wall_clock(char buffer[32])
{
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t length = strftime(buffer, 32, "%Y-%m-%d %H:%M:%S", &parts);
    snprintf(buffer + length, 32 - length, ".%03d", (int)(now.tv_nsec / 1000000));
    return buffer;
}

static uint64_t add(struct record *record, struct mriovd *daemon, const struct entry *entry)
{
    struct audit *audit = &daemon->durable.audit;
    char at[32];
    uint64_t refused = entry->refused;
    record_add(
        record,
        "INSERT INTO audit(id, at, simulated_ns, epoch, identity, role, method, target, operation, outcome, message, "
        "refused) VALUES(?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, 0), ?, ?, ?)",
        "isiissssissi", ++audit->last_id, wall_clock(at), mriovd_now_ns(daemon), daemon->epoch, entry->identity,
        entry->role, entry->method, entry->target, entry->operation, entry->outcome, entry->message, refused);
    if (++audit->counts[refused] > LIMIT_AUDIT) {
        audit->counts[refused]--;
        record_add(record, "DELETE FROM audit WHERE id = (SELECT min(id) FROM audit WHERE refused = ?)", "i", refused);
    }
    return audit->last_id;
}

uint64_t audit_accepted(struct record *record, const struct call *call, uint64_t operation, const char *target)
{
    const struct peer *peer = &call->connection->peer;
    return add(
        record, call->daemon,
        &(struct entry){
            .identity = peer->identity,
            .role = role_name(peer->role),
            .method = call->method->name,
            .target = target,
            .operation = operation,
            .outcome = "accepted",
            .message = "",
        });
}

void audit_refused(struct record *record, const struct call *call, enum status code, const char *message)
{
    const struct peer *peer = &call->connection->peer;
    add(record, call->daemon,
        &(struct entry){
            .identity = peer->identity,
            .role = role_name(peer->role),
            .method = call->method->name,
            .target = call->target != NULL ? call->target : "",
            .outcome = status_name(code),
            .message = message,
            .refused = true,
        });
}

uint64_t
audit_own(struct record *record, struct mriovd *daemon, const char *method, uint64_t operation, const char *target)
{
    return add(
        record, daemon,
        &(struct entry){
            .identity = "mriovd",
            .role = "",
            .method = method,
            .target = target,
            .operation = operation,
            .outcome = "accepted",
            .message = "",
        });
}

void audit_outcome(struct record *record, uint64_t id, const char *outcome, const char *message)
{
    if (id != 0)
        record_add(record, "UPDATE audit SET outcome = ?, message = ? WHERE id = ?", "ssi", outcome, message, id);
}
