/* Fault: what is wrong with a scenario or a command line, and where. Every fault at once, in the order of the text.
 *
 *     struct faults faults = {0};
 *     faults_add(&faults, node->place, "unknown key `%s`", key);
 *     if (faults_print(&faults, stderr) > 0) ...exit 2
 *     faults_free(&faults);
 *
 * One line each: `mriov: rack.yaml:12:9: unknown key ...` for a place in a file, `mriov: --set hosts.h0.lnk.gen=5: ...`
 * for an argument. The list copies all that it is given, so it outlives the documents it speaks of. The same fault of
 * the same place counts once: an entry that a range made sixteen times is still one line of somebody's file. */
#ifndef HOSTSIM_RACK_FAULT_H
#define HOSTSIM_RACK_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How many faults are printed at most; the rest is a line "and N more". */
#define FAULTS_PRINTED 50
/* How many different faults are kept at most; the rest is only counted. */
#define FAULTS_KEPT 4096

/* Where something stands. A plain value: SOURCE belongs to whoever made the place (a document, or the caller's argv).
 */
struct place {
    const char *source; /* the file's name as given, or the argument as given: "--set hosts.h0.lnk.gen=5" */
    bool argument;      /* SOURCE is an argument: no line is printed */
    uint32_t line;      /* from 1; 0: the whole of the source. Within an argument: of its value, not printed */
    uint32_t column;    /* from 1, in characters */
};

struct place place_in_file(const char *file, uint32_t line, uint32_t column);
struct place place_of_file(const char *file);
struct place place_of_argument(const char *argument);

struct fault {
    char *source;
    bool argument;
    uint32_t line, column;
    uint32_t source_order; /* sources in the order in which they were first faulted */
    uint32_t order;        /* faults in the order in which they came */
    char *message;
};

/* {0} is an empty list. */
struct faults {
    struct fault *items;
    size_t count, capacity;
    size_t lost;         /* came when FAULTS_KEPT different ones were kept */
    uint32_t next_order; /* how many came */
};

/* Adds a fault. The message says what is wrong and what would be right, without a full stop or a line's end. */
void faults_add(struct faults *faults, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How many were added, the same one more than once counted as often as it came: a test of "did that go well" is to
 * compare before and after. */
size_t faults_added(const struct faults *faults);

/* Moves all of FROM to the end of FAULTS; FROM is then empty. */
void faults_move(struct faults *faults, struct faults *from);

/* Sorts by place: files before arguments; within a source by line and column; then as they came. faults_print() and
 * faults_line() call it. */
void faults_sort(struct faults *faults);

/* Writes them, sorted, one line each with the prefix "mriov: "; returns how many there are. */
size_t faults_print(struct faults *faults, FILE *stream);

/* The line of fault INDEX of the sorted list without the prefix ("rack.yaml:12:9: ..."), for the caller to free; NULL
 * beyond the last. */
char *faults_line(struct faults *faults, size_t index);

void faults_free(struct faults *faults);

#endif
