// What was decided about one image, until it is submitted. Nothing is preselected.

// The names of the response record's fields for each question.
const FIELDS = {
  realism: { decision: "decision", confidence: "confidence", time: "response_time_ms" },
  tumor: { decision: "tumor_decision", confidence: "tumor_confidence", time: "tumor_response_time_ms" },
};

// Of the six steps the first three are the first decision, the last three the second; the outer ones are the surest.
const DECISIONS = { realism: ["real", "synthetic"], tumor: ["nontumor", "tumor"] };
const STEPS = 6;
const HIGHEST_CONFIDENCE = 5;

export class TrialAnswers {
  // `scale`: forced-choice, confidence, or six-step.
  constructor({ questions, scale = "forced-choice" }) {
    this.questions = questions;
    this.scale = scale;
    this.answers = new Map();
    this.latest = null;
  }

  answerTo(question) {
    return this.answers.get(question) ?? { decision: null, confidence: null, timeMs: null };
  }

  isAnswered(question) {
    const { decision, confidence } = this.answerTo(question);
    return decision !== null && (this.scale === "forced-choice" || confidence !== null);
  }

  // A question opens when those before it are answered, so that the times of all readers mean the same.
  isOpen(question) {
    const place = this.questions.indexOf(question);
    return place >= 0 && this.questions.slice(0, place).every((earlier) => this.isAnswered(earlier));
  }

  get openQuestion() {
    return this.questions.find((question) => !this.isAnswered(question)) ?? null;
  }

  get isComplete() {
    return this.openQuestion === null;
  }

  // A changed decision asks for its confidence anew. Returns whether anything was taken.
  decide(question, decision, elapsedMs, confidence = null) {
    if (!this.isOpen(question) || (this.scale === "six-step") !== (confidence !== null)) return false;
    this.answers.set(question, { decision, confidence, timeMs: Math.round(elapsedMs * 10) / 10 });
    this.latest = question;
    return true;
  }

  // A press of a number: the confidence of a decision, or one of the six steps, which is both.
  mark(number, question, elapsedMs) {
    if (this.scale === "six-step") return this.placeOnSteps(number, question ?? this.openQuestion ?? this.latest, elapsedMs);
    return this.rate(number, question);
  }

  placeOnSteps(step, question, elapsedMs) {
    const isSecond = step > STEPS / 2;
    const confidence = isSecond ? step - STEPS / 2 : STEPS / 2 + 1 - step;
    return this.decide(question, DECISIONS[question][Number(isSecond)], elapsedMs, confidence);
  }

  // The step that was taken, 1 to 6; null without an answer.
  stepOf(question) {
    const { decision, confidence } = this.answerTo(question);
    if (decision === null) return null;
    return decision === DECISIONS[question][1] ? STEPS / 2 + confidence : STEPS / 2 + 1 - confidence;
  }

  // Without a question (a key): the one just decided, else the first that still lacks its confidence.
  rate(confidence, question = this.questionToRate()) {
    if (this.scale !== "confidence" || confidence > HIGHEST_CONFIDENCE) return false;
    if (question === null || this.answerTo(question).decision === null) return false;
    this.answers.get(question).confidence = confidence;
    return true;
  }

  questionToRate() {
    const lacking = (question) => this.answers.has(question) && this.answerTo(question).confidence === null;
    if (this.latest !== null && lacking(this.latest)) return this.latest;
    return this.questions.find(lacking) ?? this.latest;
  }

  // The response record's fields; all null for an image that could not be judged.
  recorded({ cannotJudge }) {
    const record = { cannot_judge: cannotJudge };
    for (const [question, names] of Object.entries(FIELDS)) {
      const { decision, confidence, timeMs } = cannotJudge ? {} : this.answerTo(question);
      record[names.decision] = decision ?? null;
      record[names.confidence] = confidence ?? null;
      record[names.time] = timeMs ?? null;
    }
    return record;
  }
}
