// The image under the pointer, beside it: small, with what is known of it.

import { IDENTITY_WINDOW, applyLookupTable, lookupTable } from "../reading_viewer/lookup_table.js";
import { IMAGE_SIZE } from "../reading_viewer/placement.js";

const AWAY = 16; // CSS pixels from the pointer
const WAIT_MS = 40; // a pointer that only passes asks for no image
const PLAIN = lookupTable(IDENTITY_WINDOW, false);

export class HoverCard {
  // `contentOf(point)` gives { gray }.
  constructor(element, contentOf) {
    this.element = element;
    this.contentOf = contentOf;
    this.context = element.querySelector("canvas").getContext("2d", { alpha: false });
    this.text = element.querySelector("p");
    this.point = null;
  }

  show(point, lines, pointer) {
    if (point !== this.point) {
      this.point = point;
      this.element.dataset.painted = "";
      this.context.clearRect(0, 0, IMAGE_SIZE, IMAGE_SIZE);
      this.text.replaceChildren(...lines.map((line) => Object.assign(document.createElement("span"), { textContent: line })));
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.fetch(point), WAIT_MS);
    }
    this.element.hidden = false;
    this.place(pointer);
  }

  hide() {
    clearTimeout(this.timer);
    this.element.hidden = true;
    this.point = null;
  }

  async fetch(point) {
    try {
      const { gray } = await this.contentOf(point);
      if (point !== this.point) return;
      const pixels = this.context.createImageData(IMAGE_SIZE, IMAGE_SIZE);
      applyLookupTable(gray, PLAIN, new Uint32Array(pixels.data.buffer));
      this.context.putImageData(pixels, 0, 0);
      this.element.dataset.painted = String(point);
    } catch {
      // It stays dark: a click tells what is wrong.
    }
  }

  // Right of the pointer and below, or on the other side where there is no room. `pointer` in the parent's pixels.
  place({ x, y }) {
    const { offsetWidth: width, offsetHeight: height, parentElement: stage } = this.element;
    const beyond = (start, length, room) => (start + AWAY + length > room ? Math.max(0, start - AWAY - length) : start + AWAY);
    this.element.style.left = `${beyond(x, width, stage.clientWidth)}px`;
    this.element.style.top = `${beyond(y, height, stage.clientHeight)}px`;
  }
}
