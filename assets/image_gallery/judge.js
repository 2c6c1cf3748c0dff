// From a key to a decision on what is selected: by way of a question where a reason or a status is asked for.

export class Judge {
  // `model` has decisions and selection; `told(text)` says something for a moment, `focus()` gives the keys back.
  constructor({ model, prompt, decider, told, focus }) {
    this.model = model;
    this.prompt = prompt;
    this.decider = decider;
    this.told = told;
    this.focus = focus;
    this.sent = null; // the act of which the receipt moves on: { id, wasUndecided }
  }

  on_decide(verdict) {
    this.save({ verdict });
  }

  // Asked again: the last reason.
  on_askReason() {
    if (!this.canDecide()) return;
    const last = this.prompt.kind === "reason" ? this.prompt.lastNumber() : 0;
    if (last > 0) this.on_answer(last);
    else this.prompt.askReason(this.model.decisions.reasons, this.model.selection.size);
  }

  on_askStatus() {
    if (this.canDecide()) this.prompt.askStatus(this.model.selection.size);
  }

  on_digit(number) {
    if (this.prompt.isOpen) this.on_answer(number);
    else if (this.canDecide()) this.answer(this.prompt.reasonNumbered(number, this.model.decisions.reasons));
  }

  on_answer(number) {
    this.answer(this.prompt.answered(number));
  }

  on_note() {
    this.answer(this.prompt.noted());
  }

  answer(fields) {
    if (fields === null) return;
    if (fields.needsNote) return void this.prompt.askNote(this.model.selection.size);
    this.prompt.close();
    this.save(fields);
    this.focus();
  }

  on_undo() {
    if (this.decider.route === "settle") this.told("Delete takes back what was settled.");
    else if (this.canDecide()) this.decider.undo();
  }

  canDecide() {
    const { decisions, selection } = this.model;
    if (decisions === null || selection.size === 0) return false;
    if (!this.decider.isWaiting && !this.decider.isStopped) return true;
    this.told(this.decider.isStopped ? "Reload the page first." : "The server is away. Nothing more can be decided until what waits is saved.");
    return false;
  }

  save(fields) {
    if (!this.canDecide()) return;
    const { decisions, selection } = this.model;
    const images = selection.positions();
    const wasUndecided = images.some((position) => decisions.isUndecided(position));
    this.sent = { id: this.decider.decide({ ...fields, images }), wasUndecided };
  }

  // Whether a receipt is of the act that was decided here last, and what moving on depends on.
  takeSent(receipt) {
    const { sent } = this;
    if (receipt.act_id !== sent?.id) return null;
    this.sent = null;
    return sent;
  }
}
