// The control panel and the messages: writes what it is told to the page, and knows nothing of the session.

const CONFIDENCE_ENDS = ["unsure", "sure"];
const DEGREES = ["Definitely", "Probably", "Possibly"];
const STEP_WORDS = { realism: ["real", "synthetic"], tumor: ["no tumor", "tumor"] };

export class Panel {
  constructor(root) {
    this.root = root;
    this.asksToConfirm = false;
    for (const row of root.querySelectorAll(".confidence")) fillConfidenceRow(row);
    for (const row of root.querySelectorAll(".steps")) fillStepRow(row);
  }

  text(name, text) {
    const element = this.root.querySelector(`[data-text="${name}"]`);
    if (element.textContent !== text) element.textContent = text;
  }

  // Which questions there are, known once the session is.
  arrange({ questions, scale = "forced-choice", confirm }) {
    this.asksToConfirm = confirm;
    for (const section of this.root.querySelectorAll(".question")) {
      section.hidden = !questions.includes(section.dataset.question);
      section.querySelector(".choices").hidden = scale === "six-step";
      section.querySelector(".confidence").hidden = scale !== "confidence";
      section.querySelector(".steps").hidden = scale !== "six-step";
    }
    for (const line of this.root.querySelectorAll("[data-asked]")) {
      line.hidden = !questions.includes(line.dataset.asked) || scale === "six-step";
    }
  }

  // Practice trials have an index below 0.
  showProgress({ trialIndex, trialsTotal, practiceTotal, timeLeft }) {
    const practice = `Practice image ${practiceTotal + trialIndex + 1} of ${practiceTotal}`;
    this.text("progress", trialIndex < 0 ? practice : `Image ${trialIndex + 1} of ${trialsTotal}`);
    this.text("time-left", timeLeft);
    this.root.querySelector(".track-done").style.width = `${(100 * Math.max(0, trialIndex)) / trialsTotal}%`;
  }

  // `answers` is null while nothing can be answered.
  showAnswers(answers, { faultAsked }) {
    for (const section of this.root.querySelectorAll(".question")) {
      const { question } = section.dataset;
      const isOpen = answers !== null && answers.isOpen(question);
      section.dataset.open = String(isOpen);
      const { decision, confidence } = answers?.answerTo(question) ?? { decision: null, confidence: null };
      for (const button of section.querySelectorAll("button")) {
        const isRating = button.closest(".confidence") !== null;
        const isStep = button.closest(".steps") !== null;
        const chosen = isStep ? (answers?.stepOf(question) ?? null) : isRating ? confidence : decision;
        press(button, button.dataset.values.split(" ")[1] === String(chosen));
        enable(button, isOpen && (!isRating || decision !== null));
      }
    }
    const confirm = this.root.querySelector(".confirm");
    confirm.hidden = !this.asksToConfirm || faultAsked;
    enable(confirm, answers !== null && answers.isComplete);
    const fault = this.root.querySelector('[data-action="fault"]');
    fault.hidden = faultAsked;
    enable(fault, answers !== null);
    this.root.querySelector(".fault-asked").hidden = !faultAsked;
  }

  showView({ window_center: center, window_width: width, zoom, inverted, interpolation }) {
    this.text("window", `Window ${Math.round(width)} · Level ${Math.round(center)} · Zoom ${zoom.toFixed(1)}`);
    press(this.root.querySelector('[data-action="invert"]'), inverted);
    press(this.root.querySelector('[data-action="interpolation"]'), interpolation === "nearest");
  }

  showHolds({ paused, help }) {
    press(this.root.querySelector('[data-action="pause"]'), paused);
    press(this.root.querySelector('[data-action="help"]'), help);
  }

  // A response on its way is acknowledged within a blink: meanwhile the line stays as it is.
  showSaved({ unsaved, worthSaying, memoryOnly }) {
    this.root.dataset.unsaved = String(unsaved);
    const advice = memoryOnly ? " This browser stores nothing: keep this window open." : "";
    if (unsaved === 0) this.text("saved", `All answers saved.${advice}`);
    else if (worthSaying) this.text("saved", `${unsaved} not yet saved.${advice}`);
  }

  showMessage({ title, text = "", keys = false, proceed = "" }) {
    this.text("message-title", title);
    this.text("message", text);
    this.root.querySelector(".keys").hidden = !keys;
    const button = this.root.querySelector('[data-action="proceed"]');
    button.hidden = proceed === "";
    button.textContent = proceed;
  }
}

function fillConfidenceRow(row) {
  const { question } = row.closest(".question").dataset;
  const buttons = [1, 2, 3, 4, 5].map((level) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: String(level), ariaPressed: "false" });
    Object.assign(button.dataset, { action: "rate", values: `${question} ${level}` });
    button.setAttribute("aria-label", `Confidence ${level} of 5`);
    return button;
  });
  const ends = CONFIDENCE_ENDS.map((end) => Object.assign(document.createElement("span"), { textContent: end }));
  row.replaceChildren(...buttons, ...ends);
}

function fillStepRow(row) {
  const { question } = row.closest(".question").dataset;
  const [first, second] = STEP_WORDS[question];
  const names = [...DEGREES.map((degree) => `${degree} ${first}`), ...DEGREES.toReversed().map((degree) => `${degree} ${second}`)];
  const buttons = names.map((name, place) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: String(place + 1), ariaPressed: "false", title: name });
    Object.assign(button.dataset, { action: "rate", values: `${question} ${place + 1}` });
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-keyshortcuts", String(place + 1));
    return button;
  });
  const ends = [names[0], names[names.length - 1]].map((end) => Object.assign(document.createElement("span"), { textContent: end }));
  row.replaceChildren(...buttons, ...ends);
}

function press(button, isPressed) {
  button.setAttribute("aria-pressed", String(isPressed));
}

function enable(button, isEnabled) {
  button.setAttribute("aria-disabled", String(!isEnabled));
}
