// One trial while it is on the screen, and the response record that it becomes.

import { Stopwatch } from "./stopwatch.js";
import { TrialAnswers } from "./trial_answers.js";

export class Trial {
  constructor({ trial, trialIndex, gray }, { questions, scale }) {
    this.trial = trial;
    this.trialIndex = trialIndex;
    this.gray = gray;
    this.answers = new TrialAnswers({ questions, scale });
    this.stopwatch = null;
    this.paintedAt = null;
    this.interrupted = false;
    this.faultAsked = false;
  }

  get isPainted() {
    return this.stopwatch !== null;
  }

  // Times run from here: `now` by performance.now(), `at` by the wall clock.
  painted(now, at) {
    this.stopwatch = new Stopwatch(now);
    this.paintedAt = at;
  }

  response({ responseId, answeredAt, now, cannotJudge, view, screen }) {
    this.stopwatch.noteActivity(now);
    return {
      response_id: responseId,
      trial: this.trial,
      ...this.answers.recorded({ cannotJudge }),
      painted_at: this.paintedAt,
      answered_at: answeredAt,
      ...view,
      ...screen,
      paused_ms: Math.round(this.stopwatch.pausedMs),
      longest_idle_ms: Math.round(this.stopwatch.longestIdleMs),
      interrupted: this.interrupted,
    };
  }
}

// crypto.randomUUID exists only over HTTPS and on localhost; a hospital's network may have neither.
export function randomUuid(source = crypto) {
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
