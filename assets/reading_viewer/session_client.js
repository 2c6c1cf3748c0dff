// The three reading routes, and the three ways in which they can fail.

export class Unreachable extends Error {}
export class TicketGone extends Error {}

export class Refusal extends Error {
  constructor({ what, nextStep }) {
    super(what);
    this.what = what;
    this.nextStep = nextStep;
  }
}

const REFUSING = new Set([400, 401, 403, 409]);
const LONGEST_WAIT_MS = 10000;

export class SessionClient {
  constructor(fetchRoute) {
    this.fetchRoute = fetchRoute;
  }

  async session() {
    return this.content(await this.ask("/reading/session"), "json");
  }

  async stimulus(ticket) {
    return this.content(await this.ask(`/reading/stimulus/${encodeURIComponent(ticket)}`), "arrayBuffer");
  }

  // keepalive: the request outlives a page that is being closed.
  async post(responses) {
    const body = JSON.stringify({ responses });
    const headers = { "Content-Type": "application/json" };
    return this.content(
      await this.ask("/reading/responses", { method: "POST", body, headers, keepalive: true }),
      "json",
    );
  }

  async ask(path, options = {}) {
    const headers = { ...options.headers, "X-MRTuring": "1" };
    const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
    const settings = { ...options, headers, signal, credentials: "same-origin", cache: "no-store" };
    let reply;
    try {
      reply = await this.fetchRoute(path, settings);
    } catch (error) {
      throw new Unreachable(String(error));
    }
    if (reply.ok) return reply;
    if (reply.status === 410) throw new TicketGone();
    if (REFUSING.has(reply.status)) throw new Refusal(await refusalText(reply));
    throw new Unreachable(`status ${reply.status}`);
  }

  async content(reply, kind) {
    try {
      return await reply[kind]();
    } catch (error) {
      throw new Unreachable(String(error));
    }
  }
}

async function refusalText(reply) {
  const { error = {} } = await reply.json().catch(() => ({}));
  return {
    what: error.what ?? "The server refused this window.",
    nextStep: error.next_step ?? "Reload the page.",
  };
}
