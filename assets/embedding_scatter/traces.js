// From points to what plotly draws: pure. One trace per panel; the panels share their axes.

const KINDS = ["Real", "Transformed", "Synthetic"];
const GAP = 0.02; // of the picture, between panels
const SYMBOLS_IN_SPACE = { "x-thin-open": "x" };
const NO_AXIS = { visible: false, showgrid: false, zeroline: false };
const UNSELECTED = 0.12;
const ALPHA = "d9"; // of the color: an opacity of each point would be far slower to draw

// [{ title, kind }]; a kind of null is all of them.
export function panelsOf(points, mode) {
  const all = { title: "Together", kind: null };
  if (mode === "one") return [{ ...all, title: "" }];
  const present = KINDS.flatMap((title, kind) => (points.kinds.includes(kind) ? [{ title, kind }] : []));
  return [...present.map(({ title, kind }, place) => ({ title: `(${"abc"[place]}) ${title}`, kind })), all];
}

// `selected`: a set of points. `whose`: the code of the group that stands out, or null.
export function tracesOf(points, { coloring, panels, theme, selected, whose, isFast }) {
  const shown = points.shown(coloring);
  const colorOf = (code) => (whose !== null && code !== whose ? coloring.back : coloring.groups[code].color)[theme] + ALPHA;
  return panels.map(({ kind }, place) => {
    const own = kind === null ? shown : shown.filter((point) => points.kinds[point] === kind);
    return trace(points, own, { place, colors: own.map((point) => colorOf(coloring.codes[point])), selected, isFast });
  });
}

function trace(points, own, { place, colors, selected, isFast }) {
  const { x, y, z } = points.coordinates;
  const suffix = place === 0 ? "" : String(place + 1);
  const symbols = points.categories.map(({ symbol }) => (points.isSolid ? SYMBOLS_IN_SPACE[symbol] ?? symbol : symbol));
  const common = {
    mode: "markers",
    x: own.map((point) => x[point]),
    y: own.map((point) => y[point]),
    customdata: own,
    hoverinfo: "none",
    marker: { color: colors, symbol: own.map((point) => symbols[points.category[point]]), size: sizeFor(points.length, points.isSolid) },
  };
  if (points.isSolid) return { ...common, type: "scatter3d", scene: `scene${suffix}`, z: own.map((point) => z[point]) };
  const chosen = selected.size === 0 ? null : own.flatMap((point, index) => (selected.has(point) ? [index] : []));
  return {
    ...common,
    type: isFast ? "scattergl" : "scatter",
    xaxis: `x${suffix}`,
    yaxis: `y${suffix}`,
    selectedpoints: chosen,
    selected: { marker: { opacity: 1 } },
    unselected: { marker: { opacity: UNSELECTED } },
  };
}

export function sizeFor(count, isSolid) {
  const size = count <= 3000 ? 7 : count <= 12000 ? 5 : 3.5;
  return isSolid ? size / 1.6 : size;
}

// `revision`: while it stays the same, so does what part of the picture is seen.
export function layoutOf(points, { panels, colors, drag, marks, revision }) {
  const layout = {
    margin: { l: 4, r: 4, t: 4, b: 4 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: colors.font, size: 14, color: colors.text },
    hovermode: "closest",
    showlegend: false,
    dragmode: points.isSolid ? "orbit" : drag,
    uirevision: revision,
    selections: [],
    selectionrevision: NaN, // never kept: what is chosen stands out in every panel
    newselection: { line: { color: colors.text, width: 1.5, dash: "dot" } },
    annotations: [...titles(panels, colors), ...(points.isSolid ? [] : marks.flat())],
    shapes: panels.length === 1 ? [] : panels.map((_, place) => frame(domainOf(place, panels.length), colors)),
  };
  panels.forEach((_, place) => Object.assign(layout, axesOf(points, { place, count: panels.length, marks: marks[place], edge: colors.edge })));
  return layout;
}

function axesOf(points, { place, count, marks, edge }) {
  const suffix = place === 0 ? "" : String(place + 1);
  const domain = domainOf(place, count);
  if (points.isSolid) {
    const axis = { gridcolor: edge, showticklabels: false, title: { text: "" }, showspikes: false, zeroline: false, showbackground: false };
    return { [`scene${suffix}`]: { domain, xaxis: axis, yaxis: axis, zaxis: axis, aspectmode: "data", annotations: marks } };
  }
  const linked = place === 0 ? [{}, { scaleanchor: "x" }] : [{ matches: "x" }, { matches: "y" }];
  return {
    [`xaxis${suffix}`]: { ...NO_AXIS, ...linked[0], domain: domain.x, anchor: `y${suffix}` },
    [`yaxis${suffix}`]: { ...NO_AXIS, ...linked[1], domain: domain.y, anchor: `x${suffix}` },
  };
}

// Two in a row, from the upper left.
export function domainOf(place, count) {
  const columns = count === 1 ? 1 : 2;
  const rows = Math.ceil(count / columns);
  const span = (step, steps) => [step / steps + (step > 0 ? GAP / 2 : 0), (step + 1) / steps - (step < steps - 1 ? GAP / 2 : 0)];
  return { x: span(place % columns, columns), y: span(rows - 1 - Math.floor(place / columns), rows) };
}

function titles(panels, { text }) {
  return panels.flatMap(({ title }, place) => {
    if (title === "") return [];
    const { x: [left], y: [, top] } = domainOf(place, panels.length);
    return [{ text: title, x: left, y: top, xref: "paper", yref: "paper", xanchor: "left", yanchor: "top", showarrow: false, font: { color: text, size: 14 } }];
  });
}

function frame({ x: [left, right], y: [bottom, top] }, { edge }) {
  return { type: "rect", xref: "paper", yref: "paper", x0: left, x1: right, y0: bottom, y1: top, line: { color: edge, width: 1 }, layer: "below" };
}

// For each panel: rings around the open point and its nearest real one, and a line between them.
export function marksOf(points, { panels, opened, colors: { text } }) {
  return panels.map(({ kind }, place) => {
    if (opened === null) return [];
    const isHere = (point) => point >= 0 && (kind === null || points.kinds[point] === kind);
    const pair = [opened, points.nearestReal[opened]].filter(isHere);
    const rings = pair.map((point) => ({ ...at(points, point, place), text: "○", showarrow: false, font: { size: point === opened ? 30 : 22, color: text } }));
    return pair.length === 2 && !points.isSolid ? [line(points, pair, { place, color: text }), ...rings] : rings;
  });
}

function at({ coordinates: { x, y, z }, isSolid }, point, place) {
  if (isSolid) return { x: x[point], y: y[point], z: z[point] };
  return { ...refs(place), x: x[point], y: y[point] };
}

function refs(place) {
  const suffix = place === 0 ? "" : String(place + 1);
  return { xref: `x${suffix}`, yref: `y${suffix}` };
}

function line({ coordinates: { x, y } }, [from, to], { place, color }) {
  const { xref, yref } = refs(place);
  return { xref, yref, axref: xref, ayref: yref, x: x[to], y: y[to], ax: x[from], ay: y[from], text: "", showarrow: true, arrowhead: 0, arrowwidth: 1.5, arrowcolor: color, standoff: 7, startstandoff: 9 };
}
