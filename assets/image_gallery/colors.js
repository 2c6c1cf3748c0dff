// The theme's colors, as the style sheet names them, for what is drawn on a canvas.

const NAMES = ["backdrop", "cell", "frame", "current", "keep", "discard", "defer", "correct", "badge-text", "disagreed"];

export function colorsOf(element) {
  const style = getComputedStyle(element);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}
