// Draws one gray image through the look-up table, enlarged by a whole number of device pixels.

import { IDENTITY_WINDOW, applyLookupTable, lookupTable, windowWithinLimits } from "./lookup_table.js";
import { IMAGE_SIZE, WHOLE_IMAGE, frameIn, movedBy, zoomedToward } from "./placement.js";

export class ImageCanvas {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.source = document.createElement("canvas");
    this.source.width = IMAGE_SIZE;
    this.source.height = IMAGE_SIZE;
    this.sourceContext = this.source.getContext("2d");
    this.pixels = this.sourceContext.createImageData(IMAGE_SIZE, IMAGE_SIZE);
    this.words = new Uint32Array(this.pixels.data.buffer);
    this.gray = null;
    this.smooth = true;
    this.frame = frameIn({ width: IMAGE_SIZE, height: IMAGE_SIZE }, 1);
    this.drawPending = false;
    this.startAfresh();
  }

  // Every trial begins with the same window, the whole image, not inverted.
  startAfresh() {
    this.window = IDENTITY_WINDOW;
    this.view = WHOLE_IMAGE;
    this.inverted = false;
  }

  show(gray) {
    this.gray = gray;
    this.startAfresh();
    this.draw();
  }

  // Backing store in device pixels, edges on device pixels: also where a device has 1.25 of them per CSS pixel.
  fit(stage, devicePixelRatio) {
    this.frame = frameIn(stage, devicePixelRatio);
    const { size, left, top } = this.frame;
    if (this.canvas.width !== size) {
      this.canvas.width = size;
      this.canvas.height = size;
    }
    const style = { left, top, width: size, height: size };
    for (const [name, pixels] of Object.entries(style)) this.canvas.style[name] = `${pixels / devicePixelRatio}px`;
    this.draw();
  }

  reset() {
    this.startAfresh();
    this.drawSoon();
  }

  changeWindow(byWidth, byCenter) {
    const { center, width } = this.window;
    this.window = windowWithinLimits({ center: center + byCenter, width: width + byWidth });
    this.drawSoon();
  }

  invert() {
    this.inverted = !this.inverted;
    this.drawSoon();
  }

  toggleSmooth() {
    this.smooth = !this.smooth;
    this.drawSoon();
  }

  // Offsets in CSS pixels, from the frame's center or as a way moved.
  zoom(factor, offset) {
    this.view = zoomedToward(this.view, factor, this.inImagePixels(offset));
    this.drawSoon();
  }

  pan(way) {
    this.view = movedBy(this.view, this.inImagePixels(way));
    this.drawSoon();
  }

  inImagePixels({ x, y }) {
    const ratio = IMAGE_SIZE / this.canvas.getBoundingClientRect().width;
    return { x: x * ratio, y: y * ratio };
  }

  // However many pointer events a frame brings, it is drawn once.
  drawSoon() {
    if (this.drawPending) return;
    this.drawPending = true;
    requestAnimationFrame(() => {
      this.drawPending = false;
      this.draw();
    });
  }

  draw() {
    if (this.gray === null) return;
    applyLookupTable(this.gray, lookupTable(this.window, this.inverted), this.words);
    this.sourceContext.putImageData(this.pixels, 0, 0);
    const { size, scale } = this.frame;
    const { zoom, panX, panY } = this.view;
    const enlarged = scale * zoom;
    const corner = (pan) => size / 2 + (pan - IMAGE_SIZE / 2) * enlarged;
    this.context.imageSmoothingEnabled = this.smooth;
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(this.source, corner(panX), corner(panY), IMAGE_SIZE * enlarged, IMAGE_SIZE * enlarged);
  }

  // The response record's fields.
  recorded() {
    return {
      window_center: rounded(this.window.center),
      window_width: rounded(this.window.width),
      zoom: rounded(this.view.zoom),
      pan_x: rounded(this.view.panX),
      pan_y: rounded(this.view.panY),
      inverted: this.inverted,
      interpolation: this.smooth ? "smooth" : "nearest",
      device_pixels_per_pixel: this.frame.scale,
    };
  }
}

function rounded(value) {
  return Math.round(value * 100) / 100;
}
