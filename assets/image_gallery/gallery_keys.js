// One key, one action of the gallery. C and R stay free: Streamlit listens to them.

const GALLERY_KEYS = {
  k: ["decide", "keep"],
  d: ["askReason"],
  f: ["decide", "defer"],
  t: ["askStatus"],
  u: ["undo"],
  backspace: ["decide", null],
  delete: ["decide", null],
  " ": ["preview"],
  enter: ["preview"],
  escape: ["leave"],
  b: ["beside"],
  h: ["keys"],
  "?": ["keys"],
  w: ["wholeWindow"],
  "+": ["size", 1],
  "=": ["size", 1],
  "-": ["size", -1],
  arrowleft: ["move", -1, 0],
  arrowright: ["move", 1, 0],
  arrowup: ["move", 0, -1],
  arrowdown: ["move", 0, 1],
  pageup: ["page", -1],
  pagedown: ["page", 1],
  home: ["end", -1],
  end: ["end", 1],
};
const PREVIEW_KEYS = {
  z: ["reset"],
  i: ["invert"],
  n: ["interpolation"],
  "+": ["zoom", 1.25],
  "=": ["zoom", 1.25],
  "-": ["zoom", 0.8],
};
const REPEATING_KEYS = new Set(["move", "page", "size", "zoom"]);

// The action of a key press as [name, ...values], or null. `inPreview`: a large image is shown.
export function galleryActionOf(event, inPreview) {
  const key = event.key.toLowerCase();
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) return { a: ["selectAll"], z: ["undo"] }[key] ?? null;
  if (/^[1-9]$/.test(key)) return event.repeat ? null : ["digit", Number(key)];
  const place = event.code.replace(/^(Key|Digit|Numpad(?=\d))/, "").toLowerCase();
  const named = (name) => (inPreview ? PREVIEW_KEYS[name] : undefined) ?? GALLERY_KEYS[name];
  const action = named(key) ?? (/^[a-z]$/.test(key) ? undefined : /^[1-9]$/.test(place) ? ["digit", Number(place)] : named(place));
  if (action === undefined || (event.repeat && !REPEATING_KEYS.has(action[0]))) return null;
  return action;
}
