// Runs before the page's own scripts: what a frame of an embedding's picture costs. All times are milliseconds.

window.scatterProbe = {};

const plot = () => [...document.querySelectorAll("*")].find((one) => one.shadowRoot?.querySelector(".scatter"))?.shadowRoot.querySelector(".plot");
const nextFrame = () => new Promise((resolve) => { requestAnimationFrame(resolve); });
const painted = () => new Promise((resolve) => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => resolve(performance.now());
  channel.port2.postMessage(null);
});

// From the beginning of each of `n` frames, in each of which `change(frame)` is done, to the next one.
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

const mouse = (target, kind, x, y) => target.dispatchEvent(new MouseEvent(kind, { clientX: x, clientY: y, button: 0, buttons: kind === "mouseup" ? 0 : 1, bubbles: true, composed: true, view: window }));
const surface = () => {
  const element = plot().querySelector(".nsewdrag");
  const { left, top, width, height } = element.getBoundingClientRect();
  return { element, left, top, width, height };
};

window.scatterProbe.idle = (n) => frames(n, () => {});

// The picture is dragged back and forth.
window.scatterProbe.move = async (n) => {
  const { element, left, top, width, height } = surface();
  const [x, y] = [left + width / 2, top + height / 2];
  mouse(element, "mousedown", x, y);
  const measured = await frames(n, (frame) => mouse(document.querySelector(".dragcover") ?? document, "mousemove", x + 80 * Math.sin(frame / 10), y));
  mouse(document.querySelector(".dragcover") ?? document, "mouseup", x, y);
  return measured;
};

// The pointer goes over the points.
window.scatterProbe.point = (n) => {
  const { element, left, top, width, height } = surface();
  return frames(n, (frame) => mouse(element, "mousemove", left + 20 + ((7 * frame) % (width - 40)), top + 20 + ((3 * frame) % (height - 40))));
};
