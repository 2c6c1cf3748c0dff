// Runs before the page's own scripts: how long the main thread works for a frame of the gallery, and how soon a
// decision is on the disk. All times are milliseconds of this page.

window.galleryProbe = {};

const gallery = () => inShadow(".gallery");
// What a busy machine takes for a frame by itself.
window.galleryProbe.idle = (n) => frames(n, () => {});

window.galleryProbe.scroll = (n, pixels) => {
  const scroller = gallery().querySelector(".scroller");
  return frames(n, () => { scroller.scrollTop += pixels; });
};

// A click with Ctrl on one image after the other, or on all at once by Ctrl + A and an arrow in turn.
window.galleryProbe.toggle = (n) => {
  const canvas = gallery().querySelector(".scroller canvas");
  const box = canvas.getBoundingClientRect();
  const size = 100;
  const columns = Math.floor(box.width / size) - 1;
  return frames(n, (frame) => {
    const [x, y] = [frame % columns, Math.floor(frame / columns) % 4].map((place) => 60 + place * size);
    const where = { clientX: box.left + x, clientY: box.top + y };
    canvas.dispatchEvent(new PointerEvent("pointerdown", { ...where, pointerType: "mouse", button: 0, ctrlKey: true, bubbles: true, composed: true, pointerId: 1 }));
  });
};

window.galleryProbe.toggleAll = (n) => frames(n, (frame) => {
  const key = frame % 2 ? { key: "ArrowRight", code: "ArrowRight" } : { key: "a", code: "KeyA", ctrlKey: true };
  document.body.dispatchEvent(new KeyboardEvent("keydown", { ...key, bubbles: true, composed: true }));
});

// From a key press until the server has acknowledged what it decided.
window.galleryProbe.untilSaved = (key) => new Promise((resolve) => {
  const root = gallery();
  const before = root.dataset.counts;
  const started = performance.now();
  const watching = new MutationObserver(() => {
    if (root.dataset.counts === before || root.dataset.unsaved !== "0") return;
    watching.disconnect();
    resolve(performance.now() - started);
  });
  watching.observe(root, { attributes: true });
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code: `Key${key.toUpperCase()}`, bubbles: true, composed: true }));
});
