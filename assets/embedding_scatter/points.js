// The points of an embedding, what they are colored by, and which of them are shown.

import { shuffled } from "../image_gallery/arrangement.js";

export const LARGEST_LEGEND = 14; // entries; of more a color says nothing by itself

export class Points {
  constructor({ x, y, z, kinds, categories, category, nearest_real: nearestReal }) {
    this.coordinates = { x, y, z };
    this.kinds = kinds; // 0 real, 1 transformed, 2 synthetic
    this.categories = categories; // [{ label, symbol }]
    this.category = category;
    this.nearestReal = nearestReal;
    this.order = shuffled(x.length); // so that no group hides another because it is drawn last
    this.colorings = [];
    this.hidden = new Map(); // name of a coloring -> labels that are not shown; codes shift with the decisions
  }

  get length() {
    return this.kinds.length;
  }

  get isSolid() {
    return this.coordinates.z !== null;
  }

  coloring(name) {
    return this.colorings.find((one) => one.name === name) ?? this.colorings[0];
  }

  toggle(name, code) {
    const { label } = this.coloring(name).groups[code];
    const hidden = this.hidden.get(name) ?? new Set();
    if (!hidden.delete(label)) hidden.add(label);
    this.hidden.set(name, hidden);
  }

  showAll() {
    this.hidden.clear();
  }

  isHidden({ name, groups }, code) {
    return this.hidden.get(name)?.has(groups[code].label) ?? false;
  }

  // How many colorings hide something, the named one aside.
  hiddenElsewhere(name) {
    return [...this.hidden].filter(([other, labels]) => other !== name && labels.size > 0).length;
  }

  // In the order in which they are drawn; those that stand back come first.
  shown(coloring) {
    const hiding = this.colorings.filter(({ name }) => this.hidden.get(name)?.size > 0);
    const found = this.order.filter((point) => !hiding.some((one) => this.isHidden(one, one.codes[point])));
    const isBack = (point) => coloring.groups[coloring.codes[point]].muted;
    return [...found.filter(isBack), ...found.filter((point) => !isBack(point))];
  }

  // What the pointer is told: the category, and whatever else is not the usual.
  words(point) {
    const said = [this.categories[this.category[point]].label];
    for (const { in_hover: isSaid, groups, codes, words } of this.colorings) {
      if (!isSaid) continue;
      const { label, muted } = groups[codes[point]];
      if (words[point] !== undefined) said.push(words[point]);
      else if (!muted) said.push(label);
    }
    return said;
  }
}
