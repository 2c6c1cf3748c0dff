// Mounts the picture: listeners for keys, the mouse and the window, and their end.

import { drawsFast, plotlyFrom } from "./plotly_loader.js";
import { Scatter } from "./scatter.js";
import { ScatterClient } from "./scatter_client.js";

const DECIDED = "mrturing:decided"; // the gallery on the same page says so
const KEYS = { Escape: ["leave"], z: ["reset"], i: ["invert"], n: ["interpolation"], " ": ["large"], "+": ["zoom", 1.25], "=": ["zoom", 1.25], "-": ["zoom", 0.8] };

// Streamlit calls the default export again when data or theme change, without ending the first call, and keeps only
// the last cleanup: a second call on the same element must find the picture that runs there.
const SCATTERS = new WeakMap();

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".scatter");
  const running = SCATTERS.get(root);
  if (running?.identity === data.embedding) {
    running.scatter.recolor();
    return running.close;
  }
  running?.close();
  const { scatter, close } = openScatter(root, data, (points) => setStateValue("chosen", points));
  SCATTERS.set(root, { identity: data.embedding, scatter, close });
  return close;
}

function openScatter(root, data, onChosen) {
  const listening = new AbortController();
  const { signal } = listening;
  const scatter = new Scatter(root, {
    client: new ScatterClient((path, options) => fetch(path, options), data.name),
    plotly: plotlyFrom(data.plotly),
    isFast: drawsFast(document.createElement("canvas")),
    onChosen,
  });
  listenToControls(root, scatter, signal);
  listenToKeys(root, scatter, signal);
  scatter.inspector.preview.listen(signal);
  window.addEventListener(DECIDED, () => scatter.recolor(), { signal });
  const observer = new ResizeObserver(() => scatter.fit());
  observer.observe(root.querySelector(".picture"));
  observer.observe(root.querySelector(".preview"));
  scatter.start();
  return { scatter, close: () => {
    listening.abort();
    observer.disconnect();
    scatter.close();
    SCATTERS.delete(root);
  } };
}

function listenToControls(root, scatter, signal) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button === null || scatter.points === null) return;
    const { action, value } = button.dataset;
    scatter[`on_${action}`](/^\d+$/.test(value) ? Number(value) : value);
  }, { signal });
  root.addEventListener("change", ({ target }) => target.dataset.control === "coloring" && scatter.on_coloring(target.value), { signal });
  const stage = root.querySelector(".stage");
  stage.addEventListener("pointermove", (event) => {
    const { left, top } = stage.getBoundingClientRect();
    scatter.pointer = { x: event.clientX - left, y: event.clientY - top };
    scatter.isAdding = event.shiftKey;
  }, { signal, capture: true });
  stage.addEventListener("pointerleave", () => scatter.card.hide(), { signal });
}

// Only while the image has the focus: elsewhere keys are the gallery's, or Streamlit's.
function listenToKeys(root, scatter, signal) {
  scatter.inspector.element.addEventListener("keydown", (event) => {
    const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined || scatter.opened === null || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.matches("button")) return; // reached by Tab
    event.preventDefault();
    event.stopPropagation();
    scatter[`on_${action[0]}`](...action.slice(1));
  }, { signal });
}

export default mount;
