// The question after D and T: which reason, which tumor status. A number answers, so does a click.

import { STATUSES } from "./decisions.js";

const OTHER_REASON = "other";

export class Prompt {
  constructor(element) {
    this.element = element;
    this.kind = null; // "reason", "note" or "status"
    this.lastReason = null;
  }

  get isOpen() {
    return this.kind !== null;
  }

  // Where the current image is not.
  stand({ isHigh }) {
    this.element.classList.toggle("high", isHigh);
  }

  askReason(reasons, nSelected) {
    this.reasons = reasons;
    const last = reasons.find(({ code }) => code === this.lastReason);
    const again = last ? `D again: ${last.title}` : "A number discards at once, without D";
    this.open("reason", `Discard ${imagesWords(nSelected)}. Why?`, reasons.map(({ title }, place) => [String(place + 1), title, place === reasons.indexOf(last)]), again);
  }

  askStatus(nSelected) {
    this.open("status", `Keep ${imagesWords(nSelected)}, as showing`, STATUSES.map((status, place) => [String(place + 1), status, false]), "The record stays; releases take the corrected status");
  }

  askNote(nSelected) {
    this.open("note", `Discard ${imagesWords(nSelected)}. Why? In your words`, [], "Enter saves, Esc leaves");
    const input = Object.assign(document.createElement("input"), { type: "text", maxLength: 500 });
    input.setAttribute("aria-label", "Why");
    this.element.append(input);
    input.focus();
  }

  open(kind, question, answers, hint) {
    this.kind = kind;
    const title = Object.assign(document.createElement("h2"), { textContent: question });
    const list = Object.assign(document.createElement("div"), { className: "answers" });
    list.append(...answers.map(answerButton));
    const small = Object.assign(document.createElement("p"), { textContent: hint });
    this.element.replaceChildren(title, list, small);
    this.element.hidden = false;
  }

  close() {
    this.kind = null;
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  // The act's fields for an answer by number; null where there is no such answer, or where it needs words first.
  answered(number) {
    if (this.kind === "status") {
      const status = STATUSES[number - 1];
      return status === undefined ? null : { verdict: "correct", tumor_status: status };
    }
    return this.reasonNumbered(number);
  }

  reasonNumbered(number, reasons = this.reasons) {
    const code = reasons[number - 1]?.code;
    if (code === undefined) return null;
    if (code === OTHER_REASON) return { needsNote: true };
    this.lastReason = code;
    return { verdict: "discard", reason: code };
  }

  noted() {
    const note = this.element.querySelector("input").value.trim();
    return note === "" ? null : { verdict: "discard", reason: OTHER_REASON, note };
  }

  lastNumber() {
    return this.reasons.findIndex(({ code }) => code === this.lastReason) + 1;
  }
}

function answerButton([number, text, isLast]) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  Object.assign(button.dataset, { action: "answer", value: number });
  button.classList.toggle("last", isLast);
  if (number.length === 1) button.append(Object.assign(document.createElement("kbd"), { textContent: number }));
  button.append(text);
  return button;
}

function imagesWords(number) {
  return number === 1 ? "this image" : `${number.toLocaleString("en")} images`;
}
