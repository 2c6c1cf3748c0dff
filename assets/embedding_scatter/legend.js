// One entry per group, with its count: pressed while its points are shown.

import { LARGEST_LEGEND } from "./points.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  circle: '<circle cx="6" cy="6" r="4.5"/>',
  diamond: '<path d="M6 0.5 11.5 6 6 11.5 0.5 6Z"/>',
  x: '<path d="M2 2 10 10M10 2 2 10"/>',
};

export class Legend {
  constructor(element) {
    this.element = element;
  }

  show(points, coloring, theme) {
    const entries = coloring.groups.length > LARGEST_LEGEND ? [this.summary(coloring)] : this.entries(points, coloring, theme);
    if (coloring.name !== "category") entries.push(...this.shapes(points));
    const elsewhere = points.hiddenElsewhere(coloring.name);
    if (elsewhere > 0) entries.push(showAll());
    this.element.replaceChildren(...entries);
  }

  summary({ groups, title }) {
    return quiet(`${title}: ${groups.length} groups, so that colors come again. Click a point: its own group stands out.`);
  }

  entries(points, coloring, theme) {
    const { name, groups, codes } = coloring;
    const counts = new Map();
    for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    return groups.flatMap(({ label, color }, code) => {
      if (!counts.has(code)) return [];
      const symbol = name === "category" ? points.categories[code].symbol : "circle";
      const button = Object.assign(document.createElement("button"), { type: "button" });
      Object.assign(button.dataset, { action: "toggle", value: code });
      button.setAttribute("aria-pressed", String(!points.isHidden(coloring, code)));
      button.append(swatch(symbol, color[theme]), `${label} `, Object.assign(document.createElement("b"), { textContent: counts.get(code).toLocaleString("en") }));
      return [button];
    });
  }

  // What the shapes say, where the legend is of colors only.
  shapes({ categories, category }) {
    const used = new Set(category);
    const shapes = new Map(categories.filter((_, code) => used.has(code)).map(({ shape, symbol }) => [symbol, shape]));
    return [...shapes].map(([symbol, shape]) => {
      const entry = quiet(shape);
      entry.prepend(swatch(symbol, "currentColor"));
      return entry;
    });
  }
}

function quiet(text) {
  return Object.assign(document.createElement("span"), { className: "quiet", textContent: text });
}

function showAll() {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Show all again" });
  button.dataset.action = "showAll";
  return button;
}

function swatch(symbol, color) {
  const [shape] = symbol.split("-");
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 12 12");
  icon.setAttribute("aria-hidden", "true");
  const isOpen = symbol.endsWith("-open");
  icon.style.cssText = `fill: ${isOpen ? "none" : color}; stroke: ${color}`;
  icon.innerHTML = SHAPES[shape];
  return icon;
}
