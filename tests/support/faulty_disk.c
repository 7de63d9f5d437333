#include "tests/support/faulty_disk.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fabric/base/check.h"

struct shim_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind it */
};

static struct faulty_disk *disk;
static sqlite3_vfs *real_vfs;

/* Whether this call fails. GROWS: it needs room. */
static bool fails(bool grows)
{
    uint64_t call = atomic_fetch_add(&disk->calls, 1) + 1, from = disk->fail_from;
    if (from == 0 || call < from || call - from >= disk->fail_count || (disk->is_full && !grows))
        return false;
    atomic_fetch_add(&disk->failed, 1);
    return true;
}

static int fault(int code)
{
    return disk->is_full ? SQLITE_FULL : code;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct shim_file *)(void *)file)->real;
}

#define REAL(file, method, ...) real_of(file)->pMethods->method(real_of(file), ##__VA_ARGS__)

static int shim_close(sqlite3_file *file)
{
    return REAL(file, xClose);
}

static int shim_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 at)
{
    return fails(false) ? SQLITE_IOERR_READ : REAL(file, xRead, bytes, count, at);
}

/* Half of it is there when it fails. */
static int shim_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    if (!fails(true))
        return REAL(file, xWrite, bytes, count, at);
    if (!disk->is_full && REAL(file, xWrite, bytes, count / 2, at) != SQLITE_OK)
        return SQLITE_IOERR_WRITE;
    return fault(SQLITE_IOERR_WRITE);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return fails(false) ? SQLITE_IOERR_TRUNCATE : REAL(file, xTruncate, size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    if (fails(false))
        return SQLITE_IOERR_FSYNC;
    atomic_fetch_add(&disk->syncs, 1);
    if (disk->sync_us > 0)
        usleep(disk->sync_us);
    return REAL(file, xSync, flags);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return fails(false) ? SQLITE_IOERR_FSTAT : REAL(file, xFileSize, size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return fails(false) ? SQLITE_IOERR_LOCK : REAL(file, xLock, level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return REAL(file, xUnlock, level);
}

static int shim_check_lock(sqlite3_file *file, int *result)
{
    return REAL(file, xCheckReservedLock, result);
}

static int shim_control(sqlite3_file *file, int op, void *argument)
{
    return REAL(file, xFileControl, op, argument);
}

static int shim_sector(sqlite3_file *file)
{
    return REAL(file, xSectorSize);
}

static int shim_characteristics(sqlite3_file *file)
{
    return REAL(file, xDeviceCharacteristics);
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **place)
{
    return fails(extend != 0) ? SQLITE_IOERR_SHMMAP : REAL(file, xShmMap, page, size, extend, place);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return (flags & SQLITE_SHM_UNLOCK) == 0 && fails(false) ? SQLITE_IOERR_SHMLOCK
                                                            : REAL(file, xShmLock, offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
    REAL(file, xShmBarrier);
}

static int shim_shm_unmap(sqlite3_file *file, int remove)
{
    return REAL(file, xShmUnmap, remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_lock,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_characteristics,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
    struct shim_file *shim = (struct shim_file *)(void *)file;
    (void)vfs;
    shim->base.pMethods = NULL;
    shim->real = (sqlite3_file *)(void *)(shim + 1);
    if (fails((flags & SQLITE_OPEN_CREATE) != 0))
        return SQLITE_CANTOPEN;
    int opened = real_vfs->xOpen(real_vfs, name, shim->real, flags, flags_out);
    if (opened == SQLITE_OK)
        shim->base.pMethods = &methods;
    return opened;
}

static int shim_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    (void)vfs;
    return fails(false) ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync_directory);
}

static int shim_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    (void)vfs;
    return fails(false) ? SQLITE_IOERR_ACCESS : real_vfs->xAccess(real_vfs, name, flags, result);
}

struct faulty_disk *faulty_disk_install(void)
{
    static sqlite3_vfs vfs;
    if (disk != NULL)
        return disk;
    disk = mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    real_vfs = sqlite3_vfs_find(NULL);
    CHECK(disk != MAP_FAILED && real_vfs != NULL);
    vfs = *real_vfs;
    vfs.zName = "faulty";
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    vfs.xOpen = shim_open;
    vfs.xDelete = shim_delete;
    vfs.xAccess = shim_access;
    CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
    return disk;
}

void faulty_disk_break(struct faulty_disk *of, uint64_t after, uint64_t count)
{
    of->failed = 0;
    of->fail_count = count;
    of->fail_from = of->calls + 1 + after;
}

void faulty_disk_heal(struct faulty_disk *of)
{
    of->fail_from = 0;
}
