// Mounts the viewer: the dialog in the browser's top layer, listeners for keys, buttons and the window, and their end.

import { listenToGestures } from "./gestures.js";
import { ImageCanvas } from "./image_canvas.js";
import { actionOf } from "./keyboard.js";
import { Outbox, usableStorage } from "./outbox.js";
import { Panel } from "./panel.js";
import { Reading } from "./reading.js";
import { SessionClient } from "./session_client.js";

const LEVELS_PER_PIXEL = 0.5;
const LEVELS_PER_ARROW = 8;
const PAN_PER_ARROW_PIXELS = 24;

// Streamlit calls the default export again when data or theme change, without ending the first call, and keeps only
// the last cleanup: a second call on the same element must find the viewer that runs there.
const RUNNING = new WeakMap();

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".reading-viewer");
  const running = RUNNING.get(root);
  if (running?.readingId === data.reading) return running.close;
  running?.close();
  const close = openViewer(root, data.reading, (reason) => setTriggerValue("ended", reason));
  RUNNING.set(root, { readingId: data.reading, close });
  return close;
}

function openViewer(root, readingId, onEnd) {
  const listening = new AbortController();
  const image = new ImageCanvas(root.querySelector("canvas"));
  const panel = new Panel(root);
  const client = new SessionClient((path, options) => fetch(path, options));
  const outbox = new Outbox({ storage: usableStorage(window), reading: readingId });
  const reading = new Reading({ root, panel, image, client, outbox, onEnd });
  const perform = actionsOn(reading, image, panel);
  enterTopLayer(root, listening.signal);
  listenToActivity(reading, listening.signal);
  listenToWindow(root, reading, image, listening.signal);
  listenToKeys(root, perform, listening.signal);
  listenToButtons(root, perform, listening.signal);
  listenToGestures(image.canvas, gesturesOn(image, panel), listening.signal);
  reading.start();
  return () => {
    listening.abort();
    reading.close();
    RUNNING.delete(root);
    root.close();
  };
}

// In the top layer nothing of the page can lie above the image, fade it or lighten it (Streamlit dims stale elements
// and lays a scrim while its connection is away), and nothing outside can take the focus.
function enterTopLayer(root, signal) {
  root.addEventListener("cancel", (event) => event.preventDefault(), { signal });
  root.addEventListener("close", () => root.isConnected && root.showModal(), { signal });
  if (!root.open) root.showModal();
  root.focus();
}

function actionsOn(reading, image, panel) {
  const onView = (change) => (...values) => {
    if (!reading.canAnswer) return;
    change(...values);
    panel.showView(image.recorded());
  };
  return {
    decide: (question, decision) => reading.decide(question, decision),
    rate: (confidence, question) => reading.rate(confidence, question),
    confirm: () => reading.confirm(),
    goOn: () => reading.endInterlude(),
    cancel: () => reading.cancel(),
    fault: () => reading.askFault(),
    pause: () => reading.hold("paused", !reading.holds.has("paused")),
    help: () => reading.hold("help", !reading.holds.has("help")),
    proceed: () => (reading.isOver ? window.location.reload() : resume(reading)),
    reset: onView(() => image.reset()),
    invert: onView(() => image.invert()),
    interpolation: onView(() => image.toggleSmooth()),
    zoom: onView((factor) => image.zoom(factor, { x: 0, y: 0 })),
    arrow: onView((across, down) => image.changeWindow(across * LEVELS_PER_ARROW, down * LEVELS_PER_ARROW)),
    pan: onView((across, down) => image.pan({ x: -across * PAN_PER_ARROW_PIXELS, y: -down * PAN_PER_ARROW_PIXELS })),
  };
}

function resume(reading) {
  for (const reason of ["help", "paused"]) reading.hold(reason, false);
  reading.endInterlude();
}

function gesturesOn(image, panel) {
  const shown = (change) => (...values) => {
    change(...values);
    panel.showView(image.recorded());
  };
  return {
    window: shown((across, down) => image.changeWindow(across * LEVELS_PER_PIXEL, down * LEVELS_PER_PIXEL)),
    pan: shown((way) => image.pan(way)),
    zoom: shown((factor, offset) => image.zoom(factor, offset)),
    reset: shown(() => image.reset()),
  };
}

// On the window and in the capturing phase: before Streamlit's own keys (C, R) hear anything.
function listenToKeys(root, perform, signal) {
  const pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    event.stopImmediatePropagation();
    const focused = root.getRootNode().activeElement;
    if ((event.key === "Enter" || event.key === " ") && focused?.matches("button")) return; // reached by Tab: the button's own press
    const action = actionOf(event);
    if (event.key === "Escape" || action !== null) event.preventDefault();
    if (action === null) return;
    const [name, ...values] = action;
    perform[name === "arrow" && event.shiftKey ? "pan" : name](...values);
  };
  window.addEventListener("keydown", pressed, { signal, capture: true });
}

function listenToButtons(root, perform, signal) {
  // A click must not leave the focus on a button, or the next Enter would press it again.
  root.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
  const clicked = (event) => {
    const button = event.target.closest("button");
    if (button === null || button.getAttribute("aria-disabled") === "true") return;
    const values = button.dataset.values?.split(" ") ?? [];
    if (button.dataset.action === "rate") perform.rate(Number(values[1]), values[0]);
    else perform[button.dataset.action](...values);
  };
  root.addEventListener("click", clicked, { signal });
}

// Before the keys' own listener, which lets no other one hear them.
function listenToActivity(reading, signal) {
  for (const kind of ["pointermove", "pointerdown", "wheel", "keydown"]) {
    window.addEventListener(kind, () => reading.noteActivity(), { signal, capture: true, passive: true });
  }
}

function listenToWindow(root, reading, image, signal) {
  const fitted = () => {
    const stage = root.querySelector(".stage");
    image.fit({ width: stage.clientWidth, height: stage.clientHeight }, window.devicePixelRatio);
    reading.viewportChanged({ width: root.clientWidth, height: root.clientHeight });
  };
  const seen = () => reading.hold("hidden", document.visibilityState === "hidden");
  window.addEventListener("resize", fitted, { signal });
  document.addEventListener("visibilitychange", seen, { signal });
  window.addEventListener("pagehide", () => reading.flush(), { signal });
  window.addEventListener("online", () => reading.synchronizer.wake(), { signal });
  fitted();
  seen();
}

export default mount;
