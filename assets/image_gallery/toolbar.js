// What stands above the thumbnails: filters with their counts, progress, what is selected, what is saved.

import { THUMBNAIL_SIZES } from "./thumbnails.js";
import { VERDICTS, VERDICT_WORDS } from "./decisions.js";

const OWN_ORDERS = { set: "As in the set", shuffled: "Shuffled", decided: "By decision" };

export class Toolbar {
  constructor(root) {
    this.root = root;
    this.filters = root.querySelector('[data-part="filters"]');
    this.track = root.querySelector('[data-part="track"]');
    this.size = root.querySelector('[data-control="size"]');
    this.order = root.querySelector('[data-control="order"]');
    this.texts = new Map();
  }

  offerOrders(names, hasDecisions) {
    const own = Object.entries(OWN_ORDERS).filter(([name]) => hasDecisions || name !== "decided");
    const all = [...own, ...names.map((name) => [`triage:${name}`, capitalized(name)])];
    this.order.replaceChildren(...all.map(([value, text]) => new Option(text, value)));
  }

  // One button per verdict; a list of reasons; one for images on which curators disagree, where there are any.
  showFilters(decisions, chosen, { counts, reasons, disagreed, total }) {
    const verdicts = VERDICTS.map((name, code) => [name, VERDICT_WORDS[code], counts[code]]);
    const entries = [["all", "All", total], ...verdicts];
    if (disagreed > 0 || chosen === "disagreed") entries.push(["disagreed", "Disagreed", disagreed]);
    this.filtersBuilt ??= this.buildFilters(decisions);
    for (const [name, text, number] of entries) this.showFilter(name, text, { number, isChosen: chosen === name });
    this.showReasons(decisions, chosen, reasons);
    const shares = VERDICTS.slice(1).map((name, place) => [name, (100 * counts[place + 1]) / Math.max(1, total)]);
    for (const [name, percent] of shares) this.track.querySelector(`.${name}`).style.width = `${percent}%`;
    this.track.setAttribute("aria-label", `${total - counts[0]} of ${total} decided`);
  }

  buildFilters() {
    this.reasonFilter = document.createElement("select");
    this.reasonFilter.dataset.control = "reason";
    this.reasonFilter.setAttribute("aria-label", "Discarded, by reason");
    this.filters.replaceChildren(this.reasonFilter);
    this.track.replaceChildren(...VERDICTS.slice(1).map((name) => Object.assign(document.createElement("div"), { className: name })));
    return true;
  }

  showFilter(name, text, { number, isChosen }) {
    let button = this.filters.querySelector(`[data-value="${name}"]`);
    if (button === null) {
      button = Object.assign(document.createElement("button"), { type: "button" });
      Object.assign(button.dataset, { action: "filter", value: name });
      button.append(Object.assign(document.createElement("i"), { className: name }), `${text} `, document.createElement("b"));
      this.filters.insertBefore(button, this.reasonFilter);
    }
    write(button.querySelector("b"), number.toLocaleString("en"));
    button.setAttribute("aria-pressed", String(isChosen));
  }

  showReasons(decisions, chosen, counts) {
    const options = [["", "Any reason"], ...decisions.reasons.map(({ title }, place) => [`reason:${place}`, `${place + 1} ${title} · ${counts[place]}`])];
    const text = options.join();
    if (this.reasonsShown !== text) this.reasonFilter.replaceChildren(...options.map(([value, words]) => new Option(words, value)));
    this.reasonsShown = text;
    this.reasonFilter.value = chosen.startsWith("reason:") ? chosen : "";
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

function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// What is saved, in words: never more than the server said.
export function savedWords({ unsaved, isAway, isStopped, isMemoryOnly }) {
  if (unsaved === 0) return "All saved";
  const waiting = unsaved === 1 ? "1 decision" : `${unsaved} decisions`;
  const kept = isMemoryOnly ? "keep this tab open" : "kept on this computer";
  if (isStopped) return `${waiting} not saved: ${kept}`;
  return isAway ? `Server away: ${waiting} not saved, ${kept}` : "Saving …";
}
