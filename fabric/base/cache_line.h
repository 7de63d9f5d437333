/* Cache line: where what every TLP needs lies.
 *
 * A rack has more state than the first cache holds, so a hop costs as many lines as it touches. Structures whose fields
 * are used together begin a line (CACHE_LINE_ALIGNED), and those that hold them are allocated at one. */
#ifndef FABRIC_BASE_CACHE_LINE_H
#define FABRIC_BASE_CACHE_LINE_H

#include <stddef.h>

#define CACHE_LINE_BYTES 64
#define CACHE_LINE_ALIGNED _Alignas(CACHE_LINE_BYTES)

/* COUNT zeroed objects of SIZE bytes from the beginning of a line on; free() frees them. COUNT or SIZE may be 0.
 * Running out of memory ends the program. */
void *cache_line_calloc(size_t count, size_t size);

#endif
