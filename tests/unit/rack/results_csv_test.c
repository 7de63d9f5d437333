#include "hostsim/rack/results_csv.h"

#include <criterion/criterion.h>

#include "hostsim/rack/results_field.h"
#include "tests/support/results_fixture.h"
#include "tests/support/sheet.h"

static void expect_csv(void (*write)(const struct results *, FILE *), const char *expected)
{
    struct results results = {0};
    results_fixture(&results);
    struct sheet sheet;
    sheet_open(&sheet);
    write(&results, sheet.out);
    cr_expect_str_eq(sheet_close(&sheet), expected);
    sheet_free(&sheet);
    results_free(&results);
}

Test(results_csv, flows)
{
    expect_csv(
        results_flows_csv,
        "name,host,guest,function,op,operations,bytes,goodput_gbps,goodput_ci95_gbps,offered_gbps,failed,dropped,"
        "interruption_ns,latency_ns_min,latency_ns_mean,latency_ns_mean_ci95,latency_ns_p50,latency_ns_p90,"
        "latency_ns_p99,latency_ns_p999,latency_ns_max,latency_ns_stddev,"
        "latency_parts_ns_source,latency_parts_ns_waiting,latency_parts_ns_credits,latency_parts_ns_serialisation,"
        "latency_parts_ns_switches,latency_parts_ns_wires,latency_parts_ns_memory,latency_parts_ns_adapter,down_ns\n"
        "writes,h0,,nic0.pf0,dma-write,123,31488,57.6,0.1,,0,0,,400,800.001,1.25,800,1200,1600,2000,2400,200"
        ",1,551.431,2,30,105,10.5,100,0.07,\n"
        "writes,h1,,nic0.pf1,dma-write,124,31744,28.8,,,0,0,,500,1000.001,1.25,1000,1500,2000,2500,3000,250"
        ",1,751.431,2,30,105,10.5,100,0.07,\n"
        "reads,h0,vm1,ssd0.pf0.vf5,mix,7,28672,0.333333333,0.0123456789,10,1,2,1200.5,80000.007,160000.015,1.25,"
        "160000.014,240000.021,320000.028,400000.035,480000.042,40000.003"
        ",1,159751.445,2,30,105,10.5,100,0.07,2000.25\n"
        "idle,,,nic*@h[0-1],mmio-read,0,0,0,,0,0,0,,,,,,,,,,,,,,,,,,,\n");
    expect_csv(
        results_flows_by_op_csv,
        "name,host,guest,function,op,operations,bytes,goodput_gbps,goodput_ci95_gbps,offered_gbps,failed,"
        "latency_ns_min,latency_ns_mean,latency_ns_mean_ci95,latency_ns_p50,latency_ns_p90,latency_ns_p99,"
        "latency_ns_p999,latency_ns_max,latency_ns_stddev,"
        "latency_parts_ns_source,latency_parts_ns_waiting,latency_parts_ns_credits,latency_parts_ns_serialisation,"
        "latency_parts_ns_switches,latency_parts_ns_wires,latency_parts_ns_memory,latency_parts_ns_adapter\n"
        "reads,h0,vm1,ssd0.pf0.vf5,dma-read,5,20480,0.25,,7.5,1,90000,180000.001,1.25,180000,270000,360000,450000,"
        "540000,45000"
        ",1,179751.431,2,30,105,10.5,100,0.07\n"
        "reads,h0,vm1,ssd0.pf0.vf5,mmio-write,0,0,0,,,0,,,,,,,,,,,,,,,,,\n");
}

Test(results_csv, links)
{
    expect_csv(
        results_links_csv,
        "name,direction,gen,width,tlps,payload_bytes,wire_bytes,dllps,utilisation,credit_stall_ns,replays,queue_max,"
        "queue_mean,wait_ns_mean,wait_ns_p99,wait_ns_max\n"
        "h0,up,4,8,130,60160,64000,9,0.987654322,12345.678,0,12,3.25,1.5,9,9.001\n"
        "h0,down,4,8,0,0,0,0,0,0,0,0,,,,\n");
    expect_csv(
        results_links_by_vh_csv, "name,direction,vh,payload_bytes,credit_stall_ns,wait_mean_ns,wait_p99_ns\n"
                                 "h0,up,1,31488,2,1.5,9\n"
                                 "h0,up,2,0,0,,\n");
}

Test(results_csv, histograms)
{
    expect_csv(
        results_histograms_csv, "name,upper_ns,count\n"
                                "latency:writes:h0:nic0.pf0,400,100\n"
                                "latency:writes:h0:nic0.pf0,800,23\n"
                                "latency:reads:h0/vm1:ssd0.pf0.vf5:dma-read,180000,5\n"
                                "wait:h0:up,0,12\n"
                                "wait:h0:up,2,3\n");
}

Test(results_csv, series)
{
    expect_csv(
        results_series_csv, "time_ns,kind,name,direction,metric,value\n"
                            "10000,flow,writes:h0:nic0.pf0,,goodput_gbps,57.25\n"
                            "10000,flow,reads:h0/vm1:ssd0.pf0.vf5,,goodput_gbps,0\n"
                            "10000,link,h0,up,utilisation,0.5\n"
                            "20000.5,link,h0,down,queue_tlps,\n");
}

Test(results_csv, text_is_quoted_when_it_must_be)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {NULL, ""},
        {"plain", "plain"},
        {"nic0, nic1", "\"nic0, nic1\""},
        {"a \"b\"", "\"a \"\"b\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"percent %s", "percent %s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sheet sheet;
        sheet_open(&sheet);
        results_csv_text(cases[i].text, sheet.out);
        cr_expect_str_eq(sheet_close(&sheet), cases[i].written);
        sheet_free(&sheet);
    }
}
