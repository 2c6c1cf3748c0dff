// One key, one action. C and R stay free: Streamlit listens to them.

const ACTIONS = {
  f: ["decide", "realism", "real"],
  j: ["decide", "realism", "synthetic"],
  d: ["decide", "tumor", "nontumor"],
  k: ["decide", "tumor", "tumor"],
  1: ["rate", 1],
  2: ["rate", 2],
  3: ["rate", 3],
  4: ["rate", 4],
  5: ["rate", 5],
  6: ["rate", 6],
  " ": ["goOn"],
  enter: ["confirm"],
  escape: ["cancel"],
  x: ["fault"],
  z: ["reset"],
  i: ["invert"],
  n: ["interpolation"],
  p: ["pause"],
  h: ["help"],
  "?": ["help"],
  "+": ["zoom", 1.25],
  "=": ["zoom", 1.25],
  "-": ["zoom", 0.8],
  arrowup: ["arrow", 0, -1],
  arrowdown: ["arrow", 0, 1],
  arrowleft: ["arrow", -1, 0],
  arrowright: ["arrow", 1, 0],
};
const REPEATING = new Set(["zoom", "arrow"]);

// The action of a key press, or null. Where the layout gives another sign (Cyrillic letters, shifted digits of a
// French keyboard), the key's place counts.
export function actionOf({ key, code, repeat, ctrlKey, altKey, metaKey }) {
  if (ctrlKey || altKey || metaKey) return null;
  const place = code.replace(/^(Key|Digit|Numpad(?=\d))/, "").toLowerCase();
  const action = ACTIONS[key.toLowerCase()] ?? (/^[a-z]$/i.test(key) ? undefined : ACTIONS[place]);
  if (action === undefined || (repeat && !REPEATING.has(action[0]))) return null;
  return action;
}
