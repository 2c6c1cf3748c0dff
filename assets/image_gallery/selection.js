// The selected images, and the current one among them. Ranges run over places, in the order in which images are shown.

export class Selection {
  constructor(count, arrangement) {
    this.arrangement = arrangement;
    this.selected = new Uint8Array(count);
    this.size = 0;
    this.place = 0; // of the current image
    this.anchor = 0; // where a range begins
    if (arrangement.length > 0) this.moveTo(0);
  }

  get current() {
    return this.arrangement.length === 0 ? -1 : this.arrangement.shown[this.place];
  }

  has(position) {
    return this.selected[position] === 1;
  }

  // Ascending.
  positions() {
    const found = [];
    for (let position = 0; position < this.selected.length && found.length < this.size; position += 1) {
      if (this.selected[position] === 1) found.push(position);
    }
    return found;
  }

  moveTo(place) {
    this.clear();
    this.place = this.within(place);
    this.anchor = this.place;
    if (this.arrangement.length > 0) this.add(this.current);
  }

  extendTo(place) {
    this.clear();
    this.place = this.within(place);
    const [first, last] = [Math.min(this.anchor, this.place), Math.max(this.anchor, this.place)];
    for (let one = first; one <= last && one < this.arrangement.length; one += 1) this.add(this.arrangement.shown[one]);
  }

  toggle(place) {
    this.place = this.within(place);
    this.anchor = this.place;
    const position = this.current;
    if (!this.has(position)) this.add(position);
    else if (this.size > 1) {
      this.selected[position] = 0;
      this.size -= 1;
    }
  }

  selectAll() {
    this.clear();
    for (const position of this.arrangement.shown) this.selected[position] = 1;
    this.size = this.arrangement.length;
  }

  // Select these and go to the first of them that is shown; false where none is.
  selectOnly(positions) {
    const places = positions.map((position) => this.arrangement.placeOf[position]).filter((place) => place >= 0);
    if (places.length === 0) return false;
    this.clear();
    for (const place of places) this.add(this.arrangement.shown[place]);
    this.place = this.anchor = places.reduce((least, place) => Math.min(least, place));
    return true;
  }

  lastPlace() {
    const places = this.positions().map((position) => this.arrangement.placeOf[position]);
    return places.reduce((greatest, place) => Math.max(greatest, place), 0);
  }

  // After another arrangement: stay at the current image where it is still shown.
  rearranged(position) {
    const place = position < 0 ? 0 : this.arrangement.placeOf[position];
    this.moveTo(Math.max(0, place));
  }

  within(place) {
    return Math.min(Math.max(0, place), Math.max(0, this.arrangement.length - 1));
  }

  add(position) {
    if (this.selected[position] === 1) return;
    this.selected[position] = 1;
    this.size += 1;
  }

  clear() {
    this.selected.fill(0);
    this.size = 0;
  }
}
