// A reading session in this window: which trial is on the screen, why the image may be hidden, what is answered.

import { grayFromPng } from "./gray_png.js";
import { INTERLUDES, interludeBefore } from "./interludes.js";
import { messageFor } from "./messages.js";
import { afterNextPaint } from "./paint.js";
import { Pace, timeLeftText } from "./progress.js";
import { Supply } from "./supply.js";
import { Synchronizer, retryDelayMs } from "./synchronizer.js";
import { Trial, randomUuid } from "./trial.js";

const MOST_UNSAVED = 3;
const QUIET_WAIT_MS = 400;
const LATE_MS = 1000;

export class Reading {
  // `onEnd(reason)` is called once: "finished" or "refused".
  constructor({ root, panel, image, client, outbox, onEnd }) {
    Object.assign(this, { root, panel, image, client, outbox, onEnd });
    this.phase = "loading";
    this.session = null;
    this.trial = null;
    this.holds = new Set();
    this.viewport = { width: Infinity, height: Infinity };
    this.away = false;
    this.waitingIsLong = false;
    this.refusal = { what: "", nextStep: "" };
    this.missing = 0;
    this.hasAnswered = false;
    this.timers = new Set();
    this.pace = new Pace();
    this.synchronizer = new Synchronizer({ client, outbox, events: this.serverEvents() });
    this.supply = new Supply({
      fetchImage: async (ticket) => grayFromPng(await client.stimulus(ticket)),
      events: {
        onReady: () => this.imageReady(),
        onMissing: ({ ticketGone }) => this.imageMissing(ticketGone),
        onRefusal: (refusal) => this.stop(refusal),
      },
    });
  }

  serverEvents() {
    return {
      onSession: (session) => this.sessionRead(session),
      onReply: (reply) => this.replied(reply),
      onAway: () => this.lostServer(),
      onRefusal: (refusal) => this.stop(refusal),
    };
  }

  get isOver() {
    return this.phase === "finished" || this.phase === "stopped";
  }

  start() {
    this.render();
    this.synchronizer.request({ session: true });
  }

  close() {
    this.synchronizer.close();
    for (const timer of this.timers) clearTimeout(timer);
    this.trial = null;
    this.phase = "stopped";
  }

  after(ms, action) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.isOver) action();
    }, ms);
    this.timers.add(timer);
  }

  // ---- what the server says -------------------------------------------------------------------------------------

  sessionRead(session) {
    this.session = session;
    this.away = false;
    this.panel.arrange(session);
    if (session.state === "finished") return this.finish();
    const ahead = new Set(session.ahead.map(({ trial }) => trial));
    if (this.trial !== null && !ahead.has(this.trial.trial)) this.trial = null; // answered in another window
    this.supply.keepOnly(ahead);
    this.supply.offer(session.ahead, this.takenTrials());
    this.viewportChanged(this.viewport);
    this.advance();
    if (this.trial === null && this.supply.isEmpty && this.outbox.count === 0) {
      this.after(retryDelayMs(2), () => this.synchronizer.request({ session: true }));
    }
  }

  replied(reply) {
    this.away = false;
    if (reply.state === "finished") return this.finish();
    if (this.session !== null) this.follow(reply);
    const overtaken = this.trial !== null && this.trial.trialIndex < reply.next_trial_index;
    this.supply.offer(reply.ahead, this.takenTrials());
    this.advance();
    const starved = this.trial === null && this.supply.isEmpty && this.outbox.count === 0;
    if (overtaken || starved || this.session === null) this.synchronizer.request({ session: true });
  }

  // Another part asks another question; what is on the screen is always of the part that the reply speaks of.
  follow({ questions = this.session.questions, second_part: secondPart = null }) {
    Object.assign(this.session, { questions, second_part: secondPart });
    this.panel.arrange(this.session);
  }

  takenTrials() {
    const taken = this.outbox.trials();
    return this.trial === null ? taken : taken.add(this.trial.trial);
  }

  lostServer() {
    this.away = true;
    if (this.trial !== null) this.trial.interrupted = true;
    this.render();
  }

  imageReady() {
    this.missing = 0;
    this.advance();
  }

  // A used ticket or a lost reply: only a new reading of the session brings a new ticket.
  imageMissing(ticketGone) {
    const delayMs = ticketGone && this.missing === 0 ? 0 : retryDelayMs(this.missing);
    this.missing += 1;
    if (!ticketGone) this.lostServer();
    this.after(delayMs, () => this.synchronizer.request({ session: true }));
  }

  finish() {
    this.end("finished", "finished");
  }

  stop(refusal) {
    this.refusal = refusal;
    this.end("stopped", "refused");
  }

  end(phase, reason) {
    if (this.isOver) return;
    this.close();
    this.phase = phase;
    this.render();
    this.onEnd(reason);
  }

  // ---- from one trial to the next -------------------------------------------------------------------------------

  advance() {
    if (this.trial === null && !this.isOver && this.session !== null) {
      const next = this.outbox.count < MOST_UNSAVED ? this.supply.take() : null;
      if (next !== null) this.show(next);
      else this.waitForNext();
    }
    this.render();
  }

  waitForNext() {
    if (this.phase === "waiting") return;
    this.phase = "waiting";
    this.waitingIsLong = false;
    this.after(QUIET_WAIT_MS, () => {
      this.waitingIsLong = true;
      this.render();
    });
  }

  show(entry) {
    this.trial = new Trial(entry, this.session);
    this.trial.interrupted = this.away;
    this.phase = "reading";
    this.image.show(entry.gray);
    const interlude = interludeBefore(entry.trialIndex, this.session, this.hasAnswered);
    if (interlude !== null) this.holds.add(interlude);
    if (this.holds.size === 0) this.awaitPaint(this.trial);
  }

  awaitPaint(trial) {
    const painted = (now) => {
      if (this.trial !== trial || this.holds.size > 0 || trial.isPainted) return;
      trial.painted(now, new Date().toISOString());
      this.root.dataset.trialIndex = String(trial.trialIndex);
      this.root.dataset.paintedAt = String(now);
      this.render();
    };
    afterNextPaint(painted);
  }

  // `reason`: too-small, hidden, paused, help or an interlude; while any holds, the image is hidden and the clock stands still.
  hold(reason, isHeld) {
    const wasHeld = this.holds.size > 0;
    this.holds[isHeld ? "add" : "delete"](reason);
    const trial = this.trial;
    if (trial !== null && wasHeld !== this.holds.size > 0) {
      if (!trial.isPainted && wasHeld) this.awaitPaint(trial);
      trial.stopwatch?.[wasHeld ? "resume" : "pause"](performance.now());
      if (reason === "hidden" && trial.isPainted) trial.interrupted = true;
    }
    this.render();
  }

  // Ends what stands between two trials. Returns whether there was anything.
  endInterlude() {
    const interludes = INTERLUDES.filter((reason) => this.holds.has(reason));
    for (const reason of interludes) this.hold(reason, false);
    return interludes.length > 0;
  }

  // CSS pixels; how many are enough is known once the session is.
  viewportChanged(viewport) {
    this.viewport = viewport;
    const least = this.session?.minimum_viewport ?? { width: 0, height: 0 };
    this.hold("too-small", viewport.width < least.width || viewport.height < least.height);
  }

  get canAnswer() {
    return this.trial !== null && this.trial.isPainted && this.holds.size === 0;
  }

  noteActivity() {
    this.trial?.stopwatch?.noteActivity(performance.now());
  }

  // ---- what the reader does -------------------------------------------------------------------------------------

  decide(question, decision) {
    if (!this.canAnswer) return;
    this.trial.faultAsked = false;
    const elapsedMs = this.trial.stopwatch.elapsedMs(performance.now());
    if (this.trial.answers.decide(question, decision, elapsedMs)) this.answered();
  }

  // A number key or button: how sure, or one of six steps.
  rate(number, question) {
    if (!this.canAnswer) return;
    const elapsedMs = this.trial.stopwatch.elapsedMs(performance.now());
    if (this.trial.answers.mark(number, question, elapsedMs)) this.answered();
  }

  answered() {
    if (this.trial.answers.isComplete && !this.session.confirm) this.submit({ cannotJudge: false });
    else this.render();
  }

  askFault() {
    if (!this.canAnswer) return;
    this.trial.faultAsked = !this.trial.faultAsked;
    this.render();
  }

  cancel() {
    if (this.trial !== null) this.trial.faultAsked = false;
    this.hold("help", false);
  }

  confirm() {
    if (this.endInterlude() || !this.canAnswer) return;
    if (this.trial.faultAsked) this.submit({ cannotJudge: true });
    else if (this.session.confirm && this.trial.answers.isComplete) this.submit({ cannotJudge: false });
  }

  // Into the outbox before the next image, and on its way to the server after it.
  submit({ cannotJudge }) {
    const now = performance.now();
    this.pace.note(this.trial.stopwatch.elapsedMs(now));
    const response = this.trial.response({
      responseId: randomUuid(),
      answeredAt: new Date().toISOString(),
      now,
      cannotJudge,
      view: this.image.recorded(),
      screen: this.screen(),
    });
    this.outbox.put(response);
    this.hasAnswered = true;
    this.trial = null;
    this.advance();
    this.synchronizer.request();
    this.after(LATE_MS + 1, () => this.renderSaved());
  }

  screen() {
    return {
      viewport_width: this.viewport.width,
      viewport_height: this.viewport.height,
      device_pixel_ratio: window.devicePixelRatio,
    };
  }

  // The page is being closed: one last try for what is not acknowledged; the rest waits in the outbox.
  flush() {
    const pending = this.outbox.pending();
    if (pending.length > 0) this.client.post(pending).catch(() => {});
  }

  // ---- what the page shows --------------------------------------------------------------------------------------

  get shownState() {
    if (this.isOver) return this.phase;
    if (this.holds.has("too-small")) return "too-small";
    return this.holds.size > 0 ? "paused" : this.phase;
  }

  render() {
    const answers = this.canAnswer ? this.trial.answers : null;
    this.root.dataset.state = this.shownState;
    this.panel.showMessage(messageFor(this));
    this.panel.showAnswers(answers, { faultAsked: this.trial?.faultAsked ?? false });
    this.panel.showView(this.image.recorded());
    this.panel.showHolds({ paused: this.holds.has("paused"), help: this.holds.has("help") });
    this.renderSaved();
    if (this.trial !== null) this.renderProgress(this.trial.trialIndex);
  }

  renderSaved() {
    const pending = this.outbox.pending();
    const isLate = pending.length > 0 && Date.now() - Date.parse(pending[0].answered_at) > LATE_MS;
    this.panel.showSaved({
      unsaved: pending.length,
      worthSaying: isLate || this.away || this.outbox.isMemoryOnly,
      memoryOnly: this.outbox.isMemoryOnly,
    });
  }

  renderProgress(trialIndex) {
    const trialsTotal = this.session.trials_total;
    const secondsPerTrial = this.pace.secondsPerTrial(this.session.seconds_per_trial);
    const practiceTotal = this.session.practice_total ?? 0;
    this.panel.showProgress({ trialIndex, trialsTotal, practiceTotal, timeLeft: timeLeftText(secondsPerTrial, trialsTotal - trialIndex) });
  }
}
