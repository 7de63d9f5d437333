/* Measure: one figure of a run's results, as a number in a unit.
 *
 * It is read of a workload ("w"), or of a direction of a link ("a up"); some compare that with a second one of the same
 * run. What is not in the results, or was not measured, is NAN. Measures are constants and own nothing. */
#ifndef HOSTSIM_VALIDATION_MEASURE_H
#define HOSTSIM_VALIDATION_MEASURE_H

#include "hostsim/rack/results.h"

struct measure {
    const char *name;
    const char *unit; /* "" for plain numbers */
    int decimals;     /* how many are worth printing */
    double (*read)(const struct results *results, const char *of);
    double (*compare)(double value, double other); /* NULL: there is nothing to compare with */
};

/* Of a workload. */
extern const struct measure measure_goodput;        /* Gb/s, the sum of its flows */
extern const struct measure measure_goodput_gbyte;  /* the same in GB/s */
extern const struct measure measure_goodput_mbyte;  /* the same in MB/s */
extern const struct measure measure_share;          /* of the goodput of all flows of the run */
extern const struct measure measure_latency;        /* ns, the mean of its first flow */
extern const struct measure measure_latency_growth; /* ns more than the other's */
extern const struct measure measure_latency_change; /* percent more than the other's */
extern const struct measure measure_uneven_share;   /* among its flows: the share farthest from 1 / their number */

/* Of a direction of a link. */
extern const struct measure measure_wire_rate; /* Gb/s: bytes on the wire over the time it was busy */
extern const struct measure measure_tlp_time;  /* ns: the time it was busy over TLPs */
extern const struct measure measure_wait;      /* ns, the mean */
extern const struct measure
    measure_efficiency_lost;                    /* percent of the wire's time that is payload: less than the other's */
extern const struct measure measure_wire_share; /* of the bytes on its wire and on the other's */

/* Of the downward directions of links, those whose names match ("a*"): the mean share of time that they are busy. */
extern const struct measure measure_mean_load;

/* Of the run; what it is read of does not matter. */
extern const struct measure measure_jain;

/* The figure; THAN may be NULL where there is nothing to compare with. */
double measure_read(const struct measure *measure, const struct results *results, const char *of, const char *than);

#endif
