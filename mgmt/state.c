#include "mgmt/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/check.h"

/* Of the tables; a file of another is refused. */
#define STATE_VERSION "1"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS functions(name TEXT PRIMARY KEY, owner TEXT, pf_owner TEXT, vfs INTEGER, min_bps "
    "INTEGER,"
    " max_bps INTEGER, weight INTEGER) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS ports(link TEXT PRIMARY KEY, port TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS faults(operation INTEGER PRIMARY KEY, target TEXT, part INTEGER, fault INTEGER,"
    " rate_high INTEGER, rate_low INTEGER, host TEXT, direction INTEGER);"
    "CREATE TABLE IF NOT EXISTS operations(id INTEGER PRIMARY KEY, epoch INTEGER, method INTEGER, state INTEGER,"
    " identity TEXT, key TEXT, digest INTEGER, target TEXT, detail TEXT, code INTEGER, message TEXT, holder TEXT,"
    " hint TEXT, generation INTEGER, started_ps INTEGER, ended_ps INTEGER);"
    "CREATE TABLE IF NOT EXISTS audit(id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP, identity TEXT,"
    " method TEXT, operation INTEGER, outcome TEXT);";

static bool note_fault(struct state *state)
{
    snprintf(state->fault, sizeof state->fault, "%s", sqlite3_errmsg(state->db));
    return false;
}

static bool execute(struct state *state, const char *sql)
{
    return sqlite3_exec(state->db, sql, NULL, NULL, NULL) == SQLITE_OK || note_fault(state);
}

bool state_begin(struct state *state)
{
    return execute(state, "BEGIN IMMEDIATE");
}

bool state_commit(struct state *state)
{
    if (execute(state, "COMMIT"))
        return true;
    state_undo(state);
    return false;
}

/* SQLite has undone it itself after some faults. */
void state_undo(struct state *state)
{
    if (sqlite3_get_autocommit(state->db) == 0)
        sqlite3_exec(state->db, "ROLLBACK", NULL, NULL, NULL);
}

static void bind(sqlite3_stmt *statement, const char *kinds, va_list values)
{
    for (int at = 1; *kinds != '\0'; kinds++, at++)
        if (*kinds == 'i')
            sqlite3_bind_int64(statement, at, (sqlite3_int64)va_arg(values, uint64_t));
        else
            sqlite3_bind_text(statement, at, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
}

bool state_run(struct state *state, const char *sql, const char *kinds, ...)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(state->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return note_fault(state);
    CHECK(sqlite3_bind_parameter_count(statement) == (int)strlen(kinds));
    va_list values;
    va_start(values, kinds);
    bind(statement, kinds, values);
    va_end(values);
    bool done = sqlite3_step(statement) == SQLITE_DONE || note_fault(state);
    sqlite3_finalize(statement);
    return done;
}

bool state_each(struct state *state, const char *sql, void *context, void (*visit)(void *context, sqlite3_stmt *row))
{
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_ERROR;
    if (sqlite3_prepare_v2(state->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return note_fault(state);
    while ((step = sqlite3_step(statement)) == SQLITE_ROW)
        visit(context, statement);
    bool done = step == SQLITE_DONE || note_fault(state);
    sqlite3_finalize(statement);
    return done;
}

uint64_t state_number(sqlite3_stmt *row, int column)
{
    return (uint64_t)sqlite3_column_int64(row, column);
}

const char *state_text(sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    return text != NULL ? (const char *)text : "";
}

/* --- opening --- */

struct stamp {
    char version[16], scenario[256];
    bool began;
};

static void read_stamp(void *context, sqlite3_stmt *row)
{
    struct stamp *stamp = context;
    if (strcmp(state_text(row, 0), "version") == 0)
        snprintf(stamp->version, sizeof stamp->version, "%s", state_text(row, 1));
    else if (strcmp(state_text(row, 0), "scenario") == 0)
        snprintf(stamp->scenario, sizeof stamp->scenario, "%s", state_text(row, 1));
    else if (strcmp(state_text(row, 0), "began") == 0)
        stamp->began = true;
}

static bool make_tables(struct state *state, const char *scenario)
{
    return state_begin(state) && execute(state, schema) &&
           state_run(state, "INSERT OR IGNORE INTO meta VALUES('version', ?)", "s", STATE_VERSION) &&
           state_run(state, "INSERT OR IGNORE INTO meta VALUES('scenario', ?)", "s", scenario) && state_commit(state);
}

/* The lock is the process's: it goes with it, however that ends, and a child has none. */
static bool make_ours(struct state *state)
{
    return execute(state, "PRAGMA locking_mode = EXCLUSIVE") && execute(state, "PRAGMA journal_mode = WAL") &&
           execute(state, "PRAGMA synchronous = FULL") && execute(state, "BEGIN EXCLUSIVE; COMMIT");
}

static bool check_stamp(struct state *state, const char *scenario, char *why, size_t why_size)
{
    struct stamp stamp = {0};
    state->is_new = true;
    if (!state_each(state, "SELECT key, value FROM meta", &stamp, read_stamp))
        snprintf(why, why_size, "%s", state->fault);
    else if (strcmp(stamp.version, STATE_VERSION) != 0)
        snprintf(why, why_size, "it is of version %s, and this daemon's is " STATE_VERSION, stamp.version);
    else if (strcmp(stamp.scenario, scenario) != 0)
        snprintf(why, why_size, "it is the state of `%s`, not of `%s`", stamp.scenario, scenario);
    else
        return state->is_new = !stamp.began, true;
    return false;
}

bool state_open(struct state *state, const char *file, const char *scenario, char *why, size_t why_size)
{
    *state = (struct state){0};
    int opened = sqlite3_open_v2(file, &state->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (opened != SQLITE_OK || !make_ours(state)) {
        int fault = sqlite3_errcode(state->db) & 0xff;
        bool is_taken = fault == SQLITE_BUSY || fault == SQLITE_LOCKED;
        snprintf(why, why_size, "%s", is_taken ? "another daemon uses it" : sqlite3_errmsg(state->db));
        return false;
    }
    if (!make_tables(state, scenario)) {
        state_undo(state);
        snprintf(why, why_size, "%s", state->fault);
        return false;
    }
    return check_stamp(state, scenario, why, why_size);
}

void state_close(struct state *state)
{
    sqlite3_close(state->db);
    *state = (struct state){0};
}
