// Keeps the server and this window agreed: first every response is delivered, then the session is read where that
// is wanted. One request at a time, repeated with backoff until it gets through.

import { Refusal, Unreachable } from "./session_client.js";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8000;
const MOST_PER_POST = 20;

export function retryDelayMs(failures) {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
}

export class Synchronizer {
  // `events`: onSession(session), onReply(reply), onAway(), onRefusal(refusal).
  constructor({ client, outbox, events, delayMs = retryDelayMs }) {
    this.client = client;
    this.outbox = outbox;
    this.events = events;
    this.delayMs = delayMs;
    this.wantsSession = false;
    this.running = false;
    this.closed = false;
    this.failures = 0;
    this.wake = () => {};
  }

  request({ session = false } = {}) {
    this.wantsSession ||= session;
    if (!this.running && !this.closed) this.run();
  }

  close() {
    this.closed = true;
    this.wake();
  }

  async run() {
    this.running = true;
    while (!this.closed && (this.wantsSession || this.outbox.count > 0)) await this.attempt();
    this.running = false;
  }

  async attempt() {
    try {
      await (this.outbox.count > 0 ? this.deliver() : this.readSession());
      this.failures = 0;
    } catch (error) {
      if (this.closed) return;
      if (!(error instanceof Unreachable)) this.closed = true;
      if (error instanceof Refusal) return void this.events.onRefusal(error);
      if (!(error instanceof Unreachable)) throw error;
      this.events.onAway();
      await this.pause(this.delayMs(this.failures));
      this.failures += 1;
    }
  }

  async deliver() {
    const reply = await this.client.post(this.outbox.pending().slice(0, MOST_PER_POST));
    const refused = (reply.refused ?? []).map((refusal) => refusal.response_id);
    const settled = [...(reply.saved ?? []), ...refused];
    if (settled.length === 0) throw new Unreachable("the server acknowledged nothing");
    this.outbox.drop(settled);
    this.wantsSession ||= refused.length > 0;
    if (!this.closed) this.events.onReply(reply);
  }

  async readSession() {
    const session = await this.client.session();
    this.wantsSession = false;
    if (!this.closed) this.events.onSession(session);
  }

  pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
