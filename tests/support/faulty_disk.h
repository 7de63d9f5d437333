/* Faulty disk: what SQLite of this process, and of those that it forks, has its files on: the real one, slowed down, or
 * made to fail from any call on, for as many calls as wanted. Calls of all files are counted together. */
#ifndef TESTS_SUPPORT_FAULTY_DISK_H
#define TESTS_SUPPORT_FAULTY_DISK_H

#include <stdatomic.h>
#include <stdint.h>

/* Shared with all forked processes: to be changed at any time. */
struct faulty_disk {
    _Atomic uint64_t calls; /* so far */
    _Atomic uint64_t syncs;
    _Atomic uint64_t fail_from; /* the first call that fails; 0: none */
    _Atomic uint64_t fail_count;
    _Atomic uint64_t failed;
    _Atomic int is_full; /* 1: there is no room (only what makes a file longer fails); 0: I/O errors, of all calls */
    _Atomic uint32_t sync_us; /* how long each waits for the disk */
};

/* Has SQLite of this process use it from now on. */
struct faulty_disk *faulty_disk_install(void);

/* All calls fail, beginning with the one after next AFTER ones; or none does. */
void faulty_disk_break(struct faulty_disk *disk, uint64_t after, uint64_t count);
void faulty_disk_heal(struct faulty_disk *disk);

#endif
