/* Trees: editing keeps the order, the places and the count of nodes. */
#include <criterion/criterion.h>
#include <string.h>

#include "hostsim/rack/document.h"

static struct document document;
static struct faults faults;

static void set_up(void)
{
    static const char text[] = "a: {b: 1, c: {d: 2}}\nl: [x, y]\ne:\n";
    cr_assert_eq(document_parse(&document, "f", text, strlen(text), &faults), STATUS_OK);
}

static void tear_down(void)
{
    cr_assert(document_is_valid(&document));
    document_free(&document);
    cr_assert_eq(document.node_count, 0);
    faults_free(&faults);
}

TestSuite(node, .init = set_up, .fini = tear_down);

Test(node, is_looked_at)
{
    const struct node *root = document.root;
    cr_assert(node_is_map(root) && node_is_map(node_get(root, "a")) && node_is_list(node_get(root, "l")));
    cr_assert_str_eq(node_get_text(node_get(root, "a"), "b"), "1");
    cr_assert_null(node_get_text(root, "a"));
    cr_assert_null(node_get(root, "z"));
    cr_assert_null(node_get(NULL, "z"));
    cr_assert_null(node_get(node_get(root, "l"), "z"));
    cr_assert_str_eq(node_kind_name(root), "a map");
    cr_assert_str_eq(node_kind_name(node_get(root, "l")), "a list");
    cr_assert_str_eq(node_kind_name(node_get(root, "e")), "nothing");
    cr_assert_str_eq(node_kind_name(NULL), "nothing");
    cr_assert_str_eq(node_kind_name(node_get(node_get(root, "a"), "b")), "a single value");
    cr_assert_eq(document.node_count, 9);
}

Test(node, is_changed)
{
    struct node *root = document.root, *list = node_get(root, "l");
    struct place place = place_of_argument(document_source(&document, "--set x"));
    cr_assert_eq(place.source, document_source(&document, "--set x"));
    node_set(&document, root, "e", place, node_new_scalar(&document, place, "5"));
    cr_assert_str_eq(root->items[2].key, "e");
    cr_assert_str_eq(root->items[2].value->text, "5");
    node_set(&document, root, "f", place, node_new_map(&document, place));
    node_append(list, node_new_list(&document, place));
    node_append(list, node_new_scalar(&document, place, "w"));
    cr_assert_str_eq(list->items[3].value->text, "w");
    cr_assert_eq(list->count, 4);
    struct node *taken = node_take(list, 0);
    cr_assert_str_eq(taken->text, "x");
    node_free(&document, taken);
    cr_assert(node_remove(&document, root, "a"));
    cr_assert(!node_remove(&document, root, "a"));
    node_set_text(list->items[0].value, "changed");
    cr_assert_str_eq(list->items[0].value->text, "changed");
}

Test(node, is_copied_with_its_places)
{
    struct node *root = document.root;
    node_get(root, "a")->origin = 7;
    struct node *copy = node_clone(&document, node_get(root, "a"));
    cr_assert_eq(copy->origin, 7);
    cr_assert_eq(copy->place.line, 1);
    cr_assert_eq(node_item(copy, "c")->key_place.column, 11);
    node_set(&document, root, "copy", copy->place, copy);
    cr_assert_eq(document.node_count, 13);
}

Test(node, takes_room)
{
    struct place place = place_of_file("f");
    char text[3 * NODE_TEXT_BYTES + 1];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    struct node *node = node_new_scalar(&document, place, text);
    cr_assert(document_take_room(&document, node, 0));
    cr_assert(!document_take_room(&document, node, DOCUMENT_NODES / 4 + 1));
    cr_assert(document_take_room(&document, node, DOCUMENT_NODES / 4));
    cr_assert(!document_take_room(&document, node, 1));
    cr_assert(!document_take_room(&document, node, SIZE_MAX));
    cr_assert(document_take_room(&document, node, 0));
    node_free(&document, node);
}
