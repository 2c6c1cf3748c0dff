// What this curator decided about each image, as far as the server said that it is saved.

// By code, as the server counts.
export const VERDICTS = ["undecided", "keep", "discard", "defer", "correct"];
export const VERDICT_WORDS = ["Undecided", "Kept", "Discarded", "Deferred", "Corrected"];
export const STATUSES = ["tumor", "nontumor", "unknown"];
export const DISCARD = 2;
export const CORRECT = 4;

export class Decisions {
  // `settles`: what was settled for all stands in the place of this curator's own decisions.
  constructor(state, { settles = false } = {}) {
    this.count = state.n_images;
    this.reasons = state.known_reasons.map(([code, title]) => ({ code, title }));
    this.verdict = Uint8Array.from(settles ? state.settled : state.verdicts);
    this.reason = Int16Array.from(settles ? state.verdicts.map(() => -1) : state.reasons); // its place in `reasons`, or -1
    this.status = Int8Array.from(state.tumor_statuses); // as corrected, or as recorded
    this.disagrees = Uint8Array.from(state.disagrees); // another curator came to something else
    this.hasOthers = state.n_others.some((number) => number > 0);
  }

  // A receipt of the server: how these images stand after an act.
  apply({ images, verdicts, reasons, tumor_statuses: statuses }) {
    images.forEach((position, place) => {
      this.verdict[position] = verdicts[place];
      this.reason[position] = reasons[place];
      if (statuses[place] >= 0) this.status[position] = statuses[place];
    });
  }

  isUndecided(position) {
    return this.verdict[position] === 0;
  }

  // In words, as on the page: "Discarded: Gray contour".
  words(position) {
    const verdict = this.verdict[position];
    if (verdict === DISCARD) return `Discarded: ${this.reasons[this.reason[position]]?.title ?? "settled so"}`;
    if (verdict === CORRECT) return `Kept, as ${STATUSES[this.status[position]]}`;
    return VERDICT_WORDS[verdict];
  }

  // How many of these positions have each verdict, and how many of the discarded each reason.
  counted(positions) {
    const counts = new Int32Array(VERDICTS.length);
    const reasons = new Int32Array(this.reasons.length);
    let disagreed = 0;
    for (const position of positions) {
      counts[this.verdict[position]] += 1;
      disagreed += this.disagrees[position];
      if (this.verdict[position] === DISCARD && this.reason[position] >= 0) reasons[this.reason[position]] += 1;
    }
    return { counts, reasons, disagreed };
  }
}

// Whether an image belongs, by the filter's name. `reason:2` is the third reason's, `flag:0` the first of triage's.
export function filterNamed(name, { decisions, triage }) {
  const [kind, number] = name.split(":");
  if (kind === "flag" && triage !== null) return (position) => triage.has(Number(number), position);
  if (kind === "all" || decisions === null) return () => true;
  if (kind === "disagreed") return (position) => decisions.disagrees[position] === 1;
  if (kind === "reason") {
    const wanted = Number(number);
    return (position) => decisions.verdict[position] === DISCARD && decisions.reason[position] === wanted;
  }
  const code = VERDICTS.indexOf(kind);
  return (position) => decisions.verdict[position] === code;
}
