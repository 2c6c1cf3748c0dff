// The gallery's logic that needs no page: run by tests/assets/test_javascript.py, or `node --test tests/assets/`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Arrangement, shuffled } from "../../assets/image_gallery/arrangement.js";
import { cellsIn, cornerOf, heightOf, placeAt, placesInView, scrolledTo } from "../../assets/image_gallery/cells.js";
import { Decider } from "../../assets/image_gallery/decider.js";
import { Decisions, filterNamed } from "../../assets/image_gallery/decisions.js";
import { GalleryClient } from "../../assets/image_gallery/gallery_client.js";
import { galleryActionOf } from "../../assets/image_gallery/gallery_keys.js";
import { mirrored } from "../../assets/image_gallery/preview.js";
import { Selection } from "../../assets/image_gallery/selection.js";
import { Thumbnails, sourceSize } from "../../assets/image_gallery/thumbnails.js";
import { Triage } from "../../assets/image_gallery/triage.js";
import { savedWords } from "../../assets/image_gallery/toolbar.js";
import { Outbox } from "../../assets/reading_viewer/outbox.js";
import { Refusal, Unreachable } from "../../assets/reading_viewer/session_client.js";

const state = (verdicts) => ({
  n_images: verdicts.length,
  known_reasons: [["gray_contour", "Gray contour"], ["other", "Other"]],
  verdicts,
  reasons: verdicts.map((verdict) => (verdict === 2 ? 0 : -1)),
  tumor_statuses: verdicts.map(() => 0),
  disagrees: verdicts.map(() => 0),
  n_others: verdicts.map(() => 0),
});
const receipt = (images, verdict, more = {}) => ({
  act_id: "an-act",
  images,
  verdicts: images.map(() => verdict),
  reasons: images.map(() => -1),
  tumor_statuses: images.map(() => -1),
  ...more,
});
const settled = () => new Promise((resolve) => { setTimeout(resolve, 5); });
const until = async (holds) => { for (let tries = 0; tries < 1000 && !holds(); tries += 1) await settled(); };

class MemoryStorage {
  constructor() { this.entries = new Map(); }
  get length() { return this.entries.size; }
  key(place) { return [...this.entries.keys()][place] ?? null; }
  getItem(key) { return this.entries.get(key) ?? null; }
  setItem(key, value) { this.entries.set(key, value); }
  removeItem(key) { this.entries.delete(key); }
}

test("every place has a cell of its own, and the point in its middle leads back to it", () => {
  const cells = cellsIn(1000, 96);
  assert.equal(cells.columns, 9);
  for (const place of [0, 8, 9, 100, 9999]) {
    const { x, y } = cornerOf(cells, place);
    assert.ok(x >= 0 && x + 96 <= 1000);
    assert.equal(placeAt(cells, { x: x + 48, y: y + 48 }, 10000), place);
  }
  assert.equal(placeAt(cells, { x: cells.left - 2, y: 50 }, 10000), -1);
  assert.equal(placeAt(cells, { x: cells.left + 97, y: 50 }, 10000), -1, "between two cells");
  assert.equal(placeAt(cells, { x: cells.left + 10, y: heightOf(cells, 20) + 50 }, 20), -1, "below the last one");
});

test("what is in view holds whatever a window touches, and no more than a row beyond it", () => {
  const cells = cellsIn(500, 96);
  const { first, end } = placesInView(cells, { top: 350, height: 300 }, 10000);
  assert.equal(first, 3 * cells.columns);
  assert.equal(end, 7 * cells.columns);
  assert.deepEqual(placesInView(cells, { top: 0, height: 300 }, 3), { first: 0, end: 3 });
  assert.deepEqual(placesInView(cells, { top: 0, height: 300 }, 0), { first: 0, end: 0 });
});

test("scrolling to a place moves only as far as it must", () => {
  const cells = cellsIn(500, 96);
  assert.equal(scrolledTo(cells, 0, { top: 0, height: 300 }), 0);
  assert.equal(scrolledTo(cells, cells.columns, { top: 0, height: 300 }), 0);
  assert.equal(scrolledTo(cells, 10 * cells.columns, { top: 0, height: 300 }), 4 + 11 * 100 - 300);
  assert.equal(scrolledTo(cells, 0, { top: 900, height: 300 }), 0);
});

test("an order and a filter decide what is shown, a subset what there is", () => {
  const decisions = new Decisions(state([0, 1, 2, 0, 2]));
  const whole = new Arrangement(5);
  whole.show(filterNamed("discard", { decisions, triage: null }));
  assert.deepEqual([...whole.shown], [2, 4]);
  whole.sort(Uint32Array.of(4, 3, 2, 1, 0));
  whole.show(filterNamed("all", { decisions, triage: null }));
  assert.deepEqual([...whole.shown], [4, 3, 2, 1, 0]);
  assert.equal(whole.placeOf[4], 0);
  const part = new Arrangement(5, [3, 4]);
  part.sort(Uint32Array.of(4, 3, 2, 1, 0));
  part.show(() => true);
  assert.deepEqual([...part.shown], [4, 3]);
  assert.equal(part.total, 2);
});

test("an image that no longer matches stays until the filter is chosen again", () => {
  const decisions = new Decisions(state([0, 0, 0]));
  const arrangement = new Arrangement(3);
  const undecided = filterNamed("undecided", { decisions, triage: null });
  arrangement.show(undecided);
  decisions.apply(receipt([1], 1));
  assert.deepEqual([...arrangement.shown], [0, 1, 2]);
  assert.ok(arrangement.isStale(undecided));
  arrangement.show(undecided);
  assert.deepEqual([...arrangement.shown], [0, 2]);
  assert.ok(!arrangement.isStale(undecided));
});

test("shuffling keeps every image once and is the same each time", () => {
  const order = shuffled(1000);
  assert.deepEqual(order, shuffled(1000));
  assert.notDeepEqual([...order], [...order].sort((one, other) => one - other));
  assert.deepEqual([...order].sort((one, other) => one - other), Array.from({ length: 1000 }, (_, place) => place));
});

test("a range runs over what is shown, in its order, from where it began", () => {
  const arrangement = new Arrangement(6);
  arrangement.sort(Uint32Array.of(5, 3, 1, 0, 2, 4));
  arrangement.show(() => true);
  const selection = new Selection(6, arrangement);
  selection.moveTo(1);
  selection.extendTo(3);
  assert.deepEqual(selection.positions(), [0, 1, 3]);
  selection.extendTo(0);
  assert.deepEqual(selection.positions(), [3, 5]);
  selection.selectAll();
  assert.equal(selection.size, 6);
  selection.moveTo(99);
  assert.deepEqual(selection.positions(), [4]);
});

test("toggling never leaves nothing selected", () => {
  const selection = new Selection(3, new Arrangement(3));
  selection.toggle(0);
  assert.equal(selection.size, 1);
  selection.toggle(2);
  selection.toggle(0);
  assert.deepEqual(selection.positions(), [2]);
});

test("undoing selects what it brought back, as far as it is shown", () => {
  const arrangement = new Arrangement(5);
  arrangement.show((position) => position > 1);
  const selection = new Selection(5, arrangement);
  assert.ok(selection.selectOnly([4, 3, 0]));
  assert.deepEqual(selection.positions(), [3, 4]);
  assert.equal(selection.current, 3);
  assert.ok(!selection.selectOnly([0, 1]));
});

test("counts and words follow what the server says is saved", () => {
  const decisions = new Decisions(state([0, 1, 2]));
  decisions.apply(receipt([0, 1], 4, { tumor_statuses: [1, 1] }));
  const { counts, reasons } = decisions.counted([0, 1, 2]);
  assert.deepEqual([...counts], [0, 0, 1, 0, 2]);
  assert.deepEqual([...reasons], [1, 0]);
  assert.equal(decisions.words(0), "Kept, as nontumor");
  assert.equal(decisions.words(2), "Discarded: Gray contour");
  assert.ok(filterNamed("reason:0", { decisions, triage: null })(2));
  assert.ok(!filterNamed("reason:1", { decisions, triage: null })(2));
});

test("what triage flagged can be shown alone, and says why", () => {
  const triage = new Triage({
    orders: ["least realistic first"],
    flagged: { Odd: [1], "Near-duplicates": [2] },
    oddities: ["a head in pieces"],
    oddest: [0, 0, 0],
    unrealism: [0, 2.5, 0],
    nearest_sets: ["real-tumor"],
    nearest_set: [0, 0, 0],
    nearest_index: [7, 8, 9],
    nearest_mirrored: [0, 1, 0],
    near_duplicate_of: [-1, -1, 0],
  });
  const arrangement = new Arrangement(3);
  arrangement.show(filterNamed("flag:1", { decisions: null, triage }));
  assert.deepEqual([...arrangement.shown], [2]);
  assert.deepEqual(triage.words(0), []);
  assert.deepEqual(triage.words(1), ["unrealism 2.50: a head in pieces"]);
  assert.deepEqual(triage.words(2), ["near-duplicate of image 1"]);
  assert.deepEqual(triage.nearest(1), { imageSet: "real-tumor", index: 8, isMirrored: true });
});

test("what was settled for all stands in the place of one's own decisions", () => {
  const decisions = new Decisions({ ...state([1, 2, 0]), settled: [0, 1, 0] }, { settles: true });
  assert.deepEqual([...decisions.verdict], [0, 1, 0]);
});

const pressed = (key, more = {}) => ({ key, code: `Key${key.toUpperCase()}`, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...more });

test("keys do what stands on the buttons, and Streamlit keeps C and R", () => {
  assert.deepEqual(galleryActionOf(pressed("k"), false), ["decide", "keep"]);
  assert.deepEqual(galleryActionOf(pressed("3", { code: "Digit3" }), false), ["digit", 3]);
  assert.deepEqual(galleryActionOf(pressed("a", { ctrlKey: true }), false), ["selectAll"]);
  assert.deepEqual(galleryActionOf(pressed("л", { code: "KeyK" }), false), ["decide", "keep"], "Cyrillic layout");
  assert.deepEqual(galleryActionOf(pressed("&", { code: "Digit1" }), false), ["digit", 1], "French layout");
  assert.deepEqual(galleryActionOf(pressed("+"), false), ["size", 1]);
  assert.deepEqual(galleryActionOf(pressed("+"), true), ["zoom", 1.25]);
  for (const key of ["c", "r"]) assert.equal(galleryActionOf(pressed(key), false), null);
  assert.equal(galleryActionOf(pressed("c", { ctrlKey: true }), false), null);
});

test("a key that is held down moves on, but decides once", () => {
  assert.notEqual(galleryActionOf(pressed("ArrowRight", { code: "ArrowRight", repeat: true }), false), null);
  for (const key of ["k", "d", "u", "1"]) assert.equal(galleryActionOf(pressed(key, { repeat: true }), false), null);
});

const bitmap = (pixels, closed = []) => ({ width: pixels, height: 1, close: () => closed.push(pixels) });

test("thumbnails are asked for once, the most urgent first, two requests at a time", async () => {
  const asked = [];
  const answers = [];
  const thumbnails = new Thumbnails({
    fetchSprite: (positions) => { asked.push(positions); return new Promise((resolve) => answers.push(resolve)); },
    onArrival: () => {},
  });
  const wanted = Array.from({ length: 60 }, (_, place) => 100 + place);
  thumbnails.want(wanted, 256);
  thumbnails.want(wanted, 256);
  assert.deepEqual(asked.map((positions) => positions.length), [16, 16]);
  assert.deepEqual(asked[0], wanted.slice(0, 16));
  thumbnails.want([5, 6], 256);
  answers[0](bitmap(16));
  await until(() => asked.length > 2);
  assert.deepEqual(asked[2], [5, 6], "what is in view now goes before what was wanted earlier");
  const found = thumbnails.find(101);
  assert.deepEqual([found.x, found.y, found.size], [256, 0, 256]);
  assert.equal(thumbnails.find(5), null);
});

test("the pictures used least recently go when there is no room", async () => {
  const closed = [];
  const thumbnails = new Thumbnails({ fetchSprite: async (positions) => bitmap(positions[0], closed), onArrival: () => {}, mostBytes: 200 });
  for (const position of [20, 21, 22]) {
    thumbnails.want([position], 256);
    await until(() => thumbnails.find(position) !== null);
    thumbnails.find(20);
  }
  assert.deepEqual(closed, [21]);
  assert.notEqual(thumbnails.find(20), null);
  assert.equal(thumbnails.find(21), null);
});

test("a mirrored image is turned row by row", () => {
  const gray = Uint8Array.from({ length: 512 }, (_, place) => place % 256);
  gray[0] = 7;
  const turned = mirrored(gray);
  assert.deepEqual([turned[0], turned[255], turned[256], turned[511]], [255, 7, 255, 0]);
  assert.deepEqual(mirrored(turned), gray);
});

test("a refusal ends the asking, a server away does not", async () => {
  const refusals = [];
  const refuse = async () => { throw new Refusal({ what: "gone", nextStep: "" }); };
  const thumbnails = new Thumbnails({ fetchSprite: refuse, onArrival: () => {}, onRefusal: (refusal) => refusals.push(refusal.what) });
  thumbnails.want([1], 64);
  await until(() => refusals.length > 0);
  thumbnails.want([2], 64);
  await settled();
  assert.deepEqual(refusals, ["gone"]);
});

test("thumbnails are never enlarged where the server has larger ones", () => {
  assert.equal(sourceSize(96, 1), 96);
  assert.equal(sourceSize(96, 1.25), 128);
  assert.equal(sourceSize(128, 2), 256);
  assert.equal(sourceSize(256, 3), 256);
});

// A decider at a server in memory: `failures` answers in turn before it works.
function deciderAt({ answers, storage = new MemoryStorage() }) {
  const heard = [];
  const note = (name) => (content) => heard.push([name, content]);
  const outbox = new Outbox({ storage, reading: "one" });
  let number = 0;
  const decider = new Decider({
    client: { session: async () => state([0, 0]), post: async (waiting) => answers.shift()(waiting) },
    outbox,
    events: { onState: note("state"), onReceipts: note("receipts"), onRefused: note("refused"), onStopped: note("stopped"), onChange: () => {} },
    newId: () => `act-${(number += 1)}`,
    now: () => `2026-01-01T00:00:0${number}Z`,
  });
  decider.synchronizer.delayMs = () => 1;
  return { decider, outbox, heard, storage };
}
const saves = (waiting) => ({ saved: waiting.map((one) => one.response_id), refused: [], receipts: waiting.map((one) => receipt([0], 1, { act_id: one.response_id })) });

test("a decision waits in the outbox until the server has it", async () => {
  const away = () => { throw new Unreachable("away"); };
  const { decider, outbox, heard } = deciderAt({ answers: [away, away, saves] });
  const id = decider.decide({ verdict: "keep", images: [0] });
  assert.ok(decider.isWaiting);
  assert.equal(outbox.count, 1);
  await until(() => !decider.isWaiting);
  assert.ok(!decider.isWaiting && !decider.isAway);
  assert.equal(outbox.count, 0);
  assert.deepEqual(heard.map(([name]) => name), ["receipts"]);
  assert.equal(heard[0][1][0].act_id, id);
});

test("what a closed tab left is saved by the next one", async () => {
  const first = deciderAt({ answers: [() => new Promise(() => {})] });
  first.decider.decide({ verdict: "keep", images: [0] });
  first.decider.close();
  const second = deciderAt({ answers: [saves], storage: first.storage });
  assert.ok(second.decider.isWaiting);
  second.decider.start();
  await until(() => second.heard.length > 1);
  assert.ok(!second.decider.isWaiting);
  assert.deepEqual(second.heard.map(([name]) => name), ["receipts", "state"]);
});

test("what the server refuses is told and not kept; being signed out keeps it", async () => {
  const refuses = (waiting) => ({ saved: [], refused: [{ response_id: waiting[0].response_id, what: "no such image" }], receipts: [] });
  const refused = deciderAt({ answers: [refuses] });
  refused.decider.decide({ verdict: "keep", images: [9] });
  await until(() => refused.heard.length > 2);
  assert.deepEqual(refused.heard.map(([name]) => name), ["receipts", "refused", "state"]);
  assert.equal(refused.outbox.count, 0);
  const signedOut = deciderAt({ answers: [() => { throw new Refusal({ what: "signed out", nextStep: "" }); }] });
  signedOut.decider.decide({ verdict: "keep", images: [0] });
  await until(() => signedOut.decider.isStopped);
  assert.ok(signedOut.decider.isStopped);
  assert.equal(signedOut.outbox.count, 1);
});

const reply = (status, content) => ({ ok: status < 400, status, json: async () => content });

test("decisions go out one by one in their order, and a refused one holds no other back", async () => {
  const asked = [];
  const client = new GalleryClient(async (path, { body }) => {
    asked.push([path, JSON.parse(body).act_id]);
    return asked.length === 1 ? reply(409, { error: { what: "gone", next_step: "" } }) : reply(200, receipt([1], 1));
  }, "a set");
  const waiting = [["acts", "a"], ["undo", "b"]].map(([route, id]) => ({ response_id: id, route, act: { act_id: id } }));
  const answer = await client.post(waiting);
  assert.deepEqual(asked, [["/gallery/a%20set/acts", "a"], ["/gallery/a%20set/undo", "b"]]);
  assert.deepEqual(answer.saved, ["b"]);
  assert.deepEqual(answer.refused.map((one) => one.what), ["gone"]);
});

test("who is signed out is refused as a whole", async () => {
  const client = new GalleryClient(async () => reply(401, { error: { what: "signed out", next_step: "" } }), "set");
  await assert.rejects(client.post([{ response_id: "a", route: "acts", act: {} }]), Refusal);
});

test("the page never says saved before the server did", () => {
  const words = (unsaved, more = {}) => savedWords({ unsaved, isAway: false, isStopped: false, isMemoryOnly: false, ...more });
  assert.equal(words(0), "All saved");
  for (const text of [words(1), words(1, { isAway: true }), words(1, { isStopped: true })]) assert.doesNotMatch(text, /All saved/);
  assert.match(words(2, { isAway: true }), /2 decisions not saved, kept on this computer/);
  assert.match(words(1, { isAway: true, isMemoryOnly: true }), /keep this tab open/);
});
