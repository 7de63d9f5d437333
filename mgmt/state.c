#include "mgmt/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/record.h"

/* Of the tables; a file of another is refused. */
#define STATE_VERSION "3"

/* The byte that a daemon has locked: far behind those that SQLite locks, which end at 2^30 + 512. */
#define LOCK_BYTE ((1 << 30) + 4096)

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE functions(name TEXT PRIMARY KEY, owner TEXT, pf_owner TEXT, vfs INTEGER, min_bps "
    "INTEGER,"
    " max_bps INTEGER, weight INTEGER) WITHOUT ROWID;"
    "CREATE TABLE ports(link TEXT PRIMARY KEY, port TEXT) WITHOUT ROWID;"
    "CREATE TABLE faults(id INTEGER PRIMARY KEY, target TEXT, part INTEGER, fault INTEGER, rate_high INTEGER,"
    " rate_low INTEGER, left_ps INTEGER);"
    "CREATE TABLE operations(id INTEGER PRIMARY KEY, epoch INTEGER, method INTEGER, state INTEGER,"
    " identity TEXT, key TEXT, digest INTEGER, target TEXT, detail TEXT, code INTEGER, message TEXT, holder TEXT,"
    " hint TEXT, generation INTEGER, started_ps INTEGER, ended_ps INTEGER, plan BLOB);"
    "CREATE TABLE refusals(id INTEGER PRIMARY KEY, identity TEXT, key TEXT, digest INTEGER, code INTEGER,"
    " message TEXT, holder TEXT, hint TEXT, generation INTEGER);"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, at TEXT, simulated_ns INTEGER, epoch INTEGER,"
    " identity TEXT, role TEXT, method TEXT, target TEXT, operation INTEGER, outcome TEXT, message TEXT,"
    " refused INTEGER);"
    "CREATE INDEX audit_refused ON audit(refused, id);";

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

static void bind_value(sqlite3_stmt *statement, int at, const struct record_value *value)
{
    if (value->kind == 'i')
        sqlite3_bind_int64(statement, at, (sqlite3_int64)value->number);
    else if (value->kind == 's')
        sqlite3_bind_text(statement, at, value->bytes, (int)value->number, SQLITE_STATIC);
    else
        sqlite3_bind_blob(statement, at, value->bytes, (int)value->number, SQLITE_STATIC);
}

/* The statement of SQL, a constant; NULL: it cannot be had now. */
static sqlite3_stmt *prepared(struct state *state, const char *sql)
{
    for (size_t i = 0; i < state->prepared_count; i++)
        if (state->prepared[i].sql == sql)
            return state->prepared[i].statement;
    CHECK(state->prepared_count < STATE_STATEMENTS);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(state->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        return NULL;
    state->prepared[state->prepared_count].sql = sql;
    state->prepared[state->prepared_count++].statement = statement;
    return statement;
}

bool state_write(struct state *state, const struct record_step *step)
{
    sqlite3_stmt *statement = prepared(state, step->sql);
    if (statement == NULL)
        return note_fault(state);
    CHECK(sqlite3_bind_parameter_count(statement) == (int)step->count);
    for (size_t i = 0; i < step->count; i++)
        bind_value(statement, (int)i + 1, &step->values[i]);
    bool done = sqlite3_step(statement) == SQLITE_DONE || note_fault(state);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return done;
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
           state_run(state, "INSERT INTO meta VALUES('version', ?)", "s", STATE_VERSION) &&
           state_run(state, "INSERT INTO meta VALUES('scenario', ?)", "s", scenario) && state_commit(state);
}

/* A WAL keeps readers and this one writer apart. Temporary files would be one more thing that a full disk refuses. */
static bool set_up(struct state *state)
{
    return execute(state, "PRAGMA journal_mode = WAL") && execute(state, "PRAGMA synchronous = FULL") &&
           execute(state, "PRAGMA temp_store = MEMORY") && execute(state, "BEGIN IMMEDIATE; COMMIT");
}

/* The lock is of a descriptor of its own, which goes with the process, however that ends, and which children close:
 * SQLite gives up all locks of the process on the file whenever it gives up its own, but not this kind. */
static bool make_ours(struct state *state, const char *file, char *why, size_t why_size)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};
    state->lock = open(file, O_RDWR | O_CLOEXEC);
    if (state->lock >= 0 && fcntl(state->lock, F_OFD_SETLK, &lock) == 0)
        return true;
    bool is_taken = state->lock >= 0 && (errno == EACCES || errno == EAGAIN);
    snprintf(why, why_size, "%s", is_taken ? "another daemon uses it" : strerror(errno));
    return false;
}

static void look_for_damage(void *context, sqlite3_stmt *row)
{
    struct state *state = context;
    if (strcmp(state_text(row, 0), "ok") == 0)
        return;
    snprintf(state->fault, sizeof state->fault, "it is damaged: %s", state_text(row, 0));
    for (char *end = strchr(state->fault, '\n'); end != NULL; end = strchr(end, '\n'))
        *end = ' ';
}

/* Better now than at the first change. */
static bool is_sound(struct state *state)
{
    state->fault[0] = '\0';
    return state_each(state, "PRAGMA quick_check(1)", state, look_for_damage) && state->fault[0] == '\0';
}

static void take_count(void *context, sqlite3_stmt *row)
{
    *(uint64_t *)context = state_number(row, 0);
}

static bool check_stamp(struct state *state, const char *scenario, char *why, size_t why_size)
{
    struct stamp stamp = {0};
    state->is_new = true;
    if (!state_each(state, "SELECT key, value FROM meta", &stamp, read_stamp))
        snprintf(why, why_size, "it is no daemon's state: %s", state->fault);
    else if (strcmp(stamp.version, STATE_VERSION) != 0)
        snprintf(why, why_size, "it is of version %s, and this daemon's is " STATE_VERSION, stamp.version);
    else if (strcmp(stamp.scenario, scenario) != 0)
        snprintf(why, why_size, "it is the state of `%s`, not of `%s`", stamp.scenario, scenario);
    else
        return state->is_new = !stamp.began, true;
    return false;
}

/* What SQLite says of a file that it cannot open leaves out why; the system knows. */
static bool open_database(struct state *state, const char *file, char *why, size_t why_size)
{
    int opened = sqlite3_open_v2(file, &state->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (opened == SQLITE_OK && sqlite3_db_readonly(state->db, "main") == 1)
        snprintf(why, why_size, "it cannot be written");
    else if (opened == SQLITE_OK)
        return true;
    else
        snprintf(
            why, why_size, "%s",
            state->db != NULL && opened == SQLITE_CANTOPEN ? strerror(sqlite3_system_errno(state->db))
                                                           : sqlite3_errstr(opened));
    return false;
}

bool state_open(struct state *state, const char *file, const char *scenario, char *why, size_t why_size)
{
    *state = (struct state){.lock = -1};
    if (!open_database(state, file, why, why_size) || !make_ours(state, file, why, why_size))
        return false;
    uint64_t tables = 0;
    if (!set_up(state) || !is_sound(state) ||
        !state_each(state, "SELECT count(*) FROM sqlite_master", &tables, take_count) ||
        (tables == 0 && !make_tables(state, scenario))) {
        state_undo(state);
        snprintf(why, why_size, "%s", state->fault);
        return false;
    }
    return check_stamp(state, scenario, why, why_size);
}

void state_close(struct state *state)
{
    for (size_t i = 0; i < state->prepared_count; i++)
        sqlite3_finalize(state->prepared[i].statement);
    CHECK(sqlite3_close(state->db) == SQLITE_OK);
    if (state->lock >= 0)
        close(state->lock);
    *state = (struct state){.lock = -1};
}
