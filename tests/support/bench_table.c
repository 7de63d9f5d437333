#include "tests/support/bench_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "tests/support/place.h"

/* The file NAME, past its line of headings. */
static FILE *open_table(const char *name)
{
    char path[4096], headings[256];
    snprintf(path, sizeof path, "%s/tests/validation/%s", place_source_dir(), name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    cr_assert_not_null(fgets(headings, sizeof headings, file));
    return file;
}

size_t bench_limits(struct bench_limit *rows)
{
    FILE *file = open_table("pcie-model-tlp-bandwidth.csv");
    size_t count = 0;
    struct bench_limit row;
    while (fscanf(
               file, " gen%" SCNu32 ",x%" SCNu32 ",%" SCNu32 ",%lf,%lf,%" SCNu32 ",%" SCNu32, &row.gen, &row.width,
               &row.mps_bytes, &row.raw_gbps, &row.tlp_gbps, &row.ack_symbols, &row.updatefc_symbols) == 7) {
        cr_assert_lt(count, BENCH_ROWS_MAX);
        rows[count++] = row;
    }
    cr_assert(feof(file), "row %zu cannot be read", count);
    fclose(file);
    return count;
}

size_t bench_streams(struct bench_stream *rows)
{
    FILE *file = open_table("pcie-model.csv");
    size_t count = 0;
    struct bench_stream row;
    /* The sixth and eighth columns say that completions are not split at RCB and that there is no ECRC, in all rows. */
    while (fscanf(
               file,
               " gen%" SCNu32 ",x%" SCNu32 ",%" SCNu32 ",%" SCNu32 ",%" SCNu32 ",0,%" SCNu32 ",0,%" SCNu32
               ",%lf,%lf,%lf",
               &row.gen, &row.width, &row.mps_bytes, &row.mrrs_bytes, &row.rcb_bytes, &row.address_bits,
               &row.size_bytes, &row.write_gbps, &row.read_gbps, &row.read_write_gbps) == 10) {
        cr_assert_lt(count, BENCH_ROWS_MAX);
        rows[count++] = row;
    }
    cr_assert(feof(file), "row %zu cannot be read", count);
    fclose(file);
    return count;
}
