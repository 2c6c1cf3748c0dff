// From a decision to the server's receipt, through an outbox that outlives a closed tab and a killed server.
//
// One decision at a time: as long as one waits, the keys that were pressed meanwhile wait as well.

import { Refusal } from "../reading_viewer/session_client.js";
import { Synchronizer } from "../reading_viewer/synchronizer.js";

export class Decider {
  // `events`: onState(state), onReceipts(receipts), onRefused({ what, nextStep }), onStopped(refusal), onChange().
  // `route`: where decisions go, "acts" or "settle".
  constructor({ client, outbox, events, newId, now, route = "acts" }) {
    this.route = route;
    this.outbox = outbox;
    this.events = events;
    this.newId = newId;
    this.now = now;
    this.isAway = false;
    this.isStopped = false;
    this.unsaved = outbox.count;
    this.synchronizer = new Synchronizer({ client, outbox, events: this.synchronizerEvents() });
  }

  get isWaiting() {
    return this.unsaved > 0;
  }

  start() {
    this.synchronizer.request({ session: true });
  }

  close() {
    this.synchronizer.close();
  }

  // Returns the act's id, which its receipt will have.
  decide(act) {
    return this.send(this.route, act);
  }

  undo() {
    return this.send("undo", {});
  }

  // The outbox and the synchronizer speak of responses; an act waits in them under its own id.
  send(route, content) {
    const id = this.newId();
    const decidedAt = this.now();
    const act = { act_id: id, decided_at: decidedAt, ...content };
    this.outbox.put({ response_id: id, answered_at: decidedAt, route, act });
    this.counted();
    this.synchronizer.request();
    return id;
  }

  synchronizerEvents() {
    return {
      onSession: (state) => this.heard(() => this.events.onState(state)),
      onReply: (reply) => this.heard(() => {
        const receipts = reply.receipts.filter((receipt) => receipt !== null); // null: there was nothing to undo
        this.events.onReceipts(receipts, { nothingToUndo: receipts.length < reply.receipts.length });
        for (const refusal of reply.refused) this.events.onRefused(refusal);
      }),
      onAway: () => {
        this.isAway = true;
        this.events.onChange();
      },
      onRefusal: (refusal) => {
        this.isStopped = refusal instanceof Refusal;
        this.events.onStopped(refusal);
      },
    };
  }

  heard(tell) {
    this.isAway = false;
    this.counted();
    tell();
    this.events.onChange();
  }

  counted() {
    this.unsaved = this.outbox.count;
    this.events.onChange();
  }
}
