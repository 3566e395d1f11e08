#!/usr/bin/env python3
"""Scans logs with Apache Spark: `milguard scan` makes a shard of each partition, by host and day.

    spark-submit scan-spark.py [--partitions N] [--milguard PROGRAM] [--scan OPTIONS] LOG... OUT
    milguard scan merge OUT

LOG and OUT are any addresses that Spark reads and writes (hdfs://, s3a://, files). The program milguard must be on every worker.
OPTIONS go to each `milguard scan`, such as "--name mail.log-20240331 --min-severity notice".
"""

import argparse
import shlex

from pyspark.sql import SparkSession
from pyspark.sql import functions as sql

# `Mar  5 14:02:11 mx1 postfix/…`, or `2024-03-05T14:02:11+01:00 mx1 postfix/…`
DAY_AND_HOST = r"^(\w{3} [ \d]\d|\d{4}-\d\d-\d\d)[ T]\S+ (\S+)"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--partitions", type=int, default=200)
    arguments.add_argument("--milguard", default="milguard")
    arguments.add_argument("--scan", default="")
    arguments.add_argument("log", nargs="+")
    arguments.add_argument("out")
    options = arguments.parse_args()

    spark = SparkSession.builder.appName("milguard scan").getOrCreate()
    lines = spark.read.text(options.log).withColumn("place", sql.monotonically_increasing_id())
    for number, name in ((1, "day"), (2, "host")):
        lines = lines.withColumn(name, sql.regexp_extract("value", DAY_AND_HOST, number))
    # A shuffle mixes lines; within a partition they go back to the order of the logs.
    parts = lines.repartition(options.partitions, "host", "day").sortWithinPartitions("place").select("value")
    # Without --input-format, a partition with few lines might be taken for something else than a log.
    command = f"{shlex.quote(options.milguard)} scan --format shard --input-format log --threads 1 {options.scan} -"
    shards = parts.rdd.map(lambda row: row.value).pipe(command, checkCode=True)
    shards.saveAsTextFile(options.out)
    spark.stop()


if __name__ == "__main__":
    main()
