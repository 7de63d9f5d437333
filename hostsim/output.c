#include "hostsim/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fabric/base/check.h"

static char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text_of(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    return text;
}

/* Says what ERROR (an errno) did to PLACE; answers false. */
static bool fail(struct output *output, const char *place, int error)
{
    snprintf(output->message, sizeof output->message, "%.300s: %s", place, strerror(error));
    return false;
}

static bool fail_directory(struct output *output, int error)
{
    snprintf(output->message, sizeof output->message, "-o %.300s: %s", output->directory, strerror(error));
    return false;
}

bool output_open(struct output *output, const char *directory)
{
    *output = (struct output){.directory = text_of("%s", directory)};
    if (directory[0] == '\0') {
        snprintf(output->message, sizeof output->message, "-o: a directory is missing: -o DIR");
        return false;
    }
    if (mkdir(directory, 0777) == 0)
        output->made = true;
    else if (errno != EEXIST)
        return fail_directory(output, errno);
    struct stat found;
    if (stat(directory, &found) != 0)
        return fail_directory(output, errno);
    if (!S_ISDIR(found.st_mode))
        return fail_directory(output, ENOTDIR);
    if (access(directory, W_OK | X_OK) != 0)
        return fail_directory(output, errno);
    return true;
}

static struct output_file *add_file(struct output *output, const char *name)
{
    CHECK(output->file_count < OUTPUT_FILES);
    struct output_file *file = &output->files[output->file_count++];
    bool here = strcmp(output->directory, ".") == 0;
    *file = (struct output_file){.name = here ? text_of("%s", name) : text_of("%s/%s", output->directory, name)};
    return file;
}

/* mkostemp() makes files that only their owner reads; these are to be as open as any new file. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* Begins FILE where it is: what was written there cannot be taken back. */
static bool begin_direct(struct output *output, struct output_file *file, int descriptor)
{
    file->direct = true;
    output->stream = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    return output->stream ? true : fail(output, file->name, errno);
}

/* Splits PATH into the output's directory and the name in it, which is the answer. */
static const char *split_path(struct output *output, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        output->directory = text_of(".");
    else
        output->directory = text_of("%.*s", slash == path ? 1 : (int)(slash - path), path);
    return slash ? slash + 1 : path;
}

bool output_open_file(struct output *output, const char *path)
{
    *output = (struct output){0};
    const char *name = split_path(output, path);
    struct stat found;
    bool standard = strcmp(path, "-") == 0;
    bool exists = !standard && stat(path, &found) == 0;
    if (exists && S_ISDIR(found.st_mode))
        return fail(output, path, EISDIR);
    if (!standard && (!exists || S_ISREG(found.st_mode)))
        return output_begin(output, name);
    struct output_file *file = add_file(output, name);
    if (standard) {
        free(file->name);
        file->name = text_of("standard output");
    }
    return begin_direct(
        output, file, standard ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_WRONLY | O_CLOEXEC));
}

bool output_begin(struct output *output, const char *name)
{
    CHECK(!output->stream);
    struct output_file *file = add_file(output, name);
    char *hidden = text_of("%s/.%s.XXXXXX", output->directory, name);
    int descriptor = mkostemp(hidden, O_CLOEXEC);
    if (descriptor < 0) {
        int error = errno;
        free(hidden);
        return fail(output, file->name, error);
    }
    file->hidden = hidden;
    output->stream = fdopen(descriptor, "w");
    CHECK(output->stream);
    if (fchmod(descriptor, usual_mode()) != 0)
        return fail(output, file->name, errno);
    return true;
}

bool output_end(struct output *output)
{
    CHECK(output->stream && output->file_count);
    FILE *stream = output->stream;
    /* A write that failed before this flush fails again in it, unless the disk has room again: then some bytes are
     * missing, and the reason is gone. */
    int error = fflush(stream) != 0 ? errno : ferror(stream) ? EIO : 0;
    if (!error && fsync(fileno(stream)) != 0 && errno != EINVAL)
        error = errno;
    output->stream = NULL;
    if (fclose(stream) != 0 && !error)
        error = errno;
    return error ? fail(output, output->files[output->file_count - 1].name, error) : true;
}

void output_remove(struct output *output, const char *name)
{
    add_file(output, name);
}

/* The directory, locked against other runs that give names in it; -1 where that cannot be had, which is no failure. */
static int lock_directory(const char *directory)
{
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0)
        (void)!flock(descriptor, LOCK_EX);
    return descriptor;
}

/* Makes the new names last through a loss of power, and lets others in. */
static void unlock_directory(int descriptor)
{
    if (descriptor < 0)
        return;
    (void)!fsync(descriptor);
    close(descriptor);
}

/* Gives all files their names; of several, the last one's is taken away before and given last. */
static bool give_names(struct output *output)
{
    const struct output_file *last = &output->files[output->file_count - 1];
    if (output->file_count > 1 && unlink(last->name) != 0 && errno != ENOENT)
        return fail(output, last->name, errno);
    for (size_t i = 0; i < output->file_count; i++) {
        struct output_file *file = &output->files[i];
        if (file->direct)
            continue;
        if (file->hidden ? rename(file->hidden, file->name) != 0 : unlink(file->name) != 0 && errno != ENOENT)
            return fail(output, file->name, errno);
        free(file->hidden);
        file->hidden = NULL;
    }
    return true;
}

bool output_commit(struct output *output)
{
    CHECK(!output->stream && output->file_count);
    int directory = lock_directory(output->directory);
    bool given = give_names(output);
    unlock_directory(directory);
    if (given)
        output->made = false;
    return given;
}

void output_abandon(struct output *output)
{
    if (output->stream)
        fclose(output->stream);
    for (size_t i = 0; i < output->file_count; i++) {
        if (output->files[i].hidden)
            unlink(output->files[i].hidden);
        free(output->files[i].hidden);
        free(output->files[i].name);
    }
    if (output->made)
        rmdir(output->directory);
    free(output->directory);
    *output = (struct output){0};
}
