"""What a consumer was given, and what that took."""

from __future__ import annotations

import json
import resource
import time


class Meter:
    """Counts the processor time of all threads of this process, not of its children, from its creation until it is stopped."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        self.seconds, self.cpu_seconds = time.perf_counter() - self._wall, time.process_time() - self._cpu


class Tally:
    def __init__(self) -> None:
        self.events = self.deltas = self.delta_chars = self.text_chars = self.thought_chars = 0
        self.calls = self.results = self.result_chars = 0

    def print(self, meter: Meter, **more: float) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": meter.seconds, "cpu_seconds": meter.cpu_seconds, "peak_kib": peak, **vars(self), **more}))
