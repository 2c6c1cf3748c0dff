// Draws the thumbnails in view onto one canvas, with what was decided about each and what is selected.

import { cornerOf, placesInView } from "./cells.js";
import { CORRECT, DISCARD, STATUSES, VERDICTS } from "./decisions.js";

const BADGE = 20;
const DIMMED = 0.38;
const MARKS = ["", "✓", "✕", "…", ""];
const STATUS_LETTERS = { tumor: "T", nontumor: "N", unknown: "?" };

export class Grid {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.colors = {};
  }

  fit({ width, height }, devicePixelRatio) {
    const [across, down] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (this.canvas.width !== across || this.canvas.height !== down) {
      this.canvas.width = across;
      this.canvas.height = down;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.width = width;
    this.height = height;
    this.ratio = devicePixelRatio;
  }

  // Returns how many of the images in view are not here yet.
  draw({ cells, top, arrangement, selection, decisions, thumbnails }) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = this.colors.backdrop;
    context.fillRect(0, 0, this.width, this.height);
    const { first, end } = placesInView(cells, { top, height: this.height }, arrangement.length);
    let missing = 0;
    for (let place = first; place < end; place += 1) {
      const position = arrangement.shown[place];
      const { x, y } = cornerOf(cells, place);
      const cell = { x, y: y - top, size: cells.size };
      if (!this.drawImage(cell, thumbnails.find(position), decisions?.verdict[position] === DISCARD)) missing += 1;
      if (decisions !== null) this.drawDecision(cell, position, decisions);
      if (selection.has(position)) this.drawFrame(cell, place === selection.place);
    }
    return missing;
  }

  drawImage({ x, y, size }, found, isDimmed) {
    const { context } = this;
    context.fillStyle = this.colors.cell;
    context.fillRect(x, y, size, size);
    if (found === null) return false;
    context.globalAlpha = isDimmed ? DIMMED : 1;
    context.imageSmoothingEnabled = found.size !== size * this.ratio;
    context.drawImage(found.bitmap, found.x, found.y, found.size, found.size, x, y, size, size);
    context.globalAlpha = 1;
    return true;
  }

  // Told apart by sign, not by color alone; of a discarded image the reason's number stands beside the cross.
  drawDecision({ x, y, size }, position, decisions) {
    const verdict = decisions.verdict[position];
    if (verdict > 0) {
      const text = this.badgeText(verdict, position, decisions);
      this.drawBadge(x, y + size - BADGE, text, this.colors[VERDICTS[verdict]]);
    }
    if (decisions.disagrees[position] === 1) this.drawBadge(x + size - BADGE, y, "≠", this.colors.disagreed);
  }

  badgeText(verdict, position, decisions) {
    if (verdict === CORRECT) return STATUS_LETTERS[STATUSES[decisions.status[position]]] ?? "?";
    const reason = decisions.reason[position];
    return verdict === DISCARD && reason >= 0 ? `${MARKS[verdict]}${reason + 1}` : MARKS[verdict];
  }

  drawBadge(x, y, text, color) {
    const { context } = this;
    const width = text.length > 1 ? BADGE + 10 : BADGE;
    context.fillStyle = color;
    context.fillRect(x, y, width, BADGE);
    context.fillStyle = this.colors["badge-text"];
    context.font = "600 13px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x + width / 2, y + BADGE / 2 + 1);
  }

  drawFrame({ x, y, size }, isCurrent) {
    const { context } = this;
    const line = 3;
    context.strokeStyle = this.colors.frame;
    context.lineWidth = line;
    context.strokeRect(x - line / 2 + 1, y - line / 2 + 1, size + line - 2, size + line - 2);
    if (!isCurrent) return;
    context.strokeStyle = this.colors.current;
    context.lineWidth = 1.5;
    context.strokeRect(x + 2.5, y + 2.5, size - 5, size - 5);
  }
}
