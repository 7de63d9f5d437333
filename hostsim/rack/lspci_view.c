#include "hostsim/rack/lspci_view.h"

#include <stdlib.h>

#include "hostsim/rack/host_tree.h"
#include "hostsim/rack/lspci.h"

void lspci_view_write(const struct world *world, int host, bool raw, FILE *out)
{
    for (size_t i = 0; i < world->topology.root_count; i++) {
        const struct topology_root *root = &world->topology.roots[i];
        if (root->host != host)
            continue;
        size_t count;
        struct lspci_function *functions = host_tree_list(world, root, (uint16_t)root->port, !raw, &count);
        lspci_write(out, functions, count);
        free(functions);
    }
}
