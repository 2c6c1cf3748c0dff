// What stands in the image's place while there is none.

const NOTHING = { title: "" };
const HOLDS = {
  // the first of them that holds is told
  "too-small": { title: "Please enlarge the window", text: "The image needs more room. No time counts meanwhile." },
  hidden: NOTHING,
  paused: {
    title: "Paused",
    text: "No time counts. You may also close this window: your place is kept.",
    proceed: "Go on (P)",
  },
  help: { title: "Keys", keys: true, proceed: "Go on (H)" },
  "practice-over": {
    title: "Practice is over",
    text: "From the next image on your answers count. Nothing else changes.",
    proceed: "Go on (Space)",
  },
  "second-part": { title: "Part two", proceed: "Go on (Space)" }, // the text is the session's
  break: {
    title: "Time for a short break",
    text: "No time counts. Go on when you like. You may also close this window: your place is kept.",
    proceed: "Go on (Space)",
  },
};
const LOADING = { title: "", text: "Opening your reading session." };
const AWAY = { title: "Waiting for the server", text: "Your answers are kept on this computer. Reading goes on by itself." };
const WAITING = { title: "", text: "Loading the next image." };
const FINISHED = { title: "Thank you", text: "All images are read and saved. You can close this window." };

export function messageFor({ phase, holds, away, waitingIsLong, refusal, outbox, session }) {
  if (phase === "stopped") return refusalMessage(refusal, outbox.count);
  if (phase === "finished") return FINISHED;
  const hold = Object.keys(HOLDS).find((reason) => holds.has(reason));
  if (hold === "second-part") return { ...HOLDS[hold], text: secondPartText(session) };
  if (hold !== undefined) return HOLDS[hold];
  if (phase === "reading") return NOTHING;
  if (away) return AWAY;
  if (phase === "loading") return LOADING;
  return waitingIsLong ? WAITING : NOTHING;
}

function secondPartText({ second_part: part }) {
  return `You see the images once more, in another order. Now the question is: is it real (from a scanner) or synthetic (made by a computer)?\n${part.text}`;
}

function refusalMessage({ what, nextStep }, unsaved) {
  const kept = `\n${unsaved} not yet saved: kept on this computer, and sent when you come back.`;
  return { title: what, text: nextStep + (unsaved > 0 ? kept : ""), proceed: "Reload the page" };
}
