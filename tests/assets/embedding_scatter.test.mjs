// The logic of an embedding's picture that needs no page: run by tests/assets/test_javascript.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Points } from "../../assets/embedding_scatter/points.js";
import { domainOf, layoutOf, marksOf, panelsOf, sizeFor, tracesOf } from "../../assets/embedding_scatter/traces.js";

const COUNT = 60;
const colors = { text: "black", edge: "gray", font: "serif" };
const back = { light: "back-", dark: "back-dark" };
const group = (label, muted = false) => ({ label, color: { light: `${label}-`, dark: `${label}-dark` }, muted });

function planted({ z = null } = {}) {
  const places = Array.from({ length: COUNT }, (_, place) => place);
  const points = new Points({
    x: places,
    y: places.map((place) => -place),
    z,
    kinds: places.map((place) => place % 3),
    categories: [{ label: "Real tumor", symbol: "circle", shape: "tumor" }, { label: "Real unknown", symbol: "x-thin-open", shape: "unknown" }],
    category: places.map((place) => place % 2),
    nearest_real: places.map((place) => (place === 5 ? -1 : 0)),
  });
  points.colorings = [
    { name: "category", groups: [group("a"), group("b")], back, codes: places.map((place) => place % 2), words: {}, in_hover: false },
    { name: "decision", groups: [group("discarded"), group("undecided", true)], back, codes: places.map((place) => (place < 10 ? 0 : 1)), words: { 3: "by 3 readers" }, in_hover: true },
  ];
  return points;
}
const draw = (points, more = {}) => {
  const { coloring = points.coloring("category"), mode = "one" } = more;
  const panels = panelsOf(points, mode);
  return tracesOf(points, { coloring, panels, theme: "light", selected: new Set(), whose: null, isFast: true, ...more });
};

test("every point is drawn once, in an order that mixes the groups", () => {
  const [trace] = draw(planted());
  assert.deepEqual([...trace.customdata].sort((one, other) => one - other), Array.from({ length: COUNT }, (_, place) => place));
  assert.notDeepEqual(trace.customdata.slice(0, 4), [0, 1, 2, 3]);
  trace.customdata.forEach((point, place) => {
    assert.equal(trace.x[place], point);
    assert.equal(trace.marker.color[place], point % 2 ? "b-d9" : "a-d9");
  });
});

test("points that stand back are drawn first", () => {
  const points = planted();
  const [trace] = draw(points, { coloring: points.coloring("decision") });
  assert.ok(trace.customdata.slice(-10).every((point) => point < 10));
});

test("panels have one kind each, then all of them, on the same axes", () => {
  const points = planted();
  const panels = panelsOf(points, "each");
  assert.deepEqual(panels.map(({ title }) => title), ["(a) Real", "(b) Transformed", "(c) Synthetic", "Together"]);
  assert.deepEqual(draw(points, { mode: "each" }).map(({ customdata }) => customdata.length), [20, 20, 20, 60]);
  const layout = layoutOf(points, { panels, colors, drag: "pan", marks: marksOf(points, { panels, opened: null, colors }), revision: 0 });
  assert.deepEqual([layout.xaxis2.matches, layout.yaxis4.matches, layout.yaxis.scaleanchor], ["x", "y", "x"]);
});

test("a kind without an image has no panel", () => {
  const points = planted();
  points.kinds = points.kinds.map((kind) => Math.min(kind, 1));
  assert.deepEqual(panelsOf(points, "each").map(({ kind }) => kind), [0, 1, null]);
});

test("panels do not overlap and fill the picture", () => {
  for (const count of [1, 3, 4]) {
    const domains = Array.from({ length: count }, (_, place) => domainOf(place, count));
    for (const [place, one] of domains.entries()) {
      assert.ok([...one.x, ...one.y].every((edge) => edge >= 0 && edge <= 1));
      for (const other of domains.slice(place + 1)) assert.ok(one.x[1] < other.x[0] || other.x[1] < one.x[0] || one.y[1] < other.y[0] || other.y[1] < one.y[0]);
    }
  }
  assert.deepEqual(domainOf(0, 1), { x: [0, 1], y: [0, 1] });
});

test("groups are hidden and shown again, those of several colorings together", () => {
  const points = planted();
  points.toggle("category", 0);
  points.toggle("decision", 0);
  assert.equal(points.hiddenElsewhere("category"), 1);
  assert.equal(draw(points)[0].customdata.length, 25);
  points.toggle("category", 0);
  assert.equal(draw(points)[0].customdata.length, 50);
  points.showAll();
  assert.equal(draw(points)[0].customdata.length, COUNT);
});

test("a group stays hidden when a new one, sorted before it, is colored too", () => {
  const points = planted();
  const [category] = points.colorings;
  const decisions = (groups, codeOf) => [category, { ...points.coloring("decision"), groups, codes: category.codes.map((_, point) => codeOf(point)) }];
  const [kept, undecided] = [group("kept"), group("undecided", true)];
  points.colorings = decisions([kept, undecided], (point) => (point < 10 ? 0 : 1));
  points.toggle("decision", 1);
  assert.equal(draw(points)[0].customdata.length, 10);
  points.colorings = decisions([group("discarded"), kept, undecided], (point) => (point === 0 ? 0 : point < 10 ? 1 : 2));
  assert.deepEqual([...draw(points)[0].customdata].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  points.toggle("decision", 2);
  assert.equal(draw(points)[0].customdata.length, COUNT);
});

test("what is chosen stands out wherever it is drawn; nothing chosen leaves all as they are", () => {
  const points = planted();
  for (const trace of draw(points, { mode: "each", selected: new Set([0, 1, 30]) })) {
    const chosen = trace.selectedpoints.map((place) => trace.customdata[place]);
    assert.deepEqual(chosen.sort((one, other) => one - other), [0, 1, 30].filter((point) => trace.customdata.includes(point)));
  }
  assert.equal(draw(points)[0].selectedpoints, null);
});

test("one group can stand out from all others", () => {
  const points = planted();
  const [trace] = draw(points, { coloring: points.coloring("decision"), whose: 0 });
  assert.equal(trace.marker.color.filter((color) => color === "discarded-d9").length, 10);
});

test("the others stand back in a color of their own where no group is muted", () => {
  const points = planted();
  const [trace] = draw(points, { whose: 0 });
  assert.deepEqual([...new Set(trace.marker.color)].sort(), ["a-d9", "back-d9"]);
});

test("the open point and its nearest real one are marked in every panel that shows them", () => {
  const points = planted();
  const panels = panelsOf(points, "each");
  const marks = marksOf(points, { panels, opened: 4, colors }); // transformed; its nearest real one is 0
  assert.deepEqual(marks.map((one) => one.length), [1, 1, 0, 3]);
  assert.deepEqual(marksOf(points, { panels, opened: 5, colors }).map((one) => one.length), [0, 0, 1, 1], "none is nearest");
  assert.deepEqual(marksOf(points, { panels, opened: null, colors }).flat(), []);
});

test("the pointer is told the category and whatever is not the usual", () => {
  const points = planted();
  assert.deepEqual(points.words(0), ["Real tumor", "discarded"]);
  assert.deepEqual(points.words(3), ["Real unknown", "by 3 readers"]);
  assert.deepEqual(points.words(20), ["Real tumor"]);
});

test("space has scenes, symbols that it can draw, and nothing to select", () => {
  const points = planted({ z: Array(COUNT).fill(1) });
  const panels = panelsOf(points, "each");
  const traces = draw(points, { mode: "each", selected: new Set([1]) });
  assert.deepEqual(traces.map(({ scene }) => scene), ["scene", "scene2", "scene3", "scene4"]);
  assert.deepEqual([...new Set(traces[3].marker.symbol)].sort(), ["circle", "x"]);
  assert.equal(traces[0].selectedpoints, undefined);
  const layout = layoutOf(points, { panels, colors, drag: "lasso", marks: marksOf(points, { panels, opened: 4, colors }), revision: 0 });
  assert.deepEqual([layout.dragmode, layout.scene4.annotations.length, layout.xaxis], ["orbit", 2, undefined]);
});

test("many points are smaller", () => {
  assert.ok(sizeFor(1800) > sizeFor(10_000));
  assert.ok(sizeFor(10_000) > sizeFor(50_000));
});
