#include "tests/support/sheet.h"

#include <stdlib.h>

#include "fabric/base/check.h"

void sheet_open(struct sheet *sheet)
{
    *sheet = (struct sheet){0};
    sheet->out = open_memstream(&sheet->text, &sheet->size);
    CHECK(sheet->out);
}

const char *sheet_close(struct sheet *sheet)
{
    CHECK(fclose(sheet->out) == 0);
    return sheet->text;
}

void sheet_free(struct sheet *sheet)
{
    free(sheet->text);
}
