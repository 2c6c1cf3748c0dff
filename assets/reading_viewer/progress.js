// How long the rest will take, from this reader's own pace.

const OWN_TIMES_NEEDED = 5;

export class Pace {
  constructor() {
    this.timesMs = [];
  }

  note(elapsedMs) {
    this.timesMs.push(elapsedMs);
  }

  // This sitting's median once there are enough, else what the server knows; null when nobody knows.
  secondsPerTrial(known) {
    if (this.timesMs.length < OWN_TIMES_NEEDED) return known;
    const sorted = [...this.timesMs].sort((one, other) => one - other);
    return sorted[sorted.length >> 1] / 1000;
  }
}

export function timeLeftText(secondsPerTrial, trialsLeft) {
  if (secondsPerTrial === null) return " ";
  const minutes = Math.ceil((secondsPerTrial * trialsLeft) / 60);
  return minutes <= 1 ? "about a minute left" : `about ${minutes} minutes left`;
}
