// Runs before the page's own scripts and before another probe: what a frame costs. All times are milliseconds of this
// page.

// A component's own root, by its selector, in whichever shadow root it lies.
const inShadow = (selector) => [...document.querySelectorAll("*")].find((one) => one.shadowRoot?.querySelector(selector))?.shadowRoot.querySelector(selector);
const nextFrame = () => new Promise((resolve) => { requestAnimationFrame(resolve); });

// The first task after a frame's callbacks runs when the frame is painted, as in assets/reading_viewer/paint.js.
const painted = () => new Promise((resolve) => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => resolve(performance.now());
  channel.port2.postMessage(null);
});

// Of each of `n` frames, in each of which `change(frame)` is done: from its beginning to its painting, what the change
// before made necessary included.
async function frames(n, change) {
  const work = [];
  const gaps = [];
  let before = await nextFrame();
  for (let frame = 0; frame < n; frame += 1) {
    const begun = await nextFrame();
    change(frame);
    work.push((await painted()) - begun);
    gaps.push(begun - before);
    before = begun;
  }
  return { work, gaps };
}
