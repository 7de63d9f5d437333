/* Nearest: the known word that somebody most likely meant.
 *
 * Distance is Damerau-Levenshtein's (insert, delete, replace, swap two neighbours), case and `_` for `-` costing
 * nothing; a word is near when at most a third of it, at least one letter, is wrong. */
#ifndef HOSTSIM_RACK_NEAREST_H
#define HOSTSIM_RACK_NEAREST_H

#include <stddef.h>

/* The nearest of COUNT words, the first of equals; NULL when none is near. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

/* Room for the hint of any word that is worth suggesting. */
struct nearest_hint {
    char text[96];
};

/* "; did you mean `link`?", or "" when nothing is near: to be appended to a message as %s of .text. */
struct nearest_hint nearest_hint(const char *word, const char *const *words, size_t count);

#endif
