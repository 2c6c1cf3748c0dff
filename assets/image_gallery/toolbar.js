// What stands above the thumbnails: filters with their counts, progress, what is selected, what is saved.

import { THUMBNAIL_SIZES } from "./thumbnails.js";
import { VERDICTS, VERDICT_WORDS } from "./decisions.js";

const OWN_ORDERS = { set: "Sort: as in the set", shuffled: "Sort: shuffled", decided: "Sort: by decision" };

export class Toolbar {
  constructor(root) {
    this.root = root;
    this.filters = root.querySelector('[data-part="filters"]');
    this.track = root.querySelector('[data-part="track"]');
    this.size = root.querySelector('[data-control="size"]');
    this.reason = root.querySelector('[data-control="reason"]');
    this.flag = root.querySelector('[data-control="flag"]');
    this.order = root.querySelector('[data-control="order"]');
    this.texts = new Map();
  }

  offerOrders(names, hasDecisions) {
    const own = Object.entries(OWN_ORDERS).filter(([name]) => hasDecisions || name !== "decided");
    const chosen = this.order.value || "set";
    const all = [...own, ...names.map((name) => [`triage:${name}`, `Sort: ${name}`])];
    this.order.replaceChildren(...all.map(([value, text]) => new Option(text, value)));
    this.order.value = chosen;
  }

  // What triage flagged, to be shown alone.
  offerFlags(flagged) {
    const options = flagged.map(({ title, positions }, number) => new Option(`${title} · ${positions.size.toLocaleString("en")}`, `flag:${number}`));
    this.flag.replaceChildren(new Option("Triage: all", "all"), ...options);
    for (const element of [this.flag, this.root.querySelector(".for-triage")]) element.hidden = false;
  }

  showFlag(filter) {
    this.flag.value = filter.startsWith("flag:") ? filter : "all";
  }

  // One button per verdict; a list of reasons; one for images on which curators disagree, where there are any.
  showFilters(decisions, chosen, { counts, reasons, disagreed, total }) {
    const verdicts = VERDICTS.map((name, code) => [name, VERDICT_WORDS[code], counts[code]]);
    const entries = [["all", "All", total], ...verdicts];
    if (disagreed > 0 || chosen === "disagreed") entries.push(["disagreed", "Disagreed", disagreed]);
    if (this.track.childElementCount === 0) this.buildTrack();
    for (const [name, text, number] of entries) this.showFilter(name, text, { number, isChosen: chosen === name });
    this.showReasons(decisions, chosen, reasons);
    const shares = VERDICTS.slice(1).map((name, place) => [name, (100 * counts[place + 1]) / Math.max(1, total)]);
    for (const [name, percent] of shares) this.track.querySelector(`.${name}`).style.width = `${percent}%`;
    this.track.setAttribute("aria-label", `${total - counts[0]} of ${total} decided`);
  }

  buildTrack() {
    this.track.replaceChildren(...VERDICTS.slice(1).map((name) => Object.assign(document.createElement("div"), { className: name })));
  }

  showFilter(name, text, { number, isChosen }) {
    let button = this.filters.querySelector(`[data-value="${name}"]`);
    if (button === null) {
      button = Object.assign(document.createElement("button"), { type: "button" });
      Object.assign(button.dataset, { action: "filter", value: name });
      button.append(Object.assign(document.createElement("i"), { className: name }), `${text} `, document.createElement("b"));
      this.filters.append(button);
    }
    write(button.querySelector("b"), number.toLocaleString("en"));
    button.setAttribute("aria-pressed", String(isChosen));
  }

  showReasons(decisions, chosen, counts) {
    const options = [["", "Any reason"], ...decisions.reasons.map(({ title }, place) => [`reason:${place}`, `${place + 1} ${title} · ${counts[place]}`])];
    const text = options.join();
    if (this.reasonsShown !== text) this.reason.replaceChildren(...options.map(([value, words]) => new Option(words, value)));
    this.reasonsShown = text;
    this.reason.value = chosen.startsWith("reason:") ? chosen : "";
  }

  showSize(size) {
    this.size.value = String(THUMBNAIL_SIZES.indexOf(size));
    this.size.setAttribute("aria-valuetext", `${size} pixels`);
  }

  press(action, isPressed) {
    for (const button of this.root.querySelectorAll(`[data-action="${action}"][aria-pressed]`)) {
      button.setAttribute("aria-pressed", String(isPressed));
    }
  }

  tell(name, text) {
    write(this.root.querySelector(`[data-text="${name}"]`), text);
  }
}

// The page is laid out anew only for a text that changed.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
// What is saved, in words: never more than the server said.
export function savedWords({ unsaved, isAway, isStopped, isMemoryOnly }) {
  if (unsaved === 0) return "All saved";
  const waiting = unsaved === 1 ? "1 decision" : `${unsaved} decisions`;
  const kept = isMemoryOnly ? "keep this tab open" : "kept on this computer";
  if (isStopped) return `${waiting} not saved: ${kept}`;
  return isAway ? `Server away: ${waiting} not saved, ${kept}` : "Saving …";
}
