// Mounts the gallery: listeners for keys, mouse, touch and the window, and their end.

import { Outbox, usableStorage } from "../reading_viewer/outbox.js";
import { randomUuid } from "../reading_viewer/trial.js";
import { Gallery } from "./gallery.js";
import { GalleryClient } from "./gallery_client.js";
import { galleryActionOf } from "./gallery_keys.js";
import { listenToPointing } from "./pointing.js";
import { THUMBNAIL_SIZES } from "./thumbnails.js";

const SIZE_KEY = "mrturing.gallery.size";
const DECIDED = "mrturing:decided"; // for whoever shows decisions on the same page
const BELOW = 16; // CSS pixels kept free under the gallery
const ELSEWHERE = 'input, textarea, select, button, a, summary, [contenteditable="true"], [role="dialog"], [role="listbox"]';
const EXTENDING = new Set(["move", "page", "end"]);

// Streamlit calls the default export again when data or theme change, without ending the first call, and keeps only
// the last cleanup: a second call on the same element must find the gallery that runs there.
const GALLERIES = new WeakMap();

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  const identity = JSON.stringify([data.gallery, data.subset, data.notes]);
  const running = GALLERIES.get(root);
  if (running?.identity === identity) {
    running.gallery.stage.recolor();
    return running.close;
  }
  running?.close();
  const { gallery, close } = openGallery(root, data, () => setTriggerValue("decided", true));
  GALLERIES.set(root, { identity, gallery, close });
  return close;
}

function openGallery(root, data, onAllDecided) {
  const listening = new AbortController();
  const storage = usableStorage(window);
  const gallery = new Gallery(root, {
    data,
    client: new GalleryClient((path, options) => fetch(path, options), data.image_set),
    outbox: new Outbox({ storage, reading: data.gallery }),
    sizes: { read: () => Number(storage?.getItem(SIZE_KEY)), write: (size) => storage?.setItem(SIZE_KEY, String(size)) },
    newId: randomUuid,
    now: () => new Date().toISOString(),
    onAllDecided,
    onDecided: () => window.dispatchEvent(new Event(DECIDED)),
  });
  const unfitted = fitToWindow(root, gallery, listening.signal);
  listenToGalleryKeys(root, gallery, listening.signal);
  listenToControls(root, gallery, listening.signal);
  listenToScrolling(gallery, listening.signal);
  gallery.stage.preview.listen(listening.signal);
  gallery.start();
  root.focus({ preventScroll: true });
  return { gallery, close: () => {
    listening.abort();
    unfitted();
    gallery.close();
    GALLERIES.delete(root);
  } };
}

// As high as the window leaves room for, below whatever stands above it on the page.
function fitToWindow(root, gallery, signal) {
  const fitted = () => {
    const page = root.getRootNode().host?.closest('[data-testid="stMain"]');
    const above = root.hasAttribute("popover") ? 0 : root.getBoundingClientRect().top + (page?.scrollTop ?? window.scrollY);
    if (above > 0) root.style.setProperty("--above", `${Math.round(above) + BELOW}px`);
    gallery.stage.fit();
  };
  const observer = new ResizeObserver(fitted);
  observer.observe(gallery.stage.scroller);
  window.addEventListener("resize", fitted, { signal });
  fitted();
  return () => observer.disconnect();
}

// On the window and in the capturing phase: before Streamlit's own keys (C, R) hear anything that is meant for us.
function listenToGalleryKeys(root, gallery, signal) {
  const pressed = (event) => {
    const [target] = event.composedPath();
    const isInside = root.contains(target);
    if (!isInside && (!root.isConnected || (target instanceof Element && target.closest(ELSEWHERE) !== null))) return;
    if (isInside && target.matches("input, select")) return void typed(gallery, event, target);
    if (isInside && target.matches("button") && (event.key === "Enter" || event.key === " ")) return; // reached by Tab
    const action = galleryActionOf(event, gallery.stage.preview.isOpen);
    if (action === null) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    gallery.act(EXTENDING.has(action[0]) ? [...action, event.shiftKey] : action);
  };
  window.addEventListener("keydown", pressed, { signal, capture: true });
}

// In a field of ours: Enter and Esc answer the question that it belongs to, all else is the field's own.
function typed(gallery, event, field) {
  event.stopImmediatePropagation();
  if (event.key === "Escape") gallery.act(["leave"]);
  if (event.key === "Enter" && field.type === "text") gallery.act(["note"]);
}

function listenToControls(root, gallery, signal) {
  // A click must not leave the focus on a button, or the next Space would press it again.
  root.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault(), { signal });
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button === null) return;
    const { action, value } = button.dataset;
    gallery.act(value === undefined ? [action] : [action, /^-?\d+$/.test(value) ? Number(value) : value]);
  }, { signal });
  root.addEventListener("change", ({ target }) => {
    const { control } = target.dataset;
    if (control === "order") gallery.act(["order", target.value]);
    if (control === "flag") gallery.act(["filter", target.value]);
    if (control === "reason") gallery.act(["filter", target.value || "discard"]);
    if (control !== undefined) root.focus({ preventScroll: true });
  }, { signal });
  root.addEventListener("input", ({ target }) => {
    if (target.dataset.control === "size") gallery.act(["size", Number(target.value) - THUMBNAIL_SIZES.indexOf(gallery.stage.size)]);
  }, { signal });
}

function listenToScrolling(gallery, signal) {
  const { scroller, grid } = gallery.stage;
  scroller.addEventListener("scroll", () => gallery.stage.drawSoon(), { signal, passive: true });
  const onto = { point: (place, how) => gallery.act(["point", place, how]), open: (place) => gallery.act(["open", place]) };
  listenToPointing(grid.canvas, { placeOf: (event) => gallery.stage.placeOf(event), onto, signal });
  const seen = () => document.visibilityState === "visible" && gallery.decider?.start(); // others may have decided
  document.addEventListener("visibilitychange", seen, { signal });
  window.addEventListener("online", () => gallery.decider?.synchronizer.wake(), { signal });
}

export default mount;
