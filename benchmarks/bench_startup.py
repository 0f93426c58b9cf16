"""How long `phylolm --help` takes, as a whole process.

.venv/bin/python benchmarks/bench_startup.py
"""

from __future__ import annotations

import subprocess
import sys
import time

REPEATS = 7


def main() -> None:
    command = [sys.executable, "-c", "from phylolm.cli import main; main()", "--help"]
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    print(f"phylolm --help: {min(times):.2f} s at best, {sorted(times)[REPEATS // 2]:.2f} s median")


if __name__ == "__main__":
    main()
