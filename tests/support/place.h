/* Place: where a test finds the project's files and programs, whatever its working directory. */
#ifndef TESTS_SUPPORT_PLACE_H
#define TESTS_SUPPORT_PLACE_H

/* The root of the source tree (MRIOV_SOURCE_DIR, set by ctest; "." otherwise). */
const char *place_source_dir(void);

/* The mriov program under test (MRIOV_PROGRAM, set by ctest; "mriov" on the PATH otherwise). */
const char *place_program(void);

/* The mriovd program (MRIOV_DAEMON; "mriovd" otherwise). */
const char *place_daemon(void);

/* The mriovctl program (MRIOV_CONTROL; "mriovctl" otherwise). */
const char *place_control(void);

#endif
