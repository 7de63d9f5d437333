#include "tests/support/json_schema.h"

#include <criterion/criterion.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* --- documents --- */

static json_t *json_of_scalar(const struct node *node)
{
    char *end;
    if (node->quoted)
        return json_string(node->text);
    if (node->text[0] == '\0')
        return json_null();
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
        return json_boolean(node->text[0] == 't');
    if (strspn(node->text, "0123456789") == strlen(node->text))
        return json_integer(atoll(node->text));
    double number = strtod(node->text, &end);
    return *end == '\0' ? json_real(number) : json_string(node->text);
}

json_t *json_of_node(const struct node *node)
{
    if (node->kind == NODE_SCALAR)
        return json_of_scalar(node);
    json_t *made = node->kind == NODE_LIST ? json_array() : json_object();
    for (size_t i = 0; i < node->count; i++) {
        json_t *value = json_of_node(node->items[i].value);
        if (node->kind == NODE_LIST)
            json_array_append_new(made, value);
        else
            json_object_set_new(made, node->items[i].key, value);
    }
    return made;
}

/* --- keywords --- */

static bool is_type(const json_t *value, const char *type)
{
    if (strcmp(type, "object") == 0)
        return json_is_object(value);
    if (strcmp(type, "array") == 0)
        return json_is_array(value);
    if (strcmp(type, "string") == 0)
        return json_is_string(value);
    if (strcmp(type, "integer") == 0)
        return json_is_integer(value);
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    if (strcmp(type, "null") == 0)
        return json_is_null(value);
    cr_assert(false, "the type %s", type);
    return false;
}

static bool is_one_of_types(const json_t *types, const json_t *value)
{
    if (json_is_string(types))
        return is_type(value, json_string_value(types));
    for (size_t i = 0; i < json_array_size(types); i++)
        if (is_type(value, json_string_value(json_array_get(types, i))))
            return true;
    return false;
}

static bool is_in(const json_t *values, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(values); i++)
        if (json_equal(json_array_get(values, i), value))
            return true;
    return false;
}

static bool matches(const char *pattern, const json_t *value)
{
    regex_t compiled;
    if (!json_is_string(value))
        return true;
    cr_assert_eq(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0, "the pattern %s", pattern);
    bool matched = regexec(&compiled, json_string_value(value), 0, NULL, 0) == 0;
    regfree(&compiled);
    return matched;
}

static size_t count_accepting(const json_t *root, const json_t *schemas, const json_t *value)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(schemas); i++)
        count += json_schema_accepts(root, json_array_get(schemas, i), value);
    return count;
}

static const json_t *resolve(const json_t *root, const char *reference)
{
    static const char start[] = "#/$defs/";
    cr_assert_eq(strncmp(reference, start, strlen(start)), 0, "the reference %s", reference);
    const json_t *found = json_object_get(json_object_get(root, "$defs"), reference + strlen(start));
    cr_assert_not_null(found, "%s is not there", reference);
    return found;
}

static bool accepts_members(const json_t *root, const json_t *schema, const json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member)
    {
        const json_t *property = json_object_get(properties, key);
        if (property ? !json_schema_accepts(root, property, member) : json_is_false(others))
            return false;
        if (!property && json_is_object(others) && !json_schema_accepts(root, others, member))
            return false;
    }
    return true;
}

static bool has_all(const json_t *required, const json_t *value)
{
    for (size_t i = 0; json_is_object(value) && i < json_array_size(required); i++)
        if (!json_object_get(value, json_string_value(json_array_get(required, i))))
            return false;
    return true;
}

static bool accepts_items(const json_t *root, const json_t *items, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_schema_accepts(root, items, json_array_get(value, i)))
            return false;
    return true;
}

/* SIZE against the bound KEYWORD, "minItems" or "maxItems" and their like. */
static bool is_in_bound(const char *keyword, const json_t *bound, json_int_t size)
{
    return strncmp(keyword, "min", 3) == 0 ? size >= json_integer_value(bound) : size <= json_integer_value(bound);
}

static bool accepts_keyword(
    const json_t *root, const json_t *schema, const char *keyword, const json_t *operand, const json_t *value)
{
    static const char *const words[] = {"description", "title", "default", "$schema", "$defs", "additionalProperties"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(keyword, words[i]) == 0)
            return true;
    if (strcmp(keyword, "$ref") == 0)
        return json_schema_accepts(root, resolve(root, json_string_value(operand)), value);
    if (strcmp(keyword, "type") == 0)
        return is_one_of_types(operand, value);
    if (strcmp(keyword, "enum") == 0)
        return is_in(operand, value);
    if (strcmp(keyword, "const") == 0)
        return json_equal(operand, value);
    if (strcmp(keyword, "pattern") == 0)
        return matches(json_string_value(operand), value);
    if (strcmp(keyword, "anyOf") == 0)
        return count_accepting(root, operand, value) > 0;
    if (strcmp(keyword, "oneOf") == 0)
        return count_accepting(root, operand, value) == 1;
    if (strcmp(keyword, "properties") == 0)
        return accepts_members(root, schema, value);
    if (strcmp(keyword, "required") == 0)
        return has_all(operand, value);
    if (strcmp(keyword, "items") == 0)
        return accepts_items(root, operand, value);
    if (strstr(keyword, "Items"))
        return !json_is_array(value) || is_in_bound(keyword, operand, (json_int_t)json_array_size(value));
    if (strstr(keyword, "Properties"))
        return !json_is_object(value) || is_in_bound(keyword, operand, (json_int_t)json_object_size(value));
    if (strcmp(keyword, "minLength") == 0)
        return !json_is_string(value) || is_in_bound(keyword, operand, (json_int_t)json_string_length(value));
    if (strcmp(keyword, "minimum") == 0 || strcmp(keyword, "maximum") == 0)
        return !json_is_number(value) || (keyword[2] == 'n' ? json_number_value(value) >= json_number_value(operand)
                                                            : json_number_value(value) <= json_number_value(operand));
    cr_assert(false, "the keyword %s", keyword);
    return false;
}

bool json_schema_accepts(const json_t *root, const json_t *schema, const json_t *value)
{
    const char *keyword;
    json_t *operand;
    json_object_foreach((json_t *)schema, keyword, operand)
    {
        if (!accepts_keyword(root, schema, keyword, operand, value))
            return false;
    }
    return true;
}
