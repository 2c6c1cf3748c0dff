// The viewer's logic that needs no page: run by tests/assets/test_javascript.py, or `node --test tests/assets/`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { grayFromPng } from "../../assets/reading_viewer/gray_png.js";
import { interludeBefore } from "../../assets/reading_viewer/interludes.js";
import { actionOf } from "../../assets/reading_viewer/keyboard.js";
import { IDENTITY_WINDOW, applyLookupTable, lookupTable, windowWithinLimits } from "../../assets/reading_viewer/lookup_table.js";
import { Outbox } from "../../assets/reading_viewer/outbox.js";
import { WHOLE_IMAGE, frameIn, movedBy, zoomedToward } from "../../assets/reading_viewer/placement.js";
import { Pace, timeLeftText } from "../../assets/reading_viewer/progress.js";
import { Refusal, SessionClient, TicketGone, Unreachable } from "../../assets/reading_viewer/session_client.js";
import { Stopwatch } from "../../assets/reading_viewer/stopwatch.js";
import { Supply } from "../../assets/reading_viewer/supply.js";
import { Synchronizer, retryDelayMs } from "../../assets/reading_viewer/synchronizer.js";
import { Trial, randomUuid } from "../../assets/reading_viewer/trial.js";
import { TrialAnswers } from "../../assets/reading_viewer/trial_answers.js";

const EVERY_LEVEL = Uint8Array.from({ length: 256 }, (_, level) => level);

function shownLevels(window, inverted = false) {
  const words = new Uint32Array(256);
  applyLookupTable(EVERY_LEVEL, lookupTable(window, inverted), words);
  return Array.from(new Uint8Array(words.buffer)).filter((_, place) => place % 4 === 0);
}

class FakeStorage {
  constructor() {
    this.entries = new Map();
  }
  get length() {
    return this.entries.size;
  }
  key(place) {
    return [...this.entries.keys()][place] ?? null;
  }
  getItem(key) {
    return this.entries.get(key) ?? null;
  }
  setItem(key, value) {
    this.entries.set(key, value);
  }
  removeItem(key) {
    this.entries.delete(key);
  }
}

const response = (id, trial = id, answeredAt = id) => ({ response_id: id, trial, answered_at: answeredAt });

test("the full window shows every gray level as it is, opaque and gray", () => {
  assert.deepEqual(shownLevels(IDENTITY_WINDOW), [...EVERY_LEVEL]);
  for (const word of lookupTable(IDENTITY_WINDOW, false)) {
    assert.equal(word >>> 24, 255);
    assert.equal(word & 255, (word >> 8) & 255);
    assert.equal(word & 255, (word >> 16) & 255);
  }
});

test("inverting twice changes nothing, and once mirrors the levels", () => {
  assert.deepEqual(shownLevels(IDENTITY_WINDOW, true), [...EVERY_LEVEL].reverse());
});

test("a narrow window is black below, white above and rises between", () => {
  const levels = shownLevels({ center: 100, width: 32 });
  assert.ok(levels.slice(0, 85).every((level) => level === 0));
  assert.ok(levels.slice(116).every((level) => level === 255));
  for (let level = 85; level < 116; level += 1) assert.ok(levels[level] > levels[level - 1]);
});

test("no window is narrower than 32 levels, wider than 255, or centered off the scale", () => {
  assert.deepEqual(windowWithinLimits({ center: -9, width: 3 }), { center: 0, width: 32 });
  assert.deepEqual(windowWithinLimits({ center: 999, width: 999 }), { center: 255, width: 255 });
});

test("the scale is the largest whole number of device pixels, centered", () => {
  const scales = [
    [{ width: 1140, height: 900 }, 1, 3],
    [{ width: 1620, height: 1080 }, 1, 4],
    [{ width: 1140, height: 900 }, 1.25, 4],
    [{ width: 1140, height: 900 }, 2, 7],
    [{ width: 100, height: 100 }, 1, 1],
  ];
  for (const [stage, ratio, scale] of scales) assert.equal(frameIn(stage, ratio).scale, scale);
  assert.deepEqual(frameIn({ width: 1140, height: 900 }, 1), { scale: 3, size: 768, left: 186, top: 66 });
});

test("the image point under the cursor stays there when zooming, and the frame stays filled", () => {
  const cursor = { x: 40, y: -20 };
  const view = zoomedToward(WHOLE_IMAGE, 2, cursor);
  assert.deepEqual(view, { zoom: 2, panX: -20, panY: 10 });
  assert.equal(cursor.x / view.zoom - view.panX, cursor.x);
  assert.deepEqual(zoomedToward(view, 0.01, cursor), WHOLE_IMAGE);
  assert.deepEqual(movedBy(WHOLE_IMAGE, { x: 30, y: 30 }), WHOLE_IMAGE);
  assert.equal(movedBy({ zoom: 2, panX: 0, panY: 0 }, { x: 999, y: 0 }).panX, 64);
});

test("the clock leaves pauses out, and the longest idle stretch counts within running time only", () => {
  const watch = new Stopwatch(1000);
  watch.noteActivity(1300);
  watch.pause(1500);
  watch.pause(1600);
  assert.equal(watch.elapsedMs(9000), 500);
  watch.resume(9500);
  assert.equal(watch.elapsedMs(9700), 700);
  assert.equal(watch.pausedMs, 8000);
  watch.noteActivity(9750);
  assert.equal(watch.longestIdleMs, 300);
});

test("a changed decision asks for its confidence anew, and a key rates what still lacks one", () => {
  const answers = new TrialAnswers({ questions: ["realism", "tumor"], scale: "confidence" });
  assert.equal(answers.rate(3), false);
  assert.equal(answers.decide("tumor", "tumor", 5), false);
  answers.decide("realism", "real", 10);
  answers.rate(2);
  answers.decide("tumor", "tumor", 20);
  answers.decide("realism", "synthetic", 30.04);
  assert.equal(answers.isComplete, false);
  answers.rate(5);
  answers.rate(4);
  assert.equal(answers.isComplete, true);
  assert.deepEqual(answers.recorded({ cannotJudge: false }), {
    cannot_judge: false,
    decision: "synthetic",
    confidence: 5,
    response_time_ms: 30,
    tumor_decision: "tumor",
    tumor_confidence: 4,
    tumor_response_time_ms: 20,
  });
  const fault = answers.recorded({ cannotJudge: true });
  assert.ok(Object.entries(fault).every(([name, value]) => name === "cannot_judge" || value === null));
});

test("each of six steps is a decision and how sure it is, and can be taken again", () => {
  const answers = new TrialAnswers({ questions: ["realism", "tumor"], scale: "six-step" });
  assert.equal(answers.stepOf("realism"), null);
  const taken = [1, 2, 3, 4, 5, 6].map((step) => {
    assert.equal(answers.mark(step, "realism", 10), true);
    assert.equal(answers.stepOf("realism"), step);
    const { decision, confidence } = answers.answerTo("realism");
    return `${decision} ${confidence}`;
  });
  assert.deepEqual(taken, ["real 3", "real 2", "real 1", "synthetic 1", "synthetic 2", "synthetic 3"]);
  assert.equal(answers.decide("tumor", "tumor", 20), false); // a bare choice says too little
  assert.equal(answers.mark(4, undefined, 20), true); // a key marks the question that is open
  assert.deepEqual(answers.answerTo("tumor"), { decision: "tumor", confidence: 1, timeMs: 20 });
  assert.equal(answers.isComplete, true);
});

test("no step is taken where none is asked for", () => {
  for (const scale of ["forced-choice", "confidence"]) {
    const answers = new TrialAnswers({ questions: ["realism"], scale });
    assert.equal(answers.mark(6, undefined, 5), false);
    answers.decide("realism", "real", 5);
    assert.equal(answers.mark(6, undefined, 5), false);
    assert.equal(answers.mark(5, undefined, 5), scale === "confidence");
  }
});

test("practice ends, parts begin and breaks come once, each before its own trial", () => {
  const session = { practice_total: 2, break_every: 3, second_part: { first_trial_index: 6, text: "" } };
  const before = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => interludeBefore(index, session, true));
  const expected = { 2: "practice-over", 5: "break", 8: "second-part", 11: "break" };
  assert.deepEqual(before, before.map((_, place) => expected[place] ?? null));
  assert.equal(interludeBefore(3, session, false), null);
  assert.equal(interludeBefore(0, {}, true), null);
});

test("the outbox survives a reload and drops only what was acknowledged", () => {
  const storage = new FakeStorage();
  const outbox = new Outbox({ storage, reading: "one" });
  for (const id of ["b", "a", "c"]) outbox.put(response(id));
  const reloaded = new Outbox({ storage, reading: "one" });
  assert.deepEqual(reloaded.pending().map(({ response_id: id }) => id), ["a", "b", "c"]);
  reloaded.drop(["b", "unheard-of"]);
  assert.deepEqual([...outbox.trials()], ["a", "c"]);
  assert.equal(outbox.isMemoryOnly, false);
});

test("readers of one browser have outboxes of their own, and foreign or damaged entries are left alone", () => {
  const storage = new FakeStorage();
  new Outbox({ storage, reading: "one" }).put(response("a"));
  storage.setItem("mrturing.outbox.two.x", "{damaged");
  storage.setItem("something else", "1");
  assert.equal(new Outbox({ storage, reading: "two" }).count, 0);
  assert.equal(storage.length, 3);
});

test("without room or permission responses stay in memory, and that is known", () => {
  const full = new FakeStorage();
  full.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  for (const storage of [full, null]) {
    const outbox = new Outbox({ storage, reading: "one" });
    outbox.put(response("a"));
    assert.equal(outbox.count, 1);
    assert.equal(outbox.isMemoryOnly, true);
    outbox.drop(["a"]);
    assert.equal(outbox.count, 0);
  }
});

test("retries wait from half a second, doubling, to eight", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 9].map(retryDelayMs), [500, 1000, 2000, 4000, 8000, 8000]);
});

test("every response is delivered though requests fail and replies get lost, then the session is read", async () => {
  const outbox = new Outbox({ storage: new FakeStorage(), reading: "one" });
  const received = [];
  let failures = 3;
  const client = {
    async post(responses) {
      received.push(responses.map(({ response_id: id }) => id).join(""));
      failures -= 1;
      if (failures >= 0) throw new Unreachable();
      return { saved: ["a"], refused: [{ response_id: "b", what: "answered already" }] };
    },
    session: async () => ({ state: "reading" }),
  };
  const heard = [];
  const finished = new Promise((resolve) => {
    const events = {
      onAway: () => heard.push("away"),
      onReply: () => heard.push("reply"),
      onSession: () => resolve(heard.push("session")),
    };
    const synchronizer = new Synchronizer({ client, outbox, events, delayMs: () => 1 });
    for (const id of ["a", "b"]) outbox.put(response(id));
    synchronizer.request();
  });
  await finished;
  assert.deepEqual(received, ["ab", "ab", "ab", "ab"]);
  assert.deepEqual(heard, ["away", "away", "away", "reply", "session"]);
  assert.equal(outbox.count, 0);
});

test("a server that acknowledges nothing is one that is away", async () => {
  const outbox = new Outbox({ storage: null, reading: "one" });
  outbox.put(response("a"));
  let synchronizer = null;
  await new Promise((resolve) => {
    const events = { onAway: resolve, onReply: () => assert.fail() };
    synchronizer = new Synchronizer({ client: { post: async () => ({ saved: [] }) }, outbox, events });
    synchronizer.request();
  });
  synchronizer.close();
  assert.equal(outbox.count, 1);
});

test("failures are told apart: used ticket, refusal with words, everything else unreachable", async () => {
  const replying = (status, body) => new SessionClient(async () => new Response(body, { status }));
  const said = JSON.stringify({ error: { what: "W", next_step: "N" } });
  await assert.rejects(replying(410, said).stimulus("t"), TicketGone);
  await assert.rejects(replying(409, said).session(), (error) => error.what === "W" && error.nextStep === "N");
  await assert.rejects(replying(401, "no JSON").session(), Refusal);
  for (const status of [404, 429, 500, 503]) await assert.rejects(replying(status, "").post([]), Unreachable);
  await assert.rejects(replying(200, "cut of").session(), Unreachable);
});

test("trials come in their order though images arrive in another, and a missing one holds up the rest", async () => {
  const arrivals = new Map();
  const fetchImage = (ticket) => new Promise((resolve, reject) => arrivals.set(ticket, { resolve, reject }));
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  const events = { onReady() {}, onMissing() {}, onRefusal() {} };
  const supply = new Supply({ fetchImage, events });
  const ahead = [3, 4].map((index) => ({ trial: `t${index}`, trial_index: index, ticket: `k${index}` }));
  supply.offer(ahead, new Set());
  arrivals.get("k4").resolve({ gray: "four" });
  arrivals.get("k3").reject(new TicketGone());
  await settled();
  assert.equal(supply.take(), null);
  supply.offer([{ ...ahead[0], ticket: "fresh" }, ahead[1]], new Set());
  arrivals.get("fresh").resolve({ gray: "three" });
  await settled();
  assert.deepEqual([supply.take().gray, supply.take().gray], ["three", "four"]);
  supply.offer(ahead, new Set(["t3", "t4"]));
  assert.equal(supply.isEmpty, true);
});

test("a key counts by its letter, by its place on other layouts, and not with Ctrl or while held down", () => {
  const press = (key, code, more = {}) => actionOf({ key, code, ...more });
  assert.deepEqual(press("f", "KeyF"), ["decide", "realism", "real"]);
  assert.deepEqual(press("F", "KeyF"), ["decide", "realism", "real"]);
  assert.deepEqual(press("\u0430", "KeyF"), ["decide", "realism", "real"]);
  assert.deepEqual(press("'", "Digit4"), ["rate", 4]);
  assert.deepEqual(press("4", "Numpad4"), ["rate", 4]);
  assert.equal(press("w", "KeyZ"), null);
  assert.equal(press("f", "KeyF", { ctrlKey: true }), null);
  assert.equal(press("f", "KeyF", { repeat: true }), null);
  assert.deepEqual(press("ArrowUp", "ArrowUp", { repeat: true }), ["arrow", 0, -1]);
  assert.equal(press("c", "KeyC"), null);
  assert.equal(press("r", "KeyR"), null);
});

test("a PNG gives back its exact bytes, whichever filter its lines have", async () => {
  const lines = [[0, 1, 2, 3], [1, 10, 5, 5], [2, 1, 1, 1], [3, 4, 4, 4], [4, 7, 7, 7]];
  const png = pngOf(3, 5, Uint8Array.from(lines.flat()));
  const { width, height, gray } = await grayFromPng(png);
  assert.deepEqual([width, height], [3, 5]);
  assert.deepEqual([...gray], [1, 2, 3, 10, 15, 20, 11, 16, 21, 9, 16, 22, 16, 23, 30]);
  await assert.rejects(grayFromPng(new ArrayBuffer(40)));
  await assert.rejects(grayFromPng(pngOf(3, 6, Uint8Array.from(lines.flat()))));
});

function pngOf(width, height, lines) {
  const chunk = (kind, body) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    return Buffer.concat([head, Buffer.from(kind), body, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const png = Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(lines)), chunk("IEND", Buffer.alloc(0))]);
  return png.buffer.slice(png.byteOffset, png.byteOffset + png.length);
}

test("response ids are version 4 UUIDs, all different", () => {
  const ids = new Set(Array.from({ length: 100 }, () => randomUuid()));
  assert.equal(ids.size, 100);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a response counts from the paint, with pauses and idle time beside it", () => {
  const trial = new Trial({ trial: "t", trialIndex: 4, gray: null }, { questions: ["realism"], scale: "forced-choice" });
  trial.painted(100, "then");
  trial.answers.decide("realism", "real", trial.stopwatch.elapsedMs(850));
  const record = trial.response({ responseId: "r", answeredAt: "now", now: 900, cannotJudge: false, view: {}, screen: {} });
  assert.deepEqual([record.response_time_ms, record.paused_ms, record.longest_idle_ms], [750, 0, 800]);
  assert.deepEqual([record.painted_at, record.answered_at, record.interrupted], ["then", "now", false]);
});

test("the time left follows the reader's own pace once there is one", () => {
  const pace = new Pace();
  assert.equal(pace.secondsPerTrial(null), null);
  assert.equal(pace.secondsPerTrial(12), 12);
  for (const ms of [1000, 9000, 2000, 3000, 2500]) pace.note(ms);
  assert.equal(pace.secondsPerTrial(12), 2.5);
  assert.equal(timeLeftText(12, 33), "about 7 minutes left");
  assert.equal(timeLeftText(12, 1), "about a minute left");
  assert.equal(timeLeftText(null, 1).trim(), "");
});
