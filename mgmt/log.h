/* Log: what the daemon says of itself, on standard error, a line each, for journald to keep.
 *
 *     <6>mriovd: 2 racks: listening on unix:/run/mriovd.sock
 *
 * The number is syslog's priority, as journald reads it; on a terminal it is left out. As JSON: {"priority": 6,
 * "message": "..."} and a time. Nothing that a client sends reaches a line unescaped. */
#ifndef MGMT_LOG_H
#define MGMT_LOG_H

#include <stdbool.h>

enum log_priority { LOG_FAULT = 3, LOG_CAUTION = 4, LOG_NOTE = 5, LOG_EVENT = 6, LOG_DETAIL = 7 };

/* JSON: lines of JSON. LEAST: less important lines are left out. */
void log_start(bool json, enum log_priority least);

void log_line(enum log_priority priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
