// The control panel and the messages: writes what it is told to the page, and knows nothing of the session.

const CONFIDENCE_ENDS = ["unsure", "sure"];

export class Panel {
  constructor(root) {
    this.root = root;
    this.asksToConfirm = false;
    for (const row of root.querySelectorAll(".confidence")) fillConfidenceRow(row);
  }

  text(name, text) {
    const element = this.root.querySelector(`[data-text="${name}"]`);
    if (element.textContent !== text) element.textContent = text;
  }

  // Which questions there are, known once the session is.
  arrange({ questions, confidence, confirm }) {
    this.asksToConfirm = confirm;
    for (const section of this.root.querySelectorAll(".question")) {
      section.hidden = !questions.includes(section.dataset.question);
      section.querySelector(".confidence").hidden = !confidence;
    }
  }

  showProgress({ trialIndex, trialsTotal, timeLeft }) {
    this.text("progress", `Image ${trialIndex + 1} of ${trialsTotal}`);
    this.text("time-left", timeLeft);
    this.root.querySelector(".track-done").style.width = `${(100 * trialIndex) / trialsTotal}%`;
  }

  // `answers` is null while nothing can be answered.
  showAnswers(answers, { faultAsked }) {
    for (const section of this.root.querySelectorAll(".question")) {
      const { question } = section.dataset;
      const isOpen = answers !== null && answers.isOpen(question);
      section.dataset.open = String(isOpen);
      const { decision, confidence } = answers?.answerTo(question) ?? { decision: null, confidence: null };
      for (const button of section.querySelectorAll("button")) {
        const isDecision = button.dataset.action === "decide";
        const value = button.dataset.values.split(" ")[1];
        press(button, value === String(isDecision ? decision : confidence));
        enable(button, isOpen && (isDecision || decision !== null));
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

function press(button, isPressed) {
  button.setAttribute("aria-pressed", String(isPressed));
}

function enable(button, isEnabled) {
  button.setAttribute("aria-disabled", String(!isEnabled));
}
