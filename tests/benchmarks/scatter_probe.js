// Runs before the page's own scripts: what a frame of an embedding's picture costs. All times are milliseconds.

window.scatterProbe = {};

const plot = () => inShadow(".scatter .plot");
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
