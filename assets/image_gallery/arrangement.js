// Which images are shown, in which order: places on the page to positions in the set, and back.
//
// An image that stops matching the filter stays where it is until the filter is chosen again: nothing moves away
// under the eye or the mouse.

export class Arrangement {
  // `subset`: the only positions to be shown, in the set's order, or null for the whole set.
  constructor(count, subset = null) {
    this.count = count;
    this.base = Uint32Array.from(subset ?? { length: count }, subset === null ? (_, place) => place : Number);
    this.members = null;
    if (subset !== null) {
      this.members = new Uint8Array(count);
      for (const position of this.base) this.members[position] = 1;
    }
    this.order = this.base;
    this.placeOf = new Int32Array(count);
    this.show(() => true);
  }

  get length() {
    return this.shown.length;
  }

  get total() {
    return this.base.length;
  }

  // An order is an array of positions, or null for the set's own.
  sort(order) {
    const members = this.members;
    if (order === null) this.order = this.base;
    else this.order = members === null ? order : order.filter((position) => members[position] === 1);
  }

  show(matches) {
    this.shown = this.order.filter(matches);
    this.placeOf.fill(-1);
    this.shown.forEach((position, place) => { this.placeOf[position] = place; });
  }

  isStale(matches) {
    return this.shown.some((position) => !matches(position));
  }

  // The first place from `start` on whose image fulfills `matches`, or -1.
  find(start, matches) {
    for (let place = start; place < this.shown.length; place += 1) {
      if (matches(this.shown[place])) return place;
    }
    return -1;
  }
}

// Positions 0 to count - 1 in an order that looks random and is always the same (Fisher and Yates, on Mulberry32).
export function shuffled(count, seed = 1) {
  const order = Uint32Array.from({ length: count }, (_, place) => place);
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  for (let place = count - 1; place > 0; place -= 1) {
    const other = Math.floor(random() * (place + 1));
    [order[place], order[other]] = [order[other], order[place]];
  }
  return order;
}
