/* Number: numbers as results print them, the same bytes in every locale.
 *
 * Each writes into BUFFER (NUMBER_BYTES suffice for all) and returns it. */
#ifndef HOSTSIM_RACK_NUMBER_H
#define HOSTSIM_RACK_NUMBER_H

#include <stdint.h>

#define NUMBER_BYTES 32

/* PS picoseconds in ns, exactly: at most three decimals, none that is a trailing zero. */
char *number_ns(uint64_t ps, char buffer[NUMBER_BYTES]);

/* VALUE (finite) in nanoseconds, rounded to at most three decimals. */
char *number_real_ns(double value_ns, char buffer[NUMBER_BYTES]);

/* VALUE (finite) to 9 significant digits, as "%.9g" has it in the C locale; zero has no sign. */
char *number_real(double value, char buffer[NUMBER_BYTES]);

#endif
