// Mouse, wheel and touch on the image: left drag is window and level, right, middle or shift drag is pan.

const ZOOM_PER_WHEEL_PIXEL = 0.0015;
const WHEEL_LINE_PIXELS = 16;

// `onto`: window(dx, dy), pan({x, y}), zoom(factor, {x, y}), reset(). Lengths in CSS pixels.
export function listenToGestures(element, onto, signal) {
  const pointers = new Map();
  element.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, pans: event.button > 0 || event.shiftKey });
  }, { signal });
  element.addEventListener("pointermove", (event) => moved(element, onto, pointers, event), { signal });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    element.addEventListener(kind, (event) => pointers.delete(event.pointerId), { signal });
  }
  element.addEventListener("dblclick", () => onto.reset(), { signal });
  element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  element.addEventListener("wheel", (event) => wheeled(element, onto, event), { signal, passive: false });
}

function moved(element, onto, pointers, event) {
  const pointer = pointers.get(event.pointerId);
  if (pointer === undefined) return;
  const before = spread(pointers);
  const way = { x: event.clientX - pointer.x, y: event.clientY - pointer.y };
  Object.assign(pointer, { x: event.clientX, y: event.clientY });
  if (pointers.size === 1) return void (pointer.pans ? onto.pan(way) : onto.window(way.x, way.y));
  const after = spread(pointers);
  onto.pan({ x: after.x - before.x, y: after.y - before.y });
  if (before.distance > 0) onto.zoom(after.distance / before.distance, fromCenter(element, after));
}

function wheeled(element, onto, event) {
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE_PIXELS : 1);
  onto.zoom(Math.exp(-pixels * ZOOM_PER_WHEEL_PIXEL), fromCenter(element, { x: event.clientX, y: event.clientY }));
}

// Middle and distance of the first two fingers (a lone pointer: itself, 0).
function spread(pointers) {
  const [one, other = one] = pointers.values();
  return {
    x: (one.x + other.x) / 2,
    y: (one.y + other.y) / 2,
    distance: Math.hypot(one.x - other.x, one.y - other.y),
  };
}

function fromCenter(element, { x, y }) {
  const box = element.getBoundingClientRect();
  return { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 };
}
