#include "hostsim/rack/nearest.h"

#include <stdio.h>
#include <string.h>

/* Longer words are not worth a hint, and bound the tables below. */
#define WORD_LIMIT 64

static char folded(char c)
{
    if (c == '_')
        return '-';
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein's distance (optimal string alignment), by rows: the last two, and the one being made. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_LIMIT + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (unsigned j = 0; j <= b_length; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            char x = folded(a[i - 1]), y = folded(b[j - 1]);
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == folded(b[j - 2]) && folded(a[i - 2]) == y)
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b_length];
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_LIMIT)
        return NULL;
    const char *nearest = NULL;
    unsigned least_wrong = length < 3 ? 2 : (unsigned)length / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(words[i]);
        if (other > WORD_LIMIT)
            continue;
        unsigned wrong = distance(word, length, words[i], other);
        /* All of a short word wrong is no likeness. */
        if (wrong < least_wrong && wrong < length) {
            least_wrong = wrong;
            nearest = words[i];
        }
    }
    return nearest;
}

struct nearest_hint nearest_hint(const char *word, const char *const *words, size_t count)
{
    struct nearest_hint hint = {""};
    const char *nearest = nearest_word(word, words, count);
    if (nearest)
        snprintf(hint.text, sizeof hint.text, "; did you mean `%s`?", nearest);
    return hint;
}
