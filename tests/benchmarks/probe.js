// Runs before the page's own scripts: notes when keys are pressed, when an image stands on the screen, and how long
// responses take to be acknowledged. All times are performance.now() of this page.

window.probe = { pressedAt: 0, paintedAt: 0, paints: 0, posts: [], waiting: null };

window.addEventListener("keydown", (event) => { window.probe.pressedAt = event.timeStamp; }, { capture: true });

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.name.endsWith("/reading/responses")) window.probe.posts.push(entry.duration);
  }
}).observe({ type: "resource", buffered: true });

function painted(at) {
  window.probe.paintedAt = at;
  window.probe.paints += 1;
  window.probe.waiting?.();
}

// The plain page: a new image has loaded; the first task after the next frame's callbacks runs when it is on the
// screen, which is how the viewer itself tells (assets/reading_viewer/paint.js).
document.addEventListener("load", (event) => {
  if (event.target.tagName !== "IMG") return;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => painted(performance.now());
    channel.port2.postMessage(null);
  });
}, { capture: true });

// The viewer: it writes down when each image was painted.
window.probe.watchViewer = (viewer) => {
  const note = () => painted(Number(viewer.dataset.paintedAt));
  new MutationObserver(note).observe(viewer, { attributes: true, attributeFilter: ["data-painted-at"] });
  if (viewer.dataset.paintedAt) note();
};

// From the last key press to the paint after the first `before` ones, in ms; null when there is none in time.
window.probe.msToNextPaint = (before, atMostMs) => new Promise((resolve) => {
  const done = () => {
    window.probe.waiting = null;
    clearTimeout(timer);
    resolve(window.probe.paintedAt - window.probe.pressedAt);
  };
  const timer = setTimeout(() => resolve(null), atMostMs);
  window.probe.waiting = done;
  if (window.probe.paints > before) done();
});
