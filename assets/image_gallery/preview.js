// One image large, over the thumbnails, with window and level as in the reading viewer. The window stays from image
// to image: whoever looks for gray contours sets it once.

import { listenToGestures } from "../reading_viewer/gestures.js";
import { ImageCanvas } from "../reading_viewer/image_canvas.js";

const PREVIEW_LEVELS_PER_PIXEL = 0.5;
const MOST_KEPT = 24;

export class Preview {
  // `client` gives gray(position) and record(position); `onFailure(error)` hears what could not be fetched.
  constructor(element, client, { onFailure }) {
    this.element = element;
    this.client = client;
    this.onFailure = onFailure;
    this.image = new ImageCanvas(element.querySelector("canvas"));
    this.known = new Map(); // position -> promise of { gray, record }
    this.position = -1;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  listen(signal) {
    const shown = (change) => (...values) => {
      change(...values);
      this.tellWindow();
    };
    const onto = {
      window: shown((across, down) => this.image.changeWindow(across * PREVIEW_LEVELS_PER_PIXEL, down * PREVIEW_LEVELS_PER_PIXEL)),
      pan: (way) => this.image.pan(way),
      zoom: (factor, offset) => this.image.zoom(factor, offset),
      reset: shown(() => this.image.reset()),
    };
    listenToGestures(this.image.canvas, onto, signal);
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

  fit() {
    const stage = this.element.querySelector(".preview-stage");
    if (this.isOpen) this.image.fit({ width: stage.clientWidth, height: stage.clientHeight }, window.devicePixelRatio);
  }

  async show(position, following) {
    if (!this.isOpen || position === this.position) return;
    this.position = position;
    this.element.dataset.painted = "";
    try {
      const { gray, record } = await this.content(position);
      if (position !== this.position) return;
      this.image.gray = gray;
      this.image.draw();
      this.element.dataset.painted = String(position);
      this.tell("record", recordWords(record));
      for (const next of following) this.content(next).catch(() => {});
    } catch (error) {
      this.position = -1;
      this.onFailure(error);
    }
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
    const { window_width: width, window_center: center } = this.image.recorded();
    this.tell("window", `Window ${Math.round(width)} · level ${Math.round(center)}`);
  }

  tell(name, text) {
    this.element.querySelector(`[data-text="${name}"]`).textContent = text;
  }
}

function recordWords({ image_id: id, tumor_status: status, subject_id: subject, slice_index: slice, seed, source_name: file }) {
  const words = [id, status];
  if (subject !== null) words.push(`patient ${subject}`);
  if (slice !== null) words.push(`slice ${slice}`);
  if (seed !== null) words.push(`seed ${seed}`);
  if (file !== null) words.push(file);
  return words.join(" · ");
}
