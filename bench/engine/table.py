"""Medians over rounds of what `searches` printed, as a table."""

import json
import statistics
import sys

rows = {}
for line in open(sys.argv[1]):
    row = json.loads(line)
    rows.setdefault((row["vectors"], row["how"], row["threads"]), []).append(row)
print("vectors  how       threads  searches/s  p50 ms  p99 ms")
for (vectors, how, threads), found in rows.items():
    median = {key: statistics.median(row[key] for row in found) for key in ("per_second", "p50_ms", "p99_ms")}
    print(f"{vectors:7}  {how:8}  {threads:7}  {median['per_second']:10.1f}  {median['p50_ms']:6.2f}  {median['p99_ms']:6.2f}")
