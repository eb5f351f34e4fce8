"""Runs every benchmark of this folder, one after the other; each prints ratios against a baseline of the same run."""

import subprocess
import sys
import time

BENCHMARKS = (
    "bench_review",
    "bench_import",
    "bench_reminders",
    "bench_nightly",
    "bench_http",
    "bench_burden",
    "bench_rescreen",
)


def main(names: list[str]) -> int:
    """Exit status 1 if a benchmark could not run; how fast it was never fails anything."""
    failed = 0
    for name in names or BENCHMARKS:
        began = time.monotonic()
        print(f"== {name}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"tests.bench.{name}"]).returncode
        print(f"   ({time.monotonic() - began:.0f} s)\n", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
