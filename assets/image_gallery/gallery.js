// The gallery as a whole: what is shown, what is selected, and what a key, a click or the server's answer does to it.

import { Arrangement, shuffled } from "./arrangement.js";
import { Decider } from "./decider.js";
import { Decisions, VERDICT_WORDS, filterNamed } from "./decisions.js";
import { Judge } from "./judge.js";
import { Prompt } from "./prompt.js";
import { Selection } from "./selection.js";
import { Stage } from "./stage.js";
import { Toolbar, savedWords } from "./toolbar.js";
import { Triage } from "./triage.js";

const NOTICE_MS = 5000;
const MOST_KEYS_WAITING = 64;
const KEEP_PROMPT = new Set(["note", "askReason", "askStatus", "digit", "answer", "leave", "preview"]);

export class Gallery {
  // `data`: image_set, n_images, mode (view, decide or settle), subset (positions or null), notes by position.
  constructor(root, { data, client, outbox, sizes, newId, now, onAllDecided, onDecided }) {
    this.root = root;
    this.data = data;
    this.client = client;
    this.outbox = outbox;
    this.onAllDecided = onAllDecided;
    this.onDecided = onDecided;
    this.toolbar = new Toolbar(root);
    this.prompt = new Prompt(root.querySelector('[data-part="ask"]'));
    const events = { onRefusal: (refusal) => this.stop(refusal), onFailure: (error) => this.told(failureWords(error)) };
    this.stage = new Stage(root, { client, sizes, events });
    this.decider = data.mode === "view" ? null : new Decider({ client, outbox, newId, now, route: data.mode === "settle" ? "settle" : "acts", events: this.deciderEvents() });
    this.judge = new Judge({
      model: this,
      prompt: this.prompt,
      decider: this.decider,
      told: (text) => this.told(text),
      focus: () => root.focus({ preventScroll: true }),
    });
    this.decisions = null;
    this.triage = null;
    this.arrangement = null;
    this.filter = "all";
    this.several = false;
    this.waiting = []; // actions of keys that were pressed while a decision was being saved
  }

  start() {
    this.root.dataset.mode = this.data.mode;
    this.toolbar.offerOrders([], this.decider !== null);
    this.toolbar.showSize(this.stage.size);
    if (this.decider === null) this.opened(this.data.n_images);
    else this.decider.start();
  }

  close() {
    this.decider?.close();
    this.stage.close();
    clearTimeout(this.noticeTimer);
  }

  opened(count) {
    this.arrangement = new Arrangement(count, this.data.subset);
    this.selection = new Selection(count, this.arrangement);
    this.root.dataset.state = "ready";
    this.root.dataset.count = String(this.arrangement.total);
    this.toFirstUndecided();
    this.stage.open(this);
    this.refresh();
    this.fetchTriage();
  }

  // After the first screen: it is as large as the set.
  async fetchTriage() {
    try {
      const found = await this.client.triage();
      if (found === null) return;
      this.triage = new Triage(found);
      this.toolbar.offerOrders(this.triage.orders, this.decider !== null);
      this.toolbar.offerFlags(this.triage.flagged);
      this.stage.preview.nearestOf = this.triage.nearest;
      this.refresh();
    } catch (error) {
      this.told(failureWords(error));
    }
  }

  toFirstUndecided() {
    if (this.decisions === null) return;
    const place = this.arrangement.find(0, (position) => this.decisions.isUndecided(position));
    this.selection.moveTo(Math.max(0, place));
  }

  // ---- what the server says

  deciderEvents() {
    return {
      onState: (state) => {
        this.decisions = new Decisions(state, { settles: this.data.mode === "settle" });
        if (this.arrangement === null) this.opened(state.n_images);
        this.recount();
      },
      onReceipts: (receipts, { nothingToUndo }) => this.received(receipts, nothingToUndo),
      onRefused: ({ what, nextStep }) => this.told(`Not saved: ${what} ${nextStep ?? ""}`),
      onStopped: (refusal) => this.stop(refusal),
      onChange: () => this.refresh(),
    };
  }

  received(receipts, nothingToUndo) {
    if (this.decisions === null) return;
    if (nothingToUndo) this.told("There is nothing left to undo.");
    for (const receipt of receipts) {
      this.decisions.apply(receipt);
      const sent = this.judge.takeSent(receipt);
      if (receipt.undoes) this.undone(receipt);
      else if (sent !== null) this.goOn(receipt, sent);
    }
    if (this.decisions.hasOthers) this.decider.start(); // who disagrees with whom may have changed
    this.recount();
    this.onDecided();
    this.later();
    if (this.data.subset !== null && this.arrangement.base.every((position) => !this.decisions.isUndecided(position))) this.onAllDecided();
  }

  // To the next undecided image, or to the next one where a decision was only changed.
  goOn({ images, verdicts }, { wasUndecided }) {
    const { arrangement, selection, decisions } = this;
    const last = selection.lastPlace();
    const undecided = wasUndecided ? arrangement.find(last + 1, (position) => decisions.isUndecided(position)) : -1;
    if (images.length > 1) this.told(`${VERDICT_WORDS[verdicts[0]]}: ${images.length.toLocaleString("en")} images. U takes it back.`);
    selection.moveTo(undecided >= 0 ? undecided : last + 1);
    this.stage.showCurrent();
  }

  undone({ images }) {
    const number = images.length.toLocaleString("en");
    const words = images.length === 1 ? "Undone." : `Undone: ${number} images.`;
    const isShown = this.selection.selectOnly(images);
    this.told(isShown ? words : `${words} The filter hides them.`);
    this.stage.showCurrent();
  }

  stop(refusal) {
    this.root.dataset.state = "stopped";
    this.message(refusal.what, refusal.nextStep);
    this.refresh();
  }

  later() {
    while (this.waiting.length > 0 && !this.decider.isWaiting) this.perform(this.waiting.shift());
  }

  // ---- what a person does

  // While a decision is on its way to the disk, whatever is pressed waits for it.
  act(action) {
    if (this.arrangement === null) return;
    const isSaving = this.decider?.isWaiting && !this.decider.isAway && !this.decider.isStopped;
    if (!isSaving) this.perform(action);
    else if (this.waiting.length < MOST_KEYS_WAITING) this.waiting.push(action);
  }

  perform([name, ...values]) {
    if (this.prompt.isOpen && !KEEP_PROMPT.has(name)) this.prompt.close();
    this.prompt.stand({ isHigh: this.stage.isCurrentLow });
    if (this[`on_${name}`] !== undefined) this[`on_${name}`](...values);
    else if (this.decider !== null) this.judge[`on_${name}`]?.(...values);
    this.refresh();
    this.stage.drawSoon();
  }

  on_move(across, down = 0, isExtending = false) {
    const { columns } = this.stage;
    const { place } = this.selection;
    const step = this.stage.preview.isOpen ? across + down : across + down * columns;
    const isOutside = place + step < 0 || place + step >= this.arrangement.length;
    if (isOutside && !this.stage.preview.isOpen && down !== 0 && !isExtending) return;
    this.goTo(place + step, isExtending);
  }

  on_page(direction, isExtending) {
    const { rowsInView, columns } = this.stage;
    this.goTo(this.selection.place + direction * rowsInView * columns, isExtending);
  }

  on_end(direction, isExtending) {
    this.goTo(direction < 0 ? 0 : this.arrangement.length - 1, isExtending);
  }

  on_point(place, how) {
    if (how === "toggle" || (how === "tap" && this.several)) this.selection.toggle(place);
    else if (how === "extend") this.selection.extendTo(place);
    else this.selection.moveTo(place);
  }

  on_open(place) {
    this.selection.moveTo(place);
    this.openPreview(true);
  }

  on_selectAll() {
    this.selection.selectAll();
  }

  on_several() {
    this.several = !this.several;
    this.toolbar.press("several", this.several);
  }

  on_filter(name) {
    this.filter = name;
    this.toolbar.showFlag(name);
    this.rearrange();
    this.recount();
  }

  async on_order(name) {
    try {
      this.arrangement.sort(await this.orderNamed(name));
    } catch (error) {
      this.told(failureWords(error));
      return;
    }
    this.rearrange();
    this.selection.moveTo(0);
    this.stage.showCurrent();
    this.refresh();
  }

  on_size(step) {
    this.stage.resize(step);
    this.toolbar.showSize(this.stage.size);
  }

  on_preview() {
    if (this.prompt.kind === "reason") return void this.judge.on_askReason();
    this.openPreview(!this.stage.preview.isOpen);
  }

  on_keys(isShown = this.root.querySelector(".keys").hidden) {
    this.root.querySelector(".keys").hidden = !isShown;
    this.toolbar.press("keys", isShown);
  }

  on_wholeWindow(isWhole = !this.root.hasAttribute("popover")) {
    if (isWhole) {
      this.root.setAttribute("popover", "manual");
      this.root.showPopover();
    } else this.root.removeAttribute("popover");
    this.toolbar.press("wholeWindow", isWhole);
    this.root.focus();
    this.stage.fit();
    this.stage.showCurrent();
  }

  on_leave() {
    if (this.prompt.isOpen) this.prompt.close();
    else if (!this.root.querySelector(".keys").hidden) this.on_keys(false);
    else if (this.stage.preview.isOpen) this.openPreview(false);
    else if (this.selection.size > 1) this.selection.moveTo(this.selection.place);
    else if (this.root.hasAttribute("popover")) this.on_wholeWindow(false);
    this.root.focus({ preventScroll: true });
  }

  // The nearest real image beside the large one.
  on_beside() {
    if (this.triage === null) return void this.told("Run triage on this set first: it finds the nearest real image.");
    const isBeside = !(this.stage.preview.isOpen && this.stage.preview.isBeside);
    this.openPreview(true);
    this.stage.preview.besideIs(isBeside);
    this.toolbar.press("beside", isBeside);
  }

  on_reset() { this.stage.preview.change("reset"); }
  on_invert() { this.stage.preview.change("invert"); }
  on_interpolation() { this.stage.preview.change("toggleSmooth"); }
  on_zoom(factor) { this.stage.preview.change("zoom", factor, { x: 0, y: 0 }); }

  // ---- what is shown

  goTo(place, isExtending) {
    if (isExtending) this.selection.extendTo(place);
    else this.selection.moveTo(place);
    this.stage.showCurrent();
  }

  async orderNamed(name) {
    if (name === "set") return null;
    if (name === "shuffled") return shuffled(this.arrangement.count);
    if (name !== "decided") return this.client.order(name.replace("triage:", ""));
    const { verdict } = this.decisions;
    return Uint32Array.from({ length: verdict.length }, (_, place) => place).sort((one, other) => verdict[one] - verdict[other] || one - other);
  }

  rearrange() {
    const { current } = this.selection;
    this.arrangement.show(filterNamed(this.filter, this));
    this.selection.rearranged(current);
    this.stage.fit();
    this.stage.showCurrent();
  }

  openPreview(isOpen) {
    this.stage.openPreview(isOpen);
    this.toolbar.press("preview", isOpen);
  }

  recount() {
    const { decisions, arrangement } = this;
    if (arrangement === null) return;
    this.message(...(arrangement.length > 0 ? [""] : ["No image here", "The filters above choose which images are shown."]));
    this.stage.drawSoon();
    if (decisions === null) return;
    const counted = decisions.counted(arrangement.base);
    this.toolbar.showFilters(decisions, this.filter, { ...counted, total: arrangement.total });
    this.root.dataset.counts = [...counted.counts].join(" ");
    this.root.dataset.stale = String(arrangement.isStale(filterNamed(this.filter, this)));
  }

  refresh() {
    if (this.arrangement !== null) this.toolbar.tell("current", this.currentWords());
    if (this.decider === null) return;
    const { unsaved, isAway, isStopped } = this.decider;
    this.toolbar.tell("saved", this.decisions === null && unsaved === 0 ? "" : savedWords({ unsaved, isAway, isStopped, isMemoryOnly: this.outbox.isMemoryOnly }));
    this.root.dataset.unsaved = String(unsaved);
    this.root.dataset.away = String(isAway);
  }

  currentWords() {
    const { selection, arrangement, decisions } = this;
    const { current } = selection;
    this.root.dataset.current = String(current);
    this.root.dataset.selected = String(selection.size);
    if (current < 0) return "";
    const words = [`Image ${(current + 1).toLocaleString("en")} of ${arrangement.count.toLocaleString("en")}`];
    if (decisions !== null) words.push(decisions.words(current));
    if (this.data.notes[current] !== undefined) words.push(this.data.notes[current]);
    if (this.triage !== null) words.push(...this.triage.words(current));
    if (selection.size > 1) words.push(`${selection.size.toLocaleString("en")} selected`);
    return words.join(" · ");
  }

  message(title, text = "") {
    this.toolbar.tell("message-title", title);
    this.toolbar.tell("message", text);
    this.root.querySelector('[data-part="message"]').hidden = title === "";
  }

  // For a moment, below the thumbnails.
  told(text) {
    const notice = this.root.querySelector(".notice");
    notice.textContent = text;
    notice.hidden = false;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => { notice.hidden = true; }, NOTICE_MS);
  }
}

function failureWords(error) {
  return error.what === undefined ? "The server is away. It is tried again with the next key." : `${error.what} ${error.nextStep}`;
}
