#include "hostsim/rack/json_writer.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "tests/support/sheet.h"

static void finish(struct sheet *sheet, const char *expected)
{
    cr_expect_str_eq(sheet_close(sheet), expected);
    sheet_free(sheet);
}

Test(json_writer, every_token_and_the_lines)
{
    struct sheet sheet;
    sheet_open(&sheet);
    struct json_writer json = json_writer_start(sheet.out);
    json_write_open(&json, NULL, '{');
    json_write_count(&json, "count", UINT64_MAX);
    json_write_real(&json, "real", 57.6);
    json_write_real(&json, "nan", NAN);
    json_write_real(&json, "infinite", INFINITY);
    json_write_ns(&json, "ns", 1500);
    json_write_ns(&json, "never", TIME_NEVER);
    json_write_real_ns(&json, "real_ns", 1.23456);
    json_write_bool(&json, "yes", true);
    json_write_bool(&json, "no", false);
    json_write_null(&json, "null");
    json_write_text(&json, "text", NULL);
    json_write_open(&json, "list", '[');
    json_write_open(&json, NULL, '{');
    json_write_count(&json, "a", 1);
    json_write_open(&json, "b", '[');
    json_write_count(&json, NULL, 2);
    json_write_count(&json, NULL, 3);
    json_write_close(&json);
    json_write_close(&json);
    json_write_open(&json, NULL, '[');
    json_write_close(&json);
    json_write_close(&json);
    json_write_close(&json);
    finish(
        &sheet, "{\n"
                " \"count\": 18446744073709551615,\n"
                " \"real\": 57.6,\n"
                " \"nan\": null,\n"
                " \"infinite\": null,\n"
                " \"ns\": 1.5,\n"
                " \"never\": null,\n"
                " \"real_ns\": 1.235,\n"
                " \"yes\": true,\n"
                " \"no\": false,\n"
                " \"null\": null,\n"
                " \"text\": null,\n"
                " \"list\": [\n"
                "  {\"a\": 1, \"b\": [2, 3]},\n"
                "  []]\n"
                "}\n");
}

Test(json_writer, text_is_escaped)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"", "\"\"\n"},
        {"plain", "\"plain\"\n"},
        {"a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\"\n"},
        {"\x01\n\t\x7f", "\"\\u0001\\u000a\\u0009\\u007f\"\n"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"\n"},
        {"\xff", "\"\\ufffd\"\n"},                                    /* no UTF-8 */
        {"\xc0\xaf", "\"\\ufffd\\ufffd\"\n"},                         /* overlong */
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n"},              /* a surrogate */
        {"\xf4\x90\x80\x80x", "\"\\ufffd\\ufffd\\ufffd\\ufffdx\"\n"}, /* beyond the last */
        {"\xe2\x82", "\"\\ufffd\\ufffd\"\n"},                         /* cut */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sheet sheet;
        sheet_open(&sheet);
        struct json_writer json = json_writer_start(sheet.out);
        json_write_text(&json, NULL, cases[i].text);
        fputc('\n', sheet.out);
        finish(&sheet, cases[i].written);
    }
}

/* Whatever the bytes, another parser takes what was written, and valid text comes back as it was. */
Test(json_writer, any_bytes_make_valid_json)
{
    struct random random;
    random_init(&random, 1, "json");
    for (int i = 0; i < 20000; i++) {
        char text[16] = "";
        size_t length = random_below(&random, sizeof text);
        for (size_t at = 0; at < length; at++)
            text[at] =
                (char)(random_below(&random, 4) ? 0x80 | random_below(&random, 128) : random_below(&random, 128));
        struct sheet sheet;
        sheet_open(&sheet);
        struct json_writer json = json_writer_start(sheet.out);
        json_write_open(&json, NULL, '[');
        json_write_text(&json, NULL, text);
        json_write_close(&json);
        sheet_close(&sheet);
        json_error_t error;
        json_t *parsed = json_loads(sheet.text, 0, &error);
        cr_assert(parsed, "%s: %s", sheet.text, error.text);
        json_t *plain = json_string(text); /* NULL when the text is no UTF-8 */
        if (plain)
            cr_assert_str_eq(json_string_value(json_array_get(parsed, 0)), text);
        else
            cr_assert(strstr(json_string_value(json_array_get(parsed, 0)), "\xef\xbf\xbd"));
        json_decref(plain);
        json_decref(parsed);
        sheet_free(&sheet);
    }
}
