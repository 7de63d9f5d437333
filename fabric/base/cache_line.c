#include "fabric/base/cache_line.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

void *cache_line_calloc(size_t count, size_t size)
{
    CHECK(size == 0 || count <= (SIZE_MAX - CACHE_LINE_BYTES) / size);
    size_t lines = (count * size + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES;
    size_t bytes = (lines > 0 ? lines : 1) * CACHE_LINE_BYTES;
    void *objects = aligned_alloc(CACHE_LINE_BYTES, bytes);
    CHECK(objects != NULL);
    return memset(objects, 0, bytes);
}
