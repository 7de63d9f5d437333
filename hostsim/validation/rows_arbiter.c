/* Rows of arbiters and queues (cases 15, 18, 19). */
#include "hostsim/validation/validation_case.h"

/* A row as a table has it, not each value on a line of its own. */
/* clang-format off */

/* The published saturation throughputs; with virtual output queues nearly all. */
const struct validation_row rows_saturation[] = {
    {"fifo, N = 2", "c15-saturated-switch", {NULL},
     &measure_mean_load, "two-a*", NULL, 0.75, WITHIN_SHARE, 0.02, SLOW},
    {"fifo, N = 4", "c15-saturated-switch", {NULL},
     &measure_mean_load, "four-a*", NULL, 0.655242, WITHIN_SHARE, 0.02, SLOW},
    {"fifo, N = 8", "c15-saturated-switch", {NULL},
     &measure_mean_load, "eight-a*", NULL, 0.61839, WITHIN_SHARE, 0.02, SLOW},
    {"voq, N = 2", "c15-saturated-switch", {"chassis.*.queueing=voq"},
     &measure_mean_load, "two-a*", NULL, 0.97, AT_LEAST, 0, SLOW},
    {"voq, N = 4", "c15-saturated-switch", {"chassis.*.queueing=voq"},
     &measure_mean_load, "four-a*", NULL, 0.97, AT_LEAST, 0, SLOW},
    {"voq, N = 8", "c15-saturated-switch", {"chassis.*.queueing=voq"},
     &measure_mean_load, "eight-a*", NULL, 0.97, AT_LEAST, 0, SLOW},
    {0},
};

/* (64 + 24) / (64 + 24 + 256 + 24) of the wire, and the rest; by bytes one half each. */
const struct validation_row rows_payloads[] = {
    {"round robin, 64 B", "c18-payloads", {NULL},
     &measure_wire_share, "small up", "large up", 0.23913, WITHIN_SHARE, 0.005, QUICK},
    {"round robin, 256 B", "c18-payloads", {NULL},
     &measure_wire_share, "large up", "small up", 0.76087, WITHIN_SHARE, 0.005, QUICK},
    {"deficit, 64 B", "c18-payloads", {"chassis.tor.arbitration=deficit"},
     &measure_wire_share, "small up", "large up", 0.5, WITHIN_SHARE, 0.005, QUICK},
    {"deficit, 256 B", "c18-payloads", {"chassis.tor.arbitration=deficit"},
     &measure_wire_share, "large up", "small up", 0.5, WITHIN_SHARE, 0.005, QUICK},
    {0},
};

/* Weight / 7. */
const struct validation_row rows_weights[] = {
    {"weighted, weight 1", "c19-weights", {NULL},
     &measure_share, "one", NULL, 0.142857143, WITHIN_SHARE, 0.005, QUICK},
    {"weighted, weight 2", "c19-weights", {NULL},
     &measure_share, "two", NULL, 0.285714286, WITHIN_SHARE, 0.005, QUICK},
    {"weighted, weight 4", "c19-weights", {NULL},
     &measure_share, "four", NULL, 0.571428571, WITHIN_SHARE, 0.005, QUICK},
    {"deficit, weight 1", "c19-weights", {"chassis.tor.arbitration=deficit"},
     &measure_share, "one", NULL, 0.142857143, WITHIN_SHARE, 0.005, QUICK},
    {"deficit, weight 2", "c19-weights", {"chassis.tor.arbitration=deficit"},
     &measure_share, "two", NULL, 0.285714286, WITHIN_SHARE, 0.005, QUICK},
    {"deficit, weight 4", "c19-weights", {"chassis.tor.arbitration=deficit"},
     &measure_share, "four", NULL, 0.571428571, WITHIN_SHARE, 0.005, QUICK},
    {0},
};
