/* Interrupt: SIGINT, SIGTERM and SIGHUP as a flag that a run looks at, so that it ends cleanly. */
#ifndef HOSTSIM_INTERRUPT_H
#define HOSTSIM_INTERRUPT_H

#include <signal.h>

/* From here on the signals raise the flag instead of ending the process; SIGHUP stays ignored under
 * nohup. SIGINT does not, though shells ignore it for what they start in the background: whoever sends it to this
 * process means it. */
void interrupt_catch(void);

/* 0 until one came. */
const volatile sig_atomic_t *interrupt_flag(void);

#endif
