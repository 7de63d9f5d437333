/* Output: the files of `-o DIR`, all of them or none; or one file that an option names.
 *
 * Each file is written under a hidden name of its own in the directory; output_commit() gives them their names when all
 * are on the disk, in the order in which they were written, and output_abandon() removes them. So a run that is cut
 * short leaves nothing half written, and an earlier run's files stay until then. The last file marks a complete
 * directory: the earlier run's is removed before the first new name is given.
 *
 *     if (output_open(&output, "out") && output_begin(&output, "flows.csv")) {
 *         results_flows_csv(results, output.stream);
 *         ok = output_end(&output) && output_commit(&output);
 *     }
 *     if (!ok)
 *         fprintf(stderr, "mriov: %s\n", output.message);
 *     output_abandon(&output);  -- also after a commit, when there is nothing left to remove
 *
 * Any function that answers false has put one line in `message`; the only thing left to do then is to abandon. */
#ifndef HOSTSIM_OUTPUT_H
#define HOSTSIM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OUTPUT_FILES 16

struct output_file {
    char *name;   /* its place, with the directory */
    char *hidden; /* where it is until the commit; NULL: to be removed by the commit */
    bool direct;  /* a pipe or a device: written where it is, and the commit does nothing */
};

struct output {
    char *directory;
    bool made;    /* the directory did not exist */
    FILE *stream; /* of the file that was begun; NULL: none */
    struct output_file files[OUTPUT_FILES];
    size_t file_count;
    char message[512];
};

/* Makes DIRECTORY when there is none (the one that holds it must exist) and sees that it may be written to. */
bool output_open(struct output *output, const char *directory);

/* Instead of a directory: begins the one file PATH, in a directory that must exist. `-` is standard output. What is
 * there and is no regular file (a pipe, /dev/null) is written as it goes, not replaced. */
bool output_open_file(struct output *output, const char *path);

/* Begins the file NAME: write it to output->stream. */
bool output_begin(struct output *output, const char *name);

/* Ends it: true when all of it is on the disk. */
bool output_end(struct output *output);

/* Has the commit remove NAME, an earlier run's file that this one does not write. */
void output_remove(struct output *output, const char *name);

/* Gives every file its name. */
bool output_commit(struct output *output);

/* Removes what was not committed, and a directory that was made for it, and frees. */
void output_abandon(struct output *output);

#endif
