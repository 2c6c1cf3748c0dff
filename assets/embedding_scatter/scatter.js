// The picture as a whole: what is drawn, what is open, what is chosen, and what a click or the server's answer does to it.

import { HoverCard } from "./hover_card.js";
import { Inspector } from "./inspector.js";
import { Legend } from "./legend.js";
import { LARGEST_LEGEND, Points } from "./points.js";
import { layoutOf, marksOf, panelsOf, tracesOf } from "./traces.js";

const CONFIG = { scrollZoom: true, displayModeBar: false, doubleClick: false, responsive: false };

export class Scatter {
  // `plotly` promises Plotly; `isFast`: WebGL has a graphics processor; `onChosen(points)`.
  constructor(root, { client, plotly, isFast, onChosen }) {
    this.root = root;
    this.client = client;
    this.plotly = plotly;
    this.isFast = isFast;
    this.onChosen = onChosen;
    this.plot = root.querySelector('[data-part="plot"]');
    this.legend = new Legend(root.querySelector('[data-part="legend"]'));
    this.inspector = new Inspector(root, client, { onFailure: (error) => this.failed(error) });
    this.card = new HoverCard(root.querySelector('[data-part="card"]'), (point) => this.inspector.preview.content(point));
    this.points = null;
    this.name = "category"; // of the coloring
    this.mode = "one";
    this.drag = "pan";
    this.revision = 0;
    this.opened = null;
    this.selected = new Set();
    this.pointer = { x: 0, y: 0 };
    this.isAdding = false; // to what is chosen, with Shift
    this.isDrawing = false;
  }

  async start() {
    try {
      const [points, colorings, plotly] = await Promise.all([this.client.points(), this.client.colorings(), this.plotly]);
      this.points = new Points(points);
      this.points.colorings = colorings;
      this.Plotly = plotly;
      this.offerColorings();
      await this.draw();
      this.listen();
      this.root.dataset.state = "ready";
      this.root.dataset.points = String(this.points.length);
    } catch (error) {
      this.root.dataset.state = "stopped";
      this.failed(error);
    }
  }

  close() {
    this.card.hide();
    this.Plotly?.purge(this.plot);
  }

  // Somebody decided, or the theme is another one: colors and words may be others.
  async recolor() {
    if (this.points === null) return;
    try {
      this.points.colorings = await this.client.colorings();
      this.offerColorings();
      await this.draw();
    } catch (error) {
      this.failed(error);
    }
  }

  listen() {
    this.plot.on("plotly_hover", ({ points: [{ customdata: point }] }) => this.card.show(point, this.points.words(point), this.pointer));
    this.plot.on("plotly_unhover", () => this.card.hide());
    this.plot.on("plotly_click", ({ points: [{ customdata: point }] }) => this.open(point));
    this.plot.on("plotly_selected", (event) => event && this.enclosed(event.points.map(({ customdata }) => customdata)));
    this.plot.on("plotly_deselect", () => this.enclosed([]));
  }

  // ---- what a person does

  on_coloring(name) {
    this.name = name;
    this.draw();
  }

  on_toggle(code) {
    this.points.toggle(this.coloring.name, code);
    this.draw();
  }

  on_showAll() {
    this.points.showAll();
    this.draw();
  }

  on_panels(mode) {
    this.mode = mode;
    this.press("panels", mode);
    this.on_whole();
  }

  on_drag(drag) {
    this.drag = drag;
    this.press("drag", drag);
    this.Plotly.relayout(this.plot, { dragmode: drag });
  }

  on_whole() {
    this.revision += 1;
    this.draw();
  }

  on_clear() {
    this.choose([]);
  }

  on_choose() {
    const chosen = new Set(this.selected);
    if (!chosen.delete(this.opened)) chosen.add(this.opened);
    this.choose([...chosen]);
  }

  on_large() {
    this.inspector.enlarge(!this.inspector.isLarge);
  }

  on_close() {
    this.opened = null;
    this.inspector.hide();
    this.mark();
  }

  on_leave() {
    if (this.inspector.isLarge) this.inspector.enlarge(false);
    else this.on_close();
  }

  on_reset() { this.inspector.preview.change("reset"); }
  on_invert() { this.inspector.preview.change("invert"); }
  on_interpolation() { this.inspector.preview.change("toggleSmooth"); }
  on_zoom(factor) { this.inspector.preview.change("zoom", factor, { x: 0, y: 0 }); }

  open(point) {
    this.opened = point;
    this.card.hide();
    this.root.dataset.opened = String(point);
    const nearest = this.points.nearestReal[point];
    const nearestWords = nearest < 0 ? [] : this.points.words(nearest);
    this.inspector.show(point, { words: this.points.words(point), nearest, nearestWords, isChosen: this.selected.has(point) });
    this.inspector.element.focus({ preventScroll: true });
    if (this.coloring.groups.length > LARGEST_LEGEND) this.draw();
    else this.mark();
  }

  // Plotly says so too when it draws without the line that enclosed them.
  enclosed(points) {
    if (this.isDrawing) return;
    this.choose(this.isAdding ? [...this.selected, ...points] : points);
  }

  choose(chosen) {
    this.selected = new Set(chosen);
    const points = [...this.selected].sort((one, other) => one - other);
    this.root.dataset.chosen = String(points.length);
    this.inspector.choose(this.selected.has(this.opened));
    this.tell("chosen", points.length === 0 ? "" : `${points.length.toLocaleString("en")} chosen, shown below`);
    this.root.querySelector('[data-action="clear"]').hidden = points.length === 0;
    this.onChosen(points);
    setTimeout(() => this.draw()); // plotly itself is not done with the selection yet
  }

  // ---- what is shown

  get coloring() {
    return this.points.coloring(this.name);
  }

  get colors() {
    const style = getComputedStyle(this.root);
    const value = (name) => style.getPropertyValue(`--${name}`).trim();
    return { text: style.color, edge: value("edge"), font: style.fontFamily };
  }

  // As the page is now: Streamlit changes it without running the page again.
  get theme() {
    const [red, green, blue] = getComputedStyle(this.root).backgroundColor.match(/[\d.]+/g).map(Number);
    return red + green + blue < 384 ? "dark" : "light";
  }

  get panels() {
    return panelsOf(this.points, this.mode);
  }

  async draw() {
    const { points, coloring, panels, colors, opened } = this;
    const marks = marksOf(points, { panels, opened, colors });
    const standsOut = opened !== null && coloring.groups.length > LARGEST_LEGEND;
    const whose = standsOut ? coloring.codes[opened] : null;
    const traces = tracesOf(points, { coloring, panels, theme: this.theme, selected: this.selected, whose, isFast: this.isFast });
    const layout = layoutOf(points, { panels, colors, drag: this.drag, marks, revision: this.revision });
    this.legend.show(points, coloring, this.theme);
    for (const button of this.root.querySelectorAll('[data-value="select"], [data-value="lasso"]')) button.disabled = points.isSolid;
    this.isDrawing = true;
    await this.Plotly.react(this.plot, traces, layout, CONFIG);
    this.isDrawing = false;
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
  }

  // Only rings and lines: all else stays as it is drawn.
  mark() {
    const { points, panels, colors, opened } = this;
    const layout = layoutOf(points, { panels, colors, drag: this.drag, marks: marksOf(points, { panels, opened, colors }), revision: this.revision });
    if (!points.isSolid) return void this.Plotly.relayout(this.plot, { annotations: layout.annotations });
    const scenes = panels.map((_, place) => `scene${place === 0 ? "" : place + 1}`);
    this.Plotly.relayout(this.plot, Object.fromEntries(scenes.map((scene) => [`${scene}.annotations`, layout[scene].annotations])));
  }

  fit() {
    if (this.Plotly === undefined || this.plot.clientWidth === 0) return;
    this.Plotly.Plots.resize(this.plot);
    this.inspector.preview.fit();
  }

  offerColorings() {
    const list = this.root.querySelector('[data-control="coloring"]');
    list.replaceChildren(...this.points.colorings.map(({ name, title }) => new Option(title, name)));
    list.value = this.coloring.name;
  }

  press(action, value) {
    for (const button of this.root.querySelectorAll(`[data-action="${action}"]`)) button.setAttribute("aria-pressed", String(button.dataset.value === value));
  }

  failed(error) {
    const [title, text] = error.what === undefined ? ["The server is away", "Reload the page when it is back."] : [error.what, error.nextStep];
    this.tell("message-title", title);
    this.tell("message", text);
    this.root.querySelector('[data-part="message"]').hidden = false;
  }

  tell(name, text) {
    this.root.querySelector(`[data-text="${name}"]`).textContent = text;
  }
}
