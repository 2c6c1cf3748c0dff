// Window and level: from the 256 gray levels of an image to what the screen shows.

export const NARROWEST_WINDOW = 32;
export const WIDEST_WINDOW = 255;
export const HIGHEST_CENTER = 255;
export const IDENTITY_WINDOW = Object.freeze({ center: 127.5, width: 255 });

export function windowWithinLimits({ center, width }) {
  return {
    center: Math.min(HIGHEST_CENTER, Math.max(0, center)),
    width: Math.min(WIDEST_WINDOW, Math.max(NARROWEST_WINDOW, width)),
  };
}

// One opaque RGBA word per gray level. Red, green and blue are equal, so only alpha depends on byte order;
// every platform with a browser is little-endian.
export function lookupTable({ center, width }, inverted) {
  const table = new Uint32Array(256);
  const lowest = center - width / 2;
  for (let level = 0; level < 256; level += 1) {
    const shown = Math.round(Math.min(1, Math.max(0, (level - lowest) / width)) * 255);
    const gray = inverted ? 255 - shown : shown;
    table[level] = (0xff000000 | (gray << 16) | (gray << 8) | gray) >>> 0;
  }
  return table;
}

export function applyLookupTable(gray, table, words) {
  for (let position = 0; position < gray.length; position += 1) words[position] = table[gray[position]];
}
