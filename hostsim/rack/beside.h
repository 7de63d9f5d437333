/* Beside: files that a scenario names are in its own folder, unless their names begin with a slash. */
#ifndef HOSTSIM_RACK_BESIDE_H
#define HOSTSIM_RACK_BESIDE_H

/* The path of the file TEXT that the scenario at path SCENARIO names, for the caller to free. */
char *beside(const char *scenario, const char *text);

#endif
