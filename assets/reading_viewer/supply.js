// Images of the next trials, fetched ahead by their one-time tickets and handed out strictly in the order of the trials.

import { Refusal, TicketGone } from "./session_client.js";

export class Supply {
  // `fetchImage(ticket)` resolves to {gray}; `events`: onReady(), onMissing({ticketGone}), onRefusal(refusal).
  constructor({ fetchImage, events }) {
    this.fetchImage = fetchImage;
    this.events = events;
    this.known = new Map();
  }

  // `taken`: trials that are shown or answered already.
  offer(ahead, taken) {
    for (const { trial, trial_index: trialIndex, ticket } of ahead) {
      const entry = this.known.get(trial);
      if (taken.has(trial) || (entry && entry.state !== "missing")) continue;
      this.load({ trial, trialIndex, gray: null, state: "loading" }, ticket);
    }
  }

  keepOnly(trials) {
    for (const trial of this.known.keys()) if (!trials.has(trial)) this.known.delete(trial);
  }

  get isEmpty() {
    return this.known.size === 0;
  }

  // The next trial, or null while its image is still on the way: a later one never overtakes it.
  take() {
    const [next] = [...this.known.values()].sort((one, other) => one.trialIndex - other.trialIndex);
    if (next?.state !== "ready") return null;
    this.known.delete(next.trial);
    return next;
  }

  async load(entry, ticket) {
    this.known.set(entry.trial, entry);
    try {
      entry.gray = (await this.fetchImage(ticket)).gray;
      entry.state = "ready";
      this.events.onReady();
    } catch (error) {
      entry.state = "missing";
      if (error instanceof Refusal) this.events.onRefusal(error);
      else this.events.onMissing({ ticketGone: error instanceof TicketGone });
    }
  }
}
