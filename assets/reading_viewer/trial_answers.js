// What was decided about one image, until it is submitted. Nothing is preselected.

// The names of the response record's fields for each question.
const FIELDS = {
  realism: { decision: "decision", confidence: "confidence", time: "response_time_ms" },
  tumor: { decision: "tumor_decision", confidence: "tumor_confidence", time: "tumor_response_time_ms" },
};

export class TrialAnswers {
  constructor({ questions, confidence }) {
    this.questions = questions;
    this.asksConfidence = confidence;
    this.answers = new Map();
    this.latest = null;
  }

  answerTo(question) {
    return this.answers.get(question) ?? { decision: null, confidence: null, timeMs: null };
  }

  isAnswered(question) {
    const { decision, confidence } = this.answerTo(question);
    return decision !== null && (!this.asksConfidence || confidence !== null);
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
  decide(question, decision, elapsedMs) {
    if (!this.isOpen(question)) return false;
    this.answers.set(question, { decision, confidence: null, timeMs: Math.round(elapsedMs * 10) / 10 });
    this.latest = question;
    return true;
  }

  // Without a question (a key): the one just decided, else the first that still lacks its confidence.
  rate(confidence, question = this.questionToRate()) {
    if (!this.asksConfidence || question === null || this.answerTo(question).decision === null) return false;
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
