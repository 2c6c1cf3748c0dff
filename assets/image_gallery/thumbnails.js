// Small images as they are needed: fetched many at once as one picture (a sprite), kept while there is room.

import { Refusal } from "../reading_viewer/session_client.js";

export const SPRITE_COLUMNS = 16;
export const THUMBNAIL_SIZES = [64, 96, 128, 192, 256];
const AT_ONCE = { 64: 192, 96: 96, 128: 64, 192: 32, 256: 16 };
const MOST_REQUESTS = 2;
const MOST_BYTES = 96 * 2 ** 20;
const BYTES_PER_PIXEL = 4;
const RETRY_MS = 1000;

// The smallest size that the server makes and that needs no enlarging.
export function sourceSize(size, devicePixelRatio) {
  return THUMBNAIL_SIZES.find((one) => one >= size * devicePixelRatio - 1) ?? THUMBNAIL_SIZES.at(-1);
}

export class Thumbnails {
  // `fetchSprite(positions, size)` gives an ImageBitmap; `onArrival()` says that there is more to draw, and
  // `onRefusal(refusal)` that there never will be.
  constructor({ fetchSprite, onArrival, onRefusal, mostBytes = MOST_BYTES }) {
    this.fetchSprite = fetchSprite;
    this.onArrival = onArrival;
    this.onRefusal = onRefusal;
    this.mostBytes = mostBytes;
    this.kept = new Map(); // position -> { sprite, slot }
    this.sprites = new Set();
    this.asked = new Set();
    this.wanted = [];
    this.size = THUMBNAIL_SIZES[0];
    this.requests = 0;
    this.bytes = 0;
    this.clock = 0;
    this.closed = false;
  }

  // What is to be seen now, the most urgent first: replaces what was wanted before and not yet asked for.
  want(positions, size) {
    if (size !== this.size) this.asked.clear();
    this.size = size;
    this.wanted = positions;
    this.ask();
  }

  // Where in which picture, or null. One of another size serves until the right one comes.
  find(position) {
    const found = this.kept.get(position);
    if (found === undefined) return null;
    const { sprite, slot } = found;
    sprite.usedAt = this.clock += 1;
    const x = (slot % SPRITE_COLUMNS) * sprite.size;
    return { bitmap: sprite.bitmap, size: sprite.size, x, y: Math.floor(slot / SPRITE_COLUMNS) * sprite.size };
  }

  ask() {
    while (!this.closed && this.requests < MOST_REQUESTS) {
      const missing = this.missing(AT_ONCE[this.size]);
      if (missing.length === 0) return;
      this.fetch(missing, this.size);
    }
  }

  missing(most) {
    const found = [];
    for (const position of this.wanted) {
      if (this.kept.get(position)?.sprite.size === this.size || this.asked.has(position)) continue;
      found.push(position);
      if (found.length === most) break;
    }
    return found;
  }

  async fetch(positions, size) {
    this.requests += 1;
    for (const position of positions) this.asked.add(position);
    try {
      this.keep(await this.fetchSprite(positions, size), positions, size);
      this.requests -= 1;
    } catch (error) {
      if (error instanceof Refusal) return this.refused(error);
      setTimeout(() => {
        this.requests -= 1;
        this.ask();
      }, RETRY_MS);
    }
    for (const position of positions) this.asked.delete(position);
    this.ask();
  }

  refused(refusal) {
    if (!this.closed) this.onRefusal(refusal);
    this.close();
  }

  keep(bitmap, positions, size) {
    if (this.closed) return bitmap.close();
    const sprite = { bitmap, positions, size, usedAt: (this.clock += 1) };
    this.sprites.add(sprite);
    this.bytes += bytesOf(sprite);
    positions.forEach((position, slot) => this.kept.set(position, { sprite, slot }));
    while (this.bytes > this.mostBytes && this.sprites.size > 1) this.drop(this.leastRecent(sprite));
    this.onArrival();
  }

  leastRecent(except) {
    let oldest = null;
    for (const sprite of this.sprites) {
      if (sprite !== except && (oldest === null || sprite.usedAt < oldest.usedAt)) oldest = sprite;
    }
    return oldest;
  }

  drop(sprite) {
    this.sprites.delete(sprite);
    this.bytes -= bytesOf(sprite);
    for (const position of sprite.positions) {
      if (this.kept.get(position)?.sprite === sprite) this.kept.delete(position);
    }
    sprite.bitmap.close();
  }

  close() {
    this.closed = true;
    for (const sprite of [...this.sprites]) this.drop(sprite);
  }
}

function bytesOf({ bitmap }) {
  return bitmap.width * bitmap.height * BYTES_PER_PIXEL;
}
