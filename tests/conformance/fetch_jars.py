"""
Brings Delta's jars from Maven Central, through the resolver that Spark has for it; they end up in WORK/ivy/jars.
usage: fetch_jars.py WORK
"""
import os
import sys

from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[1]").appName("lakeferry-jars")
for key, value in {
    "spark.jars.packages": "io.delta:delta-spark_2.12:3.2.1,io.delta:delta-storage:3.2.1,org.antlr:antlr4-runtime:4.9.3",
    "spark.jars.ivy": os.path.join(sys.argv[1], "ivy"),
    "spark.jars.ivySettings": os.path.join(os.path.dirname(os.path.abspath(__file__)), "ivysettings.xml"),
    "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
}.items():
    builder = builder.config(key, value)
builder.getOrCreate().stop()
