// What a consumer was given, and what that took.

/** Counts the processor time of all threads of this process, not of its children, from its creation until it is stopped. */
export class Meter {
  #wall = process.hrtime.bigint();
  #cpu = process.cpuUsage();

  stop() {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.seconds = Number(process.hrtime.bigint() - this.#wall) / 1e9;
    this.cpuSeconds = (user + system) / 1e6;
  }
}

export class Tally {
  events = 0;
  deltas = 0;
  delta_chars = 0;
  text_chars = 0;
  thought_chars = 0;
  calls = 0;
  results = 0;
  result_chars = 0;

  print(meter, more = {}) {
    const took = { seconds: meter.seconds, cpu_seconds: meter.cpuSeconds, peak_kib: process.resourceUsage().maxRSS };
    console.log(JSON.stringify({ ...took, ...this, ...more }));
  }
}
