// What may stand between two trials until the reader goes on: no image is shown then, and no time counts.

export const INTERLUDES = ["practice-over", "second-part", "break"];

// The interlude before a trial, or null. A break is offered only to somebody who has answered in this window.
export function interludeBefore(trialIndex, session, hasAnswered) {
  const { practice_total: practiceTotal = 0, break_every: breakEvery = 0, second_part: secondPart = null } = session;
  if (trialIndex === 0 && practiceTotal > 0) return "practice-over";
  if (trialIndex === secondPart?.first_trial_index) return "second-part";
  const isDue = breakEvery > 0 && trialIndex > 0 && trialIndex % breakEvery === 0;
  return isDue && hasAnswered ? "break" : null;
}
