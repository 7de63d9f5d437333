/* Config samples: a layout of each kind of function that a rack has, as real ones are made, for the tests of what reads
 * and writes configuration space. */
#ifndef TESTS_SUPPORT_CONFIG_SAMPLES_H
#define TESTS_SUPPORT_CONFIG_SAMPLES_H

#include "fabric/pcie/config_layout.h"

enum config_sample {
    CONFIG_SAMPLE_ROOT_PORT,
    CONFIG_SAMPLE_UPSTREAM,   /* a switch's bridges */
    CONFIG_SAMPLE_DOWNSTREAM, /* with a slot and DPC */
    CONFIG_SAMPLE_ENDPOINT,   /* an adapter that nobody shares */
    CONFIG_SAMPLE_PF,         /* with VF migration */
    CONFIG_SAMPLE_VF,
    CONFIG_SAMPLE_BASE, /* the base function of an MR adapter */
    CONFIG_SAMPLES,
};

/* Of the sample PF. */
#define CONFIG_SAMPLE_VF_DEVICE 0x1002
#define CONFIG_SAMPLE_VF_BAR_BYTES 16384u

extern const char *const config_sample_names[CONFIG_SAMPLES];

/* Fills *LAYOUT with that sample. */
void config_sample(struct config_layout *layout, enum config_sample sample);

#endif
