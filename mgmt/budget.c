#include "mgmt/budget.h"

#include <stdlib.h>

/* What malloc keeps beside each piece: many small pieces cost more than their sizes. */
#define OVERHEAD 16

static void *take(void *context, size_t size)
{
    struct budget *budget = context;
    if (size > budget->left || budget->left - size < OVERHEAD) {
        budget->exceeded = true;
        return NULL;
    }
    budget->left -= size + OVERHEAD;
    return malloc(size);
}

static void give_back(void *context, void *bytes)
{
    (void)context;
    free(bytes);
}

void budget_start(struct budget *budget, size_t bytes)
{
    *budget = (struct budget){
        .allocator = {.alloc = take, .free = give_back, .allocator_data = budget},
        .left = bytes,
    };
}
