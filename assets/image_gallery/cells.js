// Where thumbnails lie: rows of equal cells in a box that scrolls. Lengths in CSS pixels; a place counts from 0.

export const GAP = 4;

// As many columns as fit, centered; the scroll bar's width is not in `width`.
export function cellsIn(width, size) {
  const cell = size + GAP;
  const columns = Math.max(1, Math.floor((width - GAP) / cell));
  return { columns, size, cell, left: Math.max(GAP, (width - columns * cell + GAP) >> 1) };
}

export function heightOf({ columns, cell }, count) {
  return Math.ceil(count / columns) * cell + GAP;
}

// The places that are in view at least in part: from `first` up to, not including, `end`.
export function placesInView({ columns, cell }, { top, height }, count) {
  const firstRow = Math.max(0, Math.floor((top - GAP) / cell));
  const endRow = Math.max(0, Math.ceil((top + height) / cell));
  return { first: Math.min(count, firstRow * columns), end: Math.min(count, endRow * columns) };
}

export function cornerOf({ columns, cell, left }, place) {
  return { x: left + (place % columns) * cell, y: GAP + Math.floor(place / columns) * cell };
}

// The place under a point of the scrolled box, or -1.
export function placeAt({ columns, cell, size, left }, { x, y }, count) {
  const column = Math.floor((x - left) / cell);
  const row = Math.floor((y - GAP) / cell);
  const inCell = x - left - column * cell < size && y - GAP - row * cell < size;
  const place = row * columns + column;
  return inCell && column >= 0 && column < columns && row >= 0 && place < count ? place : -1;
}

// How far to scroll so that a place is wholly in view; as far as now where it is.
export function scrolledTo(cells, place, { top, height }) {
  const { y } = cornerOf(cells, place);
  if (y - GAP < top) return y - GAP;
  return Math.max(top, y + cells.cell - height);
}
