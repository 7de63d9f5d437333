#include "tests/support/tree.h"

#include <stdio.h>
#include <stdlib.h>

static void write_node(FILE *stream, const struct node *node, bool shows_quotes)
{
    if (node_is_scalar(node)) {
        fprintf(stream, node->quoted && shows_quotes ? "\"%s\"" : "%s", node->text);
        return;
    }
    fputs(node_is_map(node) ? "{" : "[", stream);
    for (size_t i = 0; i < node->count; i++) {
        fputs(i ? ", " : "", stream);
        if (node_is_map(node))
            fprintf(stream, "%s: ", node->items[i].key);
        write_node(stream, node->items[i].value, shows_quotes);
    }
    fputs(node_is_map(node) ? "}" : "]", stream);
}

char *tree_text(const struct node *node, bool shows_quotes)
{
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    write_node(stream, node, shows_quotes);
    fclose(stream);
    return text;
}

char *tree_faults(struct faults *faults)
{
    char *text, *line;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    for (size_t i = 0; (line = faults_line(faults, i)) != NULL; i++) {
        fprintf(stream, "%s%s", i ? "\n" : "", line);
        free(line);
    }
    fclose(stream);
    return text;
}
