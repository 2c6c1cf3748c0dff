// The part of the page in which the images are: thumbnails that scroll, one image large over them.

import { cellsIn, cornerOf, heightOf, placeAt, placesInView, scrolledTo } from "./cells.js";
import { colorsOf } from "./colors.js";
import { Grid } from "./grid.js";
import { Preview } from "./preview.js";
import { THUMBNAIL_SIZES, Thumbnails, sourceSize } from "./thumbnails.js";

const NEXT_IN_PREVIEW = 2;

export class Stage {
  // `events`: onRefusal(refusal), onFailure(error). `sizes` remembers the thumbnails' size.
  constructor(root, { client, sizes, events }) {
    this.root = root;
    this.scroller = root.querySelector(".scroller");
    this.extent = root.querySelector(".extent");
    this.grid = new Grid(this.scroller.querySelector("canvas"));
    this.preview = new Preview(root.querySelector(".preview"), client, events);
    this.thumbnails = new Thumbnails({
      fetchSprite: (positions, size) => client.sprite(positions, size),
      onArrival: () => this.drawSoon(),
      onRefusal: events.onRefusal,
    });
    this.sizes = sizes;
    this.size = THUMBNAIL_SIZES.find((size) => size === sizes.read()) ?? THUMBNAIL_SIZES[1];
    this.shown = null; // { arrangement, selection, decisions }
    this.cells = null;
    this.drawPending = false;
    this.recolor();
  }

  get columns() {
    return this.cells.columns;
  }

  get rowsInView() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / this.cells.cell) - 1);
  }

  open(shown) {
    this.shown = shown;
    this.fit();
    this.showCurrent();
  }

  close() {
    this.shown = null;
    this.thumbnails.close();
  }

  recolor() {
    this.grid.colors = colorsOf(this.root);
    this.drawSoon();
  }

  // Whether the current image lies in the lower half, so that a question is asked in the other one.
  get isCurrentLow() {
    if (this.preview.isOpen) return false;
    const { y } = cornerOf(this.cells, this.shown.selection.place);
    return y - this.scroller.scrollTop + this.cells.cell / 2 > this.scroller.clientHeight / 2;
  }

  resize(step) {
    const place = THUMBNAIL_SIZES.indexOf(this.size) + step;
    this.size = THUMBNAIL_SIZES[Math.min(THUMBNAIL_SIZES.length - 1, Math.max(0, place))];
    this.sizes.write(this.size);
    this.fit();
    this.showCurrent();
  }

  openPreview(isOpen) {
    if (isOpen) this.preview.open();
    else this.preview.close();
    this.showCurrent();
  }

  showCurrent() {
    if (this.shown === null || this.shown.arrangement.length === 0) return;
    const view = { top: this.scroller.scrollTop, height: this.scroller.clientHeight };
    this.scroller.scrollTop = scrolledTo(this.cells, this.shown.selection.place, view);
    this.drawSoon();
  }

  fit() {
    if (this.shown === null) return;
    const { clientWidth: width, clientHeight: height } = this.scroller;
    this.cells = cellsIn(width, this.size);
    this.extent.style.height = `${Math.max(0, heightOf(this.cells, this.shown.arrangement.length) - height)}px`;
    this.grid.fit({ width, height }, window.devicePixelRatio);
    this.preview.fit();
    this.draw();
  }

  // The place under a pointer, or -1.
  placeOf({ clientX, clientY }) {
    if (this.shown === null) return -1;
    const box = this.grid.canvas.getBoundingClientRect();
    const point = { x: clientX - box.left, y: clientY - box.top + this.scroller.scrollTop };
    return placeAt(this.cells, point, this.shown.arrangement.length);
  }

  // However much happens in a frame, it is drawn once.
  drawSoon() {
    if (this.drawPending) return;
    this.drawPending = true;
    requestAnimationFrame(() => {
      this.drawPending = false;
      this.draw();
    });
  }

  draw() {
    if (this.shown === null) return;
    const { arrangement, selection } = this.shown;
    const { scrollTop: top, clientHeight: height } = this.scroller;
    this.root.dataset.missing = String(this.grid.draw({ ...this.shown, cells: this.cells, top, thumbnails: this.thumbnails }));
    this.fetchAround(placesInView(this.cells, { top, height }, arrangement.length));
    const following = arrangement.shown.subarray(selection.place + 1, selection.place + 1 + NEXT_IN_PREVIEW);
    if (selection.current >= 0) this.preview.show(selection.current, following);
  }

  // What is in view first, then a screen below, then one above.
  fetchAround({ first, end }) {
    const { shown } = this.shown.arrangement;
    const above = shown.subarray(Math.max(0, 2 * first - end), first);
    this.thumbnails.want([...shown.subarray(first, 2 * end - first), ...above], sourceSize(this.size, window.devicePixelRatio));
  }
}
