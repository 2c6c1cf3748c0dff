// Mouse and touch on the thumbnails: which place is meant, and how.

const DOUBLE_TAP_MS = 400;

// `placeOf(event)` gives the place under a pointer, or -1. `onto`: point(place, how) with how "go", "extend" or
// "toggle"; open(place).
export function listenToPointing(element, { placeOf, onto, signal }) {
  let draggedTo = null; // the last place of a drag, null where there is none
  let tapped = { place: -1, at: 0 };
  const pressed = (event) => {
    const place = placeOf(event);
    if (event.pointerType !== "mouse" || event.button !== 0 || place < 0) return;
    event.preventDefault();
    onto.point(place, event.shiftKey ? "extend" : event.ctrlKey || event.metaKey ? "toggle" : "go");
    draggedTo = place;
  };
  const moved = (event) => {
    if (draggedTo === null || (event.buttons & 1) === 0) return void (draggedTo = null);
    const place = placeOf(event);
    if (place < 0 || place === draggedTo) return;
    draggedTo = place;
    onto.point(place, "extend");
  };
  const tappedOn = (event) => {
    const place = placeOf(event);
    if (event.pointerType === "mouse" || place < 0) return;
    const again = place === tapped.place && event.timeStamp - tapped.at < DOUBLE_TAP_MS;
    tapped = { place, at: event.timeStamp };
    if (again) onto.open(place);
    else onto.point(place, "tap");
  };
  element.addEventListener("pointerdown", pressed, { signal });
  element.addEventListener("pointermove", moved, { signal });
  element.addEventListener("pointerup", () => { draggedTo = null; }, { signal });
  element.addEventListener("click", tappedOn, { signal });
  element.addEventListener("dblclick", (event) => placeOf(event) >= 0 && onto.open(placeOf(event)), { signal });
}
