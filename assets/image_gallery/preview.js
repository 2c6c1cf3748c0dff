// One image large, over the thumbnails, with window and level as in the reading viewer; beside it, where asked for, the
// nearest real one. The window stays from image to image: whoever looks for gray contours sets it once.

import { listenToGestures } from "../reading_viewer/gestures.js";
import { ImageCanvas } from "../reading_viewer/image_canvas.js";
import { IMAGE_SIZE } from "../reading_viewer/placement.js";

const PREVIEW_LEVELS_PER_PIXEL = 0.5;
const MOST_KEPT = 24;

export class Preview {
  // `client` gives gray(position), grayOf(set, position), record(position); `onFailure(error)` hears what fails.
  constructor(element, client, { onFailure }) {
    this.element = element;
    this.client = client;
    this.onFailure = onFailure;
    this.panes = [...element.querySelectorAll(".pane")];
    this.images = this.panes.map((pane) => new ImageCanvas(pane.querySelector("canvas")));
    this.known = new Map(); // position -> promise of { gray, record }
    this.position = -1;
    this.nearestOf = () => null;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  get isBeside() {
    return !this.panes[1].hidden;
  }

  listen(signal) {
    const onto = {
      window: (across, down) => this.change("changeWindow", across * PREVIEW_LEVELS_PER_PIXEL, down * PREVIEW_LEVELS_PER_PIXEL),
      pan: (way) => this.change("pan", way),
      zoom: (factor, offset) => this.change("zoom", factor, offset),
      reset: () => this.change("reset"),
    };
    for (const { canvas } of this.images) listenToGestures(canvas, onto, signal);
  }

  // Both images are always seen alike.
  change(method, ...values) {
    for (const image of this.images) image[method](...values);
    this.tellWindow();
  }

  open() {
    this.element.hidden = false;
    this.fit();
    this.tellWindow();
  }

  close() {
    this.element.hidden = true;
    this.position = -1;
  }

  besideIs(isShown) {
    this.panes[1].hidden = !isShown;
    this.position = -1;
    this.fit();
  }

  fit() {
    if (!this.isOpen) return;
    this.panes.forEach((pane, place) => {
      if (!pane.hidden) this.images[place].fit({ width: pane.clientWidth, height: pane.clientHeight }, window.devicePixelRatio);
    });
  }

  async show(position, following) {
    if (!this.isOpen || position === this.position) return;
    this.position = position;
    this.element.dataset.painted = "";
    try {
      const nearest = this.isBeside ? this.nearestOf(position) : null;
      const [{ gray, record }, beside] = await Promise.all([this.content(position), this.nearestGray(nearest)]);
      if (position !== this.position) return;
      this.paint(0, gray);
      if (nearest !== null) this.paint(1, beside);
      this.element.dataset.painted = String(position);
      this.tell("record", recordWords(record));
      this.tell("beside", nearest === null ? "" : `Nearest real image: ${nearest.imageSet} ${nearest.index + 1}${nearest.isMirrored ? ", mirrored" : ""}`);
      for (const next of following) this.content(next).catch(() => {});
    } catch (error) {
      this.position = -1;
      this.onFailure(error);
    }
  }

  paint(place, gray) {
    this.images[place].gray = gray;
    this.images[place].draw();
  }

  async nearestGray(nearest) {
    if (nearest === null) return null;
    const gray = await this.client.grayOf(nearest.imageSet, nearest.index);
    return nearest.isMirrored ? mirrored(gray) : gray;
  }

  content(position) {
    const known = this.known.get(position) ?? this.fetched(position);
    this.known.delete(position);
    this.known.set(position, known);
    if (this.known.size > MOST_KEPT) this.known.delete(this.known.keys().next().value);
    return known;
  }

  async fetched(position) {
    try {
      const [gray, record] = await Promise.all([this.client.gray(position), this.client.record(position)]);
      return { gray, record };
    } catch (error) {
      this.known.delete(position);
      throw error;
    }
  }

  tellWindow() {
    const { window_width: width, window_center: center } = this.images[0].recorded();
    this.tell("window", `Window ${Math.round(width)} · level ${Math.round(center)}`);
  }

  tell(name, text) {
    this.element.querySelector(`[data-text="${name}"]`).textContent = text;
  }
}

export function mirrored(gray) {
  const flipped = new Uint8Array(gray.length);
  for (let row = 0; row < gray.length; row += IMAGE_SIZE) flipped.set(gray.slice(row, row + IMAGE_SIZE).reverse(), row);
  return flipped;
}

function recordWords({ image_id: id, tumor_status: status, subject_id: subject, slice_index: slice, seed, source_name: file }) {
  const words = [id, status];
  if (subject !== null) words.push(`patient ${subject}`);
  if (slice !== null) words.push(`slice ${slice}`);
  if (seed !== null) words.push(`seed ${seed}`);
  if (file !== null) words.push(file);
  return words.join(" · ");
}
