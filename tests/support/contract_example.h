/* The contract's example of a scenario, letter by letter: what every part of the parser has to accept. */
#ifndef TESTS_SUPPORT_CONTRACT_EXAMPLE_H
#define TESTS_SUPPORT_CONTRACT_EXAMPLE_H

extern const char contract_example[];

#endif
